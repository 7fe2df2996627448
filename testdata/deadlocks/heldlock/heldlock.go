// Package heldlock has programs whose tasks wait while they hold what they wait for. // want package:"waits"
package heldlock

import (
	"context"
	"sync"

	"github.com/loopvet/loopvet/runtime/pool"
)

type counter struct {
	mu sync.Mutex
	n  int // guarded by mu
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
}

// DeadlockMutex waits under the mutex for a task that takes it.
func DeadlockMutex() error {
	ctx := context.Background()
	p, q := pool.New(1), pool.New(1)
	var c counter
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.n = 0
		added := pool.Go(ctx, q, func(context.Context) (int, error) {
			c.add(1)
			return 1, nil
		})
		added.Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task that takes .*, which it holds \(pool-heldlock\)`
	})
	<-done
	p.Close(ctx)
	return q.Close(ctx)
}

// CorrectedMutex unlocks it first.
func CorrectedMutex() error {
	ctx := context.Background()
	p, q := pool.New(1), pool.New(1)
	var c counter
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		c.mu.Lock()
		c.n = 0
		c.mu.Unlock()
		added := pool.Go(ctx, q, func(context.Context) (int, error) {
			c.add(1)
			return 1, nil
		})
		added.Wait(ctx) // ok: nothing is held
	})
	<-done
	p.Close(ctx)
	return q.Close(ctx)
}

// DeadlockWriter reads under the lock and waits for a writer.
func DeadlockWriter() error {
	ctx := context.Background()
	p, q := pool.New(1), pool.New(1)
	var mu sync.RWMutex
	n := 0
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		mu.RLock()
		defer mu.RUnlock()
		next := n + 1
		set := pool.Go(ctx, q, func(context.Context) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			n = next
			return n, nil
		})
		set.Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task that takes .*, which it holds \(pool-heldlock\)`
	})
	<-done
	p.Close(ctx)
	return q.Close(ctx)
}

// CorrectedWriter waits for a reader: both may hold the lock.
func CorrectedWriter() error {
	ctx := context.Background()
	p, q := pool.New(1), pool.New(1)
	var mu sync.RWMutex
	n := 0
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		mu.RLock()
		defer mu.RUnlock()
		read := pool.Go(ctx, q, func(context.Context) (int, error) {
			mu.RLock()
			defer mu.RUnlock()
			return n, nil
		})
		read.Wait(ctx) // ok: both read
	})
	<-done
	p.Close(ctx)
	return q.Close(ctx)
}
