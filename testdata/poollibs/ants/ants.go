// Package ants uses the pools of panjf2000/ants. // want package:"waits"
package ants

import (
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/panjf2000/ants/v2"

	"github.com/loopvet/loopvet/runtime/loop"
)

type crawler struct {
	pool   *ants.Pool
	parser *ants.Pool
	mu     sync.Mutex
	seen   map[string]bool // guarded by mu
}

func newCrawler() (*crawler, error) {
	p, err := ants.NewPool(8)
	if err != nil {
		return nil, err
	}
	q, err := ants.NewPool(8)
	if err != nil {
		return nil, err
	}
	return &crawler{pool: p, parser: q, seen: map[string]bool{}}, nil
}

// Each page submits the pages that it links to, and waits for a worker.
func (c *crawler) visit(address string) {
	if !c.mark(address) {
		return
	}
	for _, next := range [...]string{"/a", "/b"} {
		c.pool.Submit(func() { c.visit(address + next) }) // want `\(\*ants.Pool\).Submit (waits|may wait) for a free worker of its own pool \(pool-selfwait\): task of \(\*ants.Pool\).Submit -> \(\*crawler\).visit`
	}
}

func (c *crawler) mark(address string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.seen[address]
	c.seen[address] = true
	return !known
}

func (c *crawler) start(address string) error {
	return c.pool.Submit(func() { c.visit(address) }) // ok: not called by a task
}

// What is found goes to another pool.
func (c *crawler) fetch(name string) error {
	return c.pool.Submit(func() {
		data, err := os.ReadFile(name)
		if err != nil {
			return
		}
		c.parser.Submit(func() { c.mark(string(data)) }) // ok: the parser is another pool
	})
}

// A pool that refuses, and one without a bound.
func refusing(names [2]string) error {
	p, err := ants.NewPool(1, ants.WithNonblocking(true))
	if err != nil {
		return err
	}
	defer p.Release()
	return p.Submit(func() {
		for _, name := range names {
			if p.Submit(func() { os.Remove(name) }) != nil { // ok: it refuses and does not wait
				os.Remove(name)
			}
		}
	})
}

func unbounded(names [2]string) error {
	p, err := ants.NewPool(-1)
	if err != nil {
		return err
	}
	defer p.Release()
	return p.Submit(func() {
		for _, name := range names {
			p.Submit(func() { os.Remove(name) }) // ok: the pool has no bound
		}
	})
}

// A task waits for its parts.
func waiting(names [2]string) error {
	p, err := ants.NewPool(1)
	if err != nil {
		return err
	}
	defer p.Release()
	var all sync.WaitGroup
	all.Add(1)
	err = p.Submit(func() {
		defer all.Done()
		var parts sync.WaitGroup
		parts.Add(1)
		go p.Submit(func() {
			defer parts.Done()
			os.Remove(names[0])
		})
		parts.Wait() // want `\(\*sync.WaitGroup\).Wait waits for a task of its own pool \(pool-selfwait\): task of \(\*ants.Pool\).Submit -> \(\*sync.WaitGroup\).Wait`
	})
	all.Wait() // ok: not called by a task
	return err
}

// One for each element: Submit waits when all workers are busy.
func (c *crawler) each(names []string) {
	for _, name := range names {
		c.pool.Submit(func() { os.Remove(name) }) // ok: eight at a time
	}
}

// One for each element, and no bound, on the loop.
func eachUnbounded(l *loop.Loop, names []string) error {
	p, err := ants.NewPool(-1)
	if err != nil {
		return err
	}
	l.NextTick(func() {
		for _, name := range names {
			p.Submit(func() { os.Remove(name) }) // want `\(\*ants.Pool\).Submit .* for each element of its input \(pool-fanout\)`
		}
	})
	return nil
}

func eachDefault(l *loop.Loop, names []string) {
	l.NextTick(func() {
		for _, name := range names {
			ants.Submit(func() { os.Remove(name) }) // want `ants.Submit .* for each element of its input \(pool-fanout\)`
		}
		ants.Submit(func() { os.Remove("lock") }) // ok: one
	})
}

// Tasks that never come back.
func (c *crawler) serve(ln net.Listener, h http.Handler) {
	c.pool.Submit(func() {
		http.Serve(ln, h) // want `http.Serve holds a worker for good \(pool-forever\): task of \(\*ants.Pool\).Submit -> http.Serve`
	})
	c.pool.Submit(func() {
		select {} // want `select \{\} holds a worker for good \(pool-forever\): task of \(\*ants.Pool\).Submit`
	})
	go http.Serve(ln, h)                              // ok: on a goroutine
	c.pool.Submit(func() { http.Get("localhost:1") }) // ok: it returns
}

// A pool of one function.
func invoked(names [2]string) error {
	var p *ants.PoolWithFunc
	p, err := ants.NewPoolWithFunc(2, func(arg any) {
		name, ok := arg.(string)
		if ok && len(name) > 1 {
			p.Invoke(name[1:]) // want `\(\*ants.PoolWithFunc\).Invoke waits for a free worker of its own pool \(pool-selfwait\)`
		}
	})
	if err != nil {
		return err
	}
	defer p.Release()
	for _, name := range names {
		if err := p.Invoke(name); err != nil { // ok: not called by a task
			return err
		}
	}
	return nil
}

// A task waits for another while it holds what that one takes.
func (c *crawler) reset(address string) {
	c.pool.Submit(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		clear(c.seen)
		marked := make(chan bool)
		c.parser.Submit(func() { marked <- c.mark(address) })
		<-marked // want `a channel receive (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
	})
}

func (c *crawler) forget(address string) {
	c.pool.Submit(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.seen, address)
		var marked sync.WaitGroup
		marked.Add(1)
		c.parser.Submit(func() {
			defer marked.Done()
			c.mark(address)
		})
		marked.Wait() // want `\(\*sync.WaitGroup\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
	})
}

func (c *crawler) resetOpen(address string) {
	c.pool.Submit(func() {
		c.mu.Lock()
		clear(c.seen)
		c.mu.Unlock()
		marked := make(chan bool)
		c.parser.Submit(func() { marked <- c.mark(address) })
		<-marked // ok: nothing is held
	})
}

func (c *crawler) report(name string) {
	c.mu.Lock()
	n := len(c.seen)
	c.mu.Unlock()
	c.pool.Submit(func() { os.WriteFile(name, make([]byte, n), 0o600) }) // ok: nothing is held
}

// Which of a list it is, is not known.
func oneOfMany(pools []*ants.Pool, i, j int) {
	pools[i].Submit(func() {
		pools[j].Submit(func() { os.Remove("many") }) // want `\(\*ants.Pool\).Submit may wait for a free worker of its own pool \(pool-selfwait\)`
	})
}

func oneOfOne(pool *ants.Pool) {
	pool.Submit(func() {
		pool.Submit(func() { os.Remove("one") }) // want `\(\*ants.Pool\).Submit waits for a free worker of its own pool \(pool-selfwait\)`
	})
}
