// Package error is looked at for certain deadlocks only. // want package:"waits"
package error

import (
	"context"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

// One worker, which the task holds.
func oneWorker() {
	p := pool.New(1)
	p.TrySubmit(func() {
		f := pool.Go(context.Background(), p, func(context.Context) (int, error) { return os.Getpid(), nil })
		f.Wait(context.Background()) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\)`
	})
}

// The same, and the wait has an end.
func impatient() {
	p := pool.New(1)
	p.TrySubmit(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		f := pool.Go(context.Background(), p, func(context.Context) (int, error) { return os.Getpid(), nil })
		f.Wait(ctx) // ok: a warning
	})
}

// Four workers, and one task that waits: the other three may run what it waits
// for.
func fourWorkers() {
	p := pool.New(4)
	p.TrySubmit(func() {
		f := pool.Go(context.Background(), p, func(context.Context) (int, error) { return os.Getpid(), nil })
		f.Wait(context.Background()) // ok: a warning
	})
}

// Two workers, and two tasks that wait.
func asManyAsWorkers() {
	p := pool.New(2)
	for range 2 {
		p.TrySubmit(func() {
			f := pool.Go(context.Background(), p, func(context.Context) (int, error) { return os.Getpid(), nil })
			f.Wait(context.Background()) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\)`
		})
	}
}

// A pool that waits for the task that waits for it, however many its workers.
func drained() {
	p := pool.New(4)
	p.TrySubmit(func() {
		p.Close(context.Background()) // want `\(\*pool.Pool\).Close waits for .*its own pool.* \(pool-selfwait\)`
	})
}

// How many workers there are is not known.
func anyNumber(p *pool.Pool) {
	p.TrySubmit(func() {
		f := pool.Go(context.Background(), p, func(context.Context) (int, error) { return os.Getpid(), nil })
		f.Wait(context.Background()) // ok: a warning
	})
}

type service struct {
	pool, other *pool.Pool
	mu          sync.Mutex
	n           int // guarded by mu
}

func newService() *service { return &service{pool: pool.New(2), other: pool.New(2)} }

func (s *service) add() {
	s.mu.Lock()
	s.n++
	s.mu.Unlock()
}

// The task takes the lock whenever it runs.
func (s *service) always() {
	s.pool.TrySubmit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f := pool.Go(context.Background(), s.other, func(context.Context) (int, error) {
			s.add()
			return 0, nil
		})
		f.Wait(context.Background()) // want `\(\*pool.Future\).Wait waits for a task that takes .*mu, which it holds \(pool-heldlock\)`
	})
}

// The task takes the lock sometimes.
func (s *service) sometimes(name string) {
	s.pool.TrySubmit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f := pool.Go(context.Background(), s.other, func(context.Context) (int, error) {
			if _, err := os.Stat(name); err == nil {
				s.add()
			}
			return 0, nil
		})
		f.Wait(context.Background()) // ok: a warning
	})
}

// Each pool has one worker, and each task waits for the other pool.
func cycle() {
	p, q := pool.New(1), pool.New(1)
	ctx := context.Background()
	p.TrySubmit(func() {
		pool.Go(ctx, q, func(context.Context) (int, error) {
			return pool.Go(ctx, p, func(context.Context) (int, error) { return os.Getpid(), nil }).Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task that waits for this pool \(pool-cycle\)`
		}).Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task that waits for this pool \(pool-cycle\)`
	})
}

// What takes workers, or many of them, is no deadlock.
func (s *service) busy(ctx context.Context, l *loop.Loop, names []string, h http.Handler) {
	s.pool.TrySubmit(func() {
		http.ListenAndServe("localhost:8080", h) // ok: a warning
	})
	for _, name := range names {
		s.pool.TrySubmit(func() { os.Remove(name) }) // ok: told on request
	}
	loop.QueueFunc(ctx, l, func(context.Context) error {
		_, err := http.Get("http://localhost:8080") // ok: told on request
		return err
	}, func(error) {})
	s.other.TrySubmit(func() {
		l.Stop() // ok: a warning
	})
}
