package loopsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopsql"
	"github.com/loopvet/loopvet/runtime/looptest"
)

// wantsTx is wants for Begin.
func wantsTx(t *testing.T, trace *looptest.Trace, want error) func(*loopsql.Tx, error) {
	fn := wants(t, trace, "begin", want)
	return func(_ *loopsql.Tx, err error) { fn(err) }
}

func TestATransactionHasAConnectionForItselfAndItsStatementsInOrder(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		ctx := t.Context()
		s := &server{T: t, gate: func(context.Context, string) error {
			time.Sleep(time.Second)
			return nil
		}}
		db := loopsql.New(l, s.open(1), opts...)
		var trace looptest.Trace
		list := func(c loopsql.Command) {
			loopsql.Query(ctx, c, loopsql.Column[string], func(words []string, err error) { trace.Log(fmt.Sprint(words, err)) })
		}
		tx := db.Begin(ctx, nil, wantsTx(t, &trace, nil))
		loopsql.Exec(ctx, db.SQL("add outside"), wantsExec(t, &trace, "outside", nil))
		loopsql.Exec(ctx, tx.SQL("add", "a"), wantsExec(t, &trace, "a", nil))
		loopsql.Exec(ctx, tx.SQL("fail"), wantsExec(t, &trace, "fail", errFail))
		list(tx.SQL("list"))
		tx.Commit(ctx, wants(t, &trace, "commit", nil))
		loopsql.Exec(ctx, tx.SQL("add late"), wantsExec(t, &trace, "late", sql.ErrTxDone))
		tx.Rollback(ctx, wants(t, &trace, "rollback", sql.ErrTxDone))
		tx.OnClose(trace.Add("over"))
		looptest.Idle(t, l)
		if !tx.Active() {
			t.Error("a transaction with requests is not active")
		}
		looptest.Advance(t, l, time.Hour)
		trace.Want(t, "late rollback begin a fail [a] <nil> commit over outside")
		second := db.Begin(ctx, nil, wantsTx(t, &trace, nil))
		loopsql.Exec(ctx, second.SQL("add b"), wantsExec(t, &trace, "b", nil))
		second.Rollback(ctx, wants(t, &trace, "rollback", nil))
		looptest.Advance(t, l, time.Hour)
		list(db.SQL("list"))
		looptest.Advance(t, l, time.Hour)
		trace.Want(t, "late rollback begin a fail [a] <nil> commit over outside begin b rollback [a outside] <nil>")
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}

func TestATransactionThatCannotBeginTellsItsStatementsAndIsClosed(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		ctx := t.Context()
		s := &server{T: t, gate: func(_ context.Context, what string) error {
			if what == "begin" {
				return errFail
			}
			return nil
		}}
		db := loopsql.New(l, s.open(1), opts...)
		var trace looptest.Trace
		tx := db.Begin(ctx, nil, wantsTx(t, &trace, errFail))
		loopsql.Exec(ctx, tx.SQL("add a"), wantsExec(t, &trace, "a", errFail))
		tx.Commit(ctx, wants(t, &trace, "commit", errFail))
		tx.OnClose(trace.Add("closed"))
		looptest.Idle(t, l)
		trace.Want(t, "begin a commit closed")
		loopsql.Exec(ctx, tx.SQL("add b"), wantsExec(t, &trace, "b", sql.ErrTxDone))
		loopsql.Exec(ctx, db.SQL("add c"), wantsExec(t, &trace, "c", nil))
		looptest.Idle(t, l)
		trace.Want(t, "begin a commit closed b c")
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}

func TestATransactionIsRolledBackWhenItsContextEnds(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		s := &server{T: t}
		db := loopsql.New(l, s.open(1), opts...)
		var trace looptest.Trace
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		tx := db.Begin(ctx, nil, wantsTx(t, &trace, nil))
		loopsql.Exec(t.Context(), tx.SQL("add a"), wantsExec(t, &trace, "a", nil))
		tx.OnClose(trace.Add("over"))
		looptest.Advance(t, l, time.Hour)
		trace.Want(t, "begin a over")
		tx.Commit(t.Context(), wants(t, &trace, "commit", sql.ErrTxDone))
		loopsql.Exec(t.Context(), db.SQL("add b"), wantsExec(t, &trace, "b", nil))
		looptest.Idle(t, l)
		trace.Want(t, "begin a over commit b")
		if fmt.Sprint(s.words, s.log) != "[b] [connect begin add a rollback add b]" {
			t.Errorf("written are %s, calls %s", s.words, s.log)
		}
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}

