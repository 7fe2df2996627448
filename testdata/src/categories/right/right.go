// Package right holds what docs/findings.md shows as right. // want package:"effects"
package right

import (
	"context"
	"database/sql"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func retry()               {}
func finish()              {}
func load()                {}
func check()               {}
func display(any)          {}
func show[T any](T, error) {}

func sleep(l *loop.Loop) {
	l.SetTimeout(time.Second, retry) // ok: nobody waits
}

func wait(l *loop.Loop) {
	l.Post(func() {
		var both sync.WaitGroup
		both.Go(load)
		both.Go(check)
		go func() {
			both.Wait() // ok: on a goroutine
			l.Post(finish)
		}()
	})
}

func channel(l *loop.Loop) {
	prices := make(chan int)
	go func() { prices <- 1 }()
	go func() {
		for price := range prices { // ok: on a goroutine
			l.Post(func() { display(price) })
		}
	}()
}

var (
	mu    sync.Mutex
	table []byte
)

func save() {
	mu.Lock()
	data := slices.Clone(table)
	mu.Unlock()
	os.WriteFile("table", data, 0o666)
}

func lock(l *loop.Loop) {
	go save()
	l.Post(func() {
		mu.Lock() // ok: nobody holds it for long
		table = nil
		mu.Unlock()
	})
}

func file(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		loop.QueueWork(ctx, l, func(context.Context) ([]byte, error) {
			return os.ReadFile("index.html") // ok: on a worker
		}, show)
	})
}

func fileMeta(ctx context.Context, l *loop.Loop, names []string) {
	l.Post(func() {
		loop.QueueWork(ctx, l, func(context.Context) (sizes []int64, err error) {
			for _, name := range names {
				info, err := os.Stat(name) // ok: on a worker
				if err != nil {
					return nil, err
				}
				sizes = append(sizes, info.Size())
			}
			return sizes, nil
		}, show)
	})
}

func network(l *loop.Loop, address string) {
	l.Post(func() {
		go func() {
			resp, err := http.Head(address) // ok: on a goroutine
			l.Post(func() { show(resp, err) })
		}()
	})
}

func dns(ctx context.Context, l *loop.Loop, host string) {
	l.Post(func() {
		go func() {
			addrs, err := net.DefaultResolver.LookupHost(ctx, host) // ok: on a goroutine
			l.Post(func() { show(addrs, err) })
		}()
	})
}

func process(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		go func() {
			out, err := exec.CommandContext(ctx, "git", "status").Output() // ok: on a goroutine
			l.Post(func() { show(out, err) })
		}()
	})
}

func database(ctx context.Context, l *loop.Loop, db *sql.DB) {
	l.Post(func() {
		loop.QueueWork(ctx, l, func(ctx context.Context) (n int, err error) {
			err = db.QueryRowContext(ctx, "SELECT count(*) FROM orders").Scan(&n) // ok: on a worker
			return n, err
		}, show)
	})
}

var digits = regexp.MustCompile(`^\d+$`) // ok: once, at the start

func cpu(l *loop.Loop, line string) {
	l.Post(func() {
		display(digits.MatchString(line))
	})
}

func forever(l *loop.Loop) {
	go http.ListenAndServe(":8080", nil) // ok: on a goroutine
}
