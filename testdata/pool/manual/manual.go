// Package manual holds what the analyzer's documentation shows. // want package:"waits"
package manual

import (
	"context"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

type point struct{ x, y float64 }

var (
	mu      sync.Mutex
	entries []string // guarded by mu
)

func add(context.Context) (int, error) {
	mu.Lock()
	defer mu.Unlock()
	entries = append(entries, "added")
	return len(entries), nil
}

func render(context.Context) (string, error)           { return "tile", nil }
func include(context.Context) (string, error)          { return "include", nil }
func parse(included string, err error) (string, error) { return included, err }
func show[T any](T, error)                             {}
func flush()                                           { os.Remove("spool") }
func retry()                                           {}

func selfwaitWrong(ctx context.Context) {
	pages := pool.New(2)
	pages.TrySubmit(func() {
		tile := pool.Go(ctx, pages, render)
		show(tile.Wait(ctx)) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\)`
	})
}

func selfwaitRight(ctx context.Context) {
	pages, tiles := pool.New(2), pool.New(2)
	pages.TrySubmit(func() {
		tile := pool.Go(ctx, tiles, render)
		show(tile.Wait(ctx)) // ok: another pool
	})
}

func cycleWrong(ctx context.Context) {
	readers, parsers := pool.New(2), pool.New(2)
	readers.TrySubmit(func() {
		parsed := pool.Go(ctx, parsers, func(ctx context.Context) (string, error) {
			return pool.Go(ctx, readers, include).Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task that waits for this pool \(pool-cycle\)`
		})
		show(parsed.Wait(ctx)) // want `\(\*pool.Future\).Wait waits for a task that waits for this pool \(pool-cycle\)`
	})
}

func cycleRight(ctx context.Context) {
	readers, parsers := pool.New(2), pool.New(2)
	readers.TrySubmit(func() {
		included, err := include(ctx)
		parsed := pool.Go(ctx, parsers, func(context.Context) (string, error) {
			return parse(included, err)
		})
		show(parsed.Wait(ctx)) // ok: parsers wait for nobody
	})
}

func heldlockWrong(ctx context.Context) {
	workers, helpers := pool.New(2), pool.New(2)
	workers.TrySubmit(func() {
		mu.Lock()
		defer mu.Unlock()
		entries = nil
		added := pool.Go(ctx, helpers, add)
		show(added.Wait(ctx)) // want `\(\*pool.Future\).Wait waits for a task that takes .*mu, which it holds \(pool-heldlock\)`
	})
}

func heldlockRight(ctx context.Context) {
	workers, helpers := pool.New(2), pool.New(2)
	workers.TrySubmit(func() {
		mu.Lock()
		entries = nil
		mu.Unlock()
		added := pool.Go(ctx, helpers, add)
		show(added.Wait(ctx)) // ok: nothing is held
	})
}

func foreverWrong(workers *pool.Pool) {
	workers.TrySubmit(func() {
		for range time.Tick(time.Second) { // want `a ticker loop holds a worker for good \(pool-forever\)`
			flush()
		}
	})
}

func foreverRight(l *loop.Loop, workers *pool.Pool) {
	l.SetInterval(time.Second, func() {
		workers.TrySubmit(flush) // ok: it comes back
	})
}

func fanoutWrong(l *loop.Loop, workers *pool.Pool, names []string) {
	l.NextTick(func() {
		for _, name := range names {
			workers.TrySubmit(func() { os.Remove(name) }) // want `\(\*pool.Pool\).TrySubmit submits a task for each element of its input \(pool-fanout\)`
		}
	})
}

func fanoutRight(l *loop.Loop, workers *pool.Pool, names []string) {
	l.NextTick(func() {
		for share := range 4 {
			workers.TrySubmit(func() { // ok: four of them
				for i := share; i < len(names); i += 4 {
					os.Remove(names[i])
				}
			})
		}
	})
}

func kernelWrong(ctx context.Context, l *loop.Loop, address string, answer func(*http.Response, error)) {
	loop.QueueWork(ctx, l, func(context.Context) (*http.Response, error) {
		return http.Head(address) // want `http.Head waits for the network on a worker \(pool-kernel\)`
	}, answer)
}

func kernelRight(l *loop.Loop, address string, answer func(*http.Response, error)) {
	go func() {
		resp, err := http.Head(address) // ok: on a goroutine
		l.Post(func() { answer(resp, err) })
	}()
}

func partitionWrong(ctx context.Context, l *loop.Loop, points []point, count func(int, error)) {
	loop.QueueWork(ctx, l, func(context.Context) (pairs int, err error) {
		for _, p := range points { // want `computes on its whole input in one task \(pool-partition\)`
			for _, q := range points {
				if p == q {
					pairs++
				}
			}
		}
		return pairs, nil
	}, count)
	loop.QueueFunc(ctx, l, func(context.Context) error { return os.Remove("spool") }, func(error) {})
}

func partitionRight(ctx context.Context, l *loop.Loop, points []point, count func(int, error)) {
	loop.QueueWork(ctx, l, func(ctx context.Context) (pairs int, err error) {
		for _, p := range points { // ok: it looks at its context
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			for _, q := range points {
				if p == q {
					pairs++
				}
			}
		}
		return pairs, nil
	}, count)
}

func affinityWrong(l *loop.Loop, workers *pool.Pool, name string) {
	workers.TrySubmit(func() {
		os.Remove(name)
		l.SetTimeout(time.Second, retry) // want `\(\*loop.Loop\).SetTimeout is for the loop only \(pool-affinity\)`
	})
}

func affinityRight(l *loop.Loop, workers *pool.Pool, name string) {
	workers.TrySubmit(func() {
		os.Remove(name)
		l.Post(func() {
			l.SetTimeout(time.Second, retry) // ok: on the loop
		})
	})
}
