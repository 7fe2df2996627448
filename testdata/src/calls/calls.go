// Package calls reaches what blocks through functions and methods of its own. // want package:"effects"
package calls

import (
	"net/http"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A chain of helpers.

func config() {
	os.ReadFile("config") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> reload -> config -> os.ReadFile`
}

func reload() { config() }

func unused() {
	os.ReadFile("unused") // ok: no callback comes here
}

func chain(l *loop.Loop) {
	l.NextTick(func() { reload() })
	unused()
}

// A named function is the callback itself.

func tick() {
	os.Remove("x") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).SetInterval -> tick -> os.Remove`
}

func tock() {
	os.Remove("x") // ok: called by its own ticker
}

func named(l *loop.Loop) {
	l.SetInterval(time.Second, tick)
	go func() {
		for range time.Tick(time.Second) {
			tock()
		}
	}()
}

// Methods, with pointer and value receivers.

type server struct {
	loop *loop.Loop
	page []byte
}

func (s *server) load() {
	s.page, _ = os.ReadFile("page") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> \(\*server\).load -> os.ReadFile`
}

func (s server) save() {
	os.WriteFile("page", s.page, 0o644) // want `os.WriteFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> \(?server\)?.save -> os.WriteFile`
}

func (s *server) forget() {
	s.page = nil // ok: in memory
}

func (s *server) start() {
	s.loop.NextTick(func() { s.load() })
	s.loop.NextTick(func() { s.save() })
	s.loop.NextTick(func() { s.forget() })
}

// A method value, and a method expression.

type client struct{ url string }

func (c *client) fetch() {
	http.Get(c.url) // want `http.Get blocks the event loop \(net\): callback of \(\*loop.Loop\).NextTick -> \(\*client\).fetch -> http.Get`
}

func (c *client) post() {
	http.Post(c.url, "text/plain", nil) // want `http.Post blocks the event loop \(net\): callback of \(\*loop.Loop\).NextTick -> \(\*client\).post -> http.Post`
}

func (c *client) name() string { return c.url }

func (c *client) start(l *loop.Loop) {
	l.NextTick(c.fetch)
	post := (*client).post
	l.NextTick(func() { post(c) })
	name := (*client).name
	l.NextTick(func() { name(c) }) // ok: in memory
	go c.later()
}

func (c *client) later() {
	http.Head(c.url) // ok: on a goroutine
}

// Promoted methods: of a struct, of a pointer, two levels deep.

type disk struct{}

func (disk) flush() {
	os.Truncate("x", 0) // want `os.Truncate blocks the event loop \(file\): .*flush -> os.Truncate`
}

func (*disk) sync() {
	os.Rename("x", "y") // want `os.Rename blocks the event loop \(file\): .*sync -> os.Rename`
}

func (disk) size() int { return 0 }

type volume struct{ *disk }

type array struct{ volume }

func promoted(l *loop.Loop, v volume, a *array) {
	l.NextTick(func() { v.flush() })
	l.NextTick(a.sync)
	l.NextTick(func() { a.size() }) // ok: in memory
}

// A method that the outer type has itself hides the promoted one.

type memory struct{ hidden }

type hidden struct{}

func (hidden) flush() {
	os.Truncate("hidden", 0) // ok: memory.flush is called
}

func (memory) flush() {}

func hides(l *loop.Loop, m memory) {
	l.NextTick(m.flush)
	l.NextTick(func() { m.flush() })
}

// Recursion, alone and in turns.

func countdown(n int) {
	if n > 0 {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\): callback of \(\*loop.Loop\).NextTick -> countdown -> time.Sleep`
		countdown(n - 1)
	}
}

func factorial(n int) int {
	if n < 2 {
		return 1
	}
	return n * factorial(n-1) // ok: it computes
}

func even(n int) bool { return n == 0 || odd(n-1) }

func odd(n int) bool {
	os.Open("odd") // want `os.Open blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> even -> odd -> os.Open`
	return n != 0 && even(n-1)
}

func recursion(l *loop.Loop) {
	l.NextTick(func() { countdown(3) })
	l.NextTick(func() { factorial(3) })
	l.NextTick(func() { even(3) })
}

// Two callbacks that come to one line are one finding.

func shared() {
	os.Mkdir("x", 0o755) // want `os.Mkdir blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> shared -> os.Mkdir \(and 1 more callback\)`
}

func twice(l *loop.Loop) {
	l.NextTick(shared)
	l.NextTick(func() { shared() })
}
