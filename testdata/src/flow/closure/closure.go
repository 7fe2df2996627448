// Package closure calls what closures hold. // want package:"effects"
package closure

import (
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Captured through two literals.
func captures(l *loop.Loop) {
	load := func() {
		os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\)`
	}
	add := func() int {
		return len("x") // ok: computes
	}
	l.NextTick(func() {
		l.NextTick(func() {
			load()
			add()
		})
	})
}

// Deferred, called on the spot, and only kept.
func spot(l *loop.Loop) {
	l.NextTick(func() {
		defer func() {
			time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
		}()
		go func() {
			time.Sleep(time.Second) // ok: on a goroutine
		}()
	})
}

// A returned closure that is the callback, and one that its maker keeps.
func remover(name string) func() {
	return func() {
		os.Remove(name) // want `os.Remove blocks the event loop \(file\)`
	}
}

func starter(name string) func() {
	return func() {
		go os.Remove(name) // ok: on a goroutine
	}
}

func returned(l *loop.Loop) {
	l.NextTick(remover("x"))
	l.NextTick(starter("x"))
}

// One of two results.
func pair() (undo, redo func()) {
	undo = func() {
		os.Chmod("x", 0) // want `os.Chmod blocks the event loop \(file\)`
	}
	redo = func() {
		os.Chmod("x", 0) // ok: the other result
	}
	return undo, redo
}

func results(l *loop.Loop) {
	undo, _ := pair()
	l.NextTick(undo)
}

// A middleware.
type handler func(name string)

func logged(next handler) handler {
	return func(name string) { next(name) }
}

func async(next handler) handler {
	return func(name string) { go next(name) }
}

func middlewares(l *loop.Loop) {
	slow := logged(func(name string) {
		os.Mkdir(name, 0o755) // want `os.Mkdir blocks the event loop \(file\)`
	})
	quick := async(func(name string) {
		os.Mkdir(name, 0o755) // ok: on a goroutine
	})
	l.NextTick(func() { slow("x") })
	l.NextTick(func() { quick("x") })
}

// A maker that is handed the work by a field of what it captures.
type job struct{ run, skip func() }

func (j *job) callback() func() {
	return func() { j.run() }
}

func jobs(l *loop.Loop) {
	j := &job{
		run: func() {
			os.Symlink("x", "y") // want `os.Symlink blocks the event loop \(file\)`
		},
		skip: func() {
			os.Symlink("x", "y") // ok: nobody calls that field
		},
	}
	l.NextTick(j.callback())
}

// A callback that registers the next one.
func next(l *loop.Loop) {
	l.NextTick(func() {
		l.SetTimeout(time.Second, func() {
			os.Truncate("x", 0) // want `os.Truncate blocks the event loop \(file\): callback of \(\*loop.Loop\).SetTimeout -> os.Truncate`
		})
		time.AfterFunc(time.Second, func() {
			os.Truncate("x", 0) // ok: on the timer's goroutine
		})
	})
}
