package loop

import "github.com/loopvet/loopvet/runtime/pool"

// A PanicError reports a callback or a task that did not return: it panicked or
// called [runtime.Goexit]. It has the value and the stack.
type PanicError = pool.PanicError

// WithPanicHandler has fn called on the loop for each callback that panics, and
// the loop goes on, as Node does after an uncaughtException handler: the
// remaining callbacks of the phase run. If work panics on the pool, fn is
// called on the loop with the worker's stack, and then the after callback gets
// the same [*PanicError] as its error.
//
// Without a handler, a panic leaves Run as it would leave any function, and one
// on the pool ends the program.
//
// A callback that calls [runtime.Goexit] ends the goroutine that called Run.
// Without a handler that happens at once, and another goroutine may call Run to
// go on; with one, fn gets a PanicError that says so, the loop runs until it
// has nothing left or is stopped, and only then the goroutine ends.
//
//loopvet:loop fn
func WithPanicHandler(fn func(*PanicError)) Option {
	if fn == nil {
		panic("loop: WithPanicHandler: nil handler")
	}
	return func(l *Loop) { l.observer().onPanic = fn }
}

// panicHandler returns the handler, nil if there is none.
func (l *Loop) panicHandler() func(*PanicError) {
	if l.observed == nil {
		return nil
	}
	return l.observed.onPanic
}
