// Package lib says by directives what it does. // want package:"effects"
package lib

import "os"

// An Engine is a loop of its own.
type Engine struct{ ch chan func() }

// Do has fn run on the engine's goroutine.
//
//loopvet:loop fn
func (e *Engine) Do(fn func()) { e.ch <- fn }

// Async has fn run on a worker.
//
//loopvet:worker fn
func (e *Engine) Async(fn func()) { e.ch <- fn }

// Both takes one of each.
//
//loopvet:loop on
//loopvet:worker work
func Both(work, on func()) {}

// Fetch talks to a server, by a protocol that cannot be seen.
//
//loopvet:blocks net
func Fetch(name string) int { return len(name) }

// Query talks to two things.
//
//loopvet:blocks db exec
func Query(name string) int { return len(name) }

// Peek reads memory that is mapped.
//
//loopvet:nonblocking
func Peek(name string) []byte {
	data, _ := os.ReadFile(name)
	return data
}

// Wait waits for the engine.
//
//loopvet:reentry
func (e *Engine) Wait() {}

// Poll does not wait for it.
func (e *Engine) Poll() bool { return len(e.ch) == 0 }
