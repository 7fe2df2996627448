package pool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Errors of state. They are returned, never panicked with.
var (
	// ErrClosed is returned for a task that a closed pool was given.
	ErrClosed = errors.New("pool: closed")

	// ErrFull is returned for a task that a bounded queue has no room for.
	ErrFull = errors.New("pool: queue is full")

	// ErrDeadlock is returned to a task that would wait for its own pool: the
	// worker it holds may be the one that it waits for.
	ErrDeadlock = errors.New("pool: a task must not wait for its own pool")

	// ErrBusy is returned when a task cannot be cancelled because it runs or
	// has run already (libuv's UV_EBUSY).
	ErrBusy = errors.New("pool: task is running or has run")

	// ErrCanceled is the result of a task that was cancelled before it ran
	// (libuv's UV_ECANCELED). It is context.Canceled, so that either name
	// works with errors.Is.
	ErrCanceled = context.Canceled
)

const (
	// defaultWorkers and maxWorkers are libuv's (docs/src/threadpool.rst,
	// MAX_THREADPOOL_SIZE in src/threadpool.c).
	defaultWorkers = 4
	maxWorkers     = 1024
)

// A Pool runs tasks on at most k workers. Its methods may be called from any
// goroutine.
type Pool struct {
	onPanic func(*PanicError)
	limit   int       // tasks that may wait for a worker; 0 means any number
	measure bool      // times, too, and not only counts
	base    time.Time // the pool's clock counts from here

	mu      sync.Mutex
	fast    queue           // guarded by mu; tasks of every class but SlowIO
	slow    queue           // guarded by mu; tasks of class SlowIO
	seq     int64           // guarded by mu; tasks queued so far
	waiting int             // guarded by mu; tasks in the queues and on strands
	idle    []*worker       // guarded by mu; parked workers, the latest last
	ids     map[string]bool // guarded by mu; of the workers' goroutines; nil unless limit
	size    int             // guarded by mu; workers allowed
	extra   int             // guarded by mu; workers allowed in place of blocked ones
	workers int             // guarded by mu; workers alive, idle ones included
	waking  bool            // guarded by mu; a worker is on its way to the queue
	closed  bool            // guarded by mu
	room    chan struct{}   // guarded by mu; closed when waiting falls, nil if nobody waits
	stats   Stats           // guarded by mu
	drained chan struct{}   // closed once the pool is closed and has no workers
}

// worker is a parked goroutine: a send on wake, which never blocks, has it look
// at the queue, and closing wake ends it.
type worker struct {
	wake chan struct{}
}

// An Option changes how a pool is made.
type Option func(*Pool)

// WithPanicHandler has fn called, on the worker, for each task that panics or
// calls [runtime.Goexit]. The worker goes on. Without a handler a panic in a
// task ends the program, as in any goroutine.
//
//loopvet:worker fn
func WithPanicHandler(fn func(*PanicError)) Option {
	if fn == nil {
		panic("pool: WithPanicHandler: nil handler")
	}
	return func(p *Pool) { p.onPanic = fn }
}

// WithQueueLimit bounds the tasks that wait for a worker to n, at least 1: what
// comes then gets [ErrFull], or waits in [Pool.Submit].
//
//loopvet:bounded
func WithQueueLimit(n int) Option {
	if n < 1 {
		panic("pool: WithQueueLimit: limit is not positive")
	}
	return func(p *Pool) { p.limit = n }
}

// New makes a pool of k workers and starts none of them yet. If k is 0 the
// environment variable UV_THREADPOOL_SIZE decides, read now and as libuv reads
// it: no digits or zero count as 1, more than 1024 as 1024. If it is not set, k
// is 4. New panics if k is negative or above 1024.
//
// A pool that is no longer needed should be closed: its parked workers are
// goroutines.
//
//loopvet:pool k
func New(k int, opts ...Option) *Pool {
	if k < 0 || k > maxWorkers {
		panic("pool: New: " + strconv.Itoa(k) + " workers, want 0 to " + strconv.Itoa(maxWorkers))
	}
	if k == 0 {
		k = defaultWorkers
		if v := os.Getenv("UV_THREADPOOL_SIZE"); v != "" {
			k = min(max(atoi(v), 1), maxWorkers)
		}
	}
	p := &Pool{size: k, base: time.Now(), drained: make(chan struct{})}
	for _, opt := range opts {
		opt(p)
	}
	return p
}

// atoi reads a number as C's atoi does: leading space, a sign, then digits up
// to the first other byte. It saturates where C leaves the result undefined.
func atoi(s string) int {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	neg := strings.HasPrefix(s, "-")
	if neg || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	n := 0
	for i := 0; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		n = min(n*10+int(s[i]-'0'), maxWorkers+1)
	}
	if neg {
		return -n
	}
	return n
}

