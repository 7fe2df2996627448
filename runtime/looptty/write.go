package looptty

import (
	"context"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Write writes p, behind the writes before it, and then calls done, which may be nil. p is
// Write's until then. If nothing else waits it is tried at once, but done is called later
// all the same: in the pending phase what was written at once, in poll the rest. Output
// that the user has stopped (Ctrl-S) waits until it may go on.
//
// After an error the writes behind it fail with the same one. The error that Write returns,
// and done is not called then, is [loop.ErrClosed]. A write does not fail because the
// terminal is full: see [TTY.Full].
//
//loopvet:loop done
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) Write(p []byte, done func(error)) error {
	if t.ext.Closing() {
		return loop.ErrClosed
	}
	t.ext.Begin()
	idle := t.complete == len(t.writes)
	t.writes = append(t.writes, write{p: p, done: done})
	t.buffered += len(p)
	if t.failed != nil {
		t.finish(len(t.writes), t.failed)
	} else if idle {
		t.flush()
	}
	if t.buffered >= highWater {
		t.full = true
	}
	if t.complete > 0 {
		t.ext.Defer()
	}
	t.update()
	return nil
}

// Buffered returns how many bytes of writes wait to be written.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) Buffered() int { return t.buffered }

// Full reports whether the writer should wait: since Write has left 64 KiB or more
// waiting, not all of it was written.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) Full() bool { return t.full }

// OnDrain has fn called each time that the terminal is no longer full, after the callbacks
// of the writes that were done, in place of an earlier fn.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) OnDrain(fn func()) { t.drain = fn }

// flush writes until the terminal takes no more, for a burst at most.
func (t *TTY) flush() {
	for range burst {
		if t.waiting || t.complete == len(t.writes) {
			return
		}
		p := t.writes[t.complete].p
		if len(p) == 0 {
			t.finish(t.complete+1, nil)
			continue
		}
		n, err := t.port.write(p)
		switch err {
		case nil:
			t.wrote(n)
		case errAgain:
			t.waiting = true
			t.port.awaitWrite(p)
		default:
			t.fail(err)
		}
	}
	if !t.waiting && t.complete < len(t.writes) {
		t.notify(more)
	}
}

// wrote counts n bytes of the oldest write that is not complete.
func (t *TTY) wrote(n int) {
	w := &t.writes[t.complete]
	w.p = w.p[n:]
	t.buffered -= n
	if len(w.p) == 0 {
		t.finish(t.complete+1, nil)
	}
}

// fail ends all writes, and those to come.
func (t *TTY) fail(err error) {
	t.failed = err
	t.finish(len(t.writes), err)
}

// finish ends the writes before the n-th, all but their callbacks.
func (t *TTY) finish(n int, err error) {
	for ; t.complete < n; t.complete++ {
		w := &t.writes[t.complete]
		t.buffered -= len(w.p)
		w.p, w.err = nil, err
	}
	if t.full && t.buffered == 0 {
		t.full, t.drained = false, true
	}
}

// writeSome goes on with writing; proceed says that the port has notified.
func (t *TTY) writeSome(proceed bool) {
	if proceed && t.waiting {
		t.waiting = false
		n, err := t.port.written()
		t.wrote(n)
		if err != nil {
			t.fail(err)
		}
	}
	t.flush()
	t.settle()
}

// settle calls the callbacks of the writes that are done.
func (t *TTY) settle() {
	defer func() {
		if (t.complete > 0 || t.drained) && !t.ext.Closing() {
			t.ext.Defer() // done meanwhile, or left by a panic
		}
	}()
	t.update()
	for n := t.complete; n > 0 && !t.ext.Closing(); n-- {
		t.tell()
	}
	if t.drained && !t.ext.Closing() {
		t.drained = false
		if t.drain != nil {
			t.ext.Call(plainCall(t.drain))
		}
	}
}

// tell calls the callback of the oldest write.
func (t *TTY) tell() {
	w := t.writes[0]
	t.writes[0] = write{}
	t.writes = t.writes[1:]
	t.complete--
	t.ext.End()
	if w.done != nil {
		t.ext.Call(&errCall{w.done, w.err})
	}
}

// errCall is the callback of a write.
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
