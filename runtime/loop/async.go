package loop

import "sync/atomic"

// An Async calls a function on the loop when another goroutine asks for it.
// Unlike posts, sends that come before the callback has begun are one call: for
// "there is something new", not for the new thing itself. It is active, and
// keeps the loop alive, until it is closed or unreferenced.
type Async struct {
	handle
	fn     func()
	sent   atomic.Bool
	ready  atomic.Int64 // when it was sent; see note
	closed atomic.Bool
}

// NewAsync makes an async that calls fn. It panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) NewAsync(fn func()) *Async {
	if fn == nil {
		panic("loop: NewAsync: nil callback")
	}
	a := &Async{fn: fn}
	l.list(&a.handle, a)
	a.setActive(true)
	return a
}

// Send has the callback called in a poll phase that is still to come. A send
// after the callback has begun gets another call (libuv docs/src/async.rst). Any
// goroutine may call Send; the error is [ErrClosed] once the async is closed.
//
//loopvet:nonblocking
func (a *Async) Send() error {
	if a.closed.Load() {
		return ErrClosed
	}
	if !a.sent.Swap(true) {
		a.ready.Store(a.l.readyNow())
		a.l.inbox.put(a)
	}
	return nil
}

// Close stops the async for good: its callback is not called any more, whoever
// sends at the same time.
//
//loopvet:looponly
//loopvet:nonblocking
func (a *Async) Close() {
	a.l.check()
	a.closed.Store(true)
	a.setActive(false)
	a.close(a)
}

func (a *Async) run() {
	a.sent.Store(false)
	if !a.closing {
		a.fn()
	}
}

func (a *Async) code() uintptr { return codeOf(a.fn) }

func (a *Async) note() note { return note{origin: a.origin, ready: a.ready.Load()} }
