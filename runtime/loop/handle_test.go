package loop_test

import (
	"context"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// once returns l's RunOnce in the test's context.
func once(t *testing.T, l *loop.Loop) (alive bool) {
	t.Helper()
	alive, err := l.RunOnce(t.Context())
	if err != nil {
		t.Errorf("RunOnce: %v", err)
	}
	return alive
}

// started starts a watcher.
func started(t *testing.T, w *loop.Watcher) *loop.Watcher {
	t.Helper()
	if err := w.Start(); err != nil {
		t.Errorf("Start: %v", err)
	}
	return w
}

func TestATurnGoesThroughThePhasesInLibuvsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		loop.QueueFunc(ended, l, func(context.Context) error { return nil }, func(error) { tr.log("pending") })
		idle := started(t, l.NewIdle(tr.add("idle")))
		started(t, l.NewPrepare(tr.add("prepare")))
		l.Post(tr.add("poll"))
		l.SetImmediate(tr.add("immediate"))
		started(t, l.NewCheck(func() {
			tr.log("check")
			idle.Close()
		}))
		idle.OnClose(tr.add("closing"))
		l.SetTimeout(0, tr.add("timer"))
		once(t, l)
		tr.want(t, "pending idle prepare poll immediate check closing timer")
		l.Close(t.Context())
	})
}

func TestTimersRunOnceBeforeTheFirstTurnOfRunOnly(t *testing.T) {
	for name, want := range map[string]string{"Run": "timer prepare", "RunOnce": "prepare timer", "RunNoWait": "prepare timer"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tr trace
				l := loop.New()
				l.SetTimeout(0, tr.add("timer"))
				p := l.NewPrepare(func() {
					tr.log("prepare")
					l.Stop()
				})
				started(t, p)
				switch name {
				case "Run":
					run(t, l)
				case "RunOnce":
					once(t, l)
				case "RunNoWait":
					l.RunNoWait()
				}
				tr.want(t, want)
			})
		})
	}
}

func TestTheFirstTimersSeeTheTimeAfterTheFirstTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(time.Millisecond, tr.add("timer"))
		l.SetImmediate(tr.add("immediate"))
		l.NextTick(func() { time.Sleep(time.Millisecond) })
		run(t, l)
		tr.want(t, "timer immediate")
	})
}

func TestATimerThatCheckRestartsFiresAfterTheNextPrepare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		const d = 50 * time.Millisecond
		timer := l.SetTimeout(d, tr.add("timer"))
		var prepare, check *loop.Watcher
		prepare = started(t, l.NewPrepare(func() {
			tr.log("prepare")
			if len(tr) > 1 {
				prepare.Close()
			}
		}))
		check = started(t, l.NewCheck(func() {
			tr.log("check")
			timer.Reset(d)
			check.Close()
		}))
		run(t, l)
		tr.want(t, "prepare check prepare timer")
	})
}

func TestWhatKeepsALoopAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		if l.Alive() {
			t.Error("an empty loop is alive")
		}
		alive := func(what string, open func() (end func())) {
			t.Helper()
			end := open()
			if !l.Alive() {
				t.Errorf("with %s the loop is not alive", what)
			}
			end()
			run(t, l)
			if l.Alive() {
				t.Errorf("without %s the loop is still alive", what)
			}
		}
		alive("an armed timer", func() func() { tm := l.SetTimeout(time.Hour, func() {}); return func() { tm.Stop() } })
		alive("a request", func() func() {
			loop.QueueFunc(t.Context(), l, func(context.Context) error { return nil }, func(error) {})
			return func() {}
		})
		alive("a closing handle", func() func() { w := l.NewIdle(func() {}); w.Close(); return func() {} })
		alive("a started watcher", func() func() { w := started(t, l.NewIdle(func() {})); return w.Close })
		alive("an async", func() func() { return l.NewAsync(func() {}).Close })
		alive("an immediate", func() func() { i := l.SetImmediate(func() {}); return func() { i.Stop() } })
		alive("a tick", func() func() { l.NextTick(func() {}); return func() {} })
		alive("a hold", func() func() { return l.Hold().Release })
		if l.NewIdle(func() {}); l.Alive() {
			t.Error("with a watcher that was not started the loop is alive")
		}
	})
}

