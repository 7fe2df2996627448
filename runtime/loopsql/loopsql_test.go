package loopsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopsql"
	"github.com/loopvet/loopvet/runtime/looptest"
	"github.com/loopvet/loopvet/runtime/pool"
)

func TestMain(m *testing.M) { looptest.Main(m) }

// both runs f in a bubble, with statements on goroutines and on a strand.
func both(t *testing.T, f func(t *testing.T, l *loop.Loop, opts ...loopsql.Option)) {
	t.Run("goroutines", func(t *testing.T) {
		looptest.Run(t, func(t *testing.T, l *loop.Loop) { f(t, l) })
	})
	t.Run("strand", func(t *testing.T) {
		looptest.Run(t, func(t *testing.T, l *loop.Loop) { f(t, l, loopsql.OnStrand()) })
	})
}

// wants returns a callback that notes a step and checks its error.
func wants(t *testing.T, trace *looptest.Trace, step string, want error) func(error) {
	return func(err error) {
		t.Helper()
		if err != want {
			t.Errorf("%s: %v, want %v", step, err, want)
		}
		trace.Log(step)
	}
}

// wantsExec is wants for Exec.
func wantsExec(t *testing.T, trace *looptest.Trace, step string, want error) func(loopsql.Result, error) {
	fn := wants(t, trace, step, want)
	return func(_ loopsql.Result, err error) { fn(err) }
}

// hold returns a gate that lets a call whose name is one of names pass when it gets
// something from the channel, or fails it when its context ends.
func hold(names ...string) (gate func(context.Context, string) error, begun chan string, proceed chan error) {
	begun, proceed = make(chan string, 100), make(chan error)
	return func(ctx context.Context, what string) error {
		for _, name := range names {
			if what != name {
				continue
			}
			begun <- what
			select {
			case err := <-proceed:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}, begun, proceed
}

func TestStatementsRunOffTheLoopAndAnswerOnIt(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		ctx := t.Context()
		s := &server{T: t}
		db := loopsql.New(l, s.open(3), opts...)
		if db.Active() {
			t.Error("a new database is active")
		}
		var trace looptest.Trace
		db.Ping(ctx, wants(t, &trace, "ping", nil))
		if !db.Active() || trace.String() != "" {
			t.Errorf("active %v, told %s", db.Active(), trace.String())
		}
		looptest.Idle(t, l)
		loopsql.Exec(ctx, db.SQL("add", "word"), func(r loopsql.Result, err error) {
			id, e1 := r.LastInsertId()
			n, e2 := r.RowsAffected()
			trace.Log(fmt.Sprint(id, n, err, e1, e2))
			loopsql.Query(ctx, db.SQL("list"), loopsql.Column[string], func(words []string, err error) {
				trace.Log(fmt.Sprint(words, err))
			})
		})
		looptest.Idle(t, l)
		loopsql.QueryRow(ctx, db.SQL("count 5"), loopsql.Column[int], func(n int, err error) { trace.Log(fmt.Sprint(n, err)) })
		looptest.Idle(t, l)
		loopsql.QueryRow(ctx, db.SQL("count 0"), loopsql.Column[int], func(n int, err error) {
			wants(t, &trace, "none", sql.ErrNoRows)(err)
		})
		looptest.Idle(t, l)
		loopsql.Exec(ctx, db.SQL("fail"), wantsExec(t, &trace, "exec", errFail))
		looptest.Idle(t, l)
		loopsql.Query(ctx, db.SQL("fail"), loopsql.Column[int], func(all []int, err error) {
			wants(t, &trace, "query", errFail)(err)
		})
		looptest.Idle(t, l)
		loopsql.Query(ctx, db.SQL("count 3"), func(r *sql.Rows) (int, error) {
			n, err := loopsql.Column[int](r)
			if n == 2 {
				err = errFail
			}
			return n, err
		}, func(all []int, err error) {
			if all != nil {
				t.Errorf("after an error of scan: %v", all)
			}
			wants(t, &trace, "scan", errFail)(err)
		})
		looptest.Idle(t, l)
		if db.Active() {
			t.Error("the database is active without requests")
		}
		trace.Want(t, "ping 4 1 <nil> <nil> <nil> [word] <nil> 0 <nil> none exec query scan")
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}

func TestAPreparedStatementRunsWithItsArgumentsAlsoInATransaction(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		ctx := t.Context()
		s := &server{T: t}
		db := loopsql.New(l, s.open(1), opts...)
		var trace looptest.Trace
		db.Prepare(ctx, "add", func(st *loopsql.Stmt, err error) {
			wants(t, &trace, "prepare", nil)(err)
			loopsql.Exec(ctx, st.With("a"), wantsExec(t, &trace, "a", nil))
			tx := db.Begin(ctx, nil, func(_ *loopsql.Tx, err error) { wants(t, &trace, "begin", nil)(err) })
			loopsql.Exec(ctx, tx.With(st, "b"), wantsExec(t, &trace, "b", nil))
			tx.Commit(ctx, wants(t, &trace, "commit", nil))
			st.Close(ctx, wants(t, &trace, "close", nil))
		})
		db.Prepare(ctx, "count", func(st *loopsql.Stmt, err error) {
			loopsql.Query(ctx, st.With(3), loopsql.Column[int], func(all []int, err error) { trace.Log(fmt.Sprint(all, err)) })
		})
		looptest.Idle(t, l)
		trace.Want(t, "prepare a begin b commit close [0 1 2] <nil>")
		if fmt.Sprint(s.words) != "[a b]" || s.stmts != 1 {
			t.Errorf("%s are written, %d statements are open", s.words, s.stmts)
		}
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}

func TestAStatementKeepsItsConnectionUntilItsResultIsRead(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		s := &server{T: t}
		conns := s.open(2)
		var used []int
		s.onResult = func() { used = append(used, conns.Stats().InUse) }
		db := loopsql.New(l, conns, opts...)
		var trace looptest.Trace
		loopsql.Exec(t.Context(), db.SQL("add x"), wantsExec(t, &trace, "x", nil))
		looptest.Idle(t, l)
		tx := db.Begin(t.Context(), nil, wantsTx(t, &trace, nil))
		loopsql.Exec(t.Context(), tx.SQL("add y"), wantsExec(t, &trace, "y", nil))
		tx.Commit(t.Context(), wants(t, &trace, "commit", nil))
		looptest.Idle(t, l)
		if fmt.Sprint(used) != "[1 1]" {
			t.Errorf("connections in use while results are read: %v", used)
		}
		db.Close()
	})
}

