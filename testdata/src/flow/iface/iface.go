// Package iface calls through interfaces. // want package:"effects"
package iface

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// One interface for each idea, since types are looked up by interface.

// The concrete type is plain to see.
type shape interface{ draw() }

type photo struct{}

func (photo) draw() {
	os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> .*draw -> os.ReadFile`
}

type square struct{}

func (square) draw() {
	go os.ReadFile("x") // ok: on a goroutine
}

func concrete(l *loop.Loop) {
	l.NextTick(func() {
		var s shape = photo{}
		s.draw()
	})
	l.NextTick(func() {
		var s shape = square{}
		s.draw()
	})
}

// Through a field that a constructor fills.
type db interface{ query() }

type remote struct{}

func (remote) query() {
	net.Dial("tcp", "x:1") // want `net.Dial blocks the event loop \(net\): .* -> \(remote\).query -> net.Dial`
}

type local struct{}

func (local) query() {
	net.Dial("tcp", "x:1") // ok: this field never holds one
}

type service struct{ db db }

func newService(d db) *service { return &service{db: d} }

func field(l *loop.Loop) {
	s := newService(remote{})
	local{}.query()
	serve(l, s)
}

func serve(l *loop.Loop, s *service) {
	l.NextTick(func() { s.db.query() })
}

// Two types in one field.
type codec interface{ encode() }

type slowCodec struct{}

func (slowCodec) encode() {
	time.Sleep(time.Second) // want `time.Sleep may block the event loop \(sleep\): .* -> \(slowCodec\).encode -> time.Sleep`
}

type fastCodec struct{}

func (fastCodec) encode() {} // ok: does nothing

type channel struct{ codec codec }

func newChannel(slow bool) *channel {
	if slow {
		return &channel{slowCodec{}}
	}
	return &channel{fastCodec{}}
}

func two(l *loop.Loop, c *channel) {
	newChannel(true)
	l.NextTick(func() { c.codec.encode() })
}

// By parameter: what the callers here hand over.
type sink interface{ emit() }

type fileSink struct{}

func (fileSink) emit() {
	os.Remove("x") // want `os.Remove blocks the event loop \(file\): .* -> \(fileSink\).emit -> os.Remove`
}

type nullSink struct{}

func (nullSink) emit() {
	os.Remove("x") // ok: handed to a function that starts a goroutine
}

func emitTo(s sink)    { s.emit() }
func emitLater(s sink) { go s.emit() }
func params(l *loop.Loop) {
	l.NextTick(func() { emitTo(fileSink{}) })
	l.NextTick(func() { emitLater(nullSink{}) })
}

// By conversion: an exported function that nobody here calls.
type Cache interface{ Evict() }

type diskCache struct{}

func (diskCache) Evict() {
	os.Mkdir("x", 0o755) // want `os.Mkdir may block the event loop \(file\): .*Evict -> os.Mkdir`
}

type memCache struct{}

func (memCache) Evict() {} // ok: does nothing

// neverConverted has the method, and no value of it becomes a Cache.
type neverConverted struct{}

func (neverConverted) Evict() {
	os.Mkdir("x", 0o755) // ok: no Cache holds one
}

var _ = []Cache{diskCache{}, memCache{}}

func Evicting(l *loop.Loop, c Cache) {
	l.NextTick(func() { c.Evict() })
}

// Five types converted are too many to guess.
type Plugin interface{ Load() }

type plugin1 struct{}
type plugin2 struct{}
type plugin3 struct{}
type plugin4 struct{}
type plugin5 struct{}

func (plugin1) Load() {
	os.ReadDir("x") // ok: one of five
}
func (plugin2) Load() {}
func (plugin3) Load() {}
func (plugin4) Load() {}
func (plugin5) Load() {}

var _ = []Plugin{plugin1{}, plugin2{}, plugin3{}, plugin4{}, plugin5{}}

func Loading(l *loop.Loop, p Plugin) {
	l.NextTick(func() { p.Load() })
}

// Four are not.
type Driver interface{ Open() }

type driver1 struct{}
type driver2 struct{}
type driver3 struct{}
type driver4 struct{}

func (driver1) Open() {
	os.ReadDir("x") // want `os.ReadDir may block the event loop \(file\): .*Open -> os.ReadDir`
}
func (driver2) Open() {}
func (driver3) Open() {}
func (driver4) Open() {}

var _ = []Driver{driver1{}, driver2{}, driver3{}, driver4{}}

func Opening(l *loop.Loop, d Driver) {
	l.NextTick(func() { d.Open() })
}

// Mocks are no candidates.
type Mailer interface{ Send() }

type smtpMailer struct{}

func (smtpMailer) Send() {
	net.Dial("tcp", "x:25") // want `net.Dial blocks the event loop \(net\): .*Send -> net.Dial`
}

type MockMailer struct{}

func (MockMailer) Send() {
	net.Dial("tcp", "x:25") // ok: a mock
}

var _ = []Mailer{smtpMailer{}, MockMailer{}}

func Mailing(l *loop.Loop, m Mailer) {
	l.NextTick(func() { m.Send() })
}

// A wrapper that only forwards is no candidate of its own.
type Blob interface{ Put() }

type blobFile struct{}

func (blobFile) Put() {
	os.Link("x", "y") // want `os.Link blocks the event loop \(file\): .*os.Link`
}

type counted struct {
	Blob
	n int
}

func (c *counted) Put() {
	c.n++ // ok: computes
	c.Blob.Put()
}

var _ = []Blob{blobFile{}, &counted{}}

func Putting(l *loop.Loop, b Blob) {
	l.NextTick(func() { b.Put() })
}

// Wide interfaces go by flow alone.
type slowText struct{}

func (slowText) String() string {
	data, _ := os.ReadFile("x") // ok: not every Stringer is this one
	return string(data)
}

type flowText struct{}

func (flowText) String() string {
	data, _ := os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): .*String -> os.ReadFile`
	return string(data)
}

