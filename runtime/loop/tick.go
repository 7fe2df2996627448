package loop

// NextTick calls fn after the callback that runs now and before anything else,
// in the order of the calls. Ticks that ticks add run too before the loop goes
// on, so that a tick which always adds another starves it, as in Node
// (test-next-tick-intentional-starvation.js). Before Run the ticks run when Run
// begins. NextTick panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) NextTick(fn func()) {
	if fn == nil {
		panic("loop: NextTick: nil callback")
	}
	l.ticks.push(fn)
}

// QueueMicrotask calls fn once the ticks have run: after each callback come all
// ticks, then all microtasks, again until both are empty (Node's
// lib/internal/process/task_queues.js). It panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) QueueMicrotask(fn func()) {
	if fn == nil {
		panic("loop: QueueMicrotask: nil callback")
	}
	l.microtasks.push(fn)
}

// settle runs ticks and microtasks until there are none, and then reports the
// promises that were rejected and that nobody looks at.
func (l *Loop) settle() {
	for l.ticks.n|l.microtasks.n|len(l.rejections) != 0 {
		for l.ticks.n > 0 {
			l.invoke(l.ticks.pop())
		}
		for l.microtasks.n > 0 {
			l.invoke(l.microtasks.pop())
		}
		if l.ticks.n == 0 {
			l.reportRejections()
		}
	}
}
