package work

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// The callback of work that was queued before, with a context that ends with
// this function, which runs the loop.
func after(name string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	l := loop.New()
	loop.QueueFunc(ctx, l, func(context.Context) error { return nil }, func(err error) {
		info, err := os.Lstat(name) // want `os.Lstat blocks`
		show(info, err)
	})
	return l.Run(ctx)
}

// A context that has ended by the time the callback runs is not used.
func ended(l *loop.Loop) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	show(ctx)
	l.Post(func() {
		names, _ := os.ReadDir("x") // want `os.ReadDir blocks`
		show(names)
	})
}

// The call's own context is handed on, and a body is closed at the end.
func get(ctx context.Context, l *loop.Loop, client *http.Client) {
	l.Post(func() {
		req, err := http.NewRequestWithContext(ctx, "GET", "http://example.com", nil)
		if err != nil {
			return
		}
		resp, err := client.Do(req) // want `Do blocks`
		if err != nil {
			return
		}
		defer resp.Body.Close()
		show(resp.Status)
	})
	l.Post(func() {
		cmd := exec.CommandContext(ctx, "git", "gc")
		cmd.Dir = "x"
		cmd.Run() // want `Run blocks`
		show(cmd.ProcessState)
	})
	l.Post(func() {
		addrs, err := net.DefaultResolver.LookupHost(ctx, "example.com") // want `LookupHost blocks`
		show(addrs, err)
	})
}
