// Package ifaces calls methods of interfaces. // want package:"effects"
package ifaces

import (
	"net/http"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

type store interface {
	Put(key string)
	Get(key string) string
}

type files struct{}

func (files) Put(key string) {
	os.WriteFile(key, nil, 0o644) // want `os.WriteFile (may block|blocks) the event loop \(file\)`
}

func (files) Get(key string) string {
	b, _ := os.ReadFile(key) // ok: not called
	return string(b)
}

// In a field, through a constructor.

type keeper struct{ store store }

func newKeeper(s store) *keeper { return &keeper{store: s} }

func (k *keeper) keep() { k.store.Put("x") }

func throughField(l *loop.Loop) {
	k := newKeeper(files{})
	l.NextTick(k.keep)
}

// Where the type is plain to see.

type shouter interface{ Shout() }

type loud struct{}

func (loud) Shout() {
	http.Get("http://example.com") // want `http.Get blocks the event loop \(net\): callback of \(\*loop.Loop\).NextTick -> \(?loud\)?.Shout -> http.Get`
}

type quiet struct{}

func (quiet) Shout() {}

type far struct{}

func (far) Shout() {
	http.Head("http://example.com") // ok: it shouts elsewhere
}

func concrete(l *loop.Loop) {
	l.NextTick(func() {
		var s shouter = loud{}
		s.Shout()
	})
	l.NextTick(func() {
		var s shouter = quiet{}
		s.Shout() // ok: in memory
	})
	var s shouter = far{}
	s.Shout()
}

// By parameter.

type pinger interface{ Ping() }

type remote struct{}

func (remote) Ping() {
	http.Get("http://example.com/ping") // want `http.Get blocks the event loop \(net\): callback of \(\*loop.Loop\).NextTick -> check -> .*Ping -> http.Get`
}

type local struct{}

func (local) Ping() {}

func check(p pinger) { p.Ping() }

func parameter(l *loop.Loop) {
	l.NextTick(func() { check(remote{}) })
	l.NextTick(func() { check(local{}) }) // ok: local pings nobody
}

// By conversion: nothing else is known of what the function is given.

type sink interface{ Drain() }

type slowSink struct{}

func (slowSink) Drain() {
	time.Sleep(time.Second) // want `time.Sleep may block the event loop \(sleep\)`
}

type fastSink struct{}

func (fastSink) Drain() {}

var sinks = map[string]int{}

func register(s sink) { sinks["x"]++; _ = s }

// Start drains a sink that comes from elsewhere.
func Start(l *loop.Loop, s sink) {
	l.NextTick(func() { s.Drain() })
	register(slowSink{})
	register(fastSink{})
}

// Five types are too many for a guess.

type animal interface{ Speak() }

type (
	cat   struct{}
	dog   struct{}
	cow   struct{}
	horse struct{}
	sheep struct{}
)

func (cat) Speak()   { time.Sleep(time.Second) } // ok: one of too many
func (dog) Speak()   {}
func (cow) Speak()   {}
func (horse) Speak() {}
func (sheep) Speak() {}

func feed(animal) {}

// Listen hears any animal.
func Listen(l *loop.Loop, a animal) {
	l.NextTick(func() { a.Speak() })
	feed(cat{})
	feed(dog{})
	feed(cow{})
	feed(horse{})
	feed(sheep{})
}

// Stand-ins for tests do not count, nor do those that only forward.

type mailer interface{ Send(to string) }

type smtpMailer struct{}

func (smtpMailer) Send(to string) {
	http.Post(to, "text/plain", nil) // want `http.Post (may block|blocks) the event loop \(net\)`
}

type mockMailer struct{}

func (mockMailer) Send(string) {
	time.Sleep(time.Second) // ok: a mock
}

type countingMailer struct {
	mailer
	sent int
}

func hire(mailer) {}

// Mail sends with any mailer.
func Mail(l *loop.Loop, m mailer) {
	l.NextTick(func() { m.Send("x") })
	hire(smtpMailer{})
	hire(mockMailer{})
	hire(&countingMailer{mailer: m})
}

// An interface that embeds another, and a struct that embeds an interface.

type reader interface{ Read(name string) }

type reloader interface {
	reader
	Reload()
}

type folder struct{}

func (folder) Read(name string) {
	os.ReadFile(name) // want `os.ReadFile (may block|blocks) the event loop \(file\)`
}

func (folder) Reload() {
	os.ReadDir("x") // ok: not called
}

type cached struct {
	reader
	hits int
}

func (c *cached) Reload() { c.hits = 0 }

type view struct{ pages reloader }

func embeds(l *loop.Loop) {
	v := &view{pages: &cached{reader: folder{}}}
	l.NextTick(func() { v.pages.Read("x") })
	l.NextTick(func() { v.pages.Reload() }) // ok: in memory
}

// A method value of an interface.
type closer interface{ Close() }

type pipe struct{}

func (pipe) Close() {
	os.Remove("pipe") // want `os.Remove (may block|blocks) the event loop \(file\)`
}

type hole struct{}

func (hole) Close() {}

func value(l *loop.Loop) {
	var c closer = pipe{}
	l.NextTick(c.Close)
	var h closer = hole{}
	l.NextTick(h.Close) // ok: in memory
}

// What a type assertion or switch finds.
func assertion(l *loop.Loop, v any) {
	l.NextTick(func() {
		if t, ok := v.(*os.File); ok {
			t.Sync() // want `\(\*os.File\).Sync blocks the event loop \(file\)`
		}
	})
	l.NextTick(func() {
		switch t := v.(type) {
		case *http.Client:
			t.Get("http://example.com") // want `\(\*http.Client\).Get blocks the event loop \(net\)`
		case quiet:
			t.Shout() // ok: in memory
		}
	})
}

// What a func returns.
func open(kind string) store {
	if kind == "files" {
		return &journal{}
	}
	return memory{}
}

type journal struct{}

func (*journal) Put(string) {
	os.Truncate("x", 0) // want `os.Truncate may block the event loop \(file\)`
}
func (*journal) Get(string) string { return "" }

type memory map[string]string

func (m memory) Put(key string)        { m[key] = key } // ok: in memory
func (m memory) Get(key string) string { return m[key] }

func returned(l *loop.Loop) {
	l.NextTick(func() { open("files").Put("x") })
	l.NextTick(func() { open("files").Get("x") }) // ok: in memory
}
