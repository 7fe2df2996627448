// Package harmless holds calls that look as if they blocked. // want package:"effects"
package harmless

import (
	"net/http"
	"os"
	"runtime"
	"sync"

	"github.com/loopvet/loopvet/runtime/loop"
)

type queue struct {
	items chan int
}

func newQueue() *queue { return &queue{items: make(chan int)} }

func (q *queue) start(l *loop.Loop) {
	go func() { q.items <- 1 }()
	l.NextTick(func() {
		<-q.items // want `a channel receive may block the event loop \(chan\)`
	})
	l.NextTick(func() {
		for len(q.items) > 0 {
			<-q.items // ok: there is something to receive
		}
	})
	l.NextTick(func() {
		if len(q.items) < cap(q.items) {
			q.items <- 2 // ok: there is room
		}
	})
}

// What a package's sync.Once runs, it runs once.
var first sync.Once

type conn struct {
	hello sync.Once
}

func (c *conn) start(l *loop.Loop) {
	l.NextTick(func() {
		first.Do(func() {
			os.ReadFile("x") // ok: once
		})
	})
	l.NextTick(func() {
		first.Do(func() {
			http.Get("http://example.com") // want `http.Get blocks the event loop \(net\)`
		})
	})
	l.NextTick(func() {
		c.hello.Do(func() {
			os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\)`
		})
	})
}

// A lock that only its constructor holds for long.
type store struct {
	mu    sync.Mutex
	names []byte
}

func newStore() *store { return &store{} }

func open() *store {
	s := &store{}
	s.load()
	return s
}

// Open may run on any goroutine.
func Open() *store {
	s := newStore()
	s.load()
	return s
}

func (s *store) load() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names, _ = os.ReadFile("x")
}

func (s *store) start(l *loop.Loop) {
	l.NextTick(func() {
		s.mu.Lock() // ok: nobody else has the store while it loads
		s.mu.Unlock()
	})
}

// A lock that a goroutine holds for long.
type cache struct {
	mu    sync.Mutex
	names []byte
}

func (c *cache) load() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names, _ = os.ReadFile("x")
}

func (c *cache) start(l *loop.Loop) {
	go c.load()
	l.NextTick(func() {
		c.mu.Lock() // want `lock`
		c.mu.Unlock()
	})
}

// A lock that its holder gives back while it waits.
type mailbox struct {
	mu    sync.Mutex
	full  *sync.Cond
	mails int
}

func newMailbox() *mailbox {
	m := new(mailbox)
	m.full = sync.NewCond(&m.mu)
	return m
}

func (m *mailbox) take() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waitLocked()
	m.mails--
}

func (m *mailbox) waitLocked() {
	for m.mails == 0 {
		m.full.Wait()
	}
}

func (m *mailbox) start(l *loop.Loop) {
	go m.take()
	l.NextTick(func() {
		m.mu.Lock() // ok: take waits without it
		m.mails++
		m.mu.Unlock()
		m.full.Signal()
	})
}

// A lock that only the loop itself takes.
type table struct {
	mu   sync.Mutex
	rows []byte
}

// Load is called on the loop.
func (t *table) Load() {
	t.mu.Lock() // ok: its holders run on the same loop
	defer t.mu.Unlock()
	t.rows, _ = os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\)`
}

func (t *table) start(l *loop.Loop) {
	l.NextTick(func() { t.Load() })
}

func stops(l *loop.Loop, n int) {
	l.NextTick(func() {
		runtime.GOMAXPROCS(n) // want `runtime.GOMAXPROCS blocks the event loop \(gc\)`
	})
	l.NextTick(func() {
		runtime.GOMAXPROCS(0) // ok: it only asks
	})
}

// A variable that the literal which computes it captures.
func itself(l *loop.Loop) {
	var wait any
	wait = func() any { return wait }()
	_ = wait
}
