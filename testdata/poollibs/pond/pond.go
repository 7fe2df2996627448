// Package pond uses the pools of alitto/pond. // want package:"waits"
package pond

import (
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/alitto/pond/v2"
)

type renderer struct {
	pool  pond.Pool
	tiles pond.Pool
	mu    sync.Mutex
	done  int // guarded by mu
}

func newRenderer() *renderer {
	return &renderer{pool: pond.NewPool(2), tiles: pond.NewPool(4)}
}

func (r *renderer) tile(name string) {
	os.WriteFile(name, nil, 0o600)
	r.mu.Lock()
	r.done++
	r.mu.Unlock()
}

// A page waits for its tiles, on the pool that it runs on.
func (r *renderer) page(name string) pond.Task {
	return r.pool.Submit(func() {
		first := r.pool.Submit(func() { r.tile(name + "-1") })
		r.tile(name + "-2")
		first.Wait() // want `\(pond.Task\).Wait (waits|may wait) for a task of its own pool \(pool-selfwait\): task of \(pond.Pool\).Submit -> \(pond.Task\).Wait`
	})
}

// The tiles have a pool of their own.
func (r *renderer) pageBeside(name string) pond.Task {
	return r.pool.Submit(func() {
		r.tiles.Submit(func() { r.tile(name + "-1") }).Wait() // ok: the tiles are another pool
	})
}

func (r *renderer) show(name string) error {
	return r.page(name).Wait() // ok: not called by a task
}

// A group is a view of its pool.
func grouped(names [3]string) error {
	p := pond.NewPool(1)
	defer p.StopAndWait() // ok: not called by a task
	pages := p.NewGroup()
	pages.Submit(func() {
		tiles := p.NewGroup()
		for _, name := range names {
			tiles.Submit(func() { os.Remove(name) })
		}
		tiles.Wait() // want `\(pond.TaskGroup\).Wait waits for a task of its own pool \(pool-selfwait\): task of \(pond.TaskGroup\).Submit -> \(pond.TaskGroup\).Wait`
	})
	return pages.Wait() // ok: not called by a task
}

func groupedBeside(names [3]string) error {
	p, q := pond.NewPool(1), pond.NewPool(1)
	pages := p.NewGroup()
	pages.Submit(func() {
		tiles := q.NewGroup()
		for _, name := range names {
			tiles.Submit(func() { os.Remove(name) })
		}
		tiles.Wait() // ok: the group is of another pool
	})
	return pages.Wait() // ok: not called by a task
}

// So is a subpool.
func subpool(name string) {
	p := pond.NewPool(2)
	few := p.NewSubpool(1)
	p.Submit(func() {
		few.Submit(func() { os.Remove(name) }).Wait() // want `\(pond.Task\).Wait waits for a task of its own pool \(pool-selfwait\)`
	})
	p.StopAndWait() // ok: not called by a task
}

// A pool whose queue is bounded.
func bounded(names [3]string) {
	p := pond.NewPool(1, pond.WithQueueSize(1))
	p.Submit(func() {
		for _, name := range names {
			p.Submit(func() { os.Remove(name) }) // want `\(pond.Pool\).Submit waits for a free worker of its own pool \(pool-selfwait\)`
		}
	})
	p.StopAndWait() // ok: not called by a task
}

// Bounded, and it refuses; and not bounded.
func refusing(names [3]string) {
	p := pond.NewPool(1, pond.WithQueueSize(1), pond.WithNonBlocking(true))
	p.Submit(func() {
		for _, name := range names {
			p.Submit(func() { os.Remove(name) }) // ok: it refuses and does not wait
		}
	})
	q := pond.NewPool(1)
	q.Submit(func() {
		for _, name := range names {
			q.Submit(func() { os.Remove(name) }) // ok: the queue has no bound
		}
	})
	r := pond.NewPool(1, pond.WithQueueSize(1))
	r.Submit(func() {
		for _, name := range names {
			if _, ok := r.TrySubmit(func() { os.Remove(name) }); !ok { // ok: it does not wait
				os.Remove(name)
			}
		}
	})
}

// The last task stops its own pool.
func last() {
	p := pond.NewPool(2)
	p.Submit(func() {
		p.StopAndWait() // want `\(pond.Pool\).StopAndWait waits for .*its own pool.* \(pool-selfwait\)`
	})
	q := pond.NewPool(2)
	q.Submit(func() {
		q.Stop() // ok: it does not wait
	})
}

