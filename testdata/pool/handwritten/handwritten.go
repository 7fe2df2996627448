// Package handwritten makes pools of goroutines and channels.
package handwritten

import (
	"os"
	"sync"
	"time"
)

// Workers that range over a channel of functions.

type crew struct {
	jobs chan func()
	wg   sync.WaitGroup
}

func newCrew() *crew {
	c := &crew{jobs: make(chan func(), 16)}
	for range 4 {
		c.wg.Add(1)
		go func() {
			defer c.wg.Done()
			for job := range c.jobs {
				job()
			}
		}()
	}
	return c
}

func (c *crew) do(job func()) { c.jobs <- job } // want `a channel send may wait for a free worker of its own pool \(pool-selfwait\): task of a channel send -> \(\*crew\).do`

func (c *crew) stop() {
	close(c.jobs)
	c.wg.Wait() // ok: whoever stops the crew is none of its workers
}

// A job waits for another one.
func (c *crew) build(name string) {
	c.do(func() {
		compiled := make(chan error)
		c.do(func() { compiled <- os.WriteFile(name+".o", nil, 0o600) })
		if err := <-compiled; err != nil { // want `a channel receive (waits|may wait) for a task of its own pool \(pool-selfwait\)`
			return
		}
		os.WriteFile(name, nil, 0o700)
	})
}

// A goroutine in its place.
func (c *crew) buildBeside(name string) {
	c.do(func() {
		compiled := make(chan error)
		go func() { compiled <- os.WriteFile(name+".o", nil, 0o600) }()
		if err := <-compiled; err != nil { // ok: a goroutine feeds it
			return
		}
		os.WriteFile(name, nil, 0o700)
	})
}

// A job waits for all of its parts.
func (c *crew) link(first, second string) {
	c.do(func() {
		var parts sync.WaitGroup
		parts.Add(2)
		c.do(func() {
			defer parts.Done()
			os.ReadFile(first)
		})
		c.do(func() {
			defer parts.Done()
			os.ReadFile(second)
		})
		parts.Wait() // want `\(\*sync.WaitGroup\).Wait (waits|may wait) for a task of its own pool \(pool-selfwait\)`
	})
}

// Whoever is outside may wait for its parts.
func (c *crew) linkOutside(first, second string) {
	var parts sync.WaitGroup
	parts.Add(2)
	c.do(func() {
		defer parts.Done()
		os.ReadFile(first)
	})
	c.do(func() {
		defer parts.Done()
		os.ReadFile(second)
	})
	parts.Wait() // ok: not called by a job
}

// A job stops its own crew.
func (c *crew) last() {
	c.do(func() {
		close(c.jobs)
		c.wg.Wait() // want `\(\*sync.WaitGroup\).Wait (waits|may wait) for .*its own pool.* \(pool-selfwait\)`
	})
}

// A channel without a buffer, and jobs that hand on jobs: each send waits for a
// worker.

type link struct {
	address string
	depth   int
}

type spider struct{ links chan link }

func newSpider() *spider {
	s := &spider{links: make(chan link)}
	for range 2 {
		go s.work()
	}
	return s
}

func (s *spider) work() {
	for l := range s.links {
		for _, next := range [...]string{"a", "b"} {
			if l.depth < 3 {
				s.links <- link{l.address + next, l.depth + 1} // want `a channel send (waits|may wait) for a free worker of its own pool \(pool-selfwait\)`
			}
		}
	}
}

func (s *spider) crawl(address string) {
	s.links <- link{address, 0} // ok: not called by a worker
}

// The results go to another channel, which the caller reads.

type checker struct {
	names chan string
	sizes chan int64
}

func newChecker() *checker {
	c := &checker{names: make(chan string), sizes: make(chan int64, 64)}
	for range 2 {
		go c.work()
	}
	return c
}

func (c *checker) work() {
	for name := range c.names {
		if info, err := os.Stat(name); err == nil {
			c.sizes <- info.Size() // ok: not the channel that feeds the workers
		}
	}
}

func (c *checker) check(names [3]string) (total int64) {
	for _, name := range names {
		c.names <- name // ok: not called by a worker
	}
	for range names {
		total += <-c.sizes // ok: not called by a worker
	}
	return total
}

// A worker that waits for a reply to its own request.

type request struct {
	key   string
	reply chan string
}

type store struct{ requests chan request }

func newStore() *store {
	s := &store{requests: make(chan request, 8)}
	for range 3 {
		go func() {
			for r := range s.requests {
				r.reply <- s.answer(r.key)
			}
		}()
	}
	return s
}

func (s *store) ask(key string) string {
	r := request{key, make(chan string, 1)}
	s.requests <- r  // want `a channel send may wait for a free worker of its own pool \(pool-selfwait\)`
	return <-r.reply // want `a channel receive (waits|may wait) for a task of its own pool \(pool-selfwait\)`
}

func (s *store) answer(key string) string {
	if key == "" {
		return ""
	}
	return s.ask(key[1:])
}

// A buffered channel as a semaphore: who holds a slot asks for another one.

var slots = make(chan struct{}, 4)

func limited(fn func()) {
	slots <- struct{}{}
	defer func() { <-slots }()
	fn()
}

func walk(dir string, depth int) {
	entries, err := os.ReadDir(dir)
	if err != nil || depth == 0 {
		return
	}
	for _, e := range entries {
		slots <- struct{}{} // want `a channel send (waits|may wait) for a slot while it holds one \(pool-selfwait\)`
		walk(dir+"/"+e.Name(), depth-1)
		<-slots
	}
}

func startWalk(dir string) {
	go func() {
		slots <- struct{}{} // ok: it holds none yet
		defer func() { <-slots }()
		walk(dir, 3)
	}()
}

// The slot is given back before the next one is asked for.
func walkOpen(dirs [3]string) {
	for _, dir := range dirs {
		slots <- struct{}{} // ok: given back below
		os.ReadDir(dir)
		<-slots
	}
}

func stat(name string) {
	limited(func() { os.Stat(name) }) // ok: one slot
}

// A semaphore beside another one.

var opens = make(chan struct{}, 4)

func copyFile(from, to string) {
	slots <- struct{}{} // ok: it holds none yet
	defer func() { <-slots }()
	opens <- struct{}{} // ok: another semaphore
	defer func() { <-opens }()
	data, err := os.ReadFile(from)
	if err == nil {
		os.WriteFile(to, data, 0o600)
	}
}

// A job that never comes back.
func (c *crew) heartbeat(beat func()) {
	c.do(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for range tick.C { // want `a ticker loop holds a worker for good \(pool-forever\)`
			beat()
		}
	})
}

func (c *crew) park() {
	c.do(func() {
		select {} // want `select \{\} holds a worker for good \(pool-forever\)`
	})
}

// A worker's own loop is what a worker is.
func (c *crew) grow() {
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		for job := range c.jobs { // ok: one worker more
			job()
		}
	}()
}

// A job waits for another while it holds what that one takes.

type account struct {
	crew    *crew
	helpers *crew
	mu      sync.Mutex
	balance int // guarded by mu
}

func newAccount() *account { return &account{crew: newCrew(), helpers: newCrew()} }

func (a *account) add(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.balance += n
}

func (a *account) transfer(n int) {
	a.crew.do(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		added := make(chan struct{})
		a.helpers.do(func() {
			a.add(n)
			close(added)
		})
		<-added // want `\(pool-(heldlock|selfwait)\)`
	})
}

func (a *account) transferOpen(n int) {
	go func() {
		added := make(chan struct{})
		a.helpers.do(func() {
			a.add(n)
			close(added)
		})
		<-added // ok: not called by a job
	}()
}