// Size returns the number of workers that the pool may have.
//
//loopvet:nonblocking
func (p *Pool) Size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size
}

// Resize sets the number of workers that the pool may have. Workers that are too
// many end as soon as they are idle. It panics if k is not 1 to 1024.
//
//loopvet:pool k on p
//loopvet:nonblocking
func (p *Pool) Resize(k int) {
	if k < 1 || k > maxWorkers {
		panic("pool: Resize: " + strconv.Itoa(k) + " workers, want 1 to " + strconv.Itoa(maxWorkers))
	}
	p.mu.Lock()
	p.size = k
	p.dismissLocked()
	p.unlockAndWake()
}

// Start queues t, to run work on a worker. It never waits: the error is
// [ErrClosed] if the pool is closed and [ErrFull] if its queue is. The task is
// the caller's: it may be part of a larger struct, and it may be started again
// once it has run or was cancelled; its options stay with it. Start panics if
// work is nil or t is still queued or running.
//
//loopvet:worker work on p
//loopvet:nonblocking
func (p *Pool) Start(t *Task, work func(), opts ...TaskOption) error {
	if work == nil {
		panic("pool: Start: nil work")
	}
	return p.StartJob(t, funcJob(work), opts...)
}

// StartJob is [Pool.Start] for a job.
//
//loopvet:nonblocking
func (p *Pool) StartJob(t *Task, job Job, opts ...TaskOption) error {
	for _, opt := range opts {
		opt(t)
	}
	p.mu.Lock()
	switch t.state {
	case taskStrand, taskQueued, taskRunning:
		p.mu.Unlock()
		panic("pool: Start: task is already started")
	}
	switch {
	case p.closed:
		p.mu.Unlock()
		return ErrClosed
	case p.limit > 0 && p.waiting >= p.limit:
		p.mu.Unlock()
		return ErrFull
	}
	t.pool, t.job = p, job
	if p.measure {
		t.since = p.clock()
	}
	p.waiting++
	if s := t.strand; s != nil && s.busy {
		t.state = taskStrand
		s.rest.push(t)
		p.mu.Unlock()
		return nil
	} else if s != nil {
		s.busy = true
	}
	p.enqueueLocked(t)
	p.unlockAndWake()
	return nil
}

// funcJob is the job of Start: the pool's handler has the say.
type funcJob func()

func (fn funcJob) Work()               { fn() }
func (fn funcJob) Aborted(*PanicError) {}
func (fn funcJob) TakesPanics() bool   { return false }

// clock reads the time since the pool was made.
func (p *Pool) clock() int64 { return int64(time.Since(p.base)) }

func (p *Pool) queueOf(t *Task) *queue {
	if t.class == SlowIO {
		return &p.slow
	}
	return &p.fast
}

func (p *Pool) enqueueLocked(t *Task) {
	p.seq++
	t.state, t.key = taskQueued, p.seq-int64(t.priority)*overtakes
	p.queueOf(t).push(t)
}

// passOnLocked ends the turn of one of s's tasks and queues the next.
func (p *Pool) passOnLocked(s *Strand) {
	if t := s.rest.head; t != nil {
		s.rest.remove(t)
		p.enqueueLocked(t)
	} else {
		s.busy = false
	}
}

// peekLocked returns the task that is to run next, nil if there is none that
// may.
func (p *Pool) peekLocked() *Task {
	t := p.fast.peek()
	if s := p.slow.peek(); s != nil && p.stats.Running[SlowIO] < (p.size+1)/2 && (t == nil || s.key < t.key) {
		t = s
	}
	return t
}

// unlockAndWake gets a worker on its way if there is a task for one. One at a
// time: it gets the next on its way when it has taken its task, if there are
// more. So a burst of short tasks does not wake everyone.
func (p *Pool) unlockAndWake() {
	if p.waking || p.peekLocked() == nil {
		p.mu.Unlock()
		return
	}
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.waking = true
		p.mu.Unlock()
		w.wake <- struct{}{}
		return
	}
	if p.workers < p.size+p.extra {
		p.workers++
		p.waking = true
		p.mu.Unlock()
		go p.serve(&worker{wake: make(chan struct{}, 1)})
		return
	}
	p.mu.Unlock()
}

// serve is a worker, on its way to the queue.
func (p *Pool) serve(w *worker) {
	if p.limit > 0 {
		defer p.identify()()
	}
	var t *Task
	defer func() {
		if t != nil && exiting() { // a task took its worker along
			p.mu.Lock()
			p.retireLocked(t)
			p.leaveLocked()
			p.unlockAndWake()
		}
	}()
	for t = p.first(); p.work(w, &t); t = p.first() {
		if _, ok := <-w.wake; !ok {
			return
		}
	}
}

// first is what a worker does that was on its way: it takes a task, if there
// still is one, and gets another worker on its way, if there is need.
func (p *Pool) first() *Task {
	p.mu.Lock()
	p.waking = false
	t := p.takeLocked()
	p.unlockAndWake()
	return t
}

