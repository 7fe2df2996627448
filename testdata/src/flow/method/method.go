// Package method calls methods, their values and expressions. // want package:"effects"
package method

import (
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

type store struct{ name string }

func (s *store) save() {
	os.WriteFile(s.name, nil, 0o644) // want `os.WriteFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> \(\*store\).save -> os.WriteFile`
}

func (s *store) rename(n string) { s.name = n } // ok: in memory

func called(l *loop.Loop, s *store) {
	l.NextTick(func() { s.save() })
	l.NextTick(func() { s.rename("y") })
}

// A method value as the callback.
type poller struct{ every time.Duration }

func (p poller) poll() {
	time.Sleep(p.every) // want `time.Sleep blocks the event loop \(sleep\): callback of \(\*loop.Loop\).NextTick -> .*poll -> time.Sleep`
}

func (p poller) background() {
	go func() {
		time.Sleep(p.every) // ok: on a goroutine
	}()
}

func value(l *loop.Loop, p poller) {
	l.NextTick(p.poll)
	l.NextTick(p.background)
}

// A method value that is captured.
type cache struct{ m map[string]string }

func (c *cache) flush() {
	os.Truncate("x", 0) // want `os.Truncate blocks the event loop \(file\): .* -> \(\*cache\).flush -> os.Truncate`
}

func (c *cache) reset() {
	clear(c.m) // ok: in memory
}

func captured(l *loop.Loop, c *cache) {
	f, g := c.flush, c.reset
	l.NextTick(func() { f() })
	l.NextTick(func() { g() })
}

// Method expressions.
type conn struct{}

func (*conn) dial() {
	os.Chdir("x") // want `os.Chdir blocks the event loop \(file-meta\): .* -> \(\*conn\).dial -> os.Chdir`
}

func (*conn) state() int { return 1 } // ok: computes

func expression(l *loop.Loop, c *conn) {
	dial, state := (*conn).dial, (*conn).state
	l.NextTick(func() { dial(c) })
	l.NextTick(func() { state(c) })
}

// A method value in a field.
type button struct{ click, hover func() }

type page struct{}

func (page) print() {
	os.Symlink("x", "y") // want `os.Symlink blocks the event loop \(file\): .* -> \(page\).print -> os.Symlink`
}

func (page) show() {
	go os.Symlink("x", "y") // ok: on a goroutine
}

func inField(l *loop.Loop, p page) {
	b := &button{click: p.print, hover: p.show}
	wire(l, b)
}

func wire(l *loop.Loop, b *button) {
	l.NextTick(func() { b.click() })
	l.NextTick(func() { b.hover() })
}
