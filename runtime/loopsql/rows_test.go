package loopsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopsql"
	"github.com/loopvet/loopvet/runtime/looptest"
)

func TestEachBringsAllRowsInPieces(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		ctx := t.Context()
		s := &server{T: t}
		conns := s.open(1)
		db := loopsql.New(l, conns, append(opts, loopsql.WithPiece(3))...)
		for _, query := range []string{"count 0", "count 2", "count 3", "count 7", "fail"} {
			var trace looptest.Trace
			loopsql.Each(ctx, db.SQL(query), loopsql.Column[int], func(piece []int) {
				trace.Log(fmt.Sprint(piece))
			}, func(err error) { trace.Log(fmt.Sprint(err)) })
			trace.Want(t, "")
			looptest.Idle(t, l)
			trace.Want(t, map[string]string{
				"count 0": "<nil>", "count 2": "[0 1] <nil>", "count 3": "[0 1 2] <nil>",
				"count 7": "[0 1 2] [3 4 5] [6] <nil>", "fail": errFail.Error(),
			}[query])
		}
		var trace looptest.Trace
		loopsql.Each(ctx, db.SQL("count 9"), func(r *sql.Rows) (int, error) {
			n, err := loopsql.Column[int](r)
			if n == 4 {
				err = errFail
			}
			return n, err
		}, func(piece []int) { trace.Log(fmt.Sprint(piece)) }, wants(t, &trace, "end", errFail))
		loopsql.Exec(ctx, db.SQL("add x"), wantsExec(t, &trace, "x", nil))
		looptest.Idle(t, l)
		// The connection is free when the rows are closed, which is before their end is told.
		if got := trace.String(); got != "[0 1 2] [3] end x" && got != "[0 1 2] [3] x end" {
			t.Errorf("callbacks ran as %s", got)
		}
		if n := conns.Stats().WaitCount; n != 0 {
			t.Errorf("%d statements waited for the connection of rows that are told", n)
		}
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}

func TestRowsAreNotReadAheadOfWhoTakesThem(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		ctx := t.Context()
		s := &server{T: t}
		db := loopsql.New(l, s.open(1), append(opts, loopsql.WithPiece(10))...)
		var trace looptest.Trace
		pieces := 0
		var r *loopsql.Rows
		r = loopsql.Each(ctx, db.SQL("count 100"), loopsql.Column[int], func(piece []int) {
			if pieces++; s.rowsRead != 10*pieces {
				t.Errorf("%d rows are read for piece %d", s.rowsRead, pieces)
			}
			if pieces == 3 {
				r.Pause()
			}
		}, wants(t, &trace, "end", nil))
		loopsql.Exec(ctx, db.SQL("add x"), wantsExec(t, &trace, "x", nil))
		looptest.Idle(t, l)
		if pieces != 3 || s.rowsRead != 30 || trace.String() != "" {
			t.Errorf("while it is paused: %d pieces, %d rows, %s", pieces, s.rowsRead, trace.String())
		}
		r.Resume()
		r.Resume()
		looptest.Idle(t, l)
		if pieces != 10 {
			t.Errorf("%d pieces", pieces)
		}
		trace.Want(t, "end x")
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}

func TestRowsEndWhenTheyAreCancelledAlsoWhilePaused(t *testing.T) {
	for name, incident := range map[string]func(*loopsql.DB, *loopsql.Rows, func()){
		"cancel":  func(_ *loopsql.DB, r *loopsql.Rows, _ func()) { r.Cancel() },
		"close":   func(db *loopsql.DB, _ *loopsql.Rows, _ func()) { db.Close() },
		"context": func(_ *loopsql.DB, _ *loopsql.Rows, end func()) { end() },
	} {
		for _, paused := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/paused=%v", name, paused), func(t *testing.T) {
				both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
					ctx, cancel := context.WithCancel(t.Context())
					s := &server{T: t}
					db := loopsql.New(l, s.open(1), append(opts, loopsql.WithPiece(10))...)
					var trace looptest.Trace
					var r *loopsql.Rows
					r = loopsql.Each(ctx, db.SQL("count 100"), loopsql.Column[int], func(piece []int) {
						trace.Log("piece")
						if paused {
							r.Pause()
							return
						}
						incident(db, r, cancel)
					}, wants(t, &trace, "end", context.Canceled))
					looptest.Idle(t, l)
					if paused {
						trace.Want(t, "piece")
						incident(db, r, cancel)
						looptest.Idle(t, l)
					}
					trace.Want(t, "piece end")
					s.locked(func() {
						if s.rows != 0 {
							t.Errorf("%d rows are open", s.rows)
						}
					})
					db.Close()
					looptest.Idle(t, l)
					s.checkClosed()
					cancel()
				})
			})
		}
	}
}

func TestAPanicInAPieceLosesNoOther(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		s := &server{T: t}
		db := loopsql.New(l, s.open(1), append(opts, loopsql.WithPiece(2))...)
		var trace looptest.Trace
		loopsql.Each(t.Context(), db.SQL("count 5"), loopsql.Column[int], func(piece []int) {
			trace.Log(fmt.Sprint(piece))
			panic("oh")
		}, wants(t, &trace, "end", nil))
		for range 3 {
			func() {
				defer func() { trace.Log(recover().(string)) }()
				l.Run(t.Context())
			}()
		}
		looptest.Idle(t, l)
		trace.Want(t, "[0 1] oh [2 3] oh [4] oh end")
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}

func TestAPieceThatIsReadWhileItIsCancelledDoesNotCome(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		s := &server{T: t}
		db := loopsql.New(l, s.open(1), opts...)
		var trace looptest.Trace
		var r *loopsql.Rows
		asked := make(chan bool)
		r = loopsql.Each(t.Context(), db.SQL("count 5"), func(rows *sql.Rows) (int, error) {
			<-asked
			r.Cancel()
			return loopsql.Column[int](rows)
		}, func([]int) { t.Error("a piece comes") }, wants(t, &trace, "end", context.Canceled))
		close(asked)
		looptest.Idle(t, l)
		trace.Want(t, "end")
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}
