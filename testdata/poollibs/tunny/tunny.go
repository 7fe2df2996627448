// Package tunny uses the pools of Jeffail/tunny. // want package:"waits"
package tunny

import (
	"os"
	"sync"
	"time"

	"github.com/Jeffail/tunny"
)

// A job that is too large is cut in two, and each half is a job of its own.

var halves *tunny.Pool

func half(payload any) any {
	numbers, ok := payload.([]int)
	if !ok || len(numbers) < 2 {
		return numbers
	}
	left := halves.Process(numbers[:len(numbers)/2]) // want `\(\*tunny.Pool\).Process (waits|may wait) for a task of its own pool \(pool-selfwait\): task of tunny.NewFunc -> half -> \(\*tunny.Pool\).Process`
	return left
}

func init() { halves = tunny.NewFunc(2, half) }

func sort(numbers []int) any {
	return halves.Process(numbers) // ok: not called by a task
}

// Local pools.
func local(name string) any {
	var p *tunny.Pool
	p = tunny.NewFunc(1, func(payload any) any {
		if payload == "" {
			return nil
		}
		return p.Process("") // want `\(\*tunny.Pool\).Process waits for a task of its own pool \(pool-selfwait\)`
	})
	defer p.Close()
	return p.Process(name) // ok: not called by a task
}

func twoLocals(name string) any {
	reader := tunny.NewFunc(1, func(payload any) any {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return data
	})
	sizer := tunny.NewFunc(1, func(payload any) any {
		return reader.Process(payload) // ok: the reader is another pool
	})
	return sizer.Process(name) // ok: not called by a task
}

// Functions as payloads.
func callbacks(name string) {
	p := tunny.NewCallback(1)
	defer p.Close()
	p.Process(func() {
		p.Process(func() { os.Remove(name) }) // want `\(\*tunny.Pool\).Process waits for a task of its own pool \(pool-selfwait\): task of \(\*tunny.Pool\).Process`
	})
	q := tunny.NewCallback(1)
	defer q.Close()
	p.Process(func() {
		q.Process(func() { os.Remove(name) }) // ok: q is another pool
	})
}

// A wait with an end.
func timed(name string) {
	p := tunny.NewCallback(1)
	defer p.Close()
	p.Process(func() {
		p.ProcessTimed(func() { os.Remove(name) }, time.Second) // ok: it waits a second at most
	})
}

// Jobs that never come back.
func endless(events chan string) *tunny.Pool {
	return tunny.NewFunc(2, func(payload any) any {
		for {
			os.Remove(<-events) // want `a receive loop holds a worker for good \(pool-forever\)`
		}
	})
}

func parked() *tunny.Pool {
	p := tunny.NewCallback(2)
	go p.Process(func() {
		select {} // want `select \{\} holds a worker for good \(pool-forever\)`
	})
	p.Process(func() { os.Remove("lock") }) // ok: it returns
	go func() {
		select {} // ok: on a goroutine
	}()
	return p
}

// Process waits for each.
func each(names []string) {
	p := tunny.NewCallback(4)
	defer p.Close()
	for _, name := range names {
		p.Process(func() { os.Remove(name) }) // ok: one at a time
	}
}

// A job waits for another while it holds what that one takes.

type counter struct {
	mu      sync.Mutex
	n       int // guarded by mu
	workers *tunny.Pool
	adders  *tunny.Pool
}

func newCounter() *counter {
	return &counter{workers: tunny.NewCallback(1), adders: tunny.NewCallback(1)}
}

func (c *counter) add() {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
}

func (c *counter) reset() {
	c.workers.Process(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.n = 0
		c.adders.Process(c.add) // want `\(\*tunny.Pool\).Process (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
	})
}

func (c *counter) twice() {
	c.workers.Process(func() {
		c.mu.Lock()
		c.adders.Process(func() { // want `\(\*tunny.Pool\).Process (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
			c.add()
			c.add()
		})
		c.mu.Unlock()
	})
}

func (c *counter) resetOpen() {
	c.workers.Process(func() {
		c.mu.Lock()
		c.n = 0
		c.mu.Unlock()
		c.adders.Process(c.add) // ok: nothing is held
	})
}

func (c *counter) resetAlone(name string) {
	aside := tunny.NewCallback(1)
	c.workers.Process(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		aside.Process(func() { os.Remove(name) }) // ok: the job takes no lock
	})
}
