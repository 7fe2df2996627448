package looptest_test

import (
	"context"
	"testing"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/looptest"
)

func TestRunDoesWhatTheFunctionLeftToDo(t *testing.T) {
	var trace looptest.Trace
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		l.SetTimeout(time.Hour, trace.Add("timer"))
		trace.Log("end")
	})
	trace.Want(t, "end timer")
}

func TestIdleRunsWhatCanRunAndLetsNoTimePass(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		start := time.Now()
		l.SetTimeout(0, func() {
			trace.Log("timer")
			l.SetImmediate(func() {
				trace.Log("immediate")
				loop.QueueFunc(t.Context(), l, func(context.Context) error { return nil }, func(error) {
					trace.Log("work")
					l.Post(trace.Add("post"))
				})
			})
		})
		l.SetTimeout(1, trace.Add("later"))
		slow := func(context.Context) error { time.Sleep(time.Second); return nil }
		loop.QueueFunc(t.Context(), l, slow, func(err error) {
			if err != nil {
				t.Errorf("the task that ran across Idle: %v", err)
			}
			trace.Log("slow")
		})
		looptest.Idle(t, l)
		trace.Want(t, "timer immediate work post")
		looptest.Idle(t, l)
		if d := time.Since(start); d != 0 {
			t.Errorf("%v passed", d)
		}
		looptest.Advance(t, l, time.Second)
		trace.Want(t, "timer immediate work post later slow")
	})
}

func TestIdleOfALoopWithoutWorkReturns(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		looptest.Idle(t, l)
		var trace looptest.Trace
		l.SetImmediate(trace.Add("immediate"))
		looptest.Idle(t, l)
		trace.Want(t, "immediate")
	})
}

func TestAdvanceRunsTimersWhenTheyAreDue(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		start := time.Now()
		n := 0
		iv := l.SetInterval(time.Second, func() {
			n++
			if d := time.Since(start); d != time.Duration(n)*time.Second {
				t.Errorf("call %d after %v", n, d)
			}
		})
		looptest.Advance(t, l, 10*time.Second)
		if d := time.Since(start); n != 10 || d != 10*time.Second {
			t.Errorf("%d calls in %v", n, d)
		}
		iv.Stop()
	})
}

// A recorder is a testing.TB that keeps errors.
type recorder struct {
	testing.TB
	errors int
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.errors++ }

func TestCheckLeaksFindsOpenHandles(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var rec recorder
		w := l.NewPrepare(func() {})
		timer := l.SetTimeout(time.Hour, func() {})
		looptest.CheckLeaks(&rec, l)
		if rec.errors != 2 {
			t.Errorf("%d leaks, want a watcher and a timer", rec.errors)
		}
		w.Close()
		timer.Stop()
	})
}

func TestWantComparesWholeTraces(t *testing.T) {
	var trace looptest.Trace
	trace.Log("a")
	trace.Log("b")
	var rec recorder
	trace.Want(&rec, "a b")
	if rec.errors != 0 {
		t.Error("a trace differs from itself")
	}
	trace.Want(&rec, "a")
	trace.Want(&rec, "b a")
	if rec.errors != 2 {
		t.Errorf("%d of 2 other traces differ", rec.errors)
	}
}

func TestExploreFindsEveryOrderThatIsFreeAndNoOther(t *testing.T) {
	seen := make(map[string]int)
	t.Run("seeds", func(t *testing.T) {
		looptest.Explore(t, 200, func(t *testing.T, l *loop.Loop) {
			var trace looptest.Trace
			l.Post(func() {
				for _, name := range []string{"w1", "w2"} {
					loop.QueueFunc(t.Context(), l, func(context.Context) error { return nil },
						func(error) { trace.Log(name) })
				}
				l.Post(trace.Add("p1"))
				l.Post(trace.Add("p2"))
				time.Sleep(time.Second) // until the tasks are done
			})
			if err := l.Run(t.Context()); err != nil {
				t.Errorf("Run: %v", err)
			}
			seen[trace.String()]++
		})
	})
	// The four can come in 24 orders, in half of which the posts do.
	if len(seen) != 12 {
		t.Errorf("%d orders were seen, want 12: %v", len(seen), seen)
	}

	first := make(map[string]int)
	t.Run("timers", func(t *testing.T) {
		looptest.Explore(t, 20, func(t *testing.T, l *loop.Loop) {
			var trace looptest.Trace
			l.SetTimeout(0, trace.Add("timer"))
			l.SetImmediate(trace.Add("immediate"))
			looptest.Idle(t, l)
			first[trace.String()]++
		})
	})
	if len(first) != 2 {
		t.Errorf("%d orders of a timer and an immediate were seen, want 2: %v", len(first), first)
	}
}

func TestTheSameSeedMakesTheSameChoices(t *testing.T) {
	var rounds [2][]string
	for i := range rounds {
		t.Run("round", func(t *testing.T) {
			looptest.Explore(t, 20, func(t *testing.T, l *loop.Loop) {
				var trace looptest.Trace
				var asyncs []*loop.Async
				for _, name := range []string{"a", "b", "c", "d"} {
					a := l.NewAsync(trace.Add(name))
					a.Send()
					asyncs = append(asyncs, a)
				}
				looptest.Idle(t, l)
				rounds[i] = append(rounds[i], trace.String())
				for _, a := range asyncs {
					a.Close()
				}
			})
		})
	}
	for seed := range rounds[0] {
		if rounds[0][seed] != rounds[1][seed] {
			t.Errorf("seed %d: %q, then %q", seed, rounds[0][seed], rounds[1][seed])
		}
	}
}
