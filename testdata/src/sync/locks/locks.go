// Package locks takes locks in callbacks. // want package:"effects"
package locks

import (
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Held over the network by a goroutine.

type peers struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (p *peers) connect(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, _ := net.Dial("tcp", addr)
	p.conns = append(p.conns, c)
}

func (p *peers) start(l *loop.Loop) {
	go p.connect("localhost:1")
	l.Post(func() {
		p.mu.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\): .*; the lock is held over \(\*peers\).connect -> net.Dial`
		defer p.mu.Unlock()
	})
}

// The same, without the wait inside.

type patient struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (p *patient) connect(addr string) {
	c, _ := net.Dial("tcp", addr)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
}

func (p *patient) start(l *loop.Loop) {
	go p.connect("localhost:1")
	l.Post(func() {
		p.mu.Lock() // ok: a short critical section
		defer p.mu.Unlock()
	})
}

// Given back around the wait.

type around struct {
	mu   sync.Mutex
	data []byte
}

func (a *around) refresh() {
	a.mu.Lock()
	a.data = nil
	a.mu.Unlock()
	data, _ := os.ReadFile("x")
	a.mu.Lock()
	a.data = data
	a.mu.Unlock()
}

func (a *around) start(l *loop.Loop) {
	go a.refresh()
	l.Post(func() {
		a.mu.Lock() // ok: not held over the file
		a.mu.Unlock()
	})
}

// Given back on one way only.

type branch struct {
	mu   sync.Mutex
	data []byte
}

func (b *branch) refresh(force bool) {
	b.mu.Lock()
	if !force {
		b.mu.Unlock()
		return
	}
	b.data, _ = os.ReadFile("x")
	b.mu.Unlock()
}

func (b *branch) start(l *loop.Loop) {
	go b.refresh(true)
	l.Post(func() {
		b.mu.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\): .*; the lock is held over \(\*branch\).refresh -> os.ReadFile`
		b.mu.Unlock()
	})
}

// Readers and writers.

type table struct {
	mu   sync.RWMutex
	rows map[string]int
}

func (t *table) save() {
	t.mu.RLock()
	defer t.mu.RUnlock()
	os.WriteFile("rows", nil, 0o600)
}

func (t *table) get(k string) int {
	t.mu.RLock() // ok: save reads as well
	defer t.mu.RUnlock()
	return t.rows[k]
}

func (t *table) set(k string, v int) {
	t.mu.Lock() // want `\(\*sync.RWMutex\).Lock may block the event loop \(lock\): .*; the lock is held over \(\*table\).save -> os.WriteFile`
	defer t.mu.Unlock()
	t.rows[k] = v
}

func (t *table) start(l *loop.Loop) {
	go t.save()
	l.Post(func() { t.get("x") })
	l.Post(func() { t.set("x", 1) })
}

type journal struct {
	mu   sync.RWMutex
	rows []string
}

func (j *journal) load() {
	j.mu.Lock()
	defer j.mu.Unlock()
	os.ReadFile("rows")
}

func (j *journal) last() string {
	j.mu.RLock() // want `\(\*sync.RWMutex\).RLock may block the event loop \(lock\): .*; the lock is held over \(\*journal\).load -> os.ReadFile`
	defer j.mu.RUnlock()
	return j.rows[0]
}

func (j *journal) tryLast() string {
	if !j.mu.TryRLock() { // ok: it does not wait
		return ""
	}
	defer j.mu.RUnlock()
	return j.rows[0]
}

func (j *journal) start(l *loop.Loop) {
	go j.load()
	l.Post(func() { j.last() })
	l.Post(func() { j.tryLast() })
}

// Held on the loop only: callbacks do not wait for each other.

type scene struct {
	mu    sync.Mutex
	nodes int
}

func (s *scene) start(l *loop.Loop) {
	l.Post(func() {
		s.mu.Lock() // ok: its holders run on the same loop
		defer s.mu.Unlock()
		http.Get("http://example.com/scene") // want `http.Get blocks the event loop \(net\)`
	})
	l.Post(func() {
		s.mu.Lock() // ok: its holders run on the same loop
		s.nodes++
		s.mu.Unlock()
	})
}

// Held by a constructor, before anyone else has it.

type catalog struct {
	mu    sync.Mutex
	items []byte
}

func newCatalog() *catalog {
	c := &catalog{}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items, _ = os.ReadFile("catalog")
	return c
}

func (c *catalog) start(l *loop.Loop) {
	l.Post(func() {
		c.mu.Lock() // ok: nobody else has it while it is made
		c.mu.Unlock()
	})
}

// Held over a wait for others: a channel, a group, a sleep.

type relay struct {
	mu  sync.Mutex
	out chan int
}

func newRelay() *relay { return &relay{out: make(chan int)} }

func (r *relay) pump() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out <- 1
}

func (r *relay) start(l *loop.Loop) {
	go r.pump()
	go func() { <-r.out }()
	l.Post(func() {
		r.mu.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\): .*; the lock is held over \(\*relay\).pump -> a channel send`
		r.mu.Unlock()
	})
}

var slow sync.Mutex

var fast sync.Mutex

func tick() {
	slow.Lock()
	time.Sleep(time.Second)
	slow.Unlock()
	fast.Lock()
	fast.Unlock()
}

func variables(l *loop.Loop) {
	go tick()
	l.Post(func() {
		slow.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\): .*; the lock is held over tick -> time.Sleep`
		slow.Unlock()
	})
	l.Post(func() {
		fast.Lock() // ok: a short critical section
		fast.Unlock()
	})
}

// Held by a task of the pool, or by a goroutine of a literal.

type ledger struct {
	mu    sync.Mutex
	total atomic.Int64
}

func (g *ledger) start(l *loop.Loop) {
	l.Post(func() {
		go func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			http.Get("http://example.com/ledger") // ok: on a goroutine
		}()
	})
	l.Post(func() {
		g.mu.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\): .*; the lock is held over .* http.Get`
		g.mu.Unlock()
	})
	l.Post(func() {
		g.total.Add(1) // ok: it does not wait
	})
}

// An embedded mutex.

type counter struct {
	sync.Mutex
	n int
}

func (c *counter) flush() {
	c.Lock()
	defer c.Unlock()
	os.WriteFile("n", nil, 0o600)
}

func (c *counter) start(l *loop.Loop) {
	go c.flush()
	l.Post(func() {
		c.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\): .*; the lock is held over \(\*counter\).flush -> os.WriteFile`
		c.n++
		c.Unlock()
	})
}

// Two fields of one type are two locks.

type pair struct{ loud, calm sync.Mutex }

func (p *pair) work() {
	p.calm.Lock()
	p.calm.Unlock()
	p.loud.Lock()
	defer p.loud.Unlock()
	http.Get("http://example.com/pair")
}

func (p *pair) start(l *loop.Loop) {
	go p.work()
	l.Post(func() {
		p.loud.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\)`
		p.loud.Unlock()
	})
	l.Post(func() {
		p.calm.Lock() // ok: given back before the wait
		p.calm.Unlock()
	})
}
