// Package screen is described by contracts.yaml, and opaque.
package screen

import (
	"os"
	"time"
)

// A Screen shows widgets.
type Screen struct{ queue chan func() }

// A Widget is part of a screen.
type Widget interface {
	Draw()
	Key(rune)
	Name() string
}

// A Handler hears what happens.
type Handler func(string)

// Options are those of a screen.
type Options struct{ OnResize, OnExit func() }

// New returns a screen.
func New(Options) *Screen { return &Screen{make(chan func())} }

// Update queues fn.
func (s *Screen) Update(fn func()) { s.queue <- fn }

// Show adds a widget.
func (s *Screen) Show(Widget) {}

// On adds a handler.
func (s *Screen) On(Handler) {}

// Sync waits for the queue.
func (s *Screen) Sync() {}

// Flush may wait for the queue.
func (s *Screen) Flush() {}

// Beep sounds.
func (s *Screen) Beep(time.Duration) {}

// Size is cached.
func (s *Screen) Size() int {
	b, _ := os.ReadFile("size")
	return len(b)
}

// Work runs fn on a worker.
func (s *Screen) Work(fn func()) {}

// Suspend leaves the screen for fn.
func (s *Screen) Suspend(fn func()) {}

// Batch calls fn.
func Batch(fn func()) {}

// Probe looks for a display.
func Probe() {}
