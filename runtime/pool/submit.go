package pool

import (
	"bytes"
	"context"
	"runtime"
	"strings"
)

// Submit queues work and returns nil once it is queued. If the queue is bounded
// and full, Submit waits for room until ctx ends, and then returns the context's
// error. A task does not get to wait for its own pool, because the worker that it
// holds may be the one that has to make room: it gets [ErrDeadlock], whatever
// context it passes, and so does a goroutine that passes a task's context. Inside
// [Blocking] it may wait. The error is [ErrClosed] if the pool is closed.
// Submit panics if work is nil.
//
//loopvet:worker work on p
//loopvet:blocks wait
//loopvet:bounded
func (p *Pool) Submit(ctx context.Context, work func(), opts ...TaskOption) error {
	t := new(Task)
	for {
		err := p.Start(t, work, opts...)
		if err != ErrFull {
			return err
		}
		if Of(ctx) == p || p.worksHere() {
			return ErrDeadlock
		}
		room := p.awaitRoom()
		if room == nil {
			continue
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// TrySubmit queues work. It never waits: the error is [ErrFull] if a bounded
// queue is full and [ErrClosed] if the pool is closed. It panics if work is nil.
//
//loopvet:worker work on p
//loopvet:nonblocking
func (p *Pool) TrySubmit(work func(), opts ...TaskOption) error {
	return p.Start(new(Task), work, opts...)
}

// identify makes the calling goroutine known as a worker until the function that
// it returns is called.
func (p *Pool) identify() (forget func()) {
	id := goroutineID()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ids == nil {
		p.ids = make(map[string]bool)
	}
	p.ids[id] = true
	return func() {
		p.mu.Lock()
		delete(p.ids, id)
		p.mu.Unlock()
	}
}

// worksHere reports whether the calling goroutine is a worker of p and not inside
// Blocking. It is asked only by those that are about to wait: a stack costs a
// microsecond or more.
func (p *Pool) worksHere() bool {
	id := goroutineID()
	p.mu.Lock()
	known := p.ids[id]
	p.mu.Unlock()
	return known && !lent()
}

// lent reports whether the calling goroutine is inside Blocking.
func lent() bool {
	pcs := make([]uintptr, 64)
	n := runtime.Callers(1, pcs)
	for n == len(pcs) {
		pcs = make([]uintptr, 2*len(pcs))
		n = runtime.Callers(1, pcs)
	}
	frames := runtime.CallersFrames(pcs[:n])
	for {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, "/runtime/pool.Blocking") {
			return true
		}
		if !more {
			return false
		}
	}
}

// goroutineID returns the number of the calling goroutine, as text.
func goroutineID() string {
	var buf [32]byte
	id := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	id, _, _ = bytes.Cut(id, []byte(" "))
	return string(id)
}

// awaitRoom returns a channel that is closed when a task leaves the queue, or nil
// if there is room now.
func (p *Pool) awaitRoom() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.waiting < p.limit {
		return nil
	}
	if p.room == nil {
		p.room = make(chan struct{})
	}
	return p.room
}

// makeRoomLocked tells those that wait in Submit to try again.
func (p *Pool) makeRoomLocked() {
	if p.room != nil {
		close(p.room)
		p.room = nil
	}
}

// taskContext is a context of a task: it knows the pool.
type taskContext struct {
	context.Context
	p *Pool
}

type poolKey struct{}

func (c *taskContext) Value(key any) any {
	if key == (poolKey{}) {
		return c.p
	}
	return c.Context.Value(key)
}

// Context returns ctx for a task of p. [Go] does that itself; those who call
// Start need it if their tasks may call Submit, Wait or Blocking.
//
//loopvet:nonblocking
func (p *Pool) Context(ctx context.Context) context.Context {
	return &taskContext{ctx, p}
}

// Of returns the pool whose task ctx belongs to, nil if it belongs to none.
//
//loopvet:nonblocking
func Of(ctx context.Context) *Pool {
	p, _ := ctx.Value(poolKey{}).(*Pool)
	return p
}

// Blocking calls fn here and lets the task's pool have one worker more while fn
// runs, so that a task that has to wait does not cost the others a worker. The
// context that fn gets belongs to no pool's task, so what fn waits for may be of
// the same pool. If ctx does not belong to a task, Blocking just calls fn.
//
//loopvet:compensated fn
func Blocking(ctx context.Context, fn func(context.Context)) {
	p := Of(ctx)
	if p == nil {
		fn(ctx)
		return
	}
	p.mu.Lock()
	p.extra++
	p.unlockAndWake()
	defer func() {
		p.mu.Lock()
		p.extra--
		p.dismissLocked()
		p.mu.Unlock()
	}()
	fn(&taskContext{Context: ctx})
}
