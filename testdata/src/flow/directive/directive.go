// Package directive marks functions of its own. // want package:"effects"
package directive

import (
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/testdata/src/flow/directive/lib"
)

// In this package: run has fn run on a loop that cannot be seen.
//
//loopvet:loop fn
func run(name string, fn func()) {}

//loopvet:worker fn
func work(name string, fn func()) {}

func roles() {
	run("x", func() {
		os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of run -> os.ReadFile`
	})
	work("x", func() {
		os.ReadFile("x") // ok: on a worker
	})
}

// ask talks to something.
//
//loopvet:blocks net
func ask() int { return 1 }

//loopvet:nonblocking
func peek() {
	time.Sleep(time.Second) // ok: the directive decides
}

func effects(l *loop.Loop) {
	l.NextTick(func() {
		ask() // want `ask may block the event loop \(net\): callback of \(\*loop.Loop\).NextTick -> .*ask`
	})
	l.NextTick(func() {
		peek() // ok: nonblocking
	})
}

// Of another package.
func imported(l *loop.Loop, e *lib.Engine) {
	e.Do(func() {
		os.Remove("x") // want `os.Remove blocks the event loop \(file\): callback of \(\*lib.Engine\).Do -> os.Remove`
	})
	e.Async(func() {
		os.Remove("x") // ok: on a worker
	})
	lib.Both(func() {
		os.Mkdir("x", 0o755) // ok: on a worker
	}, func() {
		os.Mkdir("x", 0o755) // want `os.Mkdir blocks the event loop \(file\): callback of lib.Both -> os.Mkdir`
	})
	l.NextTick(func() {
		lib.Fetch("x") // want `lib.Fetch may block the event loop \(net\)`
	})
	l.NextTick(func() {
		lib.Peek("x") // ok: nonblocking
	})
	l.NextTick(func() {
		lib.Query("x") // want `lib.Query may block the event loop \(db\)` `lib.Query may block the event loop \(exec\)`
	})
}

// Waiting for the loop one stands on.
func reentry(e *lib.Engine) {
	e.Do(func() {
		e.Wait() // want `\(\*lib.Engine\).Wait waits for the loop it runs on: deadlock \(reentry\): callback of \(\*lib.Engine\).Do -> \(\*lib.Engine\).Wait`
	})
	e.Do(func() {
		e.Poll() // ok: does not wait
	})
	go e.Wait() // ok: on a goroutine
}

// A marked function that is the callback itself.
//
//loopvet:blocks exec
func spawn() {} // want `spawn may block the event loop \(exec\): callback of \(\*loop.Loop\).NextTick -> .*spawn`

//loopvet:nonblocking
func gather() {
	os.Link("x", "y") // ok: nonblocking
}

func marked(l *loop.Loop) {
	l.NextTick(spawn)
	l.NextTick(gather)
}

// A directive that can be read, and is not used.
//
//loopvet:loop fn
func fine(fn func()) {} // ok: nothing to report
