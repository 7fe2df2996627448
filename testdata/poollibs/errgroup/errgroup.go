// Package errgroup uses groups of goroutines, with and without a limit. // want package:"waits"
package errgroup

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A tree is walked by tasks that start tasks, in a group with a limit: at the
// limit, Go waits for a task to end, and all of them wait in Go.

type walker struct {
	group errgroup.Group
	mu    sync.Mutex
	size  int64 // guarded by mu
}

func newWalker() *walker {
	w := new(walker)
	w.group.SetLimit(4)
	return w
}

func (w *walker) walk(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			w.group.Go(func() error { return w.walk(dir + "/" + e.Name()) }) // want `\(\*errgroup.Group\).Go (waits|may wait) for a free worker of its own pool \(pool-selfwait\): task of \(\*errgroup.Group\).Go -> \(\*walker\).walk`
			continue
		}
		if info, err := e.Info(); err == nil {
			w.add(info.Size())
		}
	}
	return nil
}

func (w *walker) add(n int64) {
	w.mu.Lock()
	w.size += n
	w.mu.Unlock()
}

func (w *walker) run(dir string) error {
	w.group.Go(func() error { return w.walk(dir) }) // ok: not called by a task
	return w.group.Wait()                           // ok: not called by a task
}

// The same without a limit: Go never waits.

type freeWalker struct{ group errgroup.Group }

func (w *freeWalker) walk(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			w.group.Go(func() error { return w.walk(dir + "/" + e.Name()) }) // ok: without a limit it does not wait
		}
	}
	return nil
}

// With a limit, and a submit that does not wait.
func tryWalk(g *errgroup.Group, dir string, depth int) error {
	if depth == 0 {
		return nil
	}
	for _, name := range [...]string{"src", "doc"} {
		sub := dir + "/" + name
		if !g.TryGo(func() error { return tryWalk(g, sub, depth-1) }) { // ok: it does not wait
			if err := tryWalk(g, sub, depth-1); err != nil {
				return err
			}
		}
	}
	return nil
}

func startTryWalk(dir string) error {
	var g errgroup.Group
	g.SetLimit(2)
	g.Go(func() error { return tryWalk(&g, dir, 3) })
	return g.Wait()
}

// A group inside a task, of its own.
func nested(ctx context.Context, dirs [3]string) error {
	outer, ctx := errgroup.WithContext(ctx)
	outer.SetLimit(2)
	for _, dir := range dirs {
		outer.Go(func() error {
			inner := new(errgroup.Group)
			inner.SetLimit(2)
			for _, name := range [...]string{"a", "b", "c"} {
				inner.Go(func() error { return os.Remove(dir + "/" + name) }) // ok: the inner group has workers of its own
			}
			return inner.Wait() // ok: the inner group's tasks wait for nobody
		})
	}
	return outer.Wait() // ok: not called by a task
}

// A task waits for its own group: the group waits for the task.
func waitInside(names [2]string) error {
	var g errgroup.Group
	g.SetLimit(2)
	for _, name := range names {
		g.Go(func() error { return os.Remove(name) })
	}
	g.Go(func() error {
		return g.Wait() // want `\(\*errgroup.Group\).Wait waits for .*its own pool.* \(pool-selfwait\): task of \(\*errgroup.Group\).Go -> \(\*errgroup.Group\).Wait`
	})
	return g.Wait() // ok: not called by a task
}

// One for each element, with a limit.
func fetchAll(addresses []string) error {
	var g errgroup.Group
	g.SetLimit(8)
	for _, a := range addresses {
		g.Go(func() error { // ok: eight at a time
			resp, err := http.Get(a)
			if err != nil {
				return err
			}
			return resp.Body.Close()
		})
	}
	return g.Wait()
}

// One for each element, without, on the loop.
func fetchFlood(l *loop.Loop, addresses []string) {
	l.NextTick(func() {
		var g errgroup.Group
		for _, a := range addresses {
			g.Go(func() error { // want `\(\*errgroup.Group\).Go .* for each element of its input \(pool-fanout\)`
				resp, err := http.Get(a)
				if err != nil {
					return err
				}
				return resp.Body.Close()
			})
		}
	})
}

