package loop

// What the loop knows about a callback beside the function itself, when an option
// asks for it: where it was registered, when it became ready to run, and whose
// name it goes by. Queues of plain functions keep notes in a second queue beside
// them, so that a loop without such an option does not carry them.

// A note is what an option wants to know about a queued callback.
type note struct {
	origin *origin // nil unless WithOrigins
	ready  int64   // when it was queued, if the loop has a meter; else notReady
	code   uintptr // the user's function, 0 if that is the callback itself
}

// notReady is the time of callbacks that wait for nothing, as watchers.
const notReady = -1

// A queue holds callbacks and, if the loop keeps notes, a note for each.
type queue struct {
	fifo[func()]
	notes fifo[note]
}

// enqueue adds fn to q.
func (l *Loop) enqueue(q *queue, fn func()) {
	q.push(fn)
	if l.noting {
		q.notes.push(note{origin: l.newOrigin(), ready: l.readyNow()})
	}
}

// dequeue takes the oldest callback out of q and makes its note the present one.
func (l *Loop) dequeue(q *queue) func() {
	fn := q.pop()
	if l.noting {
		l.begun(q.notes.pop())
	}
	return fn
}

// readyNow is the ready of what becomes ready at this moment.
func (l *Loop) readyNow() int64 {
	if l.meter() == nil {
		return notReady
	}
	return l.clock()
}

// begin notes whose callback runs next, and since when it has been ready.
func (l *Loop) begin(o *origin, ready int64) {
	if l.noting {
		l.begun(note{origin: o, ready: ready})
	}
}

func (l *Loop) begun(n note) {
	l.present = n
	if l.origins {
		l.current.Store(n.origin)
	}
}
