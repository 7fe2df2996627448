// Package reentry waits for the loop it runs on. // want package:"effects"
package reentry

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

func run(ctx context.Context, l *loop.Loop) {
	l.NextTick(func() {
		l.Run(ctx) // want `\(\*loop.Loop\).Run waits for the loop it runs on: deadlock \(reentry\): callback of \(\*loop.Loop\).NextTick -> \(\*loop.Loop\).Run`
	})
	l.NextTick(func() {
		l.Stop() // ok: it does not wait
	})
	l.NextTick(func() {
		l.Close(ctx) // want `\(\*loop.Loop\).Close waits for the loop it runs on: deadlock \(reentry\)`
	})
	l.Run(ctx) // ok: not on the loop
}

// Through a helper.

type server struct {
	loop *loop.Loop
	pool *pool.Pool
}

func (s *server) turn(ctx context.Context) error {
	_, err := s.loop.RunOnce(ctx) // want `\(\*loop.Loop\).RunOnce waits for the loop it runs on: deadlock \(reentry\): callback of \(\*loop.Loop\).NextTick -> \(\*server\).turn -> \(\*loop.Loop\).RunOnce`
	return err
}

func (s *server) serve(ctx context.Context) error {
	return s.loop.Run(ctx) // ok: called by main
}

func (s *server) start(ctx context.Context) {
	s.loop.NextTick(func() { s.turn(ctx) })
	s.serve(ctx)
}

// A future is for goroutines that can wait.
func future(ctx context.Context, l *loop.Loop, p *pool.Pool) {
	work := func(context.Context) ([]byte, error) {
		return os.ReadFile("x") // ok: on a worker
	}
	l.NextTick(func() {
		pool.Go(ctx, p, work).Wait(ctx) // want `\(\*pool.Future\).Wait may block the event loop \(wait\)`
	})
	l.NextTick(func() {
		pool.Go(ctx, p, work) // ok: it does not wait
	})
	l.NextTick(func() {
		go func() {
			pool.Go(ctx, p, work).Wait(ctx) // ok: on a goroutine
		}()
	})
}
