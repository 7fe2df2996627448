// Package offload leaves the loop, and comes back to it. // want package:"effects"
package offload

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

func work(ctx context.Context, l *loop.Loop, p *pool.Pool) {
	l.Post(func() {
		loop.QueueWork(ctx, l, func(context.Context) (int, error) {
			time.Sleep(time.Second) // ok: on a worker
			return 0, nil
		}, func(int, error) {
			time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\): callback of loop.QueueWork -> time.Sleep`
		})
	})
	l.Post(func() {
		loop.QueueFunc(ctx, l, func(context.Context) error {
			return os.Remove("x") // ok: on a worker
		}, func(error) {
			os.Remove("y") // want `os.Remove blocks the event loop \(file\): callback of loop.QueueFunc -> os.Remove`
		})
	})
	l.Post(func() {
		loop.Then(loop.Offload(ctx, l, func(context.Context) (int, error) {
			return 0, os.Remove("x") // ok: on a worker
		}), func(int) (int, error) {
			return 0, os.Remove("y") // want `os.Remove blocks the event loop \(file\): callback of loop.Then -> os.Remove`
		})
	})
	l.Post(func() {
		pool.Go(ctx, p, func(context.Context) (int, error) {
			http.Get("http://example.com") // ok: on a worker
			return 0, nil
		})
	})
	l.Post(func() {
		p.TrySubmit(func() {
			http.Get("http://example.com") // ok: on a worker
		})
	})
	l.Post(func() {
		p.Start(new(pool.Task), func() {
			os.Remove("x") // ok: on a worker
		})
	})
}

// A worker posts back.
func back(ctx context.Context, l *loop.Loop, p *pool.Pool) {
	p.TrySubmit(func() {
		os.Remove("x") // ok: on a worker
		l.Post(func() {
			os.Remove("y") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).Post -> os.Remove`
		})
	})
	p.TrySubmit(func() {
		l.Post(func() {
			_ = len("y") // ok: in memory
		})
	})
}

// The same function, on a worker and called on the spot.

func read() ([]byte, error) {
	return os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).Post -> read -> os.ReadFile`
}

func fetch() ([]byte, error) {
	return os.ReadFile("x") // ok: on a worker
}

func flows(ctx context.Context, l *loop.Loop) {
	l.Post(func() { read() })
	l.Post(func() {
		loop.QueueWork(ctx, l, func(context.Context) ([]byte, error) { return fetch() }, func([]byte, error) {})
	})
}

// A closure that is made here and called by the worker.

func remover(name string) func(context.Context) error {
	return func(context.Context) error {
		return os.Remove(name) // ok: on a worker
	}
}

func eager(name string) func(context.Context) error {
	err := os.Remove(name) // want `os.Remove blocks the event loop \(file\): .* -> eager -> os.Remove`
	return func(context.Context) error { return err }
}

func closures(ctx context.Context, l *loop.Loop) {
	l.Post(func() { loop.QueueFunc(ctx, l, remover("x"), func(error) {}) })
	l.Post(func() { loop.QueueFunc(ctx, l, eager("x"), func(error) {}) })
}
