// Package foreign has tasks that wait inside of another module. // want package:"waits"
package foreign

import (
	"os"
	"sync"

	"example.com/transport"
	"github.com/panjf2000/ants/v2"
)

var (
	workers, _ = ants.NewPool(4)
	reports    = transport.New()
	spool      = make(chan string, 1)
)

// Who else ends the wait is not known.
func remove(name string) {
	if os.Remove(name) != nil {
		reports.Send(name) // ok: what is waited for is the library's
	}
}

func removeBoth(first, second string) {
	workers.Submit(func() {
		workers.Submit(func() { remove(first) }) // want `\(\*ants.Pool\).Submit waits for a free worker of its own pool \(pool-selfwait\)`
		remove(second)
	})
}

// Of this module's channel it is: tasks do.
func printNext(name string) {
	workers.Submit(func() {
		workers.Submit(func() { spool <- name }) // want `\(\*ants.Pool\).Submit waits for a free worker of its own pool \(pool-selfwait\)`
		os.Remove(<-spool)                       // want `a channel receive (waits|may wait) for a task of its own pool \(pool-selfwait\)`
	})
}

// What this module stores in a field of the library is run by whoever calls it.
func retry(name string) {
	reports.OnDrop(func(event string) {
		workers.Submit(func() { os.Remove(event) }) // want `\(\*ants.Pool\).Submit waits for a free worker of its own pool \(pool-selfwait\): .* -> \(\*transport.Transport\).Drop -> `
	})
	workers.Submit(func() { reports.Drop(name) })
}

// A lock in a field of the library is not known to be the same in two values.
func heldApart(all []*transport.Transport) {
	first, second := all[0], all[1]
	others, _ := ants.NewPool(4)
	workers.Submit(func() {
		first.Hold(func() {
			var done sync.WaitGroup
			done.Add(1)
			others.Submit(func() {
				defer done.Done()
				second.Hold(func() {})
			})
			done.Wait() // ok: the locks are the library's
		})
	})
}

type counter struct {
	mu sync.Mutex
}

func (c *counter) hold(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// Of a lock of this module it may be.
func heldHere(all []*counter) {
	first, second := all[0], all[1]
	others, _ := ants.NewPool(4)
	workers.Submit(func() {
		first.hold(func() {
			var done sync.WaitGroup
			done.Add(1)
			others.Submit(func() {
				defer done.Done()
				second.hold(func() {})
			})
			done.Wait() // want `\(\*sync.WaitGroup\).Wait may wait for a task that takes counter.mu, which it holds \(pool-heldlock\)`
		})
	})
}

// How long the loops of the library are is not told by their shape.
func compare(events []string) {
	workers.Submit(func() { transport.Same(events) }) // ok: the loops are the library's
	workers.Submit(func() { same(events) })
	workers.Submit(func() { os.Remove("events") })
}

func same(events []string) (pairs int) {
	for _, a := range events { // want `computes on its whole input`
		for _, b := range events {
			if a == b {
				pairs++
			}
		}
	}
	return pairs
}

// A goroutine of the library is the library's, whoever has it started.
func relay(all []*transport.Transport) {
	go os.Remove("relay")
	from, to := all[0], all[1]
	from.Relay(func(event string) { to.Post(event) }) // ok: from one value to another
}

type stage struct {
	events chan string
}

// Goroutines are looked at where they start: there it is seen that two stages differ.
func (s *stage) relay(to *stage) {
	go func() {
		for e := range s.events {
			to.post(e)
		}
	}()
}

func (s *stage) post(event string) {
	s.events <- event // ok: to the next stage
}

func chain(all []*stage) {
	go os.Remove("chain")
	all[0].relay(all[1])
}

// One that posts to itself waits for room that it makes.
func (s *stage) again() {
	go func() {
		for e := range s.events {
			s.events <- e // want `a channel send (waits|may wait) for a free worker of its own pool \(pool-selfwait\)`
		}
	}()
}
