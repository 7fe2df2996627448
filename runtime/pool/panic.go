package pool

import (
	"fmt"
	"runtime"
)

// A PanicError reports a callback or a task that did not return: it panicked,
// or it called [runtime.Goexit].
type PanicError struct {
	// Value is what panic was called with; nil after Goexit.
	Value any

	// Goexit reports whether runtime.Goexit ended it and not a panic.
	Goexit bool

	// Stack is the stack of the goroutine, taken before it was unwound, in the
	// format of [runtime/debug.Stack].
	Stack []byte
}

// Error returns the panic's value and its stack.
func (e *PanicError) Error() string {
	if e.Goexit {
		return fmt.Sprintf("runtime.Goexit was called\n\n%s", e.Stack)
	}
	return fmt.Sprintf("panic: %v\n\n%s", e.Value, e.Stack)
}

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// exiting reports, in a deferred call, whether runtime.Goexit made it and not a
// panic. Asking recover would stop the panic.
func exiting() bool {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		frame, more := frames.Next()
		switch frame.Function {
		case "runtime.Goexit":
			return true
		case "runtime.gopanic":
			return false
		}
		if !more {
			return false
		}
	}
}
