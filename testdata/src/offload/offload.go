// Package offload moves its work off the loop. // want package:"effects"
package offload

import (
	"context"
	"net/http"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

func queue(ctx context.Context, l *loop.Loop) {
	l.NextTick(func() {
		loop.QueueWork(ctx, l, func(context.Context) ([]byte, error) {
			return os.ReadFile("menu") // ok: on a worker
		}, func(b []byte, err error) {
			os.WriteFile("copy", b, 0o644) // want `os.WriteFile blocks the event loop \(file\): callback of loop.QueueWork -> os.WriteFile`
		})
	})
	l.NextTick(func() {
		loop.QueueFunc(ctx, l, func(context.Context) error {
			return os.Remove("menu") // ok: on a worker
		}, func(error) {
			http.Get("http://example.com") // want `http.Get blocks the event loop \(net\): callback of loop.QueueFunc -> http.Get`
		})
	})
}

func futures(ctx context.Context, l *loop.Loop, p *pool.Pool) {
	l.NextTick(func() {
		pool.Go(ctx, p, func(context.Context) (int, error) {
			http.Get("http://example.com") // ok: on a worker
			return 0, nil
		})
	})
}

// A wrapper that keeps both sides apart.

type shop struct{ loop *loop.Loop }

func (s *shop) read(ctx context.Context, name string, then func([]byte, error)) {
	loop.QueueWork(ctx, s.loop, func(context.Context) ([]byte, error) {
		return os.ReadFile(name) // ok: on a worker
	}, then)
}

func (s *shop) start(ctx context.Context) {
	s.loop.NextTick(func() {
		s.read(ctx, "menu", func(b []byte, err error) {
			os.WriteFile("copy", b, 0o644) // want `os.WriteFile blocks the event loop \(file\): callback of \(\*shop\).read -> os.WriteFile`
		})
	})
	s.loop.NextTick(func() {
		s.read(ctx, "menu", func(b []byte, err error) {
			_ = len(b) // ok: in memory
		})
	})
}

// Work that is a method value, or a named function.

type job struct{ name string }

func (j *job) work(context.Context) (int, error) {
	return 0, os.Remove(j.name) // ok: on a worker
}

func (j *job) done(int, error) {
	os.Remove(j.name) // want `os.Remove blocks the event loop \(file\): callback of loop.QueueWork -> \(\*job\).done -> os.Remove`
}

func methods(ctx context.Context, l *loop.Loop, j *job) {
	loop.QueueWork(ctx, l, j.work, j.done)
}

// Promises.
func promises(ctx context.Context, l *loop.Loop) {
	l.NextTick(func() {
		loop.Then(loop.Resolved(l, "x"), func(name string) (int, error) {
			return 0, os.Remove(name) // want `os.Remove blocks the event loop \(file\): callback of loop.Then -> os.Remove`
		})
	})
	l.NextTick(func() {
		loop.Then(loop.Resolved(l, "x"), func(name string) (int, error) {
			return len(name), nil // ok: in memory
		})
	})
}