func TestATransactionThatIsClosedOrCancelledAtItsEndIsRolledBack(t *testing.T) {
	for name, incident := range map[string]func(begin *loopsql.Tx, commit *loopsql.Request){
		"close":  func(tx *loopsql.Tx, _ *loopsql.Request) { tx.Close() },
		"cancel": func(_ *loopsql.Tx, commit *loopsql.Request) { commit.Cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
				ctx := t.Context()
				gate, begun, _ := hold("add b")
				s := &server{T: t, gate: gate}
				db := loopsql.New(l, s.open(1), opts...)
				var trace looptest.Trace
				tx := db.Begin(ctx, nil, wantsTx(t, &trace, nil))
				loopsql.Exec(ctx, tx.SQL("add a"), wantsExec(t, &trace, "a", nil))
				loopsql.Exec(ctx, tx.SQL("add b"), wantsExec(t, &trace, "b", context.Canceled))
				commit := tx.Commit(ctx, wants(t, &trace, "commit", loop.ErrCanceled))
				tx.OnClose(trace.Add("over"))
				looptest.Idle(t, l)
				<-begun
				incident(tx, commit)
				trace.Want(t, "begin a")
				looptest.Idle(t, l)
				trace.Want(t, "begin a commit b over")
				if last := s.log[len(s.log)-1]; last != "rollback" || len(s.words) != 0 {
					t.Errorf("calls %s, words %s", s.log, s.words)
				}
				db.Close()
			})
		})
	}
}

func TestACommitThatRunsIsWaitedFor(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		ctx, cancel := context.WithCancel(t.Context())
		gate, begun, proceed := hold("commit")
		s := &server{T: t, gate: gate}
		db := loopsql.New(l, s.open(1), opts...)
		var trace looptest.Trace
		tx := db.Begin(ctx, nil, wantsTx(t, &trace, nil))
		loopsql.Exec(ctx, tx.SQL("add a"), wantsExec(t, &trace, "a", nil))
		commit := tx.Commit(ctx, wants(t, &trace, "commit", nil))
		tx.OnClose(trace.Add("over"))
		db.OnClose(trace.Add("closed"))
		looptest.Idle(t, l)
		<-begun
		cancel()
		if err := commit.Cancel(); err != loop.ErrBusy {
			t.Errorf("Cancel: %v", err)
		}
		tx.Close()
		db.Close()
		looptest.Idle(t, l)
		trace.Want(t, "begin a")
		proceed <- nil
		looptest.Idle(t, l)
		trace.Want(t, "begin a commit over closed")
		if fmt.Sprint(s.words) != "[a]" {
			t.Errorf("%s are written", s.words)
		}
		s.checkClosed()
	})
}

func TestATransactionThatIsLeftOpenIsReportedAndRolledBackWithTheLoop(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		ctx := t.Context()
		s := &server{T: t}
		db := loopsql.New(l, s.open(2), opts...)
		var trace looptest.Trace
		tx := db.Begin(ctx, nil, wantsTx(t, &trace, nil))
		loopsql.Exec(ctx, tx.SQL("add a"), wantsExec(t, &trace, "a", nil))
		if err := l.Run(ctx); err != nil { // it does not keep the loop
			t.Fatal(err)
		}
		tx.OnClose(trace.Add("over"))
		db.OnClose(trace.Add("closed"))
		leaks := l.Leaks()
		if len(leaks) != 2 || leaks[1].Kind != "transaction" || leaks[1].State != "inactive" ||
			!strings.Contains(leaks[1].Origin, "tx_test.go") {
			t.Errorf("leaks: %v", leaks)
		}
		if err := l.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		trace.Want(t, "begin a over closed")
		if last := s.log[len(s.log)-1]; last != "rollback" || len(s.words) != 0 {
			t.Errorf("calls %s, words %s", s.log, s.words)
		}
		s.checkClosed()
	})
}

func TestATransactionThatIsClosedBeforeItsBeginningIsToldIsRolledBack(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		s := &server{T: t}
		db := loopsql.New(l, s.open(1))
		var trace looptest.Trace
		tx := db.Begin(t.Context(), nil, wantsTx(t, &trace, loop.ErrCanceled))
		tx.OnClose(trace.Add("over"))
		synctest.Wait() // it has begun
		tx.Close()
		looptest.Idle(t, l)
		trace.Want(t, "begin over")
		if fmt.Sprint(s.log) != "[connect begin rollback]" {
			t.Errorf("calls %s", s.log)
		}
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}
