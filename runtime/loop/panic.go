package loop

import (
	"runtime/debug"

	"github.com/loopvet/loopvet/runtime/pool"
)

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
	return func(l *Loop) { l.onPanic = fn }
}

// invoke calls fn under the panic policy and reports whether it returned.
func (l *Loop) invoke(fn func()) bool {
	if l.onPanic == nil {
		fn()
		return true
	}
	return l.guard(fn)
}

func (l *Loop) guard(fn func()) (returned bool) {
	defer func() {
		if returned {
			return
		}
		v := recover()
		l.exiting = v == nil
		l.onPanic(&PanicError{Value: v, Goexit: v == nil, Stack: debug.Stack()})
	}()
	fn()
	return true
}