func TestRunOnceRunsOneTurnAndSaysWhetherMoreIsExpected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		ticks, runs := 0, 0
		var idle *loop.Watcher
		idle = started(t, l.NewIdle(func() {
			if ticks++; ticks == 64 {
				idle.Stop()
			}
		}))
		for alive := true; alive; runs++ {
			alive = once(t, l)
		}
		if ticks != 64 || runs != 64 {
			t.Errorf("%d idle calls in %d runs, want 64 in 64", ticks, runs)
		}
	})
}

func TestRunOnceWaitsForTheNextTimerAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(time.Second, tr.add("first"))
		l.SetTimeout(time.Hour, tr.add("second"))
		start := time.Now()
		if !once(t, l) {
			t.Error("RunOnce says that nothing is left")
		}
		tr.want(t, "first")
		if d := time.Since(start); d != time.Second {
			t.Errorf("RunOnce waited %v, want 1s", d)
		}
	})
}

func TestRunNoWaitNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(100*time.Millisecond, tr.add("timer"))
		start := time.Now()
		for range 10 {
			if !l.RunNoWait() {
				t.Error("RunNoWait says that nothing is left")
			}
		}
		tr.want(t, "")
		if d := time.Since(start); d != 0 {
			t.Errorf("RunNoWait waited %v", d)
		}
	})
}

func TestAnOverdueIntervalFiresOncePerRunOnceAndRunNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, next := range []func(l *loop.Loop){
			func(l *loop.Loop) { once(t, l) },
			func(l *loop.Loop) { l.RunNoWait() },
		} {
			var tr trace
			l := loop.New()
			l.SetInterval(100*time.Millisecond, tr.add("interval"))
			time.Sleep(250 * time.Millisecond)
			next(l)
			tr.want(t, "interval")
		}
	})
}

func TestHowLongPollWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := func(what string, want time.Duration, set func(l *loop.Loop)) {
			t.Helper()
			l := loop.New()
			set(l)
			start := time.Now()
			once(t, l)
			if d := time.Since(start); d != want {
				t.Errorf("%s: poll waited %v, want %v", what, d, want)
			}
		}
		waits("nothing active", 0, func(l *loop.Loop) {})
		waits("two timers", time.Second, func(l *loop.Loop) {
			l.SetTimeout(time.Minute, func() {})
			l.SetTimeout(time.Second, func() {})
		})
		waits("a timer and an idle watcher", 0, func(l *loop.Loop) {
			l.SetTimeout(time.Second, func() {})
			started(t, l.NewIdle(func() {}))
		})
		waits("a timer and a closing handle", 0, func(l *loop.Loop) {
			l.SetTimeout(time.Second, func() {})
			l.NewIdle(func() {}).Close()
		})
		waits("a timer and an immediate", 0, func(l *loop.Loop) {
			l.SetTimeout(time.Second, func() {})
			l.SetImmediate(func() {})
		})
		waits("an overdue timer", 0, func(l *loop.Loop) {
			l.SetTimeout(time.Second, func() {})
			time.Sleep(time.Minute)
		})
	})
}

func TestTheLoopsTimeIsCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		l.SetTimeout(time.Second, func() {
			before := l.Now()
			if !before.Equal(time.Now()) {
				t.Errorf("Now is %v in a timer, the clock is at %v", before, time.Now())
			}
			time.Sleep(time.Second)
			if !l.Now().Equal(before) {
				t.Error("Now moved in a callback")
			}
			l.UpdateNow()
			if got := l.Now().Sub(before); got != time.Second {
				t.Errorf("UpdateNow moved Now by %v, want 1s", got)
			}
		})
		run(t, l)
	})
}

func TestTryCloseIsBusyUntilTheLoopIsDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		busy := func(what string) {
			t.Helper()
			if err := l.TryClose(); !errors.Is(err, loop.ErrBusy) {
				t.Errorf("TryClose with %s: %v, want ErrBusy", what, err)
			}
		}
		w := l.NewPrepare(func() {})
		busy("a watcher that was not started")
		w.Close()
		busy("a closing watcher")
		run(t, l)
		loop.QueueFunc(t.Context(), l, func(context.Context) error { return nil }, func(error) {})
		busy("a request in flight")
		run(t, l)
		timer := l.SetTimeout(time.Hour, func() {})
		busy("a timer")
		timer.Stop()
		l.Post(func() {
			if err := l.TryClose(); !errors.Is(err, loop.ErrRunning) {
				t.Errorf("TryClose from a callback: %v, want ErrRunning", err)
			}
		})
		busy("a post")
		run(t, l)
		if err := l.TryClose(); err != nil {
			t.Errorf("TryClose: %v", err)
		}
		if err := l.Post(func() {}); !errors.Is(err, loop.ErrClosed) {
			t.Errorf("Post to a closed loop: %v, want ErrClosed", err)
		}
		if err := l.Run(t.Context()); !errors.Is(err, loop.ErrClosed) {
			t.Errorf("Run of a closed loop: %v, want ErrClosed", err)
		}
		if err := l.Close(t.Context()); err != nil {
			t.Errorf("Close of a closed loop: %v", err)
		}
	})
}