type label struct{ text fmt.Stringer }

func wide(l *loop.Loop, s fmt.Stringer) {
	fmt.Println(fmt.Stringer(slowText{}))
	l.NextTick(func() { _ = s.String() })
	b := &label{flowText{}}
	l.NextTick(func() { _ = b.text.String() })
}

func readers(l *loop.Loop, conn net.Conn, r io.Reader) {
	l.NextTick(func() {
		io.ReadAll(conn) // want `blocks the event loop \(net\)`
	})
	l.NextTick(func() {
		io.ReadAll(bytes.NewReader(nil)) // ok: in memory
	})
	l.NextTick(func() {
		io.ReadAll(r) // ok: nothing is known of it
	})
}

// A func type that meets an interface.
type Runner interface{ Run() }

type RunnerFunc func()

func (f RunnerFunc) Run() { f() }

func RunAll(r Runner) { r.Run() }

func runners(l *loop.Loop) {
	l.NextTick(func() {
		RunAll(RunnerFunc(func() {
			os.Chmod("x", 0) // want `os.Chmod blocks the event loop \(file\)`
		}))
		_ = RunnerFunc(func() {
			os.Chmod("x", 0) // ok: only converted
		})
	})
}

// A type assertion and a type switch.
type flusher interface{ flush() }

type logFile struct{}

func (*logFile) flush() {
	os.Truncate("x", 0) // want `os.Truncate blocks the event loop \(file\)`
}

type logBuffer struct{}

func (*logBuffer) flush() {} // ok: does nothing

func assertions(l *loop.Loop) {
	var a any = &logFile{}
	l.NextTick(func() {
		if f, ok := a.(flusher); ok {
			f.flush()
		}
	})
	var b any = &logBuffer{}
	l.NextTick(func() {
		switch b := b.(type) {
		case *logBuffer:
			b.flush()
		}
	})
}
