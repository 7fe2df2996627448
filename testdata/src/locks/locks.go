// Package locks takes mutexes on the loop that others hold elsewhere. // want package:"effects"
package locks

import (
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A holder that blocks, on a goroutine.

type feed struct {
	mu   sync.Mutex
	data []byte
	hits int
}

func (f *feed) refresh() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.data, _ = os.ReadFile("feed")
}

func (f *feed) count() {
	f.mu.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\): callback of \(\*loop.Loop\).NextTick -> \(\*feed\).count -> \(\*sync.Mutex\).Lock; the lock is held over \(\*feed\).refresh -> os.ReadFile`
	f.hits++
	f.mu.Unlock()
}

func (f *feed) start(l *loop.Loop) {
	go f.refresh()
	l.NextTick(f.count)
}

// A holder with a short critical section.

type stats struct {
	mu   sync.Mutex
	hits int
}

func (s *stats) hit() {
	s.mu.Lock()
	s.hits++
	s.mu.Unlock()
	http.Get("http://example.com/hit")
}

func (s *stats) start(l *loop.Loop) {
	go s.hit()
	l.NextTick(func() {
		s.mu.Lock() // ok: hit gives it back before it waits
		s.hits = 0
		s.mu.Unlock()
	})
}

// A holder on the same loop: the two never wait for each other.

type page struct {
	mu   sync.Mutex
	body []byte
}

func (p *page) load() {
	p.mu.Lock() // ok: its holders run on the same loop
	defer p.mu.Unlock()
	p.body, _ = os.ReadFile("page") // want `os.ReadFile blocks the event loop \(file\)`
}

func (p *page) start(l *loop.Loop) {
	l.NextTick(p.load)
	l.NextTick(func() {
		p.mu.Lock() // ok: its holders run on the same loop
		p.mu.Unlock()
	})
}

// Readers share.

type config struct {
	mu  sync.RWMutex
	val map[string]string
}

func (c *config) dump() {
	c.mu.RLock()
	defer c.mu.RUnlock()
	http.Post("http://example.com", "text/plain", nil)
}

func (c *config) start(l *loop.Loop) {
	go c.dump()
	l.NextTick(func() {
		c.mu.RLock() // ok: dump only reads
		_ = c.val["x"]
		c.mu.RUnlock()
	})
	l.NextTick(func() {
		c.mu.Lock() // want `\(\*sync.RWMutex\).Lock may block the event loop \(lock\): .*; the lock is held over \(\*config\).dump -> http.Post`
		c.val = nil
		c.mu.Unlock()
	})
}

// A variable of the package, held by an exported function that anyone may call.

var registryMu sync.Mutex

var quietMu sync.Mutex

// Save writes the registry.
func Save() {
	registryMu.Lock()
	os.WriteFile("registry", nil, 0o644)
	registryMu.Unlock()
}

// Note writes nothing.
func Note() {
	quietMu.Lock()
	quietMu.Unlock()
	os.WriteFile("note", nil, 0o644)
}

func variables(l *loop.Loop) {
	l.NextTick(func() {
		registryMu.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\): .*; the lock is held over Save -> os.WriteFile`
		registryMu.Unlock()
	})
	l.NextTick(func() {
		quietMu.Lock() // ok: Note gives it back before it writes
		quietMu.Unlock()
	})
}

// TryLock does not wait.

type gate struct{ mu sync.Mutex }

func (g *gate) slow() {
	g.mu.Lock()
	defer g.mu.Unlock()
	time.Sleep(time.Second)
}

func (g *gate) start(l *loop.Loop) {
	go g.slow()
	l.NextTick(func() {
		if g.mu.TryLock() { // ok: it does not wait
			g.mu.Unlock()
		}
	})
}

// A lock taken in a helper of the holder counts as well: the wait is below it.

type index struct{ mu sync.Mutex }

func (x *index) fetch() { http.Get("http://example.com/index") }

func (x *index) update() {
	x.mu.Lock()
	x.fetch()
	x.mu.Unlock()
}

func (x *index) start(l *loop.Loop) {
	go x.update()
	l.NextTick(func() {
		x.mu.Lock() // want `\(\*sync.Mutex\).Lock may block the event loop \(lock\): .*; the lock is held over \(\*index\).update -> \(\*index\).fetch -> http.Get`
		x.mu.Unlock()
	})
}
