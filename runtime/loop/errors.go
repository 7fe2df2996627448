package loop

import (
	"context"
	"errors"

	"github.com/loopvet/loopvet/runtime/pool"
)

// Errors of state are returned. A nil callback and other mistakes in the
// program panic at the call instead. Beside libuv's:
//
//	ErrBusy      UV_EBUSY      a loop that cannot be closed yet, work that runs
//	ErrCanceled  UV_ECANCELED  work that was cancelled before it ran
//	ErrClosed    UV_EINVAL     a handle or a loop that is closing or closed
//	ErrFull      UV_EAGAIN     a bounded queue of posts or tasks
//	ErrInvalid   UV_EINVAL     Again on a timer that was never armed
//	ErrRunning   (undefined)   Run in Run
var (
	ErrBusy     = pool.ErrBusy
	ErrCanceled = context.Canceled
	ErrClosed   = errors.New("loop: closed")
	ErrFull     = errors.New("loop: too many posts wait")
	ErrInvalid  = errors.New("loop: timer was never armed")
	ErrRunning  = errors.New("loop: already running")
)
