// Package boxes calls methods of type parameters. // want package:"effects"
package boxes

import (
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/testdata/src/generics/boxes/box"
)

type file struct{ name string }

func (f *file) Close() error {
	return os.Remove(f.name) // want `os.Remove blocks the event loop \(file\)`
}

type (
	memory struct{}
	link   struct{ name string }
	away   struct{}
	hook   func()
)

func (memory) Close() error { return nil } // ok: memory

func (l link) Close() error {
	return os.Remove(l.name) // want `os.Remove blocks the event loop \(file\)`
}

func (away) Close() error {
	return os.Remove("away") // ok: only in a box that a goroutine closes
}

func values(l *loop.Loop, files map[string]*file, rest map[string]memory) {
	l.NextTick(func() { box.CloseAll(files) })
	l.NextTick(func() { box.CloseAll(rest) }) // ok: memory
}

type closing struct {
	links box.Box[link]
	none  box.Plain[memory]
	gone  box.Away[away]
}

func fields(l *loop.Loop, c *closing) {
	l.NextTick(func() {
		c.links.Shut()
		c.none.Shut() // ok: memory
	})
	go c.gone.Shut() // ok: on a goroutine of its own
}

func funcs(l *loop.Loop) {
	l.NextTick(func() {
		box.Call(hook(func() {
			os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
		}))
	})
}
