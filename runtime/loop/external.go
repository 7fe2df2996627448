package loop

import (
	"context"
	"sync/atomic"
)

// An External is the loop's side of a handle that another package makes: a
// socket, a child process. The package embeds or holds one in its own handle,
// which [Loop.Handles] then visits. Arrive may be called from any goroutine, all
// else is loop-only.
type External struct {
	handle
	self     Handle
	driver   Driver
	sent     atomic.Bool  // Arrive was called and the driver not yet
	ready    atomic.Int64 // when Arrive was called; see note
	deferred bool
}

// A Driver is what the loop calls on behalf of an [External]. Its methods are
// no callbacks themselves, they make them, with [External.Call].
type Driver interface {
	// Kind returns what [Leak] says of the handle, as "tcp connection".
	Kind() string

	// Arrived is called in poll after Arrive.
	Arrived()

	// Deferred is called in the pending phase after Defer.
	Deferred()

	// Closed is called in the closing phase after Shut, right before the function
	// that OnClose was given: for the callbacks of requests that are cancelled.
	Closed()
}

// A Callback is a user's function with the arguments that it is about to get.
type Callback interface {
	// Run calls the function.
	Run()

	// Func returns the function, which gives metrics and profiles its name.
	Func() any

	// Context returns what [Loop.Context] is to return meanwhile, nil for the
	// context of Run.
	Context() context.Context
}

// Init makes x the loop's side of self, an open handle that is not active. The
// driver is often self with another set of methods.
//
//loopvet:looponly
func (x *External) Init(l *Loop, self Handle, d Driver) {
	x.self, x.driver = self, d
	x.ready.Store(notReady)
	l.list(&x.handle, self)
	l.handles[self] = listing{l.handles[self].seq, x}
}

// Loop returns the loop.
func (x *External) Loop() *Loop { return x.l }

// SetActive says whether the handle waits for something.
//
//loopvet:looponly
func (x *External) SetActive(active bool) {
	x.l.check()
	x.setActive(active)
}

// Begin counts a request, which keeps the loop alive until End, whether the
// handle is referenced or not.
//
//loopvet:looponly
func (x *External) Begin() {
	x.l.check()
	x.l.refs++
}

// End ends what Begin began.
//
//loopvet:looponly
func (x *External) End() {
	x.l.check()
	x.l.refs--
}

// Arrive has the driver's Arrived called in a poll phase that is still to come.
// Calls that come before that are one call. Any goroutine may call it.
//
//loopvet:nonblocking
func (x *External) Arrive() {
	if !x.sent.Swap(true) {
		x.ready.Store(x.l.readyNow())
		x.l.inbox.put((*arrival)(x))
	}
}

// Defer has the driver's Deferred called in the next pending phase, for what a
// request that was made now has come to.
//
//loopvet:looponly
func (x *External) Defer() {
	x.l.check()
	if !x.deferred {
		x.deferred = true
		x.l.pending.push((*deferral)(x))
	}
}

// Shut closes the handle, and reports false if that has been done. Arrived and
// Deferred are not called any more.
//
//loopvet:looponly
func (x *External) Shut() bool {
	x.l.check()
	x.setActive(false)
	if x.closing {
		return false
	}
	x.closing = true
	x.l.closings.push(closing{&x.handle, x.self, x.driver, x.l.readyNow()})
	return true
}

// Call runs one callback and the ticks and microtasks that it leaves, and
// reports whether it returned: a panic handler may have taken what kept it from
// that. Only the driver's methods may use it.
//
//loopvet:looponly
func (x *External) Call(cb Callback) (returned bool) {
	l := x.l
	l.check()
	l.begin(x.origin, x.ready.Swap(notReady))
	l.ctx = cb.Context()
	l.boundary()
	if l.observed == nil {
		cb.Run()
		returned = true
	} else {
		returned = l.observe(cb.Run, codeOf(cb.Func()))
	}
	if returned {
		l.settle()
	}
	l.ctx = nil
	return returned
}

// cancelRequests has the driver cancel what is left of a closed handle. If a
// panic of a callback leaves Run, the next Run goes on with the rest.
func (c closing) cancelRequests(l *Loop) {
	done := false
	defer func() {
		if !done {
			l.closings.push(c)
		}
	}()
	c.driver.Closed()
	done = true
}

// arrival is an External that Arrive was called for. As an event it is no
// callback itself: callEvent only runs it.
type arrival External

func (a *arrival) run() {
	a.sent.Store(false)
	if !a.closing {
		a.driver.Arrived()
	}
}

func (a *arrival) code() uintptr { return 0 }
func (a *arrival) note() note    { return note{} }

// deferral is an External that Defer was called for. As an event it is no
// callback itself.
type deferral External

func (d *deferral) run() {
	d.deferred = false
	if !d.closing {
		d.driver.Deferred()
	}
}

func (d *deferral) code() uintptr { return 0 }
func (d *deferral) note() note    { return note{} }
