package loopnet

import "errors"

// Errors of state are returned, others come by callback. Beside libuv's:
//
//	ErrAgain            UV_EAGAIN     TryWrite behind a write, Accept with nobody there
//	ErrReading          UV_EALREADY   ReadStart while reading
//	ErrNotConnected     UV_ENOTCONN   ReadStart after the end, Shutdown after Shutdown
//	ErrShutdown         UV_EPIPE      Write after Shutdown
//	loop.ErrCanceled    UV_ECANCELED  what Close interrupted
//	loop.ErrClosed      UV_EINVAL     anything after Close
//	io.EOF              UV_EOF        the peer's end
//
// Errors of the system come wrapped in [net.OpError], as from package net.
var (
	ErrAgain        error = againError{}
	ErrReading            = errors.New("loopnet: already reading")
	ErrNotConnected       = errors.New("loopnet: not connected")
	ErrShutdown           = errors.New("loopnet: write after shutdown")
)

// againError is a net.Error that passes, so that crypto/tls may be asked again
// after it, as after a deadline.
type againError struct{}

func (againError) Error() string   { return "loopnet: would wait" }
func (againError) Timeout() bool   { return true }
func (againError) Temporary() bool { return true }
