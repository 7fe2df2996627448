// Package own declares a loop of its own with directives. // want package:"effects.*; \\(\\*Screen\\).Draw: runs param 1 loop"
package own

import (
	"os"
	"time"
)

// A Screen draws.
type Screen struct{ queue chan func() }

// Draw runs fn on the screen's goroutine.
//
//loopvet:loop fn
func (s *Screen) Draw(fn func()) { s.queue <- fn }

// Wait waits until everything is drawn.
//
//loopvet:reentry
func (s *Screen) Wait() {}

// Load reads in the background.
//
//loopvet:worker work
//loopvet:loop done
//loopvet:offload
func (s *Screen) Load(work func() error, done func(error)) {}

// Beep asks the hardware.
//
//loopvet:blocks net exec
func (s *Screen) Beep() {}

// Size is cached, whatever it looks like.
//
//loopvet:nonblocking
func (s *Screen) Size() int {
	data, _ := os.ReadFile("size") // ok: the directive decides
	return len(data)
}

func app(s *Screen) {
	s.Draw(func() {
		os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*Screen\).Draw -> os.ReadFile; offload it with own.Load|offload it with own`
	})
	s.Draw(func() {
		s.Wait() // want `\(\*Screen\).Wait waits for the loop it runs on: deadlock \(reentry\)`
	})
	s.Draw(func() {
		s.Beep() // want `Beep may block the event loop \(net\)` `Beep may block the event loop \(exec\)`
	})
	s.Draw(func() {
		s.Size() // ok: nonblocking
	})
	s.Load(func() error {
		return os.Remove("x") // ok: on a worker
	}, func(error) {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\): callback of \(\*Screen\).Load`
	})
	s.Wait() // ok: not on the loop
}

// An interface may carry directives too.
type Clock interface {
	// Every runs fn on the clock's goroutine.
	//
	//loopvet:loop fn
	Every(d time.Duration, fn func())
	//loopvet:blocks wait
	Sync()
	Now() time.Time
}

func (s *Screen) tick() {
	os.Remove("y") // want `os.Remove blocks the event loop \(file\): callback of \(Clock\).Every -> \(\*Screen\).tick -> os.Remove`
}

func ticks(s *Screen, c Clock) {
	c.Every(time.Second, func() {
		os.Remove("x") // want `os.Remove blocks the event loop \(file\): callback of \(Clock\).Every -> os.Remove`
	})
	c.Every(time.Second, s.tick)
	s.Draw(func() {
		c.Sync() // want `Sync may block the event loop \(wait\)`
	})
	s.Draw(func() {
		c.Now() // ok: nothing is said of it
	})
}
