package pool

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
)

// Errors of state. They are returned, never panicked with.
var (
	// ErrClosed is returned for a task that a closed pool was given.
	ErrClosed = errors.New("pool: closed")

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

	mu      sync.Mutex
	queue   taskList  // guarded by mu; tasks that no worker has taken yet
	idle    []*worker // guarded by mu; parked workers, the latest last
	size    int       // guarded by mu; workers allowed
	workers int       // guarded by mu; workers alive, idle ones included
	closed  bool      // guarded by mu
	drained chan struct{}
}

// worker is a parked goroutine: a send on wake, which never blocks, hands it
// one task, and closing wake ends it.
type worker struct {
	wake chan *Task
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

// New makes a pool of k workers and starts none of them yet. If k is 0 the
// environment variable UV_THREADPOOL_SIZE decides, read now and as libuv reads
// it: no digits or zero count as 1, more than 1024 as 1024. If it is not set, k
// is 4. New panics if k is negative or above 1024.
//
// A pool that is no longer needed should be closed: its parked workers are
// goroutines.
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
	p := &Pool{size: k, drained: make(chan struct{})}
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

// Start queues t, to run work on a worker. It returns [ErrClosed] if the pool
// is closed and otherwise nil; it never waits. The task is the caller's: it may
// be part of a larger struct, and it may be started again once it has run or
// was cancelled. Start panics if work is nil or t is still queued or running.
//
//loopvet:worker work
//loopvet:nonblocking
func (p *Pool) Start(t *Task, work func()) error {
	if work == nil {
		panic("pool: Start: nil work")
	}
	p.mu.Lock()
	if t.state == taskQueued || t.state == taskRunning {
		p.mu.Unlock()
		panic("pool: Start: task is already started")
	}
	if p.closed {
		p.mu.Unlock()
		return ErrClosed
	}
	t.pool, t.work, t.state = p, work, taskQueued
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		t.state = taskRunning
		p.mu.Unlock()
		w.wake <- t
		return nil
	}
	if p.workers < p.size {
		p.workers++
		t.state = taskRunning
		p.mu.Unlock()
		go p.serve(&worker{wake: make(chan *Task, 1)}, t)
		return nil
	}
	p.queue.push(t)
	p.mu.Unlock()
	return nil
}

// serve is a worker: it runs t and then what it finds, and parks in between.
func (p *Pool) serve(w *worker, t *Task) {
	exited := true
	defer func() {
		if exited && exiting() { // a task took its worker along
			p.next(nil, t)
		}
	}()
	for t != nil {
		p.run(t)
		t = p.next(w, t)
	}
	exited = false
}

// next retires done and returns the worker's next task, or nil if the worker
// must end. If w is nil the worker is ending already and its successor, if one
// is needed, is started.
func (p *Pool) next(w *worker, done *Task) *Task {
	p.mu.Lock()
	done.state = taskDone
	t := p.queue.pop()
	if t != nil {
		t.state = taskRunning
		p.mu.Unlock()
		if w == nil {
			go p.serve(&worker{wake: make(chan *Task, 1)}, t)
			return nil
		}
		return t
	}
	if p.closed || w == nil {
		p.leaveLocked()
		p.mu.Unlock()
		return nil
	}
	p.idle = append(p.idle, w)
	p.mu.Unlock()
	return <-w.wake
}

// leaveLocked accounts for a worker that ends.
func (p *Pool) leaveLocked() {
	p.workers--
	if p.closed && p.workers == 0 {
		close(p.drained)
	}
}

// run runs one task and, if it does not return, what must know of that.
func (p *Pool) run(t *Task) {
	work, abort, panics := t.work, t.abort, t.panics
	t.work = nil
	if abort == nil {
		abort, panics = p.onPanic, true
	}
	if abort == nil {
		work()
		return
	}
	returned := false
	defer func() {
		if returned || !panics && !exiting() {
			return
		}
		v := recover()
		abort(&PanicError{Value: v, Goexit: v == nil, Stack: debug.Stack()})
	}()
	work()
	returned = true
}

// Trim ends the workers that are idle now. Later tasks start new ones.
//
//loopvet:nonblocking
func (p *Pool) Trim() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	for range idle {
		p.leaveLocked()
	}
	p.mu.Unlock()
	for _, w := range idle {
		close(w.wake)
	}
}

// Shutdown refuses new tasks from now on and does not wait: the workers end once
// what is queued has run. It may be called more than once.
//
//loopvet:nonblocking
func (p *Pool) Shutdown() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		if p.workers == 0 {
			close(p.drained)
		}
	}
	p.mu.Unlock()
	p.Trim()
}

// Close shuts the pool down and waits until the queued and the running tasks
// have run. If ctx ends first it returns the context's error, and the workers
// end by themselves later. It may be called more than once.
//
//loopvet:blocks wait
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
		return ctx.Err()
	}
}
