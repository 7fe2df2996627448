package loopnet

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/loopvet/loopvet/runtime/loop"
)

// handle is what all handles of this package have in common. All methods but
// notify are loop-only.
type handle struct {
	ext  loop.External
	bits atomic.Uint32 // notifications that Arrived has not seen yet
}

func (h *handle) notify(r ready) {
	h.bits.Or(uint32(r))
	h.ext.Arrive()
}

// Loop returns the loop of the handle.
//
//loopvet:nonblocking
func (h *handle) Loop() *loop.Loop { return h.ext.Loop() }

// Active reports whether the handle waits for something.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Active() bool { return h.ext.Active() }

// Closing reports whether Close was called.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Closing() bool { return h.ext.Closing() }

// Ref has the handle keep the loop alive while it is active, as it does from
// the start.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Ref() { h.ext.Ref() }

// Unref has the handle no longer keep the loop alive. Requests, a write for
// one, still do.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Unref() { h.ext.Unref() }

// HasRef reports whether the handle keeps the loop alive while it is active.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) HasRef() bool { return h.ext.HasRef() }

// OnClose has fn called in the closing phase once the handle is closed, after
// the callbacks of its requests.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) OnClose(fn func()) { h.ext.OnClose(fn) }

// tell calls the callback of a request, if there is one, and counts the request
// as done.
func (h *handle) tell(fn func(error), err error) {
	h.ext.End()
	if fn == nil {
		return
	}
	call := errCalls.Get().(*errCall)
	*call = errCall{fn, err}
	h.ext.Call(call)
	*call = errCall{}
	errCalls.Put(call)
}

var errCalls = sync.Pool{New: func() any { return new(errCall) }}

// errCall is a callback that gets an error.
type errCall struct {
	fn  func(error)
	err error
}

func (c *errCall) Run()                     { c.fn(c.err) }
func (c *errCall) Func() any                { return c.fn }
func (c *errCall) Context() context.Context { return nil }

// plainCall is a callback that gets nothing.
type plainCall func()

func (c plainCall) Run()                     { c() }
func (c plainCall) Func() any                { return (func())(c) }
func (c plainCall) Context() context.Context { return nil }
