package loop_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

// What Node 20 prints for testdata/order.js and testdata/panic.js.
const (
	goldenTrace = "n1 n2 m1 n1.micro m1.m m1.tick t1 t1.tick t1.micro t2 i1 i1.tick i2 i3 io io.tick io.micro io.imm io.t0"
	panicTrace  = "t1 t1.tick t2 E:t2 t3 t2.tick t3.tick t4 t4.tick i1 i1.tick i2 E:i2 i3 i2.tick i3.tick i4 i4.tick i5 i5.tick"
)

func TestNodePrintsTheGoldenTraces(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	for script, want := range map[string]string{"order.js": goldenTrace, "panic.js": panicTrace} {
		out, err := exec.Command(node, "testdata/"+script).Output()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("node %s: %v, printed\n\t%swant\n\t%s", script, err, out, want)
		}
	}
}

func TestCallbacksRunInTheOrderOfNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(0, func() {
			tr.log("t1")
			l.NextTick(tr.add("t1.tick"))
			l.QueueMicrotask(tr.add("t1.micro"))
		})
		l.SetTimeout(0, tr.add("t2"))
		l.SetImmediate(func() {
			tr.log("i1")
			l.NextTick(tr.add("i1.tick"))
			l.SetImmediate(tr.add("i3"))
		})
		l.SetImmediate(tr.add("i2"))
		l.NextTick(func() {
			tr.log("n1")
			l.QueueMicrotask(tr.add("n1.micro"))
			l.NextTick(tr.add("n2"))
		})
		l.QueueMicrotask(func() {
			tr.log("m1")
			l.NextTick(tr.add("m1.tick"))
			l.QueueMicrotask(tr.add("m1.m"))
		})
		// Node reads a file in four requests, one after the other.
		step := func(after func()) func() {
			return func() {
				loop.QueueFunc(t.Context(), l, func(context.Context) error { return nil }, func(error) { after() })
			}
		}
		step(step(step(step(func() {
			tr.log("io")
			l.SetTimeout(0, tr.add("io.t0"))
			l.SetImmediate(tr.add("io.imm"))
			l.NextTick(tr.add("io.tick"))
			l.QueueMicrotask(tr.add("io.micro"))
		}))))()
		time.Sleep(20 * time.Millisecond) // the program is busy that long
		run(t, l)
		tr.want(t, goldenTrace)
	})
}

func TestTimersFireByDeadlineAndThenInTheOrderOfArming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(2*time.Millisecond, tr.add("c"))
		l.SetTimeout(time.Millisecond, tr.add("a"))
		l.SetTimeout(time.Millisecond, tr.add("b"))
		again := l.SetTimeout(time.Millisecond, tr.add("reset"))
		l.SetTimeout(2*time.Millisecond, tr.add("d"))
		again.Reset(2 * time.Millisecond)
		run(t, l)
		tr.want(t, "a b c d reset")
	})
}

func TestATimerFiresNeitherEarlyNorLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		start := time.Now()
		for _, d := range []time.Duration{0, 1, time.Microsecond, 5*time.Second + 1, time.Hour} {
			l.SetTimeout(d, func() {
				if got := time.Since(start); got != d {
					t.Errorf("the timer of %v fired after %v", d, got)
				}
			})
		}
		run(t, l)
	})
}

func TestAStoppedTimerDoesNotFireEvenIfItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		var second *loop.Timer
		l.SetTimeout(0, func() {
			tr.log("first")
			if !second.Stop() {
				t.Error("Stop says that the due timer was not armed")
			}
			if second.Stop() {
				t.Error("Stop says twice that the timer was armed")
			}
		})
		second = l.SetTimeout(0, tr.add("second"))
		run(t, l)
		tr.want(t, "first")
	})
}

func TestATimerThatBecomesDueWhileTimersRunWaitsForTheNextTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(0, func() {
			tr.log("t1")
			l.SetTimeout(0, tr.add("nested"))
			l.SetImmediate(tr.add("immediate"))
		})
		l.SetTimeout(0, tr.add("t2"))
		run(t, l)
		tr.want(t, "t1 t2 immediate nested")
	})
}

func TestAnIntervalIsArmedBeforeItsCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		start := time.Now()
		var at []time.Duration
		var iv *loop.Timer
		iv = l.SetInterval(50*time.Millisecond, func() {
			at = append(at, time.Since(start))
			time.Sleep(17 * time.Millisecond)
			if len(at) == 3 {
				iv.Stop()
			}
		})
		run(t, l)
		for i, d := range at {
			if want := time.Duration(i+1) * 50 * time.Millisecond; d != want {
				t.Errorf("call %d came after %v, want %v", i+1, d, want)
			}
		}
	})
}

func TestAnIntervalThatIsLateByPeriodsFiresOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		iv := l.SetInterval(10*time.Millisecond, tr.add("interval"))
		time.Sleep(35 * time.Millisecond)
		l.SetTimeout(0, func() {
			tr.log("stop")
			iv.Stop()
		})
		run(t, l)
		tr.want(t, "interval stop")
	})
}

