package loopsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A Tx is a transaction. All methods are loop-only. It has a connection for itself from
// its beginning to its end, and its statements run one at a time, in the order in which
// they were asked for. It is a handle that is active while it has requests, and that
// closes itself when it is committed or rolled back, or could not begin.
type Tx struct {
	ext     loop.External
	db      *DB
	ctx     context.Context // of database/sql: as the caller's, but it has no end before the transaction
	cancel  context.CancelFunc
	unwatch func() bool // stops waiting for the caller's context
	conn    *sql.Conn   // of the request that begins it, then of the one that ends it
	sql     *sql.Tx     // of the request that begins it, then of those that run

	// The loop's.
	begin   *Request
	queue   []*Request // waiting, the oldest first
	busy    *Request   // that runs, nil if there is none
	end     *Request   // that commits it or rolls it back, nil if nobody has asked
	untold  int        // requests
	aborted error      // why it is rolled back; nil if it is not, or was asked to be
	open    bool       // it has begun
	over    bool       // it has ended, or could not begin
	closing bool
}

// Begin begins a transaction, when there is a connection for it, and calls after with it.
// Statements may be asked for at once; they run after that. If it cannot begin, they get
// the same error as after. Opts are those of [sql.DB.BeginTx] and may be nil.
//
// If ctx ends before the transaction does, the transaction is rolled back. Begin panics
// if after is nil.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (db *DB) Begin(ctx context.Context, opts *sql.TxOptions, after func(tx *Tx, err error)) *Tx {
	if after == nil {
		panic("loopsql: nil callback")
	}
	tx := &Tx{db: db}
	tx.ctx, tx.cancel = context.WithCancel(context.WithoutCancel(ctx))
	tx.ext.Init(db.Loop(), tx, (*txDriver)(tx))
	b := &beginning{tx: tx, after: after}
	b.callback, b.then = b, tx.started
	b.work = func(ctx context.Context) error { return tx.connect(ctx, opts) }
	b.dropped = func() { tx.fail(b.err) }
	tx.begin = &b.Request
	if db.closed {
		tx.over, tx.closing = true, true
		tx.cancel()
		tx.ext.Shut()
	} else {
		db.txs = append(db.txs, tx)
	}
	b.ask(ctx, db, nil)
	return tx
}

// connect begins the transaction. It waits. If ctx ends at the same time, database/sql
// rolls back on a goroutine of its own, for which only the Close of a [sql.Conn] waits.
func (tx *Tx) connect(ctx context.Context, opts *sql.TxOptions) (err error) {
	stop := context.AfterFunc(ctx, tx.cancel)
	defer stop()
	for range tx.db.limit + 1 { // as many may have died since they were used
		if tx.conn, err = tx.db.sql.Conn(ctx); err != nil {
			return err
		}
		if tx.sql, err = tx.conn.BeginTx(tx.ctx, opts); err == nil {
			break
		}
		tx.conn.Close()
		if !errors.Is(err, driver.ErrBadConn) {
			return err
		}
	}
	if err == nil && !stop() {
		tx.sql.Rollback()
		tx.conn.Close()
		err = ctx.Err()
	}
	return err
}

// beginning is the callback of Begin.
type beginning struct {
	Request
	tx    *Tx
	after func(*Tx, error)
}

func (b *beginning) Run()                     { b.after(b.tx, b.err) }
func (b *beginning) Func() any                { return b.after }
func (b *beginning) Context() context.Context { return b.caller }

// Commit commits the transaction, after its statements.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (tx *Tx) Commit(ctx context.Context, after func(error)) *Request {
	return tx.finish(ctx, func() error { return tx.sql.Commit() }, after)
}

// Rollback rolls the transaction back, after its statements.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (tx *Tx) Rollback(ctx context.Context, after func(error)) *Request {
	return tx.finish(ctx, func() error { return tx.sql.Rollback() }, after)
}

// finish asks for the end of the transaction.
func (tx *Tx) finish(ctx context.Context, do func() error, after func(error)) *Request {
	if after == nil {
		panic("loopsql: nil callback")
	}
	o := &outcome{after: after}
	o.callback = o
	tx.prepareEnd(&o.Request, do)
	o.ask(ctx, tx.db, tx)
	if tx.end == nil && !tx.over {
		tx.end = &o.Request
	}
	return &o.Request
}

// prepareEnd makes r a request that ends the transaction.
func (tx *Tx) prepareEnd(r *Request, do func() error) {
	r.must = true
	r.work = func(context.Context) error {
		defer tx.conn.Close()
		return do()
	}
	r.then = func() { tx.ended(r) }
	r.dropped = func() {
		if tx.end == r {
			tx.abort(r.err)
		}
	}
}

