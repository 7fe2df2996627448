package loop_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/looptest"
)

// compute returns a computation of n steps of d each, in virtual time. Each is logged.
func compute(trace *looptest.Trace, name string, n int, d time.Duration) func() (bool, error) {
	return func() (bool, error) {
		time.Sleep(d)
		trace.Log(name)
		n--
		return n > 0, nil
	}
}

// runAll runs the loop until nothing is left.
func runAll(t *testing.T, l *loop.Loop) {
	t.Helper()
	if err := l.Run(t.Context()); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// noError wants no error and then logs.
func noError(t *testing.T, trace *looptest.Trace, name string) func(error) {
	return func(err error) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		trace.Log(name)
	}
}

func TestASliceEndsWithTheStepThatLeavesNothingOfItsBudget(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		check := l.NewCheck(trace.Add("|"))
		check.Unref()
		check.Start()
		c := loop.Partition(t.Context(), l, 10*time.Millisecond, compute(&trace, "s", 10, 3*time.Millisecond),
			noError(t, &trace, "end"))
		c.OnClose(func() { trace.Log("closed"); check.Close() })
		if !c.Active() || c.Closing() {
			t.Errorf("active %v, closing %v", c.Active(), c.Closing())
		}
		start := time.Now()
		runAll(t, l)
		trace.Want(t, "s s s s | s s s s | s s | end closed")
		if d := time.Since(start); d != 30*time.Millisecond {
			t.Errorf("the loop has waited: %v", d)
		}
		if c.Active() || !c.Closing() {
			t.Errorf("active %v, closing %v after the end", c.Active(), c.Closing())
		}
	})
}

func TestTimersPostsAndTicksRunBetweenTheSlices(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		step := compute(&trace, "s", 6, time.Millisecond)
		loop.Partition(t.Context(), l, 2*time.Millisecond, func() (bool, error) {
			l.NextTick(trace.Add("tick"))
			return step()
		}, noError(t, &trace, "end"))
		l.SetTimeout(time.Millisecond, trace.Add("timer"))
		l.SetTimeout(3*time.Millisecond, func() { l.Post(trace.Add("post")) })
		runAll(t, l)
		trace.Want(t, "s s tick tick timer s s tick tick s s tick tick post end")
	})
}

// Two computations hold the loop for no longer than one.
func TestComputationsTakeTurns(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		check := l.NewCheck(trace.Add("|"))
		check.Unref()
		check.Start()
		for _, name := range []string{"a", "b", "c"} {
			n := map[string]int{"a": 5, "b": 2, "c": 3}[name]
			loop.Partition(t.Context(), l, 2, compute(&trace, name, n, 1), noError(t, &trace, "end-"+name))
		}
		runAll(t, l)
		trace.Want(t, "a a | b b | end-b c c | a a | c | end-c a | end-a")
		check.Close()
	})
}

func TestAnErrorOfAStepAndTheEndOfTheContextEndAComputation(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		failed := errors.New("failed")
		var trace looptest.Trace
		wants := func(name string, want error) func(error) {
			return func(err error) {
				if err != want {
					t.Errorf("%s: %v, want %v", name, err, want)
				}
				trace.Log(name)
			}
		}
		loop.Partition(t.Context(), l, 1, func() (bool, error) { return true, failed }, wants("error", failed))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		loop.Partition(ended, l, 1, func() (bool, error) { trace.Log("step"); return true, nil },
			wants("ended", context.Canceled))
		ctx, cancel := context.WithTimeout(t.Context(), 9500*time.Microsecond)
		defer cancel()
		start := time.Now()
		loop.Partition(ctx, l, time.Millisecond, func() (bool, error) {
			time.Sleep(100 * time.Microsecond)
			if l.Context() != ctx {
				t.Error("a step has another context")
			}
			return true, nil
		}, wants("deadline", context.DeadlineExceeded))
		runAll(t, l)
		trace.Want(t, "error ended deadline")
		if d := time.Since(start); d != 10*time.Millisecond {
			t.Errorf("it took %v to see the end of the context", d)
		}
	})
}

