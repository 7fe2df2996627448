package loop

import (
	"context"

	"github.com/loopvet/loopvet/runtime/pool"
)

// A Request is work on its way through the pool and back.
type Request struct {
	l       *Loop
	task    pool.Task
	ev      event           // the request with its type
	base    context.Context // the caller's
	cancel  context.CancelFunc
	unwatch func() bool // stops waiting for base
	err     error       // written before ev goes into the inbox
	origin  *origin

	prev, next *Request // in l.inFlight; owned by the loop
}

// A WorkOption changes how one request runs.
type WorkOption func(*workConfig)

type workConfig struct {
	pool *pool.Pool
	task []pool.TaskOption
}

// OnPool runs the work on p in place of the loop's pool.
func OnPool(p *pool.Pool) WorkOption {
	if p == nil {
		panic("loop: OnPool: nil pool")
	}
	return func(c *workConfig) { c.pool = p }
}

// Task queues the work on the pool as opts say: its class, its priority, its
// strand.
func Task(opts ...pool.TaskOption) WorkOption {
	return func(c *workConfig) { c.task = append(c.task, opts...) }
}

// QueueWork runs work on the loop's pool and then calls after on the loop, in a
// poll phase, exactly once, with what work returned. It never waits.
//
// The context that work gets has the values of ctx and ends with it, when the
// request is cancelled, and when the context of Run ends. [Loop.Context] returns
// ctx while after runs. If ctx ends while the work is still queued, work never
// runs and after gets the context's error. Work that the pool refuses comes back
// with the pool's error, by a callback too. QueueWork panics if work or after is
// nil.
//
//loopvet:worker work
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func QueueWork[T any](ctx context.Context, l *Loop, work func(context.Context) (T, error), after func(T, error), opts ...WorkOption) *Request {
	if work == nil || after == nil {
		panic("loop: QueueWork: nil callback")
	}
	r := &valueRequest[T]{after: after}
	r.ev = r
	r.start(ctx, l, func(ctx context.Context) { r.val, r.err = work(ctx) }, opts)
	return &r.Request
}

// QueueFunc is [QueueWork] for work that returns nothing but an error.
//
//loopvet:worker work
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func QueueFunc(ctx context.Context, l *Loop, work func(context.Context) error, after func(error), opts ...WorkOption) *Request {
	if work == nil || after == nil {
		panic("loop: QueueFunc: nil callback")
	}
	r := &errorRequest{after: after}
	r.ev = r
	r.start(ctx, l, func(ctx context.Context) { r.err = work(ctx) }, opts)
	return &r.Request
}

// valueRequest is the request of QueueWork.
type valueRequest[T any] struct {
	Request
	after func(T, error)
	val   T
}

func (r *valueRequest[T]) run() {
	r.deliver()
	r.after(r.val, r.err)
}

func (r *valueRequest[T]) code() uintptr { return codeOf(r.after) }

// errorRequest is the request of QueueFunc.
type errorRequest struct {
	Request
	after func(error)
}

func (r *errorRequest) run() {
	r.deliver()
	r.after(r.err)
}

func (r *errorRequest) code() uintptr { return codeOf(r.after) }

// start hands the request to the pool.
func (r *Request) start(ctx context.Context, l *Loop, work func(context.Context), opts []WorkOption) {
	l.check()
	var c workConfig
	for _, opt := range opts {
		opt(&c)
	}
	if c.pool == nil {
		c.pool = l.workers()
	}
	r.l, r.base, r.origin = l, ctx, l.newOrigin()
	wctx, cancel := context.WithCancel(c.pool.Context(ctx))
	r.cancel = cancel
	l.inFlight.add(r)
	if r.err = ctx.Err(); r.err != nil {
		l.pending.push(r.ev)
		return
	}
	r.task.OnAbort(func(e *PanicError) {
		r.err = e
		l.inbox.put(r.ev)
	}, l.panicHandler() != nil)
	err := c.pool.Start(&r.task, func() {
		work(wctx)
		l.inbox.put(r.ev)
	}, c.task...)
	if err != nil {
		r.err = err
		l.pending.push(r.ev)
		return
	}
	if ctx.Done() != nil {
		r.unwatch = context.AfterFunc(ctx, func() { r.withdraw(ctx.Err()) })
	}
}

// deliver ends the request, on the loop and right before its callback.
func (r *Request) deliver() {
	l := r.l
	l.inFlight.remove(r)
	if r.unwatch != nil {
		r.unwatch()
	}
	r.cancel()
	if handler := l.panicHandler(); handler != nil {
		if e, ok := r.err.(*PanicError); ok {
			handler(e)
		}
	}
	l.ctx = r.base
}

// Cancel cancels the request. If its work is still queued it returns nil, work
// never runs, and after gets [ErrCanceled] later, as a callback. Otherwise it
// ends the context of the work and returns [ErrBusy]; after still gets what
// work returns (libuv test-threadpool-cancel.c). Any goroutine may call it.
//
//loopvet:nonblocking
func (r *Request) Cancel() error {
	return r.withdraw(ErrCanceled)
}

// withdraw cancels the request and leaves the reason for after to see.
func (r *Request) withdraw(reason error) error {
	err := r.task.Cancel()
	if err == nil {
		r.err = reason
		r.l.inbox.put(r.ev)
	}
	r.cancel()
	return err
}

// workers returns the pool for work that names none.
func (l *Loop) workers() *pool.Pool {
	if l.pool == nil {
		l.pool = pool.New(0)
	}
	return l.pool
}

// endPool lets go of the loop's own pool: its workers end once they have done
// what was queued.
func (l *Loop) endPool() {
	if l.own && l.pool != nil {
		l.pool.Shutdown()
		l.pool = nil
	}
}

// requestList has the requests that have not been delivered.
type requestList struct {
	first *Request
	n     int
}

func (q *requestList) add(r *Request) {
	r.next = q.first
	if r.next != nil {
		r.next.prev = r
	}
	q.first = r
	q.n++
}

func (q *requestList) remove(r *Request) {
	if r.prev == nil {
		q.first = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	}
	r.prev, r.next = nil, nil
	q.n--
}

func (q *requestList) cancelAll() {
	for r := q.first; r != nil; r = r.next {
		r.Cancel()
	}
}
