// Package closures calls function literals in all the places they come from. // want package:"effects"
package closures

import (
	"os"
	"os/exec"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A literal that is called on the spot, and one that is only made.
func spot(l *loop.Loop) {
	l.NextTick(func() {
		func() {
			os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
		}()
	})
	l.NextTick(func() {
		_ = func() {
			os.Remove("x") // ok: nobody calls it
		}
	})
}

// A captured function.
func captured(l *loop.Loop) {
	load := func() {
		os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> .*-> os.ReadFile`
	}
	size := func() int { return 1 }
	l.NextTick(func() { load() })
	l.NextTick(func() { size() }) // ok: computes
}

// A variable that is declared first and assigned later.
func declared(l *loop.Loop) {
	var step func(int)
	step = func(n int) {
		if n > 0 {
			step(n - 1)
		}
		os.Chmod("x", 0) // want `os.Chmod blocks the event loop \(file\)`
	}
	var walk func(int)
	walk = func(n int) {
		if n > 0 {
			walk(n - 1) // ok: it computes
		}
	}
	l.NextTick(func() { step(1) })
	l.NextTick(func() { walk(1) })
}

// One of two.
func either(l *loop.Loop, fast bool) {
	read := func() {
		os.ReadFile("slow") // want `os.ReadFile may block the event loop \(file\)`
	}
	if fast {
		read = func() {}
	}
	l.NextTick(func() { read() })
}

// A function that returns one.
func reader(name string) func() {
	return func() {
		os.ReadFile(name) // want `os.ReadFile blocks the event loop \(file\)`
	}
}

func counter() func() int {
	n := 0
	return func() int { n++; return n }
}

func returned(l *loop.Loop) {
	l.NextTick(reader("x"))
	l.NextTick(func() {
		reader("y") // ok: what it returns is not called
	})
	next := counter()
	l.NextTick(func() { next() }) // ok: in memory
}

func returnedCall(l *loop.Loop) {
	l.NextTick(func() {
		runner()() // want `\(\*exec.Cmd\).Run blocks the event loop \(exec\): callback of \(\*loop.Loop\).NextTick -> \(\*exec.Cmd\).Run`
	})
	l.NextTick(func() {
		_ = runner() // ok: not called
	})
}

func runner() func() error { return exec.Command("git", "gc").Run }

// What a closure is given through another.
func nested(l *loop.Loop) {
	work := func() {
		time.Sleep(time.Minute) // want `time.Sleep blocks the event loop \(sleep\)`
	}
	rest := func() {
		time.Sleep(time.Minute) // ok: on a goroutine
	}
	l.NextTick(func() {
		outer := func() { work() }
		outer()
		go rest()
	})
}

// The middle of a chain of decorators.
func timed(fn func()) func() {
	return func() {
		start := time.Now()
		fn()
		_ = time.Since(start)
	}
}

func lazily(fn func()) func() {
	return func() { go fn() }
}

func decorated(l *loop.Loop) {
	l.NextTick(timed(func() {
		os.Link("x", "y") // want `os.Link blocks the event loop \(file\)`
	}))
	l.NextTick(lazily(func() {
		os.Link("x", "y") // ok: on a goroutine
	}))
	l.NextTick(timed(lazily(func() {
		os.Link("x", "y") // ok: on a goroutine
	})))
}
