// Package selfwait has programs whose tasks wait for their own pool. // want package:"waits"
package selfwait

import (
	"context"
	"os"
	"sync"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

func size(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

// finish waits until a program's first task has ended, and then for its pool.
func finish(done <-chan struct{}, p *pool.Pool) error {
	<-done
	return p.Close(context.Background())
}

// DeadlockFuture has one worker. Its task waits for another one, with a context
// that does not know the pool, so that the pool cannot refuse.
func DeadlockFuture() error {
	p := pool.New(1)
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		other := pool.Go(context.Background(), p, func(context.Context) (int64, error) { return size("x"), nil })
		other.Wait(context.Background()) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\)`
	})
	return finish(done, p)
}

// CorrectedFuture has another worker stand in while the task waits.
func CorrectedFuture() error {
	p := pool.New(1)
	f := pool.Go(context.Background(), p, func(ctx context.Context) (n int64, err error) {
		other := pool.Go(context.Background(), p, func(context.Context) (int64, error) { return size("x"), nil })
		pool.Blocking(ctx, func(ctx context.Context) {
			n, err = other.Wait(ctx) // ok: one worker more
		})
		return n, err
	})
	_, err := f.Wait(context.Background())
	p.Close(context.Background())
	return err
}

// RefusedFuture passes the task's own context: the pool sees what would happen.
func RefusedFuture() error {
	p := pool.New(1)
	f := pool.Go(context.Background(), p, func(ctx context.Context) (int64, error) {
		other := pool.Go(ctx, p, func(context.Context) (int64, error) { return size("x"), nil })
		return other.Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\)`
	})
	_, err := f.Wait(context.Background())
	p.Close(context.Background())
	return err
}

// CorrectedRefusal starts the other task first, and hands its future on.
func CorrectedRefusal() error {
	p := pool.New(1)
	other := pool.Go(context.Background(), p, func(context.Context) (int64, error) { return size("x"), nil })
	f := pool.Go(context.Background(), p, func(ctx context.Context) (int64, error) {
		return other.Wait(ctx) // ok: it started before this task
	})
	_, err := f.Wait(context.Background())
	p.Close(context.Background())
	return err
}

// DeadlockWaitGroup has its task wait for parts of itself.
func DeadlockWaitGroup() error {
	p := pool.New(1)
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		var parts sync.WaitGroup
		for range 2 {
			parts.Add(1)
			p.TrySubmit(func() {
				defer parts.Done()
				size("x")
			})
		}
		parts.Wait() // want `\(\*sync.WaitGroup\).Wait waits for a task of its own pool \(pool-selfwait\)`
	})
	return finish(done, p)
}

// CorrectedWaitGroup has the parts run on goroutines.
func CorrectedWaitGroup() error {
	p := pool.New(1)
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		var parts sync.WaitGroup
		for range 2 {
			parts.Add(1)
			go func() {
				defer parts.Done()
				size("x")
			}()
		}
		parts.Wait() // ok: goroutines need no worker
	})
	return finish(done, p)
}

// DeadlockChannel waits for a value that only another task sends.
func DeadlockChannel() error {
	p := pool.New(1)
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		sizes := make(chan int64)
		p.TrySubmit(func() { sizes <- size("x") })
		<-sizes // want `a channel receive waits for a task of its own pool \(pool-selfwait\)`
	})
	return finish(done, p)
}

// CorrectedChannel has the other task on a pool of its own.
func CorrectedChannel() error {
	p, q := pool.New(1), pool.New(1)
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		sizes := make(chan int64)
		q.TrySubmit(func() { sizes <- size("x") })
		<-sizes // ok: q has a worker of its own
	})
	if err := finish(done, p); err != nil {
		return err
	}
	return q.Close(context.Background())
}

// RefusedFullQueue fills the queue of its own pool, which knows its workers.
func RefusedFullQueue() error {
	p := pool.New(1, pool.WithQueueLimit(1))
	f := pool.Go(context.Background(), p, func(context.Context) (int, error) {
		for i := range 2 {
			if err := p.Submit(context.Background(), func() { size("x") }); err != nil { // want `\(\*pool.Pool\).Submit waits for a free worker of its own pool \(pool-selfwait\)`
				return i, err
			}
		}
		return 2, nil
	})
	_, err := f.Wait(context.Background())
	p.Close(context.Background())
	return err
}

// CorrectedFullQueue does itself what the queue has no room for.
func CorrectedFullQueue() error {
	p := pool.New(1, pool.WithQueueLimit(1))
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		for range 2 {
			if p.TrySubmit(func() { size("x") }) != nil { // ok: it does not wait
				size("x")
			}
		}
	})
	return finish(done, p)
}

// DeadlockClose closes the pool that it runs on.
func DeadlockClose() error {
	p := pool.New(4)
	f := pool.Go(context.Background(), p, func(context.Context) (int, error) {
		return 0, p.Close(context.Background()) // want `\(\*pool.Pool\).Close waits for .*its own pool.* \(pool-selfwait\)`
	})
	_, err := f.Wait(context.Background())
	return err
}

// CorrectedClose refuses new tasks from inside, and waits outside.
func CorrectedClose() error {
	p := pool.New(4)
	done := make(chan struct{})
	p.TrySubmit(func() {
		defer close(done)
		p.Shutdown() // ok: it does not wait
	})
	return finish(done, p)
}

// DeadlockWork has the loop's work wait for a task of the pool that the loop was
// given.
func DeadlockWork() error {
	p := pool.New(1)
	l := loop.New(loop.WithPool(p))
	l.NextTick(func() {
		loop.QueueWork(context.Background(), l, func(context.Context) (int64, error) {
			other := pool.Go(context.Background(), p, func(context.Context) (int64, error) { return size("x"), nil })
			return other.Wait(context.Background()) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\): task of loop.QueueWork`
		}, func(int64, error) {})
	})
	err := l.Run(context.Background())
	p.Close(context.Background())
	return err
}

// CorrectedWork continues on the loop.
func CorrectedWork() error {
	p := pool.New(1)
	l := loop.New(loop.WithPool(p))
	l.NextTick(func() {
		loop.QueueWork(context.Background(), l, func(context.Context) (int64, error) { return size("x"), nil }, func(n int64, err error) {
			loop.QueueWork(context.Background(), l, func(context.Context) (int64, error) { return n + size("y"), err }, func(int64, error) {})
		})
	})
	err := l.Run(context.Background())
	p.Close(context.Background())
	return err
}
