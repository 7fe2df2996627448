package driver

import "fmt"

// A panicError is a panic that was caught: a fault of loopvet's, not of the
// program it reads.
type panicError struct {
	what  string
	value any
	stack []byte
}

func (e *panicError) Error() string {
	return fmt.Sprintf("internal error: %s: %v", e.what, e.value)
}
