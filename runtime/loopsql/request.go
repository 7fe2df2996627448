package loopsql

import (
	"context"
	"database/sql"
	"slices"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A Request is something that a database was asked for.
type Request struct {
	db      *DB
	tx      *Tx // nil if it is not for a transaction
	caller  context.Context
	ctx     context.Context // ends with caller, or when the request is cancelled
	cancel  context.CancelFunc
	unwatch func() bool // stops waiting for caller; nil if that never ends

	must     bool                        // its work does not look at ctx, and is done in any case once it runs
	work     func(context.Context) error // what waits
	then     func()                      // on the loop, after work
	dropped  func()                      // on the loop, in place of work; nil if there is nothing to do
	wake     func()                      // on the loop, when it is cancelled while it runs; nil if work sees to that
	callback loop.Callback               // nil if nobody asked

	state state // guarded by db.mu
	err   error // guarded by db.mu while it waits, then of work, then the loop's
}

type state uint8

const (
	waiting state = iota
	running
	done
)

// Cancel cancels the request. If it still waits for its turn it returns nil, and the
// request never happens: its callback gets [loop.ErrCanceled] later. Otherwise it returns
// [loop.ErrBusy], and the callback gets what the request comes to, most often an error,
// since it is told to stop; a Commit or a Rollback goes on. Any goroutine may call it.
//
// A Commit or a Rollback that is cancelled rolls the transaction back.
//
//loopvet:nonblocking
func (r *Request) Cancel() error { return r.withdraw(loop.ErrCanceled) }

// withdraw cancels the request and leaves the reason for the callback to see.
func (r *Request) withdraw(reason error) error {
	db := r.db
	db.mu.Lock()
	before := r.state
	if before == waiting {
		r.state, r.err = done, reason
	}
	db.mu.Unlock()
	switch before {
	case waiting:
		r.cancel()
		db.post(r.drop)
		return nil
	case running:
		r.cancel()
		if r.wake != nil {
			db.post(r.wake)
		}
	}
	return loop.ErrBusy
}

// ask queues a request of db or of tx, or has it refused.
func (r *Request) ask(ctx context.Context, db *DB, tx *Tx) {
	r.db, r.tx, r.caller = db, tx, ctx
	r.ctx, r.cancel = context.WithCancel(ctx)
	if db.closed {
		r.state, r.err = done, loop.ErrClosed
		r.cancel()
		db.Loop().SetImmediate(r.callback.Run)
		return
	}
	db.untold++
	db.ext.Begin()
	if tx != nil {
		tx.count(1)
	}
	if !db.closing {
		db.ext.SetActive(true)
	}
	err := ctx.Err()
	switch {
	case tx != nil && (tx.over || tx.end != nil):
		err = sql.ErrTxDone
	case tx == nil && db.closing:
		err = loop.ErrClosed
	}
	if err != nil {
		r.withdraw(err)
		return
	}
	r.enqueue()
	if ctx.Done() != nil {
		r.unwatch = context.AfterFunc(ctx, func() { r.withdraw(ctx.Err()) })
	}
}

// enqueue has the request wait for its turn, which may be now.
func (r *Request) enqueue() {
	if r.tx != nil {
		r.tx.queue = append(r.tx.queue, r)
		r.tx.advance()
		return
	}
	r.db.queue = append(r.db.queue, r)
	r.db.advance()
}

// begin reports whether the request runs from now on: it may have been withdrawn.
func (r *Request) begin() bool {
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	if r.state != waiting {
		return false
	}
	r.state = running
	return true
}

// run does the request's work, off the loop.
func (r *Request) run() {
	r.db.offload(r.ctx, r.must, func() error { return r.work(r.ctx) }, func(err error) {
		r.err = err
		r.then()
	})
}

// release ends the request's turn and begins the next one's.
func (r *Request) release() {
	if r.tx != nil {
		r.tx.busy = nil
		r.tx.advance()
		return
	}
	r.forget()
	r.db.release()
}

// forget takes the request from those that run.
func (r *Request) forget() {
	i := slices.Index(r.db.running, r)
	r.db.running = slices.Delete(r.db.running, i, i+1)
}

// finish tells what a request that ran came to.
func (r *Request) finish() {
	r.db.mu.Lock()
	r.state = done
	r.db.mu.Unlock()
	r.tell()
}

// drop tells that a request does not happen.
func (r *Request) drop() {
	queue := &r.db.queue
	if r.tx != nil {
		queue = &r.tx.queue
	}
	if i := slices.Index(*queue, r); i >= 0 {
		*queue = slices.Delete(*queue, i, i+1)
	}
	if r.dropped != nil {
		r.dropped()
	}
	r.tell()
}

// tell calls the callback. It does so last, because that may panic.
func (r *Request) tell() {
	db := r.db
	if r.unwatch != nil {
		r.unwatch()
	}
	r.cancel()
	db.untold--
	db.ext.End()
	if r.tx != nil {
		r.tx.count(-1)
	}
	if db.closing {
		db.post(db.settle)
	} else {
		db.ext.SetActive(db.untold > 0)
	}
	if r.callback != nil {
		db.ext.Call(r.callback)
	}
}

// answer is the callback of a request whose result is a T.
type answer[T any] struct {
	Request
	after func(T, error)
	val   T
}

func (a *answer[T]) Run()                     { a.after(a.val, a.err) }
func (a *answer[T]) Func() any                { return a.after }
func (a *answer[T]) Context() context.Context { return a.caller }

// look asks for a T.
func look[T any](ctx context.Context, db *DB, tx *Tx, do func(context.Context) (T, error), after func(T, error)) *Request {
	if after == nil {
		panic("loopsql: nil callback")
	}
	a := &answer[T]{after: after}
	a.callback = a
	a.work = func(ctx context.Context) (err error) {
		a.val, err = do(ctx)
		return err
	}
	a.then = func() {
		a.release()
		a.finish()
	}
	a.ask(ctx, db, tx)
	return &a.Request
}

// outcome is the callback of a request that has no result.
type outcome struct {
	Request
	after func(error)
}

func (o *outcome) Run()                     { o.after(o.err) }
func (o *outcome) Func() any                { return o.after }
func (o *outcome) Context() context.Context { return o.caller }

// run asks for something that has no result.
func run(ctx context.Context, db *DB, tx *Tx, do func(context.Context) error, after func(error)) *Request {
	if after == nil {
		panic("loopsql: nil callback")
	}
	o := &outcome{after: after}
	o.callback, o.work = o, do
	o.then = func() {
		o.release()
		o.finish()
	}
	o.ask(ctx, db, tx)
	return &o.Request
}