func TestHandlesVisitsEveryOpenHandleAndNoClosedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		late := l.SetTimeout(time.Hour, func() {})
		soon := l.SetTimeout(time.Second, func() {})
		prepare := l.NewPrepare(func() {})
		async := l.NewAsync(func() {})
		l.NewTimer(func() {})
		signal := l.NewSignal(func(os.Signal) {})
		got := slices.Collect(l.Handles())
		if want := []loop.Handle{prepare, async, signal, soon, late}; !slices.Equal(got, want) {
			t.Errorf("Handles visited %v, want %v", got, want)
		}
		for h := range l.Handles() {
			h.Close()
		}
		run(t, l)
		for h := range l.Handles() {
			t.Errorf("a %T is left after Close", h)
		}
	})
}

func TestAWatcherMayStopAndCloseItselfAndOthersInACallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		var a, b, c *loop.Watcher
		a = started(t, l.NewPrepare(func() {
			tr.log("a")
			b.Stop()
			c.Close()
			a.Close()
			a.Close()
			tr.log("a-end")
		}))
		b = started(t, l.NewPrepare(tr.add("b")))
		c = started(t, l.NewPrepare(tr.add("c")))
		a.OnClose(tr.add("a-closed"))
		c.OnClose(tr.add("c-closed"))
		run(t, l)
		tr.want(t, "a a-end c-closed a-closed")
		if err := a.Start(); !errors.Is(err, loop.ErrClosed) {
			t.Errorf("Start of a closed watcher: %v, want ErrClosed", err)
		}
	})
}

func TestAWatcherThatItsOwnKindStartsRunsInTheNextTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		second := l.NewCheck(tr.add("second"))
		started(t, l.NewCheck(func() {
			tr.log("first")
			started(t, second)
		}))
		l.RunNoWait()
		tr.want(t, "first")
		l.RunNoWait()
		tr.want(t, "first first second")
	})
}

func TestAnIdleWatcherStarvesNeitherTimersNorPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		idle := started(t, l.NewIdle(func() { time.Sleep(time.Millisecond) }))
		l.SetTimeout(10*time.Millisecond, func() { l.Post(idle.Stop) })
		run(t, l)
	})
}

func TestRefAndUnrefAreFlagsAndNotCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		for _, open := range []func() loop.Handle{
			func() loop.Handle { return started(t, l.NewIdle(func() {})) },
			func() loop.Handle { return l.NewAsync(func() {}) },
			func() loop.Handle { return l.SetTimeout(time.Hour, func() {}) },
		} {
			h := open()
			h.Unref()
			h.Unref()
			if h.HasRef() || l.Alive() || !h.Active() {
				t.Errorf("%T: unreferenced: HasRef %v, Active %v, loop alive %v", h, h.HasRef(), h.Active(), l.Alive())
			}
			h.Ref()
			h.Ref()
			if !h.HasRef() || !l.Alive() {
				t.Errorf("%T: referenced: HasRef %v, loop alive %v", h, h.HasRef(), l.Alive())
			}
			h.Unref()
			if l.Alive() {
				t.Errorf("%T: one Unref after two Refs does not count", h)
			}
			closed := false
			h.OnClose(func() { closed = true })
			h.Close()
			if !l.Alive() || !h.Closing() || h.Active() {
				t.Errorf("%T: closing: Closing %v, Active %v, loop alive %v", h, h.Closing(), h.Active(), l.Alive())
			}
			run(t, l)
			if !closed {
				t.Errorf("%T: an unreferenced handle's close callback did not run", h)
			}
		}
	})
}

