// Package embed reaches methods that are promoted. // want package:"effects"
package embed

import (
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

type base struct{ dir string }

func (b *base) scan() {
	os.ReadDir(b.dir) // want `os.ReadDir blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> \(\*base\).scan -> os.ReadDir`
}

func (b *base) path() string { return b.dir } // ok: in memory

type middle struct{ *base }

type top struct{ middle }

func promoted(l *loop.Loop, t top) {
	l.NextTick(func() { t.scan() })
	l.NextTick(func() { t.path() })
}

// A method that hides the promoted one.
type quiet struct{ loud }

type loud struct{}

func (loud) run() {
	os.Remove("x") // ok: hidden
}

func (loud) walk() {
	os.Remove("x") // want `os.Remove blocks the event loop \(file\): .* -> \(loud\).walk -> os.Remove`
}

func (quiet) run() {}

func hidden(l *loop.Loop, q quiet) {
	l.NextTick(func() { q.run() })
	l.NextTick(func() { q.walk() })
}

// A promoted method as a value.
type timer struct{}

func (timer) fire() {
	os.Mkdir("x", 0o755) // want `os.Mkdir blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> .*fire -> os.Mkdir`
}

func (timer) arm() {
	go os.Mkdir("x", 0o755) // ok: on a goroutine
}

type clock struct{ timer }

func value(l *loop.Loop, c clock) {
	l.NextTick(c.fire)
	l.NextTick(c.arm)
}

// An embedded interface.
type saver interface{ save() }

type toDisk struct{}

func (toDisk) save() {
	os.Rename("x", "y") // want `os.Rename blocks the event loop \(file\): .* -> \(toDisk\).save -> os.Rename`
}

type document struct{ saver }

type toMemory struct{ n int }

func (m *toMemory) keep() { m.n++ } // ok: in memory

type keeper interface{ keep() }

type draft struct{ keeper }

func embedded(l *loop.Loop) {
	d := &document{toDisk{}}
	l.NextTick(func() { d.save() })
	e := &draft{&toMemory{}}
	l.NextTick(func() { e.keep() })
}

// The embedded loop's own methods.
type app struct{ *loop.Loop }

func own(a app) {
	a.NextTick(func() {
		os.Link("x", "y") // want `os.Link blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> os.Link`
	})
	a.NextTick(func() {
		go os.Link("x", "y") // ok: on a goroutine
	})
}
