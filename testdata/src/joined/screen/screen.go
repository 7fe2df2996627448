// Package screen calls back through an interface that it knows no type for. // want package:"effects"
package screen

import "github.com/loopvet/loopvet/runtime/loop"

// A Saver keeps a page.
type Saver interface{ Save(page string) }

// A Screen saves what it shows.
type Screen struct{ saver Saver }

// New returns a screen that saves with s.
func New(s Saver) *Screen { return &Screen{saver: s} }

// Refresh saves on the loop.
func (s *Screen) Refresh(l *loop.Loop) {
	l.Post(func() {
		s.saver.Save("page") // ok: nothing is known of the saver here
	})
}