func TestImmediatesThatImmediatesQueueWaitForTheNextTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		hits := 0
		for range 1000 {
			l.SetImmediate(func() {
				hits++
				l.SetImmediate(func() { t.Error("an immediate of the second turn ran after Stop in the first") })
			})
		}
		l.SetImmediate(l.Stop)
		run(t, l)
		if hits != 1000 {
			t.Errorf("%d immediates ran in the turn, want 1000", hits)
		}
	})
}

func TestAnImmediateCanBeStoppedByAnEarlierOneOfItsPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		var later loop.Immediate
		var first loop.Immediate
		first = l.SetImmediate(func() {
			tr.log("first")
			if first.Stop() {
				t.Error("Stop says that the running immediate was still to run")
			}
			if !later.Stop() || later.Stop() {
				t.Error("Stop of the later immediate: want true, then false")
			}
		})
		later = l.SetImmediate(tr.add("later"))
		l.SetImmediate(tr.add("last"))
		run(t, l)
		tr.want(t, "first last")
		if (loop.Immediate{}).Stop() {
			t.Error("Stop of the zero Immediate reports true")
		}
	})
}

func TestFromPollAnImmediateComesBeforeATimerOfZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.Post(func() {
			l.SetTimeout(0, tr.add("timer"))
			l.SetImmediate(tr.add("immediate"))
		})
		run(t, l)
		tr.want(t, "immediate timer")
	})
}

func TestATickQueuedByAMicrotaskRunsBeforeAnyTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(0, tr.add("timer"))
		l.QueueMicrotask(func() { l.NextTick(tr.add("tick")) })
		run(t, l)
		tr.want(t, "tick timer")
	})
}

func TestTimersDoNotStarveWhatArrivesInPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		var zero *loop.Timer
		fired := 0
		zero = l.SetTimeout(0, func() {
			if fired++; fired == 1 {
				l.Post(l.Stop)
			}
			zero.Reset(0)
		})
		run(t, l)
		if fired > 3 {
			t.Errorf("a timer that arms itself fired %d times before the post ran", fired)
		}
	})
}

func TestHandledPanicsLetTheRestOfThePhaseRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New(loop.WithPanicHandler(func(e *loop.PanicError) {
			tr.log("E:" + e.Value.(string))
			if len(e.Stack) == 0 {
				t.Error("no stack")
			}
		}))
		callback := func(s string) func() {
			return func() {
				tr.log(s)
				l.NextTick(tr.add(s + ".tick"))
				if s[1] == '2' {
					panic(s)
				}
			}
		}
		for _, s := range []string{"t1", "t2", "t3", "t4"} {
			l.SetTimeout(0, callback(s))
		}
		for _, s := range []string{"i1", "i2", "i3", "i4", "i5"} {
			l.SetImmediate(callback(s))
		}
		run(t, l)
		tr.want(t, panicTrace)
	})
}

func TestATickThatPanicsIsDequeuedAndLaterTicksRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New(loop.WithPanicHandler(func(*loop.PanicError) { tr.log("E") }))
		l.NextTick(func() { panic("tick") })
		l.NextTick(tr.add("tick"))
		l.SetImmediate(tr.add("immediate"))
		run(t, l)
		tr.want(t, "E tick immediate")
	})
}

func TestAPanicWithoutAHandlerLeavesRunAndTheLoopCanGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		l.SetTimeout(0, tr.add("t1"))
		l.SetTimeout(0, func() { panic("t2") })
		l.SetTimeout(0, tr.add("t3"))
		func() {
			defer func() {
				if v := recover(); v != "t2" {
					t.Errorf("Run panicked with %v, want t2", v)
				}
			}()
			l.Run(t.Context())
		}()
		tr.want(t, "t1")
		run(t, l)
		tr.want(t, "t1 t3")
	})
}

func TestGoexitInACallbackIsReportedAndTheLoopGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		done := make(chan struct{})
		go func() {
			defer close(done)
			l := loop.New(loop.WithPanicHandler(func(e *loop.PanicError) {
				if !e.Goexit {
					t.Errorf("reported as a panic: %v", e)
				}
				tr.log("E")
			}))
			l.SetTimeout(0, goexit)
			l.SetTimeout(0, tr.add("t2"))
			l.SetTimeout(time.Second, goexit)
			l.SetTimeout(time.Second, tr.add("t4"))
			l.Run(t.Context())
			t.Error("the goroutine outlived Goexit")
		}()
		<-done
		tr.want(t, "E t2 E t4")
	})
}

func TestOnePoolServesManyLoops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(2)
		defer p.Close(context.Background())
		done := make(chan int)
		for i := range 4 {
			go func() {
				l := loop.New(loop.WithPool(p))
				sum := 0
				for j := range 100 {
					loop.QueueWork(t.Context(), l,
						func(context.Context) (int, error) { return j, nil },
						func(j int, err error) { sum += j })
				}
				l.Run(t.Context())
				if sum != 4950 {
					t.Errorf("loop %d got results that add up to %d, want 4950", i, sum)
				}
				done <- i
			}()
		}
		for range 4 {
			<-done
		}
	})
}
