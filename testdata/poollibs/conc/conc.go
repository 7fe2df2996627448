// Package conc uses the pools of sourcegraph/conc. // want package:"waits"
package conc

import (
	"context"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/pool"

	"github.com/loopvet/loopvet/runtime/loop"
)

type builder struct {
	mu    sync.Mutex
	built []string // guarded by mu
}

func (b *builder) add(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.built = append(b.built, name)
}

// A package builds what it imports, on the pool that it is built on.
func (b *builder) build(p *pool.Pool, name string, depth int) {
	if depth > 0 {
		for _, dep := range [...]string{"a", "b"} {
			p.Go(func() { b.build(p, name+"/"+dep, depth-1) }) // want `\(\*pool.Pool\).Go (waits|may wait) for a free worker of its own pool \(pool-selfwait\): task of \(\*pool.Pool\).Go`
		}
	}
	b.add(name)
}

func (b *builder) run(name string) {
	p := pool.New().WithMaxGoroutines(2)
	p.Go(func() { b.build(p, name, 3) }) // ok: not called by a task
	p.Wait()                             // ok: not called by a task
}

// Without a limit Go does not wait.
func (b *builder) buildFree(p *pool.Pool, name string, depth int) {
	if depth > 0 {
		for _, dep := range [...]string{"a", "b"} {
			p.Go(func() { b.buildFree(p, name+"/"+dep, depth-1) }) // ok: no limit
		}
	}
	b.add(name)
}

func (b *builder) runFree(name string) {
	p := pool.New()
	p.Go(func() { b.buildFree(p, name, 3) })
	p.Wait()
}

// A pool inside a task, of its own.
func nested(names [2]string) {
	outer := pool.New().WithMaxGoroutines(1)
	for _, name := range names {
		outer.Go(func() {
			inner := pool.New().WithMaxGoroutines(2)
			inner.Go(func() { os.Remove(name) }) // ok: another pool
			inner.Wait()                         // ok: another pool
		})
	}
	outer.Wait() // ok: not called by a task
}

// A task waits for its own pool.
func waitInside(name string) {
	p := pool.New().WithMaxGoroutines(2)
	p.Go(func() {
		os.Remove(name)
		p.Wait() // want `\(\*pool.Pool\).Wait waits for .*its own pool.* \(pool-selfwait\)`
	})
}

// With errors and a context.
func withErrors(ctx context.Context, names [2]string) error {
	p := pool.New().WithErrors().WithContext(ctx).WithMaxGoroutines(1)
	p.Go(func(ctx context.Context) error {
		for _, name := range names {
			p.Go(func(context.Context) error { return os.Remove(name) }) // want `\(\*pool.ContextPool\).Go waits for a free worker of its own pool \(pool-selfwait\)`
		}
		return nil
	})
	return p.Wait() // ok: not called by a task
}

// One for each element.
func each(names []string) {
	p := pool.New().WithMaxGoroutines(8)
	for _, name := range names {
		p.Go(func() { os.Remove(name) }) // ok: eight at a time
	}
	p.Wait()
}

func eachFree(l *loop.Loop, names []string) {
	p := pool.New()
	l.NextTick(func() {
		for _, name := range names {
			p.Go(func() { os.Remove(name) }) // want `\(\*pool.Pool\).Go .* for each element of its input \(pool-fanout\)`
		}
	})
	var wg conc.WaitGroup
	l.NextTick(func() {
		for _, name := range names {
			wg.Go(func() { os.Remove(name) }) // want `\(\*conc.WaitGroup\).Go .* for each element of its input \(pool-fanout\)`
		}
		wg.Go(func() { os.Remove("lock") }) // ok: one
	})
}

// Tasks that never come back.
func serve(h http.Handler, names [2]string) {
	p := pool.New().WithMaxGoroutines(2)
	p.Go(func() {
		http.ListenAndServe("localhost:8080", h) // want `http.ListenAndServe holds a worker for good \(pool-forever\)`
	})
	p.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for range tick.C { // want `a ticker loop holds a worker for good \(pool-forever\)`
			os.Remove(names[0])
		}
	})
	p.Go(func() { os.Remove(names[1]) }) // ok: it returns
	free := pool.New()
	free.Go(func() {
		http.ListenAndServe("localhost:8081", h) // ok: no limit
	})
}

// A task waits for others while it holds what those take.
func (b *builder) rebuild(name string) {
	outer := pool.New().WithMaxGoroutines(1)
	outer.Go(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		inner := pool.New().WithMaxGoroutines(1)
		inner.Go(func() { b.add(name) })
		inner.Wait() // want `\(\*pool.Pool\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
	})
	outer.Wait()
}

func (b *builder) rebuildBoth(names [2]string) {
	outer := pool.New().WithMaxGoroutines(1)
	outer.Go(func() {
		b.mu.Lock()
		b.built = nil
		inner := pool.New().WithErrors().WithMaxGoroutines(2)
		for _, name := range names {
			inner.Go(func() error { b.add(name); return nil })
		}
		inner.Wait() // want `\(\*pool.ErrorPool\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
		b.mu.Unlock()
	})
	outer.Wait()
}

func (b *builder) rebuildOpen(name string) {
	outer := pool.New().WithMaxGoroutines(1)
	outer.Go(func() {
		b.mu.Lock()
		b.built = nil
		b.mu.Unlock()
		inner := pool.New().WithMaxGoroutines(1)
		inner.Go(func() { b.add(name) })
		inner.Wait() // ok: nothing is held
	})
	outer.Wait()
}

func (b *builder) list(name string) {
	outer := pool.New().WithMaxGoroutines(1)
	outer.Go(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		inner := pool.New().WithMaxGoroutines(1)
		inner.Go(func() { os.Remove(name) })
		inner.Wait() // ok: the task takes no lock
	})
	outer.Wait()
}
