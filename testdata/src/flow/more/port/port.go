// Package port runs functions on a loop, behind an interface. // want package:"effects"
package port

import "github.com/loopvet/loopvet/runtime/loop"

// An Executor runs functions somewhere.
type Executor interface{ Execute(fn func()) }

// OnLoop runs them on a loop.
type OnLoop struct{ L *loop.Loop }

// Execute posts fn.
func (o OnLoop) Execute(fn func()) { o.L.Post(fn) }

// Beside runs them on goroutines.
type Beside struct{}

// Execute starts fn.
func (Beside) Execute(fn func()) { go fn() }

// A View has an Executor.
type View struct{ Ex Executor }

// NewView returns a View of a loop.
func NewView(l *loop.Loop) *View { return &View{Ex: OnLoop{l}} }

// A Job has one too.
type Job struct{ Ex Executor }

// NewJob returns a Job.
func NewJob() *Job { return &Job{Ex: Beside{}} }

// A Mixed has either.
type Mixed struct{ Ex Executor }

// NewMixed returns a Mixed.
func NewMixed(l *loop.Loop) *Mixed {
	if l == nil {
		return &Mixed{Beside{}}
	}
	return &Mixed{OnLoop{l}}
}
