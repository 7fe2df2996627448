package pool

// A Task is work that a pool runs once per [Pool.Start]. The zero Task is ready
// to start. It must not be copied after its first start.
type Task struct {
	pool   *Pool
	work   func()
	abort  func(*PanicError)
	panics bool // abort takes panics too

	// Guarded by pool.mu.
	state      taskState
	prev, next *Task
}

type taskState uint8

const (
	taskNew taskState = iota
	taskQueued
	taskRunning
	taskDone
	taskCanceled
)

// Cancel takes t out of its pool's queue, so that its work never runs, and
// returns nil. If a worker has taken it already, or it was never started or
// cancelled before, Cancel changes nothing and returns [ErrBusy]. Any goroutine
// may call it once Start has returned.
//
//loopvet:nonblocking
func (t *Task) Cancel() error {
	if t.pool == nil {
		return ErrBusy
	}
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	if t.state != taskQueued {
		return ErrBusy
	}
	t.pool.queue.remove(t)
	t.state = taskCanceled
	t.work = nil
	return nil
}

// OnAbort has fn called on the worker, in place of the pool's panic handler, when
// the task calls [runtime.Goexit] and, if panics is set, when it panics. If
// panics is not set a panic ends the program. OnAbort must be called before
// Start.
//
//loopvet:worker fn
func (t *Task) OnAbort(fn func(*PanicError), panics bool) {
	t.abort, t.panics = fn, panics
}

// taskList is a first-in first-out list that its tasks link themselves, so that
// queueing allocates nothing and a cancelled task leaves the middle at once.
type taskList struct {
	head, tail *Task
}

func (l *taskList) push(t *Task) {
	t.prev, t.next = l.tail, nil
	if l.tail == nil {
		l.head = t
	} else {
		l.tail.next = t
	}
	l.tail = t
}

// pop removes the oldest task; it returns nil if there is none.
func (l *taskList) pop() *Task {
	t := l.head
	if t != nil {
		l.remove(t)
	}
	return t
}

func (l *taskList) remove(t *Task) {
	if t.prev == nil {
		l.head = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.tail = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
}
