// Package wrong holds what docs/findings.md shows as wrong. // want package:"effects"
package wrong

import (
	"database/sql"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
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
	l.SetImmediate(func() {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
		retry()
	})
}

func wait(l *loop.Loop) {
	l.Post(func() {
		var both sync.WaitGroup
		both.Go(load)
		both.Go(check)
		both.Wait() // want `\(\*sync.WaitGroup\).Wait blocks the event loop \(wait\)`
		finish()
	})
}

func channel(l *loop.Loop) {
	prices := make(chan int)
	go func() { prices <- 1 }()
	l.Post(func() {
		display(<-prices) // want `a channel receive may block the event loop \(chan\)`
	})
}

var (
	mu    sync.Mutex
	table []byte
)

func save() {
	mu.Lock()
	defer mu.Unlock()
	os.WriteFile("table", table, 0o666)
}

func lock(l *loop.Loop) {
	go save()
	l.Post(func() {
		mu.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\): .*; the lock is held over save -> os.WriteFile`
		table = nil
		mu.Unlock()
	})
}

func file(l *loop.Loop) {
	l.Post(func() {
		page, err := os.ReadFile("index.html") // want `os.ReadFile blocks the event loop \(file\)`
		show(page, err)
	})
}

func fileMeta(l *loop.Loop, names []string) {
	l.Post(func() {
		for _, name := range names {
			info, err := os.Stat(name) // want `os.Stat blocks the event loop \(file-meta\)`
			show(info, err)
		}
	})
}

func network(l *loop.Loop, address string) {
	l.Post(func() {
		resp, err := http.Head(address) // want `http.Head blocks the event loop \(net\)`
		show(resp, err)
	})
}

func dns(l *loop.Loop, host string) {
	l.Post(func() {
		addrs, err := net.LookupHost(host) // want `net.LookupHost blocks the event loop \(dns\)`
		show(addrs, err)
	})
}

func process(l *loop.Loop) {
	l.Post(func() {
		out, err := exec.Command("git", "status").Output() // want `\(\*exec.Cmd\).Output blocks the event loop \(exec\)`
		show(out, err)
	})
}

func database(l *loop.Loop, db *sql.DB) {
	l.Post(func() {
		var n int
		err := db.QueryRow("SELECT count(*) FROM orders").Scan(&n) // want `\(\*sql.DB\).QueryRow blocks the event loop \(db\)`
		show(n, err)
	})
}

func cpu(l *loop.Loop, line string) {
	l.Post(func() {
		digits := regexp.MustCompile(`^\d+$`) // want `regexp.MustCompile blocks the event loop \(cpu\)`
		display(digits.MatchString(line))
	})
}

func forever(l *loop.Loop) {
	l.Post(func() {
		http.ListenAndServe(":8080", nil) // want `http.ListenAndServe blocks the event loop \(forever\)`
	})
}
