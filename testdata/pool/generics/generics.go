// Package generics has pools behind type parameters. // want package:"waits"
package generics

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/pool"
)

// Map calls fn for each of xs on p, and waits for the results.
func Map[T, U any](ctx context.Context, p *pool.Pool, xs []T, fn func(T) U) []U {
	futures := make([]*pool.Future[U], len(xs))
	for i, x := range xs {
		futures[i] = pool.Go(ctx, p, func(context.Context) (U, error) { return fn(x), nil }) // want `pool.Go submits a task for each element of its input \(pool-fanout\)`
	}
	out := make([]U, len(xs))
	for i, f := range futures {
		out[i], _ = f.Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\): task of \(\*pool.Pool\).TrySubmit -> Map -> \(\*pool.Future\).Wait`
	}
	return out
}

func sizes(ctx context.Context, names []string) []int {
	p := pool.New(4)
	return Map(ctx, p, names, func(name string) int { return len(name) })
}

func nested(ctx context.Context, names []string) {
	p := pool.New(4)
	p.TrySubmit(func() {
		Map(ctx, p, names, func(name string) int { return len(name) })
	})
}

// Both calls fn for two values, on p.
func Both[T any](ctx context.Context, p *pool.Pool, x, y T, fn func(T)) {
	f := pool.Go(ctx, p, func(context.Context) (int, error) { fn(x); return 0, nil })
	fn(y)
	f.Wait(ctx) // ok: whoever calls it on a task calls it with another pool
}

func twoLevels(ctx context.Context) {
	outer, inner := pool.New(1), pool.New(1)
	outer.TrySubmit(func() {
		Both(ctx, inner, "x", "y", func(name string) { os.Remove(name) })
	})
	Both(ctx, outer, 1, 2, func(n int) { time.Sleep(time.Duration(n)) })
}

// A Cache loads what it does not have, on its pool.
type Cache[K comparable, V any] struct {
	pool *pool.Pool
	load func(K) (V, error)

	mu   sync.Mutex
	have map[K]V // guarded by mu
}

// NewCache makes a cache with k workers.
func NewCache[K comparable, V any](k int, load func(K) (V, error)) *Cache[K, V] {
	return &Cache[K, V]{pool: pool.New(k), load: load, have: map[K]V{}}
}

// Start loads what key stands for.
func (c *Cache[K, V]) Start(key K) *pool.Future[V] {
	return pool.Go(context.Background(), c.pool, func(context.Context) (V, error) {
		v, err := c.load(key)
		c.mu.Lock()
		c.have[key] = v
		c.mu.Unlock()
		return v, err
	})
}

// Get waits for what key stands for.
func (c *Cache[K, V]) Get(key K) (V, error) {
	return c.Start(key).Wait(context.Background()) // ok: not called by a task of this cache
}

// Pair loads two values, one after the other, on the cache's pool.
func (c *Cache[K, V]) Pair(first, second K) {
	c.pool.TrySubmit(func() {
		v, err := c.Start(first).Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task of its own pool \(pool-selfwait\)`
		if err == nil {
			c.mu.Lock()
			c.have[second] = v
			c.mu.Unlock()
		}
	})
}

func lookup() (int, error) {
	c := NewCache(2, func(name string) (int, error) { return len(name), nil })
	c.Pair("x", "y")
	return c.Get("x")
}

// A Queue runs jobs of any type on workers of its own.
type Queue[J interface{ Run() }] struct{ pool *pool.Pool }

// Push queues a job.
func (q Queue[J]) Push(j J) { q.pool.TrySubmit(j.Run) }

type watcher struct{ changed chan string }

func (w *watcher) Run() {
	for {
		os.Remove(<-w.changed) // want `a receive loop holds a worker for good \(pool-forever\)`
	}
}

type sweeper struct{ dir string }

func (s sweeper) Run() {
	os.RemoveAll(s.dir) // ok: it returns
}

func queues() {
	Queue[*watcher]{pool.New(1)}.Push(&watcher{make(chan string)})
	Queue[sweeper]{pool.New(1)}.Push(sweeper{"tmp"})
}
