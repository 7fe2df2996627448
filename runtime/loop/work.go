package loop

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/loopvet/loopvet/runtime/pool"
)

// A Request is work on its way through the pool and back.
type Request struct {
	l       *Loop
	pool    *pool.Pool
	task    pool.Task
	self    requester       // the request with its type
	parent  context.Context // the caller's
	unwatch func() bool     // stops waiting for parent
	err     error           // written before the request goes into the inbox
	origin  *origin
	ready   int64 // when the result came; written before the request goes into the inbox; see note
	full    atomic.Pointer[fullContext]
	panics  bool // work's panics come back as errors

	prev, next *Request // in l.inFlight; owned by the loop
}

// A requester is a request with its type: the event of its delivery and the job
// of its pool.
type requester interface {
	event
	pool.Job
}

// A WorkOption changes how one request runs.
type WorkOption func(*workConfig)

type workConfig struct {
	pool *pool.Pool
	task []pool.TaskOption
}

// OnPool runs the work on p in place of the loop's pool.
//
//loopvet:runson p
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

// configure is apart from its caller so that only requests with options allocate
// for them.
func configure(opts []WorkOption) workConfig {
	var c workConfig
	for _, opt := range opts {
		opt(&c)
	}
	return c
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
//loopvet:offload
//loopvet:worker work on l
//loopvet:kernel net dns
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func QueueWork[T any](ctx context.Context, l *Loop, work func(context.Context) (T, error), after func(T, error), opts ...WorkOption) *Request {
	if work == nil || after == nil {
		panic("loop: QueueWork: nil callback")
	}
	r := &valueRequest[T]{work: work, after: after}
	r.start(ctx, l, r, opts)
	return &r.Request
}

// Offload is [QueueWork] with a promise in place of a callback.
//
//loopvet:worker work on l
//loopvet:kernel net dns
//loopvet:looponly
//loopvet:nonblocking
func Offload[T any](ctx context.Context, l *Loop, work func(context.Context) (T, error), opts ...WorkOption) *Promise[T] {
	if work == nil {
		panic("loop: Offload: nil callback")
	}
	p := &Promise[T]{l: l}
	QueueWork(ctx, l, work, p.adopt, opts...)
	return p
}

// QueueFunc is [QueueWork] for work that returns nothing but an error.
//
//loopvet:worker work on l
//loopvet:kernel net dns
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func QueueFunc(ctx context.Context, l *Loop, work func(context.Context) error, after func(error), opts ...WorkOption) *Request {
	if work == nil || after == nil {
		panic("loop: QueueFunc: nil callback")
	}
	r := &errorRequest{work: work, after: after}
	r.start(ctx, l, r, opts)
	return &r.Request
}

// valueRequest is the request of QueueWork.
type valueRequest[T any] struct {
	Request
	work  func(context.Context) (T, error)
	after func(T, error)
	val   T
}

func (r *valueRequest[T]) Work() {
	r.val, r.err = r.work((*workContext)(&r.Request))
	r.arrive()
}

func (r *valueRequest[T]) run() {
	r.deliver()
	r.after(r.val, r.err)
}

func (r *valueRequest[T]) code() uintptr { return codeOf(r.after) }

// errorRequest is the request of QueueFunc.
type errorRequest struct {
	Request
	work  func(context.Context) error
	after func(error)
}

func (r *errorRequest) Work() {
	r.err = r.work((*workContext)(&r.Request))
	r.arrive()
}

func (r *errorRequest) run() {
	r.deliver()
	r.after(r.err)
}

func (r *errorRequest) code() uintptr { return codeOf(r.after) }

// start hands the request to the pool.
func (r *Request) start(ctx context.Context, l *Loop, self requester, opts []WorkOption) {
	l.check()
	var c workConfig
	if len(opts) > 0 {
		c = configure(opts)
	}
	if c.pool == nil {
		c.pool = l.workers()
	}
	r.l, r.self, r.parent, r.origin = l, self, ctx, l.newOrigin()
	r.pool, r.panics = c.pool, l.panicHandler() != nil
	l.inFlight.add(r)
	err := ctx.Err()
	if err == nil {
		err = c.pool.StartJob(&r.task, self, c.task...)
	}
	if err != nil {
		r.err, r.ready = err, l.readyNow()
		l.pending.push(self)
		return
	}
	if ctx.Done() != nil {
		r.unwatch = context.AfterFunc(ctx, func() { r.withdraw(ctx.Err()) })
	}
}

func (r *Request) note() note { return note{origin: r.origin, ready: r.ready} }

// Aborted is called by the pool when work did not return.
func (r *Request) Aborted(e *pool.PanicError) {
	r.err = e
	r.arrive()
}

// TakesPanics is called by the pool when work panicked.
func (r *Request) TakesPanics() bool { return r.panics }

// arrive sends the request to the loop.
func (r *Request) arrive() {
	r.ready = r.l.readyNow()
	r.l.inbox.put(r.self)
}

// deliver ends the request, on the loop and right before its callback.
func (r *Request) deliver() {
	l := r.l
	l.inFlight.remove(r)
	if r.unwatch != nil {
		r.unwatch()
	}
	r.endContext()
	if handler := l.panicHandler(); handler != nil {
		if e, ok := r.err.(*PanicError); ok {
			handler(e)
		}
	}
	l.ctx = r.parent
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
		r.arrive()
	}
	r.endContext()
	return err
}

// endContext ends the context of the work.
func (r *Request) endContext() {
	if r.full.Load() == nil && (r.parent.Err() != nil || r.full.CompareAndSwap(nil, endedContext)) {
		return // an error that work may have seen stays
	}
	r.full.Load().cancel()
}

// workContext is the context that a request's work gets. Most work never asks for
// Done, so the full context that this takes is made when it does.
type workContext Request

// A fullContext is a context with what ends it.
type fullContext struct {
	context.Context
	cancel context.CancelFunc
}

// endedContext is the full context of a request that was ended before its work
// asked for one.
var endedContext = newFullContext(context.Background(), true)

func newFullContext(parent context.Context, ended bool) *fullContext {
	ctx, cancel := context.WithCancel(parent)
	if ended {
		cancel()
	}
	return &fullContext{ctx, cancel}
}

func (c *workContext) Deadline() (time.Time, bool) { return c.parent.Deadline() }

func (c *workContext) Done() <-chan struct{} {
	if full := c.full.Load(); full != nil {
		return full.Done()
	}
	full := newFullContext(c.pool.Context(c.parent), false)
	if !c.full.CompareAndSwap(nil, full) {
		full.cancel()
	}
	return c.full.Load().Done()
}

func (c *workContext) Err() error {
	if full := c.full.Load(); full != nil {
		return full.Err()
	}
	return c.parent.Err()
}

// Value asks the full context, if there is one, so that package context finds it
// for those derived from c.
func (c *workContext) Value(key any) any {
	if full := c.full.Load(); full != nil && full != endedContext {
		return full.Value(key)
	}
	return c.pool.Context(c.parent).Value(key)
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
