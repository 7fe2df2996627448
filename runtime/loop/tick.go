package loop

// NextTick calls fn after the callback that runs now and before anything else,
// in the order of the calls. Ticks that ticks add run too before the loop goes
// on, so that a tick which always adds another starves it, as in Node
// (test-next-tick-intentional-starvation.js): see [WithTickBudget]. Before Run
// the ticks run when Run begins. NextTick panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) NextTick(fn func()) {
	if fn == nil {
		panic("loop: NextTick: nil callback")
	}
	l.check()
	l.enqueue(&l.ticks, fn)
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
	l.check()
	l.enqueue(&l.microtasks, fn)
}

// A Starvation is a chain of ticks and microtasks that went on for longer than
// its budget.
type Starvation struct {
	Count      int    // ticks and microtasks of the chain so far
	Func       string // the one that is to run next
	Registered string // file:line that queued it; "" unless the loop was made WithOrigins
}

// WithTickBudget has fn called when more than n ticks and microtasks run after
// one callback, once for each such chain. The chain goes on.
//
//loopvet:loop fn
func WithTickBudget(n int, fn func(Starvation)) Option {
	if n < 1 {
		panic("loop: WithTickBudget: budget is not positive")
	}
	if fn == nil {
		panic("loop: WithTickBudget: nil callback")
	}
	return func(l *Loop) { l.tickBudget, l.onStarve = n, fn }
}

// settle runs ticks and microtasks until there are none, and then reports the
// promises that were rejected and that nobody looks at.
func (l *Loop) settle() {
	if l.ticks.n|l.microtasks.n|len(l.rejections) != 0 {
		l.drain()
	}
}

func (l *Loop) drain() {
	n := 0
	next := func(q *queue) {
		fn := l.dequeue(q)
		if n++; l.tickBudget > 0 && n == l.tickBudget+1 {
			l.onStarve(Starvation{Count: l.tickBudget, Func: nameOf(l.codeOf(fn)), Registered: l.present.origin.line()})
		}
		l.invoke(fn)
	}
	for l.ticks.n|l.microtasks.n|len(l.rejections) != 0 {
		for l.ticks.n > 0 {
			next(&l.ticks)
		}
		for l.microtasks.n > 0 {
			next(&l.microtasks)
		}
		if l.ticks.n == 0 {
			l.reportRejections()
		}
	}
}
