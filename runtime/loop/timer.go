package loop

import (
	"math"
	"time"
)

// A Timer calls a function once after some time, or again and again. Times are
// in nanoseconds; a timer never fires early, and timers due at the same instant
// fire in the order in which they were armed. All methods are loop-only.
//
// A timer is active while it is armed. It needs no Close.
type Timer struct {
	handle
	fn     func()
	when   int64 // on the loop's clock
	seq    uint64
	delay  time.Duration // of the last arming; negative if there was none
	repeat time.Duration // 0 if it fires once
	slot   int           // in l.timers, or one of the two below
}

const (
	timerIdle = -1 // not armed
	timerDue  = -2 // taken out of the heap to be fired in this pass
)

// NewTimer makes a timer that calls fn and is not armed: Reset does that. It
// panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) NewTimer(fn func()) *Timer {
	if fn == nil {
		panic("loop: NewTimer: nil callback")
	}
	return l.newTimer(fn)
}

// SetTimeout calls fn once, no earlier than d from now. The time counts from
// the clock at the moment of the call, as in Node, and not from the loop's
// cached [Loop.Now]: libuv counts from the latter and may fire early. A
// negative d is 0. SetTimeout panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) SetTimeout(d time.Duration, fn func()) *Timer {
	if fn == nil {
		panic("loop: SetTimeout: nil callback")
	}
	t := l.newTimer(fn)
	t.arm(d)
	return t
}

// SetInterval calls fn every d, for the first time no earlier than d from now.
// The next call is armed before fn runs (libuv docs/src/timer.rst): with d at
// 50 ms and an fn that takes 17 ms, 33 ms pass between its return and the next
// call. An interval that is late by several periods fires once (libuv
// test-timer.c, timer_no_double_call). SetInterval panics if fn is nil or d is
// not positive.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) SetInterval(d time.Duration, fn func()) *Timer {
	if fn == nil {
		panic("loop: SetInterval: nil callback")
	}
	if d <= 0 {
		panic("loop: SetInterval: interval is not positive")
	}
	t := l.newTimer(fn)
	t.repeat = d
	t.arm(d)
	return t
}

func (l *Loop) newTimer(fn func()) *Timer {
	l.check()
	return &Timer{handle: handle{l: l, origin: l.newOrigin()}, fn: fn, delay: -1, slot: timerIdle}
}

// Stop disarms t and reports whether it was armed. Its function is not called
// again, not even if t is due in the pass that runs now.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *Timer) Stop() bool {
	t.l.check()
	if t.slot == timerIdle {
		return false
	}
	t.disarm()
	t.setActive(false)
	return true
}

// Reset arms t, anew if it is armed, to fire no earlier than d from now. An
// interval keeps its period after that. The error is [ErrClosed] if t is
// closing.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *Timer) Reset(d time.Duration) error {
	t.l.check()
	if t.closing {
		return ErrClosed
	}
	t.disarm()
	t.arm(d)
	return nil
}

// Refresh arms t with the time of its last arming, behind the timers that are
// due at the same instant, even if it has fired (Node's timeout.refresh). The
// error is [ErrInvalid] if t was never armed and [ErrClosed] if it is closing.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *Timer) Refresh() error {
	t.l.check()
	if t.delay < 0 && !t.closing {
		return ErrInvalid
	}
	return t.Reset(t.delay)
}

// Again arms an interval to fire one period from now, and does nothing to a
// timer that fires once (libuv test-timer-again.c). The error is [ErrInvalid] if
// t was never armed and [ErrClosed] if it is closing.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *Timer) Again() error {
	t.l.check()
	switch {
	case t.closing:
		return ErrClosed
	case t.delay < 0:
		return ErrInvalid
	case t.repeat == 0:
		return nil
	}
	return t.Reset(t.repeat)
}

// Repeat returns t's period, 0 if it fires once.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *Timer) Repeat() time.Duration {
	t.l.check()
	return t.repeat
}

// SetRepeat sets t's period, from the next arming on: called in t's own callback
// it comes too late for the call that is armed already. With d at 0 or less t
// fires once more.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *Timer) SetRepeat(d time.Duration) {
	t.l.check()
	t.repeat = max(d, 0)
}

// Remaining returns the time until t is due, 0 if it is overdue or not armed.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *Timer) Remaining() time.Duration {
	t.l.check()
	if t.slot == timerIdle {
		return 0
	}
	return time.Duration(max(t.when-t.l.clock(), 0))
}

// Close disarms t for good.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *Timer) Close() {
	t.Stop()
	t.close(t)
}

// arm puts a timer that is not in the heap into it.
func (t *Timer) arm(d time.Duration) {
	l := t.l
	l.check()
	now := l.clock()
	d = max(d, 0)
	when := now + int64(d)
	if when < now {
		when = math.MaxInt64 // libuv clamps as well: test-timer.c, timer_huge_timeout
	}
	l.timerSeq++
	t.delay, t.when, t.seq = d, when, l.timerSeq
	l.timers.push(t)
	t.setActive(true)
}

// disarm takes t out of the heap or makes its entry in the due list void.
func (t *Timer) disarm() {
	if t.slot >= 0 {
		t.l.timers.remove(t)
	}
	t.slot = timerIdle
}

// dueTimer is an entry of the list of timers that one pass fires. It is void
// once the timer was stopped or armed again.
type dueTimer struct {
	t   *Timer
	seq uint64
}

func (d dueTimer) valid() bool {
	return d.t.slot == timerDue && d.t.seq == d.seq
}

// runTimers is the timers phase. The due ones are taken first, then run, so
// that a timer which becomes due meanwhile waits for the next turn.
func (l *Loop) runTimers() {
	for l.timers.len() > 0 && l.timers.keys[0].when <= l.now {
		t := l.timers.first()
		l.timers.remove(t)
		t.slot = timerDue
		l.due.push(dueTimer{t, t.seq})
	}
	for l.due.n > 0 {
		d := l.due.pop()
		if !d.valid() {
			continue
		}
		t := d.t
		when := t.when
		t.slot = timerIdle
		if t.repeat > 0 {
			t.arm(t.repeat)
		} else {
			t.setActive(false)
		}
		l.begin(t.origin, when)
		l.call(t.fn)
	}
	l.settle()
}
