// Package workerpool uses the pools of gammazero/workerpool. // want package:"waits"
package workerpool

import (
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/gammazero/workerpool"
)

type importer struct {
	pool   *workerpool.WorkerPool
	writer *workerpool.WorkerPool
	mu     sync.Mutex
	rows   int // guarded by mu
}

func newImporter() *importer {
	return &importer{pool: workerpool.New(2), writer: workerpool.New(1)}
}

func (i *importer) write(name string) {
	os.WriteFile(name, nil, 0o600)
	i.mu.Lock()
	i.rows++
	i.mu.Unlock()
}

// A table waits for its rows.
func (i *importer) table(name string) {
	i.pool.Submit(func() {
		i.pool.SubmitWait(func() { i.write(name) }) // want `\(\*workerpool.WorkerPool\).SubmitWait (waits|may wait) for a task of its own pool \(pool-selfwait\): task of \(\*workerpool.WorkerPool\).Submit -> \(\*workerpool.WorkerPool\).SubmitWait`
	})
}

func (i *importer) tableBeside(name string) {
	i.pool.Submit(func() {
		i.writer.SubmitWait(func() { i.write(name) }) // ok: the writer is another pool
	})
}

func (i *importer) tableNow(name string) {
	i.pool.SubmitWait(func() { i.write(name) }) // ok: not called by a task
}

func (i *importer) tableLater(name string) {
	i.pool.Submit(func() {
		i.pool.Submit(func() { i.write(name) }) // ok: the queue has no bound
	})
}

// The rows in parallel.
func rows(names [2]string) {
	p := workerpool.New(1)
	p.Submit(func() {
		var wg sync.WaitGroup
		wg.Add(2)
		for _, name := range names {
			p.Submit(func() {
				defer wg.Done()
				os.Remove(name)
			})
		}
		wg.Wait() // want `\(\*sync.WaitGroup\).Wait waits for a task of its own pool \(pool-selfwait\)`
	})
	p.StopWait() // ok: not called by a task
}

// The last task stops its own pool.
func last() {
	p := workerpool.New(2)
	p.Submit(func() {
		p.StopWait() // want `\(\*workerpool.WorkerPool\).StopWait waits for .*its own pool.* \(pool-selfwait\)`
	})
}

// One for each element: the queue takes them all.
func (i *importer) all(names []string) {
	for _, name := range names {
		i.pool.Submit(func() { i.write(name) }) // want `\(\*workerpool.WorkerPool\).Submit submits a task for each element of its input \(pool-fanout\)`
	}
}

func (i *importer) allDone(names []string) {
	for _, name := range names {
		if i.pool.Do(func() { i.write(name) }) != nil { // want `\(\*workerpool.WorkerPool\).Do submits a task for each element of its input \(pool-fanout\)`
			return
		}
	}
}

func (i *importer) inTurn(names []string) {
	for _, name := range names {
		i.pool.SubmitWait(func() { i.write(name) }) // ok: one at a time
	}
}

func (i *importer) both() {
	for _, name := range [...]string{"a", "b"} {
		i.pool.Submit(func() { i.write(name) }) // ok: two of them
	}
}

// Tasks that never come back.
func (i *importer) serve(ln net.Listener, h http.Handler) {
	i.pool.Submit(func() {
		http.Serve(ln, h) // want `http.Serve holds a worker for good \(pool-forever\)`
	})
	i.pool.Submit(func() {
		for {
			conn, err := ln.Accept() // want `an accept loop holds a worker for good \(pool-forever\)`
			if err != nil {
				return
			}
			conn.Close()
		}
	})
	i.pool.Submit(func() {
		conn, err := ln.Accept() // ok: one connection
		if err == nil {
			conn.Close()
		}
	})
	go http.Serve(ln, h) // ok: on a goroutine
}

// A task waits for others while it holds what those take.
func (i *importer) reset(name string) {
	i.pool.Submit(func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.rows = 0
		i.writer.SubmitWait(func() { i.write(name) }) // want `\(\*workerpool.WorkerPool\).SubmitWait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
	})
}

func (i *importer) resetBy(name string) {
	i.pool.Submit(func() {
		i.mu.Lock()
		written := make(chan struct{})
		i.writer.Submit(func() {
			defer close(written)
			i.write(name)
		})
		<-written // want `a channel receive (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
		i.mu.Unlock()
	})
}

func (i *importer) resetOpen(name string) {
	i.pool.Submit(func() {
		i.mu.Lock()
		i.rows = 0
		i.mu.Unlock()
		i.writer.SubmitWait(func() { i.write(name) }) // ok: nothing is held
	})
}

func (i *importer) resetAlone(name string) {
	aside := workerpool.New(1)
	i.pool.Submit(func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		aside.SubmitWait(func() { os.Remove(name) }) // ok: the task takes no lock
	})
}

// A pool for one list of names.

func removeAll(names []string) {
	p := workerpool.New(4)
	for _, name := range names {
		p.Submit(func() { os.Remove(name) }) // ok: nobody else's tasks stand behind these
	}
	p.StopWait()
}

func removeTwice(first, second []string) {
	removeAll(first)
	removeAll(second)
}

func removeLater(names []string) *workerpool.WorkerPool {
	p := workerpool.New(4)
	for _, name := range names {
		p.Submit(func() { os.Remove(name) }) // want `\(\*workerpool.WorkerPool\).Submit .* for each element of its input \(pool-fanout\)`
	}
	return p
}