// Results.
func results(names [2]string) (int, error) {
	p := pond.NewResultPool[int](1)
	return p.Submit(func() int {
		n, err := p.Submit(func() int { return len(names[0]) }).Wait() // want `\(pond.Result.*\).Wait waits for a task of its own pool \(pool-selfwait\)`
		if err != nil {
			return 0
		}
		return n + len(names[1])
	}).Wait() // ok: not called by a task
}

// One for each element.
func (r *renderer) all(names []string) {
	for _, name := range names {
		r.pool.Submit(func() { r.tile(name) }) // want `\(pond.Pool\).Submit submits a task for each element of its input \(pool-fanout\)`
	}
}

func (r *renderer) allGrouped(names []string) error {
	g := r.tiles.NewGroup()
	for _, name := range names {
		g.Submit(func() { r.tile(name) }) // want `\(pond.TaskGroup\).Submit submits a task for each element of its input \(pool-fanout\)`
	}
	return g.Wait() // ok: not called by a task
}

func allBounded(names []string) {
	p := pond.NewPool(4, pond.WithQueueSize(64))
	for _, name := range names {
		p.Submit(func() { os.Remove(name) }) // ok: 64 wait at most
	}
	p.StopAndWait()
}

func (r *renderer) both(first, second string) {
	for _, name := range []string{first, second} {
		r.tiles.Submit(func() { r.tile(name) }) // ok: two of them
	}
}

// Tasks that never come back.
func (r *renderer) serve(ln net.Listener, h http.Handler, names chan string) {
	r.pool.Submit(func() {
		http.Serve(ln, h) // want `http.Serve holds a worker for good \(pool-forever\)`
	})
	r.pool.Go(func() {
		for {
			r.tile(<-names) // want `a receive loop holds a worker for good \(pool-forever\)`
		}
	})
	r.pool.Go(func() {
		name := <-names // ok: one of them
		r.tile(name)
	})
	go http.Serve(ln, h) // ok: on a goroutine
}

// A task waits for others while it holds what those take.
func (r *renderer) reset(name string) {
	r.pool.Submit(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.done = 0
		r.tiles.Submit(func() { r.tile(name) }).Wait() // want `\(pond.Task\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
	})
}

func (r *renderer) resetGroup(names [2]string) {
	r.pool.Submit(func() {
		r.mu.Lock()
		r.done = 0
		g := r.tiles.NewGroup()
		for _, name := range names {
			g.Submit(func() { r.tile(name) })
		}
		g.Wait() // want `\(pond.TaskGroup\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
		r.mu.Unlock()
	})
}

func (r *renderer) resetOpen(name string) {
	r.pool.Submit(func() {
		r.mu.Lock()
		r.done = 0
		r.mu.Unlock()
		r.tiles.Submit(func() { r.tile(name) }).Wait() // ok: nothing is held
	})
}

func (r *renderer) resetAlone(name string) {
	aside := pond.NewPool(1)
	r.pool.Submit(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		aside.Submit(func() { os.Remove(name) }).Wait() // ok: the task takes no lock
		r.done = 0
	})
}

// A part of a pool that a constructor was given occupies that pool's workers.
type scaler struct{ part pond.Pool }

func newScaler(p pond.Pool) *scaler { return &scaler{p.NewSubpool(2)} }

func scale(name string) {
	p := pond.NewPool(8)
	s := newScaler(p)
	s.part.Submit(func() {
		p.Submit(func() { os.Remove(name) }).Wait() // want `\(pond.Task\).Wait may wait for a task of its own pool \(pool-selfwait\)`
	})
}

type marker struct{ part pond.Pool }

func newMarker(p pond.Pool) *marker { return &marker{p.NewSubpool(2)} }

func mark(name string) {
	p, other := pond.NewPool(8), pond.NewPool(8)
	m := newMarker(p)
	m.part.Submit(func() {
		other.Submit(func() { os.Remove(name) }).Wait() // ok: another pool, of which it is no part
	})
}

// A pool for one list of names.

func removeAll(names []string) {
	p := pond.NewPool(4)
	defer p.StopAndWait()
	for _, name := range names {
		p.Submit(func() { os.Remove(name) }) // ok: nobody else's tasks stand behind these
	}
}

func removeLater(names []string) pond.Pool {
	p := pond.NewPool(4)
	for _, name := range names {
		p.Submit(func() { os.Remove(name) }) // want `\(pond.Pool\).Submit .* for each element of its input \(pool-fanout\)`
	}
	return p
}