// abort rolls the transaction back as soon as may be, unless it is ending anyway.
func (tx *Tx) abort(reason error) {
	if tx.over || tx.aborted != nil || tx.end != nil && tx.busy == tx.end {
		return
	}
	tx.aborted, tx.closing = reason, true
	if !tx.open {
		tx.begin.withdraw(reason)
	}
	for _, r := range slices.Clone(tx.queue) {
		r.withdraw(reason)
	}
	if tx.busy != nil {
		tx.busy.withdraw(reason)
	}
	r := new(Request)
	tx.prepareEnd(r, func() error { return tx.sql.Rollback() })
	tx.end = nil
	r.ask(context.WithoutCancel(tx.ctx), tx.db, tx)
	tx.end = r
}

// started is called when the request that begins the transaction has run.
func (tx *Tx) started() {
	b := tx.begin
	b.forget()
	if b.err != nil {
		tx.fail(b.err)
		tx.db.release()
		b.finish()
		return
	}
	tx.open = true
	b.err = tx.aborted
	if ctx := b.caller; ctx.Done() != nil {
		tx.unwatch = context.AfterFunc(ctx, func() { tx.db.post(func() { tx.abort(ctx.Err()) }) })
	}
	tx.advance()
	b.finish()
}

// advance starts the request whose turn it is.
func (tx *Tx) advance() {
	for tx.open && tx.busy == nil && len(tx.queue) > 0 {
		r := tx.queue[0]
		tx.queue = slices.Delete(tx.queue, 0, 1)
		if r.begin() {
			tx.busy = r
			r.run()
		}
	}
}

// ended is called when the transaction has ended.
func (tx *Tx) ended(r *Request) {
	tx.leave()
	tx.db.release()
	r.finish()
}

// fail is called when the transaction could not begin.
func (tx *Tx) fail(err error) {
	for _, r := range slices.Clone(tx.queue) {
		r.withdraw(err)
	}
	tx.leave()
}

// leave has the handle closed after the callbacks that are due.
func (tx *Tx) leave() {
	tx.over, tx.closing = true, true
	if tx.unwatch != nil {
		tx.unwatch()
	}
	tx.cancel()
	tx.db.ext.Begin() // until it is shut, referenced or not
	tx.db.post(func() {
		db := tx.db
		db.ext.End()
		i := slices.Index(db.txs, tx)
		db.txs = slices.Delete(db.txs, i, i+1)
		tx.ext.Shut()
		db.settle()
	})
}

// count counts the requests that are not told.
func (tx *Tx) count(n int) {
	tx.untold += n
	if !tx.over {
		tx.ext.SetActive(tx.untold > 0)
	}
}

// Loop returns the loop of the transaction.
//
//loopvet:nonblocking
func (tx *Tx) Loop() *loop.Loop { return tx.ext.Loop() }

// Active reports whether there are requests.
//
//loopvet:looponly
//loopvet:nonblocking
func (tx *Tx) Active() bool { return tx.ext.Active() }

// Closing reports whether Close was called or the transaction has closed itself.
//
//loopvet:looponly
//loopvet:nonblocking
func (tx *Tx) Closing() bool { return tx.closing }

// Ref has the transaction keep the loop alive while it is active, as it does from the
// start.
//
//loopvet:looponly
//loopvet:nonblocking
func (tx *Tx) Ref() { tx.ext.Ref() }

// Unref has the transaction no longer keep the loop alive. Its requests still do.
//
//loopvet:looponly
//loopvet:nonblocking
func (tx *Tx) Unref() { tx.ext.Unref() }

// HasRef reports whether the transaction keeps the loop alive while it is active.
//
//loopvet:looponly
//loopvet:nonblocking
func (tx *Tx) HasRef() bool { return tx.ext.HasRef() }

// OnClose has fn called in the closing phase once the transaction is over, after the
// callbacks of its requests.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (tx *Tx) OnClose(fn func()) { tx.ext.OnClose(fn) }

// Close cancels the requests of the transaction and rolls it back, unless a Commit or a
// Rollback runs, which is waited for.
//
//loopvet:looponly
//loopvet:nonblocking
func (tx *Tx) Close() {
	tx.abort(loop.ErrCanceled)
	tx.closing = true
}

// txDriver is a Tx as the loop sees it.
type txDriver Tx

func (d *txDriver) Kind() string { return "transaction" }
func (d *txDriver) Arrived()     {}
func (d *txDriver) Deferred()    {}
func (d *txDriver) Closed()      {}