func TestAStatementTriesAnotherConnectionIfOneHasDied(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		for _, what := range []string{"begin", "add x"} {
			died := 0
			s := &server{T: t, gate: func(_ context.Context, call string) error {
				if call == what && died < 1 {
					died++
					return driver.ErrBadConn
				}
				return nil
			}}
			db := loopsql.New(l, s.open(1), opts...)
			var trace looptest.Trace
			loopsql.Exec(t.Context(), db.SQL("add x"), wantsExec(t, &trace, "x", nil))
			tx := db.Begin(t.Context(), nil, wantsTx(t, &trace, nil))
			tx.Commit(t.Context(), wants(t, &trace, "commit", nil))
			looptest.Idle(t, l)
			trace.Want(t, "x begin commit")
			db.Close()
			looptest.Idle(t, l)
			s.checkClosed()
		}
	})
}

func TestNoMoreStatementsRunThanThereAreConnectionsAndTheOthersFollow(t *testing.T) {
	for _, limit := range []int{0, 1, 3} {
		t.Run(fmt.Sprint("limit ", limit), func(t *testing.T) {
			looptest.Run(t, func(t *testing.T, l *loop.Loop) {
				ctx := t.Context()
				s := &server{T: t, gate: func(ctx context.Context, what string) error {
					time.Sleep(time.Second)
					return nil
				}}
				conns := s.open(limit)
				db := loopsql.New(l, conns)
				want := limit
				if limit == 0 {
					want = 10
				}
				idle := runtime.NumGoroutine()
				const n = 40
				told := 0
				for i := range n {
					loopsql.Exec(ctx, db.SQL(fmt.Sprint("add ", i)), func(_ loopsql.Result, err error) {
						if err != nil {
							t.Error(err)
						}
						told++
					})
				}
				if got := runtime.NumGoroutine() - idle; got != want {
					t.Errorf("%d goroutines, want %d", got, want)
				}
				looptest.Advance(t, l, time.Hour)
				if got := runtime.NumGoroutine(); got != idle {
					t.Errorf("%d goroutines are left, %d were there", got, idle)
				}
				if told != n || s.most != want || conns.Stats().WaitCount != 0 {
					t.Errorf("%d answers, %d connections, want %d; %d waited for one", told, s.most, want, conns.Stats().WaitCount)
				}
				var adds []string
				for _, what := range s.log {
					if what != "connect" {
						adds = append(adds, strings.TrimPrefix(what, "add "))
					}
				}
				if first := fmt.Sprint(adds[:5]); limit == 1 && first != "[0 1 2 3 4]" {
					t.Errorf("they began in the order %s", adds)
				}
				db.Close()
			})
		})
	}
}

