package loopsql

import (
	"cmp"
	"context"
	"database/sql"
)

// Rows are rows that come in pieces. Until the callback of the end they have a connection,
// or their transaction, for themselves: what they are paused for must not need it.
type Rows struct {
	Request
	paused bool
	idle   bool // the next piece waits for Resume
	read   func()
}

// Pause has no more pieces come until Resume. One that is being read comes all the same.
//
//loopvet:looponly
//loopvet:nonblocking
func (r *Rows) Pause() { r.paused = true }

// Resume takes Pause back.
//
//loopvet:looponly
//loopvet:nonblocking
func (r *Rows) Resume() {
	r.paused = false
	r.rouse()
}

// rouse goes on if nothing is under way.
func (r *Rows) rouse() {
	if r.idle {
		r.idle = false
		r.read()
	}
}

// Each runs a command and calls fn with its rows, a piece at a time: 128, or as many as
// [WithPiece] says, and with what is left in the end. The next piece is read when fn has
// returned, and while the rows are not paused; no goroutine and no worker waits for that.
// A piece is fn's from then on. After the last piece, or an error, or when the rows are
// cancelled, after is called, and fn is not any more.
//
// Scan is as for [Query]. Each panics if scan, fn or after is nil.
//
//loopvet:worker scan
//loopvet:loop fn
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Each[T any](
	ctx context.Context, c Command, scan func(*sql.Rows) (T, error), fn func(piece []T), after func(error),
) *Rows {
	if scan == nil || fn == nil || after == nil {
		panic("loopsql: nil callback")
	}
	p := &pieces[T]{command: c, scan: scan, fn: fn, after: after}
	p.callback, p.work, p.then = (*end[T])(p), p.next, p.arrived
	p.read, p.wake = p.goOn, p.rouse
	p.ask(ctx, c.db, c.tx)
	return &p.Rows
}

// pieces are rows with their type.
type pieces[T any] struct {
	Rows
	command Command
	scan    func(*sql.Rows) (T, error)
	fn      func([]T)
	after   func(error)
	sql     *sql.Rows // of work
	piece   []T       // of work, then the loop's
	more    bool      // of work, then the loop's; sql is open
}

// next reads a piece. It waits.
func (p *pieces[T]) next(ctx context.Context) (err error) {
	if p.sql == nil {
		if p.sql, err = p.command.rows(ctx); err != nil {
			return err
		}
	}
	p.more = false
	defer func() {
		if p.more {
			return
		}
		if e := p.sql.Close(); err == nil {
			err = e
		}
	}()
	for len(p.piece) < p.db.piece {
		if !p.sql.Next() {
			return p.sql.Err()
		}
		v, err := p.scan(p.sql)
		if err != nil {
			return err
		}
		p.piece = append(p.piece, v)
	}
	p.more = true
	return nil
}

// arrived tells a piece, and goes on or ends.
func (p *pieces[T]) arrived() {
	if p.ctx.Err() != nil && len(p.piece) > 0 { // a piece that nobody wants any more
		p.piece = nil
		if p.err == nil {
			p.err = p.ctx.Err()
		}
	}
	then := p.goOn
	if !p.more {
		p.release()
		then = p.finish
	}
	if p.piece == nil {
		then()
		return
	}
	p.db.post(then)
	piece := p.piece
	p.piece = nil
	p.db.ext.Call(&part[T]{p, piece})
}

// goOn reads the next piece, or closes the rows if they are cancelled or could not be read.
func (p *pieces[T]) goOn() {
	err := cmp.Or(p.err, p.ctx.Err())
	switch {
	case err != nil:
		p.more = false
		p.db.offload(p.ctx, true, p.sql.Close, func(error) {
			p.err = err
			p.release()
			p.finish()
		})
	case p.paused:
		p.idle = true
	default:
		p.run()
	}
}

// part is a call of fn.
type part[T any] struct {
	p     *pieces[T]
	piece []T
}

func (c *part[T]) Run()                     { c.p.fn(c.piece) }
func (c *part[T]) Func() any                { return c.p.fn }
func (c *part[T]) Context() context.Context { return c.p.caller }

// end is the callback of the end.
type end[T any] pieces[T]

func (e *end[T]) Run()                     { e.after(e.err) }
func (e *end[T]) Func() any                { return e.after }
func (e *end[T]) Context() context.Context { return e.caller }
