// Package cycle has programs in which pools, or a loop and a pool, wait for each other. // want package:"waits"
package cycle

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

// DeadlockPools has tasks of p wait for q, whose tasks wait for p.
func DeadlockPools() error {
	ctx := context.Background()
	p, q := pool.New(1), pool.New(1)
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		asked := pool.Go(ctx, q, func(context.Context) (int, error) {
			answer := pool.Go(ctx, p, func(context.Context) (int, error) { return os.Getpid(), nil })
			return answer.Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task that waits for this pool \(pool-cycle\)`
		})
		asked.Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task that waits for this pool \(pool-cycle\)`
	})
	<-done
	p.Close(ctx)
	return q.Close(ctx)
}

// CorrectedPools has a third pool for what q waits for.
func CorrectedPools() error {
	ctx := context.Background()
	p, q, r := pool.New(1), pool.New(1), pool.New(1)
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		asked := pool.Go(ctx, q, func(context.Context) (int, error) {
			answer := pool.Go(ctx, r, func(context.Context) (int, error) { return os.Getpid(), nil })
			return answer.Wait(ctx) // ok: r waits for nobody
		})
		asked.Wait(ctx) // ok: q waits for r only
	})
	<-done
	p.Close(ctx)
	q.Close(ctx)
	return r.Close(ctx)
}

// DeadlockLoop has a callback wait for a task that waits for the loop.
func DeadlockLoop() error {
	ctx := context.Background()
	p := pool.New(1)
	l := loop.New()
	l.NextTick(func() {
		loaded := pool.Go(ctx, p, func(context.Context) (int, error) {
			shown := make(chan struct{})
			l.Post(func() { close(shown) })
			<-shown // want `a channel receive waits for the loop, which waits for this task \(pool-cycle\)`
			return os.Getpid(), nil
		})
		loaded.Wait(ctx) // ok: a callback waits, which is blockingcall's
	})
	if err := l.Run(ctx); err != nil {
		return err
	}
	return p.Close(ctx)
}

// CorrectedLoop has neither wait: the result comes as a callback.
func CorrectedLoop() error {
	ctx := context.Background()
	p := pool.New(1)
	l := loop.New()
	l.NextTick(func() {
		held := l.Hold()
		p.TrySubmit(func() {
			pid := os.Getpid()
			l.Post(func() { // ok: it does not wait
				held.Release()
				_ = pid
			})
		})
	})
	if err := l.Run(ctx); err != nil {
		return err
	}
	return p.Close(ctx)
}
