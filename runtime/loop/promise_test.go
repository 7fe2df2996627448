package loop_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

var errBoom = errors.New("boom")

// after returns a promise that is settled after d.
func after(l *loop.Loop, d time.Duration, v string, err error) *loop.Promise[string] {
	p, resolve, reject := loop.NewPromise[string](l)
	l.SetTimeout(d, func() {
		if err != nil {
			reject(err)
		} else {
			resolve(v)
		}
	})
	return p
}

// logs has the trace note how p ends.
func logs[T any](tr *trace, p *loop.Promise[T]) {
	q := loop.Then(p, func(v T) (T, error) {
		tr.log(fmt.Sprint(v))
		return v, nil
	})
	loop.Catch(q, func(err error) (T, error) {
		tr.log("error:" + err.Error())
		var zero T
		return zero, nil
	})
}

func TestPromiseCallbacksAreMicrotasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetImmediate(func() {
			p, resolve, _ := loop.NewPromise[int](l)
			logs(&tr, p)
			resolve(1)
			resolve(2)
			l.QueueMicrotask(tr.add("microtask"))
			l.NextTick(tr.add("tick"))
			tr.log("end")
		})
		run(t, l)
		tr.want(t, "end tick 1 microtask")
	})
}

func TestThenPassesValuesOnAndErrorsByUntilCatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		n := loop.Then(loop.Resolved(l, 20), func(n int) (int, error) { return n + 1, nil })
		s := loop.Then(n, func(n int) (string, error) { return strings.Repeat("x", n), nil })
		failed := loop.Then(s, func(s string) (string, error) { return "", errBoom })
		skipped := loop.Then(failed, func(string) (int, error) { t.Error("ran after an error"); return 0, nil })
		caught := loop.Catch(skipped, func(err error) (int, error) {
			tr.log("caught:" + err.Error())
			v, _ := s.Result()
			return len(v), nil
		})
		logs(&tr, loop.Catch(caught, func(error) (int, error) { t.Error("caught a value"); return 0, nil }))
		run(t, l)
		tr.want(t, "caught:boom 21")
	})
}

func TestChainFollowsTheInnerPromise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		start := time.Now()
		logs(&tr, loop.Chain(after(l, time.Second, "a", nil), func(s string) *loop.Promise[string] {
			return after(l, time.Second, s+"b", nil)
		}))
		logs(&tr, loop.Chain(after(l, 3*time.Second, "", errBoom), func(string) *loop.Promise[int] {
			t.Error("ran after an error")
			return nil
		}))
		run(t, l)
		tr.want(t, "ab error:boom")
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("took %v, want 3s", d)
		}
	})
}

func TestFinallyRunsEitherWayAndPassesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		logs(&tr, loop.Finally(loop.Resolved(l, "value"), tr.add("finally")))
		logs(&tr, loop.Finally(loop.Rejected[string](l, errBoom), tr.add("finally")))
		run(t, l)
		tr.want(t, "finally finally value error:boom")
	})
}

func TestAllRaceAnyAndAllSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		check := func(want string, make func(l *loop.Loop, tr *trace)) {
			t.Helper()
			var tr trace
			l := loop.New()
			make(l, &tr)
			run(t, l)
			tr.want(t, want)
		}
		slow := func(l *loop.Loop) *loop.Promise[string] { return after(l, 2*time.Second, "slow", nil) }
		fast := func(l *loop.Loop) *loop.Promise[string] { return after(l, time.Second, "fast", nil) }
		bad := func(l *loop.Loop) *loop.Promise[string] { return after(l, time.Millisecond, "", errBoom) }
		check("[slow fast]", func(l *loop.Loop, tr *trace) { logs(tr, loop.All(l, slow(l), fast(l))) })
		check("error:boom", func(l *loop.Loop, tr *trace) { logs(tr, loop.All(l, slow(l), bad(l))) })
		check("[]", func(l *loop.Loop, tr *trace) { logs(tr, loop.All[int](l)) })
		check("fast", func(l *loop.Loop, tr *trace) { logs(tr, loop.Race(l, slow(l), fast(l))) })
		check("error:boom", func(l *loop.Loop, tr *trace) { logs(tr, loop.Race(l, slow(l), bad(l))) })
		check("", func(l *loop.Loop, tr *trace) { logs(tr, loop.Race[int](l)) })
		check("fast", func(l *loop.Loop, tr *trace) { logs(tr, loop.Any(l, slow(l), bad(l), fast(l))) })
		check("error:boom\nboom", func(l *loop.Loop, tr *trace) { logs(tr, loop.Any(l, bad(l), bad(l))) })
		check("error:loop: Any of no promises", func(l *loop.Loop, tr *trace) { logs(tr, loop.Any[int](l)) })
		check("[{slow <nil>} { boom}]", func(l *loop.Loop, tr *trace) { logs(tr, loop.AllSettled(l, slow(l), bad(l))) })
		check("[]", func(l *loop.Loop, tr *trace) { logs(tr, loop.AllSettled[int](l)) })
	})
}

func TestARejectionThatNobodyHandlesGoesToThePanicPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New(loop.WithPanicHandler(func(e *loop.PanicError) {
			var u *loop.UnhandledRejection
			if !errors.As(e, &u) || !errors.Is(e, errBoom) {
				t.Errorf("the handler got %v", e.Value)
			}
			tr.log("unhandled")
		}))
		p := loop.Rejected[int](l, errBoom)
		l.NextTick(func() { logs(&tr, p) }) // in time
		loop.Rejected[int](l, errBoom)
		l.SetImmediate(tr.add("immediate"))
		run(t, l)
		tr.want(t, "error:boom unhandled immediate")
	})
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		loop.Rejected[int](l, errBoom)
		defer func() {
			if u, ok := recover().(*loop.UnhandledRejection); !ok || u.Err != errBoom {
				t.Errorf("Run panicked with %v", u)
			}
		}()
		l.Run(t.Context())
	})
}

func TestARejectionMayBeHandledByATickThatAMicrotaskQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.QueueMicrotask(func() {
			p := loop.Rejected[int](l, errBoom)
			l.NextTick(func() { logs(&tr, p) })
		})
		run(t, l)
		tr.want(t, "error:boom")
	})
}

func TestAPanicInAPromisesCallbackIsReportedOnceAndEndsTheChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New(loop.WithPanicHandler(func(e *loop.PanicError) { tr.log(fmt.Sprint("E:", e.Value)) }))
		p := loop.Then(loop.Resolved(l, 1), func(int) (int, error) { panic("then") })
		loop.Finally(loop.Resolved(l, 1), func() { panic("finally") })
		logs(&tr, p)
		run(t, l)
		tr.want(t, "E:then E:finally error:"+loop.ErrAborted.Error())
	})
}

func TestAPromiseHasItsResultOnceItIsSettled(t *testing.T) {
	l := loop.New()
	p, resolve, reject := loop.NewPromise[int](l)
	if p.Settled() {
		t.Error("a new promise is settled")
	}
	resolve(7)
	reject(errBoom)
	if v, err := p.Result(); !p.Settled() || v != 7 || err != nil {
		t.Errorf("settled %v with %v, %v, want 7", p.Settled(), v, err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a rejection with a nil error did not panic")
		}
	}()
	reject(nil)
}

func TestOffloadIsAPromiseOfWhatWorkReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		logs(&tr, loop.Offload(t.Context(), l, func(context.Context) (int, error) { return 7, nil }))
		run(t, l)
		logs(&tr, loop.Offload(t.Context(), l, func(context.Context) (int, error) { return 0, errBoom }))
		run(t, l)
		tr.want(t, "7 error:boom")
	})
}