func TestOnlyAStrandTakesAWorkerAndItTakesOneOfSlowIO(t *testing.T) {
	for _, strand := range []bool{false, true} {
		t.Run(fmt.Sprint(strand), func(t *testing.T) {
			p := pool.New(8)
			looptest.Run(t, func(t *testing.T, l *loop.Loop) {
				var running, most int
				s := &server{T: t, gate: func(context.Context, string) error {
					time.Sleep(time.Second)
					running = p.Stats().Running[pool.SlowIO]
					most = max(most, running)
					return nil
				}}
				var opts []loopsql.Option
				if strand {
					opts = append(opts, loopsql.OnStrand(loop.OnPool(p)))
				}
				db := loopsql.New(l, s.open(1), opts...)
				for range 5 {
					loopsql.Exec(t.Context(), db.SQL("add x"), func(loopsql.Result, error) {})
				}
				looptest.Advance(t, l, time.Hour)
				db.Close()
				looptest.Idle(t, l)
				want := 0
				if strand {
					want = 1
				}
				if most != want || p.Stats().Done[pool.SlowIO] < want {
					t.Errorf("%d tasks of slow I/O at a time, want %d", most, want)
				}
				p.Close(context.Background())
			})
		})
	}
}

func TestCancelWithdrawsWhatWaitsAndTellsWhatRunsToStop(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		gate, begun, _ := hold("add first")
		s := &server{T: t, gate: gate}
		db := loopsql.New(l, s.open(1), opts...)
		var trace looptest.Trace
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		over, end := context.WithCancelCause(t.Context())
		end(nil)
		first := loopsql.Exec(t.Context(), db.SQL("add first"), wantsExec(t, &trace, "first", context.Canceled))
		second := loopsql.Exec(t.Context(), db.SQL("add second"), wantsExec(t, &trace, "second", loop.ErrCanceled))
		loopsql.Exec(ctx, db.SQL("add third"), wantsExec(t, &trace, "third", context.DeadlineExceeded))
		loopsql.Exec(over, db.SQL("add never"), wantsExec(t, &trace, "never", context.Canceled))
		loopsql.Exec(t.Context(), db.SQL("add fourth"), wantsExec(t, &trace, "fourth", nil))
		trace.Want(t, "")
		looptest.Advance(t, l, time.Hour)
		<-begun
		trace.Want(t, "never third")
		if err := second.Cancel(); err != nil {
			t.Errorf("Cancel of what waits: %v", err)
		}
		if err := first.Cancel(); err != loop.ErrBusy {
			t.Errorf("Cancel of what runs: %v", err)
		}
		if err := second.Cancel(); err != loop.ErrBusy {
			t.Errorf("a second Cancel: %v", err)
		}
		trace.Want(t, "never third")
		looptest.Idle(t, l)
		trace.Want(t, "never third second first fourth")
		if fmt.Sprint(s.words) != "[fourth]" {
			t.Errorf("%s are written", s.words)
		}
		if err := first.Cancel(); err != loop.ErrBusy {
			t.Errorf("Cancel of what is done: %v", err)
		}
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}

