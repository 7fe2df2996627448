// Package app uses a library that contracts.yaml describes. // want package:"effects"
package app

import (
	"os"
	"time"

	"github.com/loopvet/loopvet/testdata/options/contracts/screen"
)

func callbacks(s *screen.Screen) {
	s.Update(func() {
		os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*screen.Screen\).Update -> os.ReadFile; start a goroutine for the work`
	})
	s.Work(func() {
		os.ReadFile("x") // ok: on a worker
	})
	s.Update(func() {
		screen.Batch(func() {
			os.Remove("x") // want `os.Remove blocks the event loop \(file\): callback of \(\*screen.Screen\).Update -> screen.Batch -> .*os.Remove`
		})
	})
	s.Update(func() {
		s.Suspend(func() {
			os.Remove("x") // ok: the loop is left on purpose
		})
	})
}

// A contract for packages of the main module adds to what is read from their
// source, and hides nothing: Size is said not to block.
func effects(s *screen.Screen) {
	s.Update(func() {
		s.Sync() // want `\(\*screen.Screen\).Sync waits for the loop it runs on: deadlock \(reentry\)`
	})
	s.Update(func() {
		s.Flush() // want `\(\*screen.Screen\).Flush may wait for the loop it runs on: deadlock \(reentry\)`
	})
	s.Sync() // ok: not on the loop
	s.Update(func() {
		s.Size() // want `os.ReadFile blocks the event loop \(file\): .*Size -> os.ReadFile`
	})
	s.Update(func() {
		s.Beep(time.Second)          // want `\(\*screen.Screen\).Beep blocks the event loop \(sleep\)`
		s.Beep(2 * time.Millisecond) // ok: below the budget of the loop
	})
	s.Update(func() {
		screen.Probe() // want `screen.Probe blocks the event loop \(dns\)`
	})
}

// A widget, by its interface.
type clock struct{}

func (clock) Draw() {
	os.Stat("x") // want `os.Stat blocks the event loop \(file-meta\): callback of .*Widget.*Draw -> .*os.Stat`
}

func (clock) Key(rune) {
	os.Stat("x")   // ok: tolerated outside Draw
	os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
}

func (clock) Name() string {
	os.Remove("x") // ok: not a callback
	return "clock"
}

func show(s *screen.Screen) { s.Show(clock{}) }

// A handler, by its type.
func handlers(s *screen.Screen) {
	s.On(func(name string) {
		os.Remove(name) // want `os.Remove blocks the event loop \(file\): callback of screen.Handler`
	})
	_ = func(name string) {
		os.Remove(name) // ok: of another type
	}
}

// A field of options.
func options() *screen.Screen {
	return screen.New(screen.Options{
		OnResize: func() {
			os.Remove("resize") // want `os.Remove blocks the event loop \(file\): callback of screen.Options.OnResize`
		},
		OnExit: func() {
			os.Remove("exit") // ok: after the loop
		},
	})
}

// A shape that never meets an interface.
type label struct{}

func (*label) Paint(n int) int {
	os.Remove("label") // want `os.Remove blocks the event loop \(file\)`
	return n
}

func (*label) Hide() {
	os.Remove("label") // ok: not a callback
}

type shadow struct{}

func (*shadow) Paint(n int) int {
	os.Remove("shadow") // ok: it has not the shape: nothing hides it
	return n
}
