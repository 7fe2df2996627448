package loop

import (
	"math"
	"time"
)

// A Timer calls a function once after some time, or again and again. Times are
// in nanoseconds; a timer never fires early, and timers due at the same instant
// fire in the order in which they were armed. All methods are loop-only.
type Timer struct {
	l      *Loop
	fn     func()
	when   int64 // on the loop's clock
	seq    uint64
	delay  time.Duration
	repeat time.Duration // 0 if it fires once
	index  int           // in l.timers, or one of the two below
}

const (
	timerIdle = -1 // not armed
	timerDue  = -2 // taken out of the heap to be fired in this pass
)

// SetTimeout calls fn once, no earlier than d from now. The time counts from
// the clock at the moment of the call, as in Node, and not from the loop's
// cached [Loop.Now]: libuv counts from the latter and may fire early. A
// negative d is 0. SetTimeout panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
func (l *Loop) SetTimeout(d time.Duration, fn func()) *Timer {
	if fn == nil {
		panic("loop: SetTimeout: nil callback")
	}
	t := &Timer{l: l, fn: fn, delay: d, index: timerIdle}
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
func (l *Loop) SetInterval(d time.Duration, fn func()) *Timer {
	if fn == nil {
		panic("loop: SetInterval: nil callback")
	}
	if d <= 0 {
		panic("loop: SetInterval: interval is not positive")
	}
	t := &Timer{l: l, fn: fn, delay: d, repeat: d, index: timerIdle}
	t.arm(d)
	return t
}

// Stop disarms t and reports whether it was armed. Its function is not called
// again, not even if t is due in the pass that runs now.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *Timer) Stop() bool {
	switch t.index {
	case timerIdle:
		return false
	case timerDue:
		t.index = timerIdle // the due list still has it, with an old seq
		t.seq = 0
	default:
		t.l.timers.remove(t)
	}
	t.l.refs--
	return true
}

// Reset arms t anew, to fire no earlier than d from now, and reports whether it
// was armed before. An interval keeps its period after that.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *Timer) Reset(d time.Duration) bool {
	was := t.Stop()
	t.delay = d
	t.arm(d)
	return was
}

// arm puts an idle timer into the heap.
func (t *Timer) arm(d time.Duration) {
	l := t.l
	now := l.clock()
	when := now + int64(max(d, 0))
	if when < now {
		when = math.MaxInt64 // libuv clamps as well: test-timer.c, timer_huge_timeout
	}
	l.timerSeq++
	t.when, t.seq = when, l.timerSeq
	l.timers.push(t)
	l.refs++
}

// dueTimer is an entry of the list of timers that one pass fires. It is void
// once the timer was stopped or armed again, which changes its seq.
type dueTimer struct {
	t   *Timer
	seq uint64
}

// runTimers is the timers phase. The due ones are taken first, then run, so
// that a timer which becomes due meanwhile waits for the next turn.
func (l *Loop) runTimers() {
	for len(l.timers.keys) > 0 && l.timers.keys[0].when <= l.now {
		t := l.timers.keys[0].t
		l.timers.remove(t)
		t.index = timerDue
		l.due.push(dueTimer{t, t.seq})
	}
	for l.due.n > 0 {
		d := l.due.pop()
		if d.t.index != timerDue || d.t.seq != d.seq {
			continue
		}
		d.t.index = timerIdle
		l.refs--
		if d.t.repeat > 0 {
			d.t.arm(d.t.repeat)
		}
		l.call(d.t.fn)
	}
	l.settle()
}