func TestAStatementThatTookEffectIsNotSaidToBeCancelled(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		s := &server{T: t, gate: func(_ context.Context, what string) error { // deaf
			time.Sleep(time.Second)
			return nil
		}}
		db := loopsql.New(l, s.open(1), opts...)
		var trace looptest.Trace
		r := loopsql.Exec(t.Context(), db.SQL("add x"), wantsExec(t, &trace, "x", nil))
		looptest.Advance(t, l, 1500*time.Millisecond) // it is connected
		r.Cancel()
		looptest.Advance(t, l, time.Minute)
		trace.Want(t, "x")
		db.Close()
	})
}

func TestCloseCancelsRollsBackAndThenCloses(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		ctx := t.Context()
		gate, begun, _ := hold("add b")
		s := &server{T: t, gate: gate}
		db := loopsql.New(l, s.open(1), opts...)
		var trace looptest.Trace
		tx := db.Begin(ctx, nil, func(_ *loopsql.Tx, err error) { wants(t, &trace, "begin", nil)(err) })
		loopsql.Exec(ctx, tx.SQL("add a"), wantsExec(t, &trace, "a", nil))
		loopsql.Exec(ctx, tx.SQL("add b"), wantsExec(t, &trace, "b", context.Canceled))
		loopsql.Exec(ctx, tx.SQL("add c"), wantsExec(t, &trace, "c", loop.ErrCanceled))
		loopsql.Exec(ctx, db.SQL("add d"), wantsExec(t, &trace, "d", loop.ErrCanceled))
		tx.OnClose(trace.Add("tx"))
		db.OnClose(func() {
			trace.Log("closed")
			s.checkClosed()
			r := loopsql.Exec(ctx, db.SQL("add e"), wantsExec(t, &trace, "e", loop.ErrClosed))
			if err := r.Cancel(); err != loop.ErrBusy {
				t.Errorf("Cancel of what was refused: %v", err)
			}
			db.Begin(ctx, nil, func(_ *loopsql.Tx, err error) { wants(t, &trace, "begin", loop.ErrClosed)(err) })
		})
		looptest.Idle(t, l)
		<-begun
		trace.Want(t, "begin a")
		db.Close()
		db.Close()
		var late looptest.Trace
		loopsql.Exec(ctx, db.SQL("add f"), wantsExec(t, &late, "f", loop.ErrClosed))
		trace.Want(t, "begin a")
		if !db.Closing() || !tx.Closing() {
			t.Error("the database or its transaction is not closing")
		}
		looptest.Idle(t, l)
		trace.Want(t, "begin a d c b tx closed e begin")
		late.Want(t, "f")
		if fmt.Sprint(s.log) != "[connect begin add a add b rollback]" || len(s.words) != 0 {
			t.Errorf("calls %s, words %s", s.log, s.words)
		}
	})
}

func TestADatabaseThatIsUnreferencedKeepsTheLoopForItsRequestsOnly(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		s := &server{T: t}
		db := loopsql.New(l, s.open(1))
		db.Unref()
		if db.HasRef() || l.Alive() {
			t.Error("an unreferenced database keeps the loop")
		}
		told := false
		db.Ping(t.Context(), func(error) { told = true })
		if err := l.Run(t.Context()); err != nil || !told {
			t.Errorf("told %v, %v", told, err)
		}
		leaks := l.Leaks()
		if len(leaks) != 1 || leaks[0].Kind != "database" || !strings.Contains(leaks[0].Origin, "loopsql_test.go") {
			t.Errorf("leaks: %v", leaks)
		}
		db.Close()
	})
}