func TestAHandleIsActiveFromStartToStopAndClosingFromClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		w := l.NewPrepare(func() {})
		state := func(when string, active, closing bool) {
			t.Helper()
			if w.Active() != active || w.Closing() != closing {
				t.Errorf("%s: active %v, closing %v", when, w.Active(), w.Closing())
			}
		}
		state("made", false, false)
		w.Start()
		state("started", true, false)
		w.Stop()
		state("stopped", false, false)
		w.Start()
		w.Close()
		state("closed", false, true)
		run(t, l)
		state("after its close callback", false, true)
	})
}

func TestClosingAClosedHandleDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		for _, open := range []func() loop.Handle{
			func() loop.Handle { return l.NewCheck(func() {}) },
			func() loop.Handle { return l.NewAsync(func() {}) },
			func() loop.Handle { return l.NewTimer(func() {}) },
			func() loop.Handle { return l.NewSignal(func(os.Signal) {}) },
		} {
			h := open()
			n := 0
			h.OnClose(func() { n++ })
			h.Close()
			run(t, l)
			h.OnClose(func() { n++ })
			h.Close()
			if l.Alive() {
				t.Errorf("%T: the second Close made the loop alive", h)
			}
			run(t, l)
			if n != 1 {
				t.Errorf("%T: %d close callbacks, want one", h, n)
			}
		}
	})
}

func TestWatchersAndCloseCallbacksRunFirstInFirstOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		var ws []*loop.Watcher
		for _, name := range strings.Fields("a b c") {
			w := started(t, l.NewPrepare(tr.add(name)))
			w.OnClose(tr.add(name + "-closed"))
			ws = append(ws, w)
		}
		l.SetImmediate(func() {
			for _, w := range ws {
				w.Close()
			}
		})
		run(t, l)
		tr.want(t, "a b c a-closed b-closed c-closed")
	})
}

func TestAHandleClosedByACloseCallbackIsClosedInTheNextTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		first, second := l.NewIdle(func() {}), l.NewIdle(func() {})
		first.OnClose(func() {
			tr.log("first")
			second.Close()
			l.SetTimeout(0, tr.add("timer"))
		})
		second.OnClose(tr.add("second"))
		first.Close()
		run(t, l)
		tr.want(t, "first timer second")
	})
}

func TestAgainRestartsAnIntervalAndNeedsAnArmedTimerBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		if err := l.NewTimer(func() {}).Again(); !errors.Is(err, loop.ErrInvalid) {
			t.Errorf("Again on a timer that was never armed: %v, want ErrInvalid", err)
		}
		oneShot := l.SetTimeout(time.Second, func() {})
		if err := oneShot.Again(); err != nil || oneShot.Remaining() != time.Second {
			t.Errorf("Again on a timer that fires once: %v, %v remain", err, oneShot.Remaining())
		}
		oneShot.Stop()
		start := time.Now()
		iv := l.SetInterval(100*time.Millisecond, l.Stop)
		l.SetTimeout(60*time.Millisecond, func() {
			if err := iv.Again(); err != nil {
				t.Errorf("Again: %v", err)
			}
		})
		run(t, l)
		if d := time.Since(start); d != 160*time.Millisecond {
			t.Errorf("the interval fired after %v, want 160ms", d)
		}
		iv.Close()
		if err := iv.Again(); !errors.Is(err, loop.ErrClosed) {
			t.Errorf("Again on a closed timer: %v, want ErrClosed", err)
		}
		run(t, l)
	})
}

func TestSetRepeatInACallbackCountsFromTheNextArming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		start := time.Now()
		var at []time.Duration
		var iv *loop.Timer
		iv = l.SetInterval(50*time.Millisecond, func() {
			at = append(at, time.Since(start)/time.Millisecond)
			switch len(at) {
			case 1:
				iv.SetRepeat(100 * time.Millisecond)
			case 3:
				iv.SetRepeat(0) // one more call is armed
			}
		})
		run(t, l)
		if want := []time.Duration{50, 100, 200, 300}; !slices.Equal(at, want) {
			t.Errorf("the interval fired at %v ms, want %v", at, want)
		}
		if iv.Repeat() != 0 {
			t.Errorf("Repeat is %v", iv.Repeat())
		}
	})
}

