package loop_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A trace is what callbacks have done, in order.
type trace []string

func (tr *trace) log(s string) { *tr = append(*tr, s) }

// add returns a callback that logs s.
func (tr *trace) add(s string) func() { return func() { tr.log(s) } }

func (tr *trace) want(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(*tr, " "); got != want {
		t.Errorf("callbacks ran as\n\t%s\nwant\n\t%s", got, want)
	}
}

// run runs l to its end in the test's bubble.
func run(t *testing.T, l *loop.Loop) {
	t.Helper()
	if err := l.Run(t.Context()); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestRunReturnsAtOnceWhenNothingIsLeftToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		start := time.Now()
		run(t, l)
		if l.Alive() {
			t.Error("an empty loop is alive")
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("Run took %v", d)
		}
	})
}

func TestRunEndsWithItsContextAndTheNextRunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(2*time.Second, tr.add("timer"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run: %v, want the context's error", err)
		}
		tr.want(t, "")
		run(t, l)
		tr.want(t, "timer")
	})
}

func TestRunIsNotReentrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		var err error
		l.SetImmediate(func() { err = l.Run(t.Context()) })
		run(t, l)
		if !errors.Is(err, loop.ErrRunning) {
			t.Errorf("Run from a callback: %v, want ErrRunning", err)
		}
	})
}

func TestStopBeforeRunLetsNoCallbackRunAndTheNextRunResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(0, tr.add("timer"))
		l.NextTick(tr.add("tick"))
		l.Stop()
		run(t, l)
		tr.want(t, "")
		if !l.Alive() {
			t.Error("the loop with a timer left is not alive")
		}
		run(t, l)
		tr.want(t, "tick timer")
	})
}

func TestStopLetsTheTurnFinishWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(time.Hour, tr.add("timer"))
		l.Post(func() {
			tr.log("post")
			l.Stop()
			l.SetImmediate(tr.add("immediate"))
		})
		start := time.Now()
		run(t, l)
		tr.want(t, "post immediate")
		if d := time.Since(start); d != 0 {
			t.Errorf("Run waited %v after Stop", d)
		}
		if !l.Alive() {
			t.Error("the stopped loop is not alive")
		}
	})
}

func TestPostsOfOneGoroutineRunInOrderOnTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		hold := l.Hold()
		const n = 1000
		var got []int // touched by callbacks only
		go func() {
			for i := range n {
				l.Post(func() { got = append(got, i) })
			}
			l.Post(hold.Release)
		}()
		run(t, l)
		if len(got) != n || !slices.IsSorted(got) {
			t.Errorf("%d posts ran, sorted: %v; want %d in order", len(got), slices.IsSorted(got), n)
		}
	})
}

func TestAPostedCallbackKeepsTheLoopAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.Post(tr.add("post"))
		if !l.Alive() {
			t.Error("the loop is not alive after Post")
		}
		run(t, l)
		tr.want(t, "post")
	})
}

func TestAHoldKeepsALoopThatOnlyPostsFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		hold := l.Hold()
		go func() {
			time.Sleep(time.Second)
			l.Post(tr.add("post"))
			time.Sleep(time.Second)
			hold.Release()
			hold.Release()
		}()
		start := time.Now()
		run(t, l)
		tr.want(t, "post")
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("Run took %v, want until the hold was released after 2s", d)
		}
	})
}

func TestAHoldReleasedWhileTheLoopGoesToSleepWakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		for range 5000 {
			hold := l.Hold()
			started := make(chan struct{})
			l.Post(func() { close(started) })
			go func() {
				<-started
				hold.Release()
			}()
			run(t, l)
		}
	})
}

func TestANilCallbackPanicsAtTheCall(t *testing.T) {
	l := loop.New()
	for name, call := range map[string]func(){
		"Post":           func() { l.Post(nil) },
		"NextTick":       func() { l.NextTick(nil) },
		"QueueMicrotask": func() { l.QueueMicrotask(nil) },
		"SetImmediate":   func() { l.SetImmediate(nil) },
		"SetTimeout":     func() { l.SetTimeout(0, nil) },
		"SetInterval":    func() { l.SetInterval(time.Second, nil) },
		"QueueWork": func() {
			loop.QueueWork(t.Context(), l, func(context.Context) (int, error) { return 0, nil }, nil)
		},
		"Offload":   func() { loop.Offload[int](t.Context(), l, nil) },
		"Then":      func() { loop.Then[int, int](loop.Resolved(l, 1), nil) },
		"NewTimer":  func() { l.NewTimer(nil) },
		"NewIdle":   func() { l.NewIdle(nil) },
		"NewAsync":  func() { l.NewAsync(nil) },
		"NewSignal": func() { l.NewSignal(nil) },
		"QueueFunc": func() { loop.QueueFunc(t.Context(), l, nil, func(error) {}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if v, _ := recover().(string); !strings.HasPrefix(v, "loop: "+name) {
					t.Errorf("panicked with %q, want the name of the function", v)
				}
			}()
			call()
		})
	}
}