func TestWhatAPoolNoLongerTakesIsToldAndTheConnectionsAreClosed(t *testing.T) {
	p := pool.New(1)
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		ctx := t.Context()
		s := &server{T: t}
		db := loopsql.New(l, s.open(1), loopsql.OnStrand(loop.OnPool(p)), loopsql.WithPiece(2))
		var trace looptest.Trace
		tx := db.Begin(ctx, nil, func(_ *loopsql.Tx, err error) { wants(t, &trace, "begin", nil)(err) })
		loopsql.Exec(ctx, tx.SQL("add a"), wantsExec(t, &trace, "a", nil))
		r := loopsql.Each(ctx, tx.SQL("count 5"), loopsql.Column[int], func([]int) { trace.Log("piece") },
			wants(t, &trace, "end", pool.ErrClosed))
		r.Pause()
		looptest.Idle(t, l)
		p.Close(context.Background())
		r.Resume()
		loopsql.Exec(ctx, tx.SQL("add b"), wantsExec(t, &trace, "b", pool.ErrClosed))
		tx.Commit(ctx, wants(t, &trace, "commit", nil))
		looptest.Idle(t, l)
		trace.Want(t, "begin a piece end b commit")
		if fmt.Sprint(s.words) != "[a]" {
			t.Errorf("%s are written", s.words)
		}
		db.Close()
		looptest.Idle(t, l)
		s.checkClosed()
	})
}

func TestAScanThatDoesNotReturnIsAnError(t *testing.T) {
	both(t, func(t *testing.T, l *loop.Loop, opts ...loopsql.Option) {
		s := &server{T: t}
		db := loopsql.New(l, s.open(1), opts...)
		told := 0
		loopsql.Query(t.Context(), db.SQL("count 3"), func(*sql.Rows) (int, error) {
			runtime.Goexit()
			return 0, nil
		}, func(_ []int, err error) {
			told++
			if e, ok := err.(*loop.PanicError); !ok || !e.Goexit {
				t.Errorf("Goexit: %v", err)
			}
		})
		loopsql.Query(t.Context(), db.SQL("count 3"), loopsql.Column[int], func(all []int, err error) {
			if told++; len(all) != 3 || err != nil {
				t.Errorf("the next one: %v, %v", all, err)
			}
			db.Close()
		})
		looptest.Idle(t, l)
		if told != 2 {
			t.Errorf("%d answers", told)
		}
		s.checkClosed()
	})
}

func TestANilCallbackPanicsAtTheCall(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		s, ctx := &server{T: t}, t.Context()
		db := loopsql.New(l, s.open(1))
		for name, f := range map[string]func(){
			"New":       func() { loopsql.New(l, nil) },
			"WithPiece": func() { loopsql.WithPiece(0) },
			"Ping":      func() { db.Ping(ctx, nil) },
			"Prepare":   func() { db.Prepare(ctx, "x", nil) },
			"Begin":     func() { db.Begin(ctx, nil, nil) },
			"Exec":      func() { loopsql.Exec(ctx, db.SQL("x"), nil) },
			"Query":     func() { loopsql.Query(ctx, db.SQL("x"), loopsql.Column[int], nil) },
			"scan":      func() { loopsql.Query[int](ctx, db.SQL("x"), nil, func([]int, error) {}) },
			"QueryRow":  func() { loopsql.QueryRow[int](ctx, db.SQL("x"), nil, func(int, error) {}) },
			"Each":      func() { loopsql.Each(ctx, db.SQL("x"), loopsql.Column[int], nil, func(error) {}) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s does not panic", name)
					}
				}()
				f()
			}()
		}
		db.Close()
	})
}

func TestAPanicLosesNoAnswer(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		s := &server{T: t}
		db := loopsql.New(l, s.open(2))
		told := 0
		for range 2 {
			db.Ping(t.Context(), func(error) {
				told++
				panic("oh")
			})
		}
		synctest.Wait() // both are answered
		for range 2 {
			func() {
				defer func() { recover() }()
				l.Run(t.Context())
			}()
		}
		if told != 2 {
			t.Errorf("%d answers", told)
		}
		db.Close()
	})
}
