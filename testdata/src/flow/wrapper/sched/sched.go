// Package sched wraps the loop's functions that take callbacks. // want package:"effects"
package sched

import (
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Run has fn run on l.
func Run(l *loop.Loop, fn func()) { l.Post(fn) }

// Go has fn run beside the loop.
func Go(l *loop.Loop, fn func()) { go fn() }

// A Scheduler has a loop.
type Scheduler struct {
	l       *loop.Loop
	onTick  func()
	onError func(error)
	errs    []func(error)
}

// New returns a Scheduler.
func New(l *loop.Loop) *Scheduler { return &Scheduler{l: l} }

// Every has fn run on the loop.
func (s *Scheduler) Every(d time.Duration, fn func()) {
	s.l.SetTimeout(d, func() {
		fn()
		s.Every(d, fn)
	})
}

// Beside has fn run on a goroutine.
func (s *Scheduler) Beside(fn func()) {
	s.l.Post(func() { go fn() })
}

// Options are what Start is told.
type Options struct {
	Tick func()
	Done func()
}

// Start runs o.Tick on the loop and o.Done beside it.
func (s *Scheduler) Start(o Options) {
	s.l.Post(o.Tick)
	go o.Done()
}

// A Handler is a named func type.
type Handler func(name string)

// Handle has h run on the loop.
func (s *Scheduler) Handle(h Handler) {
	s.l.Post(func() { h("x") })
}

// OnTick keeps fn for the loop.
func (s *Scheduler) OnTick(fn func()) {
	s.onTick = fn
	s.l.Post(s.tick)
}

func (s *Scheduler) tick() { s.onTick() }

// OnError keeps fn for a goroutine.
func (s *Scheduler) OnError(fn func(error)) {
	s.onError = fn
	go func() { s.onError(nil) }()
}
