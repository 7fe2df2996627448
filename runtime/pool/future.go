package pool

import (
	"context"
	"sync"
)

// A Future is the result of a task, now or later. Its methods may be called
// from any goroutine, any number of times.
type Future[T any] struct {
	task   Task
	work   func(context.Context) (T, error)
	ctx    context.Context // of work
	cancel context.CancelFunc
	done   chan struct{} // closed once val and err are set
	val    T
	err    error

	mu      sync.Mutex
	settled bool        // guarded by mu
	unwatch func() bool // guarded by mu; stops waiting for the caller's context
}

// Go runs work on p and returns at once. The context that work gets ends with
// ctx or when the future is cancelled; if that happens while the task is still
// queued, work never runs and the result is the context's error. If p is
// closed or full, the result is [ErrClosed] or [ErrFull]. If work panics and p has a handler, or if
// it calls [runtime.Goexit], the result is a [*PanicError]. Go panics if work
// is nil.
//
//loopvet:worker work on p
//loopvet:nonblocking
func Go[T any](ctx context.Context, p *Pool, work func(context.Context) (T, error), opts ...TaskOption) *Future[T] {
	if work == nil {
		panic("pool: Go: nil work")
	}
	f := &Future[T]{work: work, done: make(chan struct{})}
	var zero T
	if err := ctx.Err(); err != nil {
		f.cancel = func() {}
		f.set(zero, err)
		return f
	}
	f.ctx, f.cancel = context.WithCancel(p.Context(ctx))
	if err := p.StartJob(&f.task, (*futureJob[T])(f), opts...); err != nil {
		f.set(zero, err)
		return f
	}
	if ctx.Done() == nil {
		return f
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.settled {
		f.unwatch = context.AfterFunc(ctx, func() {
			if f.task.Cancel() == nil {
				f.set(zero, ctx.Err())
			}
		})
	}
	return f
}

// futureJob is the future as its pool's job.
type futureJob[T any] Future[T]

func (j *futureJob[T]) Work() {
	f := (*Future[T])(j)
	f.set(f.work(f.ctx))
}

func (j *futureJob[T]) Aborted(e *PanicError) {
	f := (*Future[T])(j)
	if handler := f.task.pool.onPanic; handler != nil {
		handler(e)
	}
	var zero T
	f.set(zero, e)
}

func (j *futureJob[T]) TakesPanics() bool { return j.task.pool.onPanic != nil }

// set settles the future; only the first call counts.
func (f *Future[T]) set(val T, err error) {
	f.mu.Lock()
	if f.settled {
		f.mu.Unlock()
		return
	}
	f.settled = true
	unwatch := f.unwatch
	f.mu.Unlock()
	if unwatch != nil {
		unwatch()
	}
	f.cancel()
	f.val, f.err = val, err
	close(f.done)
}

// Wait waits for the result. If ctx ends first it returns the context's error,
// and the task goes on. A callback must not call Wait: its loop stands still
// meanwhile, and if the task needs the loop, for good. A task that passes its own
// context and would wait for one that is still queued on the same pool gets
// [ErrDeadlock]; [Blocking] is the way to wait there.
//
//loopvet:blocks wait
//loopvet:awaits f
func (f *Future[T]) Wait(ctx context.Context) (T, error) {
	select {
	case <-f.done:
		return f.val, f.err
	default:
	}
	var zero T
	if p := Of(ctx); p != nil && f.task.queuedOn(p) {
		return zero, ErrDeadlock
	}
	select {
	case <-f.done:
		return f.val, f.err
	case <-ctx.Done():
		return zero, ctx.Err()
	}
}

// Cancel ends the context of the task's work. A task that is still queued never
// runs, its result is [ErrCanceled], and Cancel returns nil; otherwise Cancel
// returns [ErrBusy] and the result is what work returns.
//
//loopvet:nonblocking
func (f *Future[T]) Cancel() error {
	err := f.task.Cancel()
	if err == nil {
		var zero T
		f.set(zero, ErrCanceled)
	}
	f.cancel()
	return err
}
