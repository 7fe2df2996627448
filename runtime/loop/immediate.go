package loop

// An Immediate is a callback that [Loop.SetImmediate] queued. It is a value:
// keeping one allocates nothing.
type Immediate struct {
	l   *Loop
	seq uint64
}

// SetImmediate calls fn after poll, right before the check watchers: in this turn if poll is still to
// come or runs now, else in the next one. What immediates queue waits for the
// next turn (Node's test-timers-immediate-queue.js). From a callback of the
// poll phase an immediate always precedes a timer of 0 ms; before Run the order
// of these two is unspecified. SetImmediate panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) SetImmediate(fn func()) Immediate {
	if fn == nil {
		panic("loop: SetImmediate: nil callback")
	}
	l.check()
	l.enqueue(&l.immediates, fn)
	l.live++
	return Immediate{l, l.firstImmediate + uint64(l.immediates.n) - 1}
}

// Stop takes the immediate back and reports whether it was still to run. It may
// be called by another immediate of the same pass.
//
//loopvet:looponly
//loopvet:nonblocking
func (i Immediate) Stop() bool {
	if i.l == nil {
		return false
	}
	i.l.check()
	if i.seq < i.l.firstImmediate {
		return false
	}
	fn := i.l.immediates.at(int(i.seq - i.l.firstImmediate))
	if *fn == nil {
		return false
	}
	*fn = nil
	i.l.live--
	return true
}

// runImmediates runs the immediates that are queued now and no others.
func (l *Loop) runImmediates() {
	for n := l.immediates.n; n > 0; n-- {
		l.firstImmediate++
		if fn := l.dequeue(&l.immediates); fn != nil {
			l.live--
			l.call(fn)
		}
	}
	l.settle()
}
