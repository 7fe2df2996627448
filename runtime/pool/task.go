package pool

// A Class says what a task waits for. It decides how many tasks of its kind may
// run at a time.
type Class uint8

const (
	// FastIO is for calls that mostly do not wait, such as file reads. It is
	// the default.
	FastIO Class = iota

	// CPU is for computing.
	CPU

	// SlowIO is for what may wait for seconds, such as name look-ups: no more
	// than (k+1)/2 of k workers run it at a time, so that the others are left
	// to what is behind it (libuv src/threadpool.c).
	SlowIO

	numClasses = 3
)

// String returns the class's name.
func (c Class) String() string {
	return [numClasses]string{"fast-io", "cpu", "slow-io"}[c]
}

// A Task is work that a pool runs once per [Pool.Start]. The zero Task is ready
// to start. It must not be copied after its first start.
type Task struct {
	pool   *Pool
	job    Job
	strand *Strand

	// Guarded by pool.mu.
	prev, next *Task
	key        int64 // the queue is in the order of keys
	since      int64 // on the pool's clock; when it was queued, then taken; 0 unless the pool measures
	index      int32 // in the queue's heap, or inList
	state      taskState

	priority int8
	class    Class
}

type taskState uint8

const (
	taskNew taskState = iota
	taskStrand
	taskQueued
	taskRunning
	taskDone
	taskCanceled
)

// A TaskOption changes how one task is queued.
type TaskOption func(*Task)

// InClass puts the task into class c.
func InClass(c Class) TaskOption {
	if c >= numClasses {
		panic("pool: InClass: no such class")
	}
	return func(t *Task) { t.class = c }
}

// overtakes is how many earlier tasks one step of priority lets a task pass.
const overtakes = 16

// WithPriority lets the task overtake those queued before it, up to 16 for each
// step of n between -100 and 100; a negative n lets others pass. What is queued
// ages as others come, so that nothing starves: a task is overtaken by a bounded
// number of later ones.
func WithPriority(n int) TaskOption {
	if n < -100 || n > 100 {
		panic("pool: WithPriority: want -100 to 100")
	}
	return func(t *Task) { t.priority = int8(n) }
}

// OnStrand runs the task after those that were started on s before it.
func OnStrand(s *Strand) TaskOption {
	if s == nil {
		panic("pool: OnStrand: nil strand")
	}
	return func(t *Task) { t.strand = s }
}

// A Strand runs tasks one at a time and in the order in which they were started,
// on whichever worker is free (Vert.x's ordered executeBlocking). The zero Strand
// is ready to use, with one pool.
type Strand struct {
	// Guarded by the pool's mu.
	busy bool     // one of its tasks is in the queue or runs
	rest taskList // the others
}

// Cancel takes t out of its pool's queue, so that its work never runs, and
// returns nil. If a worker has taken it already, or it was never started or
// cancelled before, Cancel changes nothing and returns [ErrBusy]. Any goroutine
// may call it once Start has returned.
//
//loopvet:nonblocking
func (t *Task) Cancel() error {
	p := t.pool
	if p == nil {
		return ErrBusy
	}
	p.mu.Lock()
	switch t.state {
	case taskStrand:
		t.strand.rest.remove(t)
	case taskQueued:
		p.queueOf(t).remove(t)
		if t.strand != nil {
			p.passOnLocked(t.strand)
		}
	default:
		p.mu.Unlock()
		return ErrBusy
	}
	t.state = taskCanceled
	t.job = nil
	p.stats.Canceled++
	p.waiting--
	p.makeRoomLocked()
	p.unlockAndWake()
	return nil
}

// A Job is work that is more than a function: it has a say when it does not
// return. Its methods are called on a worker.
type Job interface {
	// Work does the work.
	Work()

	// Aborted is called when Work has called runtime.Goexit, or has panicked
	// and TakesPanics reports true.
	Aborted(*PanicError)

	// TakesPanics reports whether a panic goes to Aborted. If not, it ends the
	// program.
	TakesPanics() bool
}

// queuedOn reports whether t waits for a worker of p.
func (t *Task) queuedOn(p *Pool) bool {
	if t.pool != p {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return t.state == taskStrand || t.state == taskQueued
}