func TestResetReplacesAnArmedTimerAndRefusesAClosingOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		start := time.Now()
		fired := 0
		timer := l.SetTimeout(time.Hour, func() {
			fired++
			if d := time.Since(start); d != time.Second {
				t.Errorf("the timer fired after %v, want 1s", d)
			}
		})
		if err := timer.Reset(time.Second); err != nil {
			t.Errorf("Reset: %v", err)
		}
		if timer.Remaining() != time.Second {
			t.Errorf("%v remain, want 1s", timer.Remaining())
		}
		run(t, l)
		if fired != 1 || timer.Remaining() != 0 {
			t.Errorf("the timer fired %d times, %v remain", fired, timer.Remaining())
		}
		timer.Close()
		if err := timer.Reset(0); !errors.Is(err, loop.ErrClosed) {
			t.Errorf("Reset of a closing timer: %v, want ErrClosed", err)
		}
		run(t, l)
	})
}

func TestHugeTimesAreClampedAndDoNotOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		time.Sleep(time.Second)
		l.SetTimeout(math.MaxInt64, tr.add("huge"))
		l.SetInterval(math.MaxInt64, tr.add("huge"))
		l.SetTimeout(-time.Second, tr.add("negative"))
		l.SetTimeout(time.Hour, func() {
			tr.log("hour")
			l.Stop()
		})
		run(t, l)
		tr.want(t, "negative hour")
		l.Close(t.Context())
	})
}

func TestTheDeadlineCountsFromTheClockAndNotFromTheCachedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		l.SetImmediate(func() {
			time.Sleep(10 * time.Millisecond) // Now stands still
			start := time.Now()
			l.SetTimeout(50*time.Millisecond, func() {
				if d := time.Since(start); d != 50*time.Millisecond {
					t.Errorf("the timer fired after %v, want 50ms", d)
				}
			})
		})
		run(t, l)
	})
}

func TestALoneUnreferencedTimerDoesNotFireEvenIfItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(0, tr.add("timer")).Unref()
		run(t, l)
		tr.want(t, "")
	})
}

func TestRefreshGoesBehindItsPeersAndRevivesAFiredTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		if err := l.NewTimer(func() {}).Refresh(); !errors.Is(err, loop.ErrInvalid) {
			t.Errorf("Refresh of a timer that was never armed: %v, want ErrInvalid", err)
		}
		a := l.SetTimeout(time.Second, tr.add("a"))
		l.SetTimeout(time.Second, tr.add("b"))
		if err := a.Refresh(); err != nil {
			t.Errorf("Refresh: %v", err)
		}
		run(t, l)
		tr.want(t, "b a")
		a.Refresh()
		run(t, l)
		tr.want(t, "b a a")
		a.Close()
		if err := a.Refresh(); !errors.Is(err, loop.ErrClosed) {
			t.Errorf("Refresh of a closing timer: %v, want ErrClosed", err)
		}
		run(t, l)
	})
}

func TestANestedTimerNeverRunsInTheSamePassEvenIfItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		const d = time.Millisecond
		l.SetTimeout(d, func() {
			tr.log("first")
			l.SetTimeout(d, tr.add("nested"))
			time.Sleep(time.Second)
		})
		l.SetTimeout(d, tr.add("second"))
		started(t, l.NewCheck(tr.add("check"))).Unref()
		run(t, l)
		tr.want(t, "check first second check nested")
	})
}

func TestSendsThatComeTogetherAreOneCallAndALaterOneIsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		var async *loop.Async
		async = l.NewAsync(func() {
			tr.log("async")
			if len(tr) == 1 {
				async.Send()
			}
		})
		l.SetTimeout(time.Second, async.Close)
		for range 5 {
			if err := async.Send(); err != nil {
				t.Errorf("Send: %v", err)
			}
		}
		run(t, l)
		tr.want(t, "async async")
	})
}

func TestAnAsyncIsNotCalledAfterCloseWhoeverSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		closed := false
		async := l.NewAsync(func() {
			if closed {
				t.Error("the callback ran after Close")
			}
		})
		for range 4 {
			go func() {
				for async.Send() == nil {
				}
			}()
		}
		l.SetTimeout(0, func() {
			async.Send()
			async.Close()
			closed = true
		})
		run(t, l)
		if err := async.Send(); !errors.Is(err, loop.ErrClosed) {
			t.Errorf("Send after Close: %v, want ErrClosed", err)
		}
	})
}

func TestTickRecursionStarvesTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(0, tr.add("timer"))
		n := 0
		var tick func()
		tick = func() {
			if n++; n < 10000 {
				l.NextTick(tick)
			} else {
				tr.log("last tick")
			}
		}
		l.NextTick(tick)
		run(t, l)
		tr.want(t, "last tick timer")
	})
}