func removeFlood(l *loop.Loop, g *errgroup.Group, names []string) {
	l.SetImmediate(func() {
		for _, name := range names {
			g.Go(func() error { return os.Remove(name) }) // want `\(\*errgroup.Group\).Go .* for each element of its input \(pool-fanout\)`
		}
		g.Go(func() error { return os.Remove("lock") }) // ok: one
	})
}

// Servers in a group without a limit are what a group is for.
func serve(ctx context.Context, h http.Handler) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return http.ListenAndServe("localhost:8080", h) }) // ok: no limit
	g.Go(func() error {
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		for {
			select { // ok: no limit
			case <-tick.C:
				os.Remove("cache")
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	return g.Wait()
}

// Servers in a group with one take its places for good.
func serveLimited(ln net.Listener, h http.Handler, names [4]string) error {
	var g errgroup.Group
	g.SetLimit(2)
	g.Go(func() error {
		return http.Serve(ln, h) // want `http.Serve holds a worker for good \(pool-forever\): task of \(\*errgroup.Group\).Go -> http.Serve`
	})
	g.Go(func() error {
		for {
			conn, err := ln.Accept() // want `an accept loop holds a worker for good \(pool-forever\): task of \(\*errgroup.Group\).Go`
			if errors.Is(err, net.ErrClosed) {
				return err
			}
			if err == nil {
				conn.Close()
			}
		}
	})
	for _, name := range names {
		g.Go(func() error { return os.Remove(name) })
	}
	return g.Wait()
}

// A task waits for a group whose tasks take the lock that it holds.
func (w *walker) recount(names [2]string) {
	var outer errgroup.Group
	outer.SetLimit(1)
	outer.Go(func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.size = 0
		var inner errgroup.Group
		inner.SetLimit(2)
		for _, name := range names {
			inner.Go(func() error {
				info, err := os.Stat(name)
				if err == nil {
					w.add(info.Size())
				}
				return err
			})
		}
		return inner.Wait() // want `\(\*errgroup.Group\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
	})
	outer.Wait()
}

func (w *walker) recountOpen(names [2]string) {
	var outer errgroup.Group
	outer.SetLimit(1)
	outer.Go(func() error {
		w.mu.Lock()
		w.size = 0
		w.mu.Unlock()
		var inner errgroup.Group
		inner.SetLimit(2)
		for _, name := range names {
			inner.Go(func() error {
				w.add(int64(len(name)))
				return nil
			})
		}
		return inner.Wait() // ok: nothing is held
	})
	outer.Wait()
}

func (w *walker) recountWith(sizes [2]int64) {
	var mu sync.Mutex
	var outer errgroup.Group
	outer.SetLimit(1)
	outer.Go(func() error {
		mu.Lock()
		defer mu.Unlock()
		var inner errgroup.Group
		inner.SetLimit(2)
		for _, n := range sizes {
			inner.Go(func() error {
				w.add(n)
				return nil
			})
		}
		return inner.Wait() // ok: the tasks take another lock
	})
	outer.Wait()
}

// A task of a limited group that waits for the group while it holds the lock.
func locked(w *walker, n int64) {
	var outer errgroup.Group
	outer.SetLimit(1)
	outer.Go(func() error {
		w.mu.Lock()
		var inner errgroup.Group
		inner.SetLimit(1)
		inner.Go(func() error {
			w.add(n)
			return nil
		})
		err := inner.Wait() // want `\(\*errgroup.Group\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
		w.mu.Unlock()
		return err
	})
	outer.Wait()
}

// A group that comes with a context, and a limit that is not constant.
func removeNested(ctx context.Context, limit int, names []string) error {
	g, gCtx := errgroup.WithContext(ctx)
	g.SetLimit(limit)
	for _, n := range names {
		g.Go(func() error {
			g.Go(func() error { return os.Remove(n + ".lock") }) // want `\(\*errgroup.Group\).Go waits for a free worker of its own pool \(pool-selfwait\)`
			return gCtx.Err()
		})
	}
	return g.Wait()
}

func removeInOrder(ctx context.Context, limit int, names []string) error {
	g, gCtx := errgroup.WithContext(ctx)
	g.SetLimit(limit)
	for _, n := range names {
		g.Go(func() error {
			if err := os.Remove(n + ".lock"); err != nil { // ok: one task does both
				return err
			}
			return gCtx.Err()
		})
	}
	return g.Wait()
}