// work runs *t and all tasks after it, and parks the worker or ends it: it
// reports false if the worker has to end. *t is nil in the end. The queue is looked at
// for the last time under the lock under which the worker parks: who queues a task
// while no worker is idle relies on that.
func (p *Pool) work(w *worker, t **Task) bool {
	for {
		if *t != nil {
			p.run(*t)
		}
		p.mu.Lock()
		if *t != nil {
			p.retireLocked(*t)
			*t = nil
		}
		if p.workers > p.size+p.extra {
			p.leaveLocked()
			p.unlockAndWake()
			return false
		}
		if *t = p.takeLocked(); *t == nil {
			break
		}
		p.mu.Unlock()
	}
	defer p.mu.Unlock()
	if p.closed {
		p.leaveLocked()
		return false
	}
	p.idle = append(p.idle, w)
	return true
}

// takeLocked takes a task out of the queue.
func (p *Pool) takeLocked() *Task {
	t := p.peekLocked()
	if t == nil {
		return nil
	}
	p.queueOf(t).remove(t)
	t.state = taskRunning
	p.waiting--
	p.makeRoomLocked()
	p.stats.Running[t.class]++
	if p.measure {
		now := p.clock()
		p.stats.Wait[t.class] += time.Duration(now - t.since)
		t.since = now
	}
	return t
}

// retireLocked accounts for a task that has run.
func (p *Pool) retireLocked(t *Task) {
	t.state = taskDone
	p.stats.Running[t.class]--
	p.stats.Done[t.class]++
	if p.measure {
		p.stats.Run[t.class] += time.Duration(p.clock() - t.since)
	}
	if t.strand != nil {
		p.passOnLocked(t.strand)
	}
}

// leaveLocked accounts for a worker that ends.
func (p *Pool) leaveLocked() {
	p.workers--
	if p.closed && p.workers == 0 && p.waiting == 0 {
		close(p.drained)
	}
}

// dismissLocked ends idle workers as long as there are too many.
func (p *Pool) dismissLocked() {
	for p.workers > p.size+p.extra && len(p.idle) > 0 {
		close(p.idle[0].wake)
		p.idle = p.idle[1:]
		p.leaveLocked()
	}
}

// run runs one task and, if it does not return, tells who must know of that.
func (p *Pool) run(t *Task) {
	job := t.job
	t.job = nil
	returned := false
	defer p.aborted(job, &returned)
	job.Work()
	returned = true
}

// aborted is deferred by run: it must call recover itself.
func (p *Pool) aborted(job Job, returned *bool) {
	if *returned {
		return
	}
	abort, panics := job.Aborted, job.TakesPanics()
	if _, ok := job.(funcJob); ok && p.onPanic != nil {
		abort, panics = p.onPanic, true
	}
	if !panics && !exiting() {
		return
	}
	v := recover()
	abort(&PanicError{Value: v, Goexit: v == nil, Stack: debug.Stack()})
}

// Trim ends the workers that are idle now. Later tasks start new ones.
//
//loopvet:nonblocking
func (p *Pool) Trim() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trimLocked()
}

func (p *Pool) trimLocked() {
	for _, w := range p.idle {
		close(w.wake)
		p.leaveLocked()
	}
	p.idle = nil
}

// Shutdown refuses new tasks from now on and does not wait: the workers end once
// what is queued has run. It may be called more than once.
//
//loopvet:nonblocking
func (p *Pool) Shutdown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	p.makeRoomLocked() // for those that wait to see that it is closed
	if p.workers == 0 {
		close(p.drained)
	}
	p.trimLocked()
}

// Close shuts the pool down and waits until the queued and the running tasks
// have run. If ctx ends first it returns an [*AbandonedError] that says what was
// left, and the workers end by themselves later. It may be called more than
// once.
//
//loopvet:blocks wait
//loopvet:awaits p
func (p *Pool) Close(ctx context.Context) error {
	p.Shutdown()
	select {
	case <-p.drained:
		return nil
	default:
	}
	select {
	case <-p.drained:
		return nil
	case <-ctx.Done():
	}
	stats := p.Stats()
	running := 0
	for _, n := range stats.Running {
		running += n
	}
	return &AbandonedError{Queued: stats.Queued, Running: running, err: ctx.Err()}
}

// An AbandonedError says what a pool still had to do when the context of Close
// ended. It wraps the context's error.
type AbandonedError struct {
	Queued  int // tasks that wait for a worker
	Running int
	err     error
}

// Error returns both numbers.
func (e *AbandonedError) Error() string {
	return fmt.Sprintf("pool: %d queued and %d running tasks left: %v", e.Queued, e.Running, e.err)
}

// Unwrap returns the context's error.
func (e *AbandonedError) Unwrap() error { return e.err }
