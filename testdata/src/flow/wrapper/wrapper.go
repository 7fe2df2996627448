// Package wrapper registers callbacks by functions that wrap the loop's. // want package:"effects"
package wrapper

import (
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/testdata/src/flow/wrapper/sched"
)

// A wrapper in this package.
func soon(l *loop.Loop, fn func()) { l.NextTick(fn) }

func aside(l *loop.Loop, fn func()) { l.NextTick(func() { go fn() }) }

func same(l *loop.Loop) {
	soon(l, func() {
		os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of .*(soon|NextTick) -> os.ReadFile`
	})
	aside(l, func() {
		os.ReadFile("x") // ok: on a goroutine
	})
}

// Wrappers of a wrapper.
func sooner(l *loop.Loop, fn func()) { soon(l, func() { fn() }) }

func never(l *loop.Loop, fn func()) {}

func twice(l *loop.Loop) {
	sooner(l, func() {
		os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
	})
	never(l, func() {
		os.Remove("x") // ok: dropped
	})
}

// In another package.
func other(l *loop.Loop) {
	sched.Run(l, func() {
		os.Mkdir("x", 0o755) // want `os.Mkdir blocks the event loop \(file\): callback of sched.Run -> os.Mkdir`
	})
	sched.Go(l, func() {
		os.Mkdir("x", 0o755) // ok: on a goroutine
	})
}

// A method.
func method(s *sched.Scheduler) {
	s.Every(time.Second, func() {
		os.Link("x", "y") // want `os.Link blocks the event loop \(file\)`
	})
	s.Beside(func() {
		os.Link("x", "y") // ok: on a goroutine
	})
}

// A struct of options.
func options(s *sched.Scheduler) {
	s.Start(sched.Options{
		Tick: func() {
			os.Symlink("x", "y") // want `os.Symlink blocks the event loop \(file\)`
		},
		Done: func() {
			os.Symlink("x", "y") // ok: on a goroutine
		},
	})
}

// A named func type.
func named(s *sched.Scheduler) {
	s.Handle(func(name string) {
		os.Rename(name, "y") // want `os.Rename blocks the event loop \(file\)`
	})
	_ = sched.Handler(func(name string) {
		os.Rename(name, "y") // ok: only converted
	})
}

// Kept in a field.
func field(s *sched.Scheduler) {
	s.OnTick(func() {
		os.Truncate("x", 0) // want `os.Truncate blocks the event loop \(file\)`
	})
	s.OnError(func(error) {
		os.Truncate("x", 0) // ok: on a goroutine
	})
}

// A wrapper in a local variable.
func variable(l *loop.Loop) {
	schedule := sched.Run
	schedule(l, func() {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	elsewhere := sched.Go
	elsewhere(l, func() {
		time.Sleep(time.Second) // ok: on a goroutine
	})
}

// Functional options.
type config struct{ onData, onLog func() }

type option func(*config)

func withData(fn func()) option { return func(c *config) { c.onData = fn } }
func withLog(fn func()) option  { return func(c *config) { c.onLog = fn } }

func serve(l *loop.Loop, opts ...option) {
	var c config
	for _, o := range opts {
		o(&c)
	}
	l.Post(func() { c.onData() })
	go c.onLog()
}

func functional(l *loop.Loop) {
	serve(l, withData(func() {
		os.ReadDir("x") // want `os.ReadDir blocks the event loop \(file\)`
	}), withLog(func() {
		os.ReadDir("x") // ok: on a goroutine
	}))
}

// An interface that the loop meets.
type poster interface{ Post(fn func()) error }

type direct struct{}

func (direct) Post(fn func()) error { go fn(); return nil }

func byInterface(l *loop.Loop) {
	var p poster = l
	p.Post(func() {
		os.Chmod("x", 0) // want `os.Chmod blocks the event loop \(file\)`
	})
	p = direct{}
	p.Post(func() {
		os.Chmod("x", 0) // ok: on a goroutine
	})
}