func TestCloseEndsAComputationAndTheOthersGoOn(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		canceled := func(name string) func(error) {
			return func(err error) {
				if err != loop.ErrCanceled {
					t.Errorf("%s: %v", name, err)
				}
				trace.Log(name)
			}
		}
		// The one whose turn it is, is closed before its turn, the next one in it.
		first := loop.Partition(t.Context(), l, 1, compute(&trace, "first", 9, 1), canceled("end-first"))
		var second *loop.Computation
		second = loop.Partition(t.Context(), l, 100, func() (bool, error) {
			trace.Log("second")
			second.Close()
			second.Close()
			return true, nil
		}, canceled("end-second"))
		second.OnClose(trace.Add("closed-second"))
		loop.Partition(t.Context(), l, 1, compute(&trace, "third", 2, 1), noError(t, &trace, "end-third"))
		first.Close()
		trace.Want(t, "")
		runAll(t, l)
		trace.Want(t, "second end-first end-second closed-second third third end-third")
	})
}

func TestAStepThatPanicsEndsItsComputationAndNoOther(t *testing.T) {
	canceled := func(t *testing.T, trace *looptest.Trace) func(error) {
		return func(err error) {
			if err != loop.ErrCanceled {
				t.Errorf("after a panic: %v", err)
			}
			trace.Log("end")
		}
	}
	t.Run("handled", func(t *testing.T) {
		var trace looptest.Trace
		handled := loop.WithPanicHandler(func(e *loop.PanicError) { trace.Log(e.Value.(string)) })
		looptest.Run(t, func(t *testing.T, l *loop.Loop) {
			loop.Partition(t.Context(), l, 1, func() (bool, error) { panic("oh") }, canceled(t, &trace))
			loop.Partition(t.Context(), l, 1, compute(&trace, "other", 2, 1), noError(t, &trace, "end-other"))
			runAll(t, l)
			trace.Want(t, "oh end other other end-other")
		}, handled)
	})
	t.Run("not handled", func(t *testing.T) {
		var trace looptest.Trace
		looptest.Run(t, func(t *testing.T, l *loop.Loop) {
			loop.Partition(t.Context(), l, 1, func() (bool, error) { panic("oh") }, canceled(t, &trace))
			loop.Partition(t.Context(), l, 1, compute(&trace, "other", 2, 1), noError(t, &trace, "end-other"))
			func() {
				defer func() { trace.Log(recover().(string)) }()
				l.Run(t.Context())
			}()
			runAll(t, l)
			trace.Want(t, "oh other end other end-other") // the next Run begins with poll
		})
	})
}

func TestClosingTheLoopEndsItsComputations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		steps, ends := 0, 0
		for range 3 {
			loop.Partition(t.Context(), l, 1, func() (bool, error) {
				time.Sleep(1)
				if steps++; steps == 7 {
					l.Stop()
				}
				return true, nil
			}, func(err error) {
				if ends++; err != loop.ErrCanceled {
					t.Errorf("the end: %v", err)
				}
			})
		}
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(l.Leaks()); n != 3 || l.Leaks()[0].Kind != "computation" {
			t.Errorf("%d leaks: %v", n, l.Leaks())
		}
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if steps != 7 || ends != 3 {
			t.Errorf("%d steps and %d ends, want 7 and 3", steps, ends)
		}
	})
}

// A computation that nobody closes and that never ends does not keep Run from
// returning when its context ends.
func TestRunEndsInTheMiddleOfAComputationAndTheNextRunGoesOn(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		ctx, cancel := context.WithCancel(t.Context())
		step := compute(&trace, "s", 5, 1)
		loop.Partition(t.Context(), l, 2, func() (bool, error) {
			cancel()
			return step()
		}, noError(t, &trace, "end"))
		if err := l.Run(ctx); err != context.Canceled {
			t.Errorf("Run: %v", err)
		}
		trace.Want(t, "s s")
		runAll(t, l)
		trace.Want(t, "s s s s s end")
	})
}

func TestPartitionPanicsAtMistakesOfTheProgram(t *testing.T) {
	l := loop.New()
	step, after := func() (bool, error) { return false, nil }, func(error) {}
	for want, call := range map[string]func(){
		"nil callback":           func() { loop.Partition(t.Context(), l, 1, nil, after) },
		"loop: Partition: nil":   func() { loop.Partition(t.Context(), l, 1, step, nil) },
		"budget is not positive": func() { loop.Partition(t.Context(), l, 0, step, after) },
	} {
		func() {
			defer func() {
				if v, _ := recover().(string); !strings.Contains(v, want) {
					t.Errorf("got %q, want %q", v, want)
				}
			}()
			call()
		}()
	}
}
