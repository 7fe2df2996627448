package loop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"expvar"
	"io"
	"log/slog"
	"os"
	"runtime/pprof"
	tracing "runtime/trace"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// watched returns a loop whose watchdog has a limit of 100 ms, and the stalls
// that it has reported.
func watched(opts ...loop.Option) (*loop.Loop, *[]*loop.Stall) {
	stalls := new([]*loop.Stall)
	report := func(s *loop.Stall) { *stalls = append(*stalls, s) }
	return loop.New(append(opts, loop.WithWatchdog(100*time.Millisecond, report))...), stalls
}

func TestTheWatchdogReportsACallbackWhileItHoldsTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stalls []*loop.Stall
		var start, reported time.Time
		l := loop.New(loop.WithWatchdog(100*time.Millisecond, func(s *loop.Stall) {
			stalls = append(stalls, s)
			reported = time.Now()
		}))
		l.SetTimeout(time.Second, func() {
			start = time.Now()
			time.Sleep(time.Minute)
		})
		run(t, l)
		if len(stalls) != 1 {
			t.Fatalf("%d reports, want one a stall", len(stalls))
		}
		if d := reported.Sub(start); d < 100*time.Millisecond || d > 125*time.Millisecond {
			t.Errorf("reported after %v, want 100ms to 125ms", d)
		}
		s := stalls[0]
		if !strings.Contains(s.Callback, "TestTheWatchdogReportsACallbackWhileItHoldsTheLoop") ||
			!strings.Contains(s.Callback, "observe_test.go:") {
			t.Errorf("the callback is called %q", s.Callback)
		}
		if s.Held != 100*time.Millisecond || !bytes.Contains(s.Stack, []byte("observe_test.go")) {
			t.Errorf("held %v, stack\n%s", s.Held, s.Stack)
		}
	})
}

func TestAStallSaysWhereItsCallbackWasRegistered(t *testing.T) {
	hold := func() { time.Sleep(150 * time.Millisecond) }
	for name, register := range map[string]func(t *testing.T, l *loop.Loop){
		"timer":  func(t *testing.T, l *loop.Loop) { l.SetTimeout(0, hold) },
		"post":   func(t *testing.T, l *loop.Loop) { l.Post(hold) },
		"async":  func(t *testing.T, l *loop.Loop) { a := l.NewAsync(hold); a.Send(); a.Unref() },
		"check":  func(t *testing.T, l *loop.Loop) { w := started(t, l.NewCheck(hold)); w.Unref(); l.Post(func() {}) },
		"closed": func(t *testing.T, l *loop.Loop) { w := l.NewCheck(func() {}); w.OnClose(hold); w.Close() },
		"work": func(t *testing.T, l *loop.Loop) {
			loop.QueueFunc(t.Context(), l, func(context.Context) error { return nil }, func(error) { hold() })
		},
		"immediate": func(t *testing.T, l *loop.Loop) { l.SetImmediate(hold) },
		"tick":      func(t *testing.T, l *loop.Loop) { l.NextTick(hold) },
		"microtask": func(t *testing.T, l *loop.Loop) { l.QueueMicrotask(hold) },
		"promise": func(t *testing.T, l *loop.Loop) {
			p, resolve, _ := loop.NewPromise[int](l)
			loop.Finally(p, hold)
			l.SetTimeout(0, func() { resolve(0) })
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			l, stalls := watched(loop.WithOrigins())
			register(t, l)
			run(t, l)
			if len(*stalls) != 1 || !strings.Contains((*stalls)[0].Registered, "observe_test.go:") {
				t.Errorf("%s: stalls %+v", name, *stalls)
			}
		})
	}
}

func TestAStoppedImmediateTakesItsNoteAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithMetricsByOrigin())
		l.SetImmediate(func() {}).Stop()
		l.SetImmediate(func() {})
		run(t, l)
		cs := l.CallbackMetrics()
		if len(cs) != 1 || lineOf(t, cs[0].Registered) != lineOf(t, cs[0].Name) {
			t.Errorf("one immediate of two ran: %+v", cs)
		}
	})
}

// lineOf returns the number in "file:12" or "name (file:12)".
func lineOf(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSuffix(s[strings.LastIndexByte(s, ':')+1:], ")"))
	if err != nil {
		t.Errorf("no line in %q: %v", s, err)
	}
	return n
}

func TestTheWatchdogIsSilentWhileManyCallbacksShareTheTimeOrNoneRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, stalls := watched()
		for range 100 {
			l.SetImmediate(func() { time.Sleep(20 * time.Millisecond) })
		}
		var tick func()
		n := 0
		tick = func() {
			time.Sleep(20 * time.Millisecond)
			if n++; n < 100 {
				l.NextTick(tick)
			}
		}
		l.NextTick(tick)
		l.SetTimeout(time.Hour, func() {})
		run(t, l)
		if len(*stalls) != 0 {
			t.Errorf("reported %v", (*stalls)[0].Callback)
		}
	})
}

func TestTheWatchdogReportsNoMoreThanOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, stalls := watched()
		for range 8 {
			l.SetTimeout(0, func() { time.Sleep(193 * time.Millisecond) })
		}
		run(t, l)
		if len(*stalls) != 2 || (*stalls)[1].Suppressed != 5 {
			t.Errorf("%d reports, %d suppressed before the last; want 2 and 5", len(*stalls), (*stalls)[len(*stalls)-1].Suppressed)
		}
	})
}

func TestAStallIsNamedWithTheLintersWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wg sync.WaitGroup
		ch := make(chan int)
		for kind, hold := range map[string]func(){
			"sleep": func() { time.Sleep(150 * time.Millisecond) },
			"chan": func() {
				go func() { time.Sleep(150 * time.Millisecond); ch <- 0 }()
				<-ch
			},
			"wait": func() {
				wg.Go(func() { time.Sleep(150 * time.Millisecond) })
				wg.Wait()
			},
		} {
			l, stalls := watched()
			l.Post(hold)
			run(t, l)
			if len(*stalls) != 1 || (*stalls)[0].Kind != kind {
				t.Errorf("%s: stalls %v", kind, *stalls)
			}
		}
	})
	for stack, want := range map[string]string{
		"goroutine 1 [sync.Mutex.Lock]:\nsync.(*Mutex).Lock(0x1)\n":                             "lock",
		"goroutine 1 [syscall]:\nsyscall.read()\nos.(*File).Read(0x1)\n":                        "file",
		"goroutine 1 [IO wait]:\ninternal/poll.x()\nnet.(*conn).Read(0x1)\n":                    "net",
		"goroutine 1 [select]:\nnet.(*Resolver).lookup(0x1)\nnet.Dial(0x1)\n":                   "dns",
		"goroutine 1 [syscall, 2 minutes]:\nos.(*Process).Wait(0x1)\nos/exec.(*Cmd).Run(0x1)\n": "exec",
		"goroutine 1 [chan receive]:\ndatabase/sql.(*DB).Query(0x1)\n":                          "db",
		"goroutine 1 [runnable]:\nmain.loop()\n":                                                "cpu",
		"goroutine 1 [GC assist wait]:\nmain.alloc()\n":                                         "gc",
		"goroutine 1 [syscall]:\nos.(*File).Write(0x1)\nfmt.Fprintf(0x1)\nfmt.Printf(0x1)\n":    "console",
		"goroutine 1 [syscall]:\nos.(*File).Write(0x1)\nlog.(*Logger).output(0x1)\n":            "console",
		"goroutine 1 [select (no cases)]:\nmain.x()\n":                                          "forever",
		"goroutine 1 [chan receive (nil chan)]:\nmain.x()\n":                                    "forever",
		"goroutine 1 [trace reader (blocked)]:\nmain.x()\n":                                     "unknown",
		"goroutine 1 [semacquire]:\nmain.x()\n":                                                 "wait",
	} {
		if got := loop.KindOf([]byte(stack)); got != want {
			t.Errorf("kind %q, want %q, of\n%s", got, want, stack)
		}
	}
}

func TestWithoutAFunctionTheWatchdogLogs(t *testing.T) {
	var buf bytes.Buffer
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewTextHandler(&buf, nil)))
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithWatchdog(time.Millisecond, nil))
		l.Post(func() { time.Sleep(10 * time.Millisecond) })
		run(t, l)
	})
	if !strings.Contains(buf.String(), "stall.kind=sleep") || !strings.Contains(buf.String(), "stall.callback=") {
		t.Errorf("logged %s", buf.String())
	}
}

func TestMetricsCountTurnsEventsAndCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithMetrics())
		turns := uint64(0)
		p := started(t, l.NewPrepare(func() { turns++ }))
		p.Unref()
		for range 5 {
			l.Post(func() {})
		}
		loop.QueueFunc(t.Context(), l, func(context.Context) error { time.Sleep(time.Second); return nil }, func(error) {})
		run(t, l)
		m := l.Metrics()
		if m.Turns != turns || m.Events != 6 || m.EventsWaiting != 5 {
			t.Errorf("%d turns, %d events, %d waiting; want %d, 6, 5", m.Turns, m.Events, m.EventsWaiting, turns)
		}
		if want := 6 + turns; m.Callbacks != want || m.Run.Count != want {
			t.Errorf("%d callbacks, %d measured, want %d", m.Callbacks, m.Run.Count, want)
		}
		if m.Idle != time.Second || m.Busy != 0 {
			t.Errorf("idle %v and busy %v, want 1s and 0", m.Idle, m.Busy)
		}
	})
}

func TestIdleTimeIsZeroWhileTheLoopSpinsAndUtilizationIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithMetrics())
		if m := l.Metrics(); m.Idle != 0 || m.Busy != 0 || m.Utilization() != 0 {
			t.Errorf("before Run: idle %v, busy %v, utilization %v", m.Idle, m.Busy, m.Utilization())
		}
		n := 0
		var spin func()
		spin = func() {
			time.Sleep(time.Millisecond)
			if n++; n < 100 {
				l.SetImmediate(spin)
				return
			}
			m := l.Metrics()
			if m.Idle != 0 || m.Busy != 100*time.Millisecond || m.Utilization() != 1 {
				t.Errorf("spinning: idle %v, busy %v, utilization %v", m.Idle, m.Busy, m.Utilization())
			}
		}
		l.SetImmediate(spin)
		run(t, l)
		time.Sleep(time.Hour) // between runs the loop is neither
		before := l.Metrics()
		l.SetTimeout(3*time.Second, func() { time.Sleep(time.Second) })
		run(t, l)
		m := l.Metrics().Sub(before)
		if m.Idle != 3*time.Second || m.Busy != time.Second || m.Utilization() != 0.25 || m.Callbacks != 1 {
			t.Errorf("since: idle %v, busy %v, utilization %v, %d callbacks", m.Idle, m.Busy, m.Utilization(), m.Callbacks)
		}
		if d := m.Run.Quantile(1); m.Run.Count != 1 || d < time.Second || d > 1190*time.Millisecond {
			t.Errorf("callbacks: %d, the longest took %v", m.Run.Count, d)
		}
	})
}

func TestMetricsMeasureDelayAndWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithMetrics())
		l.SetImmediate(func() {
			l.Post(func() {})
			time.Sleep(time.Second)
		})
		run(t, l)
		m := l.Metrics()
		for name, h := range map[string]loop.Histogram{"delay": m.Delay, "wait": m.Wait} {
			if d := h.Quantile(1); d < time.Second || d > 1190*time.Millisecond {
				t.Errorf("%s: up to %v, want 1s", name, d)
			}
		}
		if m.Wait.Count != 1 || m.Wait.Mean() != time.Second {
			t.Errorf("%d waits of %v, want one of 1s", m.Wait.Count, m.Wait.Mean())
		}
	})
}

func TestCallbackMetricsAreKeptByFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithMetrics())
		for range 3 {
			l.Post(func() { time.Sleep(time.Second) })
		}
		l.SetImmediate(func() {})
		loop.QueueFunc(t.Context(), l, func(context.Context) error { return nil }, func(error) { time.Sleep(time.Millisecond) })
		run(t, l)
		cs := l.CallbackMetrics()
		if len(cs) != 3 || cs[0].Run.Count != 3 || cs[0].Run.Sum != 3*time.Second || cs[1].Run.Sum != time.Millisecond {
			t.Fatalf("%d functions: %v", len(cs), cs)
		}
		for _, c := range cs {
			if !strings.Contains(c.Name, "TestCallbackMetricsAreKeptByFunction") || !strings.Contains(c.Name, "(observe_test.go:") {
				t.Errorf("a function is called %q", c.Name)
			}
		}
	})
}

func TestCallbackMetricsAreKeptByPlaceOfRegistrationWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithMetricsByOrigin())
		fn := func() { time.Sleep(time.Second) }
		for range 3 {
			l.Post(fn)
		}
		l.Post(fn)
		resolved := loop.Resolved(l, 0)
		loop.Finally(resolved, fn)
		run(t, l)
		cs := l.CallbackMetrics()
		if len(cs) != 3 || cs[0].Run.Count != 3 || cs[1].Run.Count != 1 || cs[2].Run.Count != 1 {
			t.Fatalf("one function from three places: %+v", cs)
		}
		lines := make(map[int]bool)
		for _, c := range cs {
			if c.Name != cs[0].Name || !strings.Contains(c.Registered, "/observe_test.go:") {
				t.Errorf("%q, registered at %q", c.Name, c.Registered)
			}
			lines[lineOf(t, c.Registered)-lineOf(t, c.Name)] = true
		}
		if !lines[2] || !lines[4] || !lines[6] {
			t.Errorf("registered that many lines behind the literal: %v, want 2, 4 and 6", lines)
		}
	})
}

// What runs behind a callback that takes a second has waited for a second.
func TestCallbackMetricsSayHowLongEachWaited(t *testing.T) {
	for name, queue := range map[string]func(t *testing.T, l *loop.Loop, fn func()){
		"post":      func(t *testing.T, l *loop.Loop, fn func()) { l.Post(fn) },
		"immediate": func(t *testing.T, l *loop.Loop, fn func()) { l.SetImmediate(fn) },
		"tick":      func(t *testing.T, l *loop.Loop, fn func()) { l.NextTick(fn) },
		"microtask": func(t *testing.T, l *loop.Loop, fn func()) { l.QueueMicrotask(fn) },
		"timer":     func(t *testing.T, l *loop.Loop, fn func()) { l.SetTimeout(0, fn) },
		"async":     func(t *testing.T, l *loop.Loop, fn func()) { a := l.NewAsync(fn); a.Unref(); a.Send() },
		"close":     func(t *testing.T, l *loop.Loop, fn func()) { w := l.NewIdle(fn); w.OnClose(fn); w.Close() },
		"promise":   func(t *testing.T, l *loop.Loop, fn func()) { loop.Finally(loop.Resolved(l, 0), fn) },
		"work": func(t *testing.T, l *loop.Loop, fn func()) {
			loop.QueueWork(t.Context(), l, func(context.Context) (int, error) { return 0, nil }, func(int, error) { fn() })
			synctest.Wait()
		},
		"refused work": func(t *testing.T, l *loop.Loop, fn func()) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			loop.QueueFunc(ctx, l, func(context.Context) error { return nil }, func(error) { fn() })
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := loop.New(loop.WithMetrics())
			ran := false
			l.SetTimeout(time.Second, func() {
				queue(t, l, func() { ran = true })
				time.Sleep(time.Second)
			})
			run(t, l)
			waits := 0
			for _, c := range l.CallbackMetrics() {
				if c.Wait.Sum == time.Second {
					waits++
				} else if c.Wait.Sum != 0 {
					t.Errorf("%s: %s has waited %v", name, c.Name, c.Wait.Sum)
				}
			}
			if waits != 1 || !ran {
				t.Errorf("%s: %d functions have waited a second, want 1", name, waits)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithMetrics())
		started(t, l.NewCheck(func() {})).Unref()
		l.Post(func() { time.Sleep(time.Second) })
		run(t, l)
		for _, c := range l.CallbackMetrics() {
			if want := uint64(2) - c.Run.Count; c.Run.Count == 2 && c.Wait.Count != want {
				t.Errorf("a watcher has waited %d times", c.Wait.Count)
			}
		}
	})
}

func TestExpVarIsJSONOfTheMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithMetrics())
		l.SetTimeout(3*time.Second, func() { time.Sleep(time.Second) })
		run(t, l)
		var v expvar.Var = l.ExpVar()
		var got struct {
			Turns       int
			Busy        time.Duration
			Utilization float64
			ByCallback  []struct {
				Name string
				Run  struct{ Count, Max int }
			}
		}
		if err := json.Unmarshal([]byte(v.String()), &got); err != nil {
			t.Fatalf("%v in %s", err, v)
		}
		if got.Turns != 1 || got.Busy != time.Second || got.Utilization != 0.25 || len(got.ByCallback) != 1 ||
			got.ByCallback[0].Run.Count != 1 || got.ByCallback[0].Run.Max < int(time.Second) {
			t.Errorf("got %+v of %s", got, v)
		}
		if text := loop.New().ExpVar().String(); !json.Valid([]byte(text)) {
			t.Errorf("without metrics: %s", text)
		}
	})
}

func TestWithoutMetricsThereAreNone(t *testing.T) {
	l := loop.New()
	l.Post(func() {})
	run(t, l)
	if m := l.Metrics(); m != (loop.Metrics{}) || l.CallbackMetrics() != nil {
		t.Errorf("metrics %v", m)
	}
}

func TestAQuantileIsNotBelowAndAtMostAFifthAboveTheTruth(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 3, 4, 7, 8, 15, 16, 17, 1000, 12345, time.Millisecond, time.Second, time.Hour} {
		h := loop.HistogramOf(d)
		if got := h.Quantile(1); got < d || float64(got) > 1.19*float64(d) {
			t.Errorf("of one %v: %v", d, got)
		}
	}
	h := loop.HistogramOf(1, 2, 3, 100, 100)
	for q, want := range map[float64]time.Duration{0.2: 1, 0.4: 2, 0.5: 3, 0.6: 3, 0.99: 111, 1: 111} {
		if got := h.Quantile(q); got != want {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
	if h := loop.HistogramOf(); h.Quantile(0.5) != 0 || h.Mean() != 0 {
		t.Error("an empty histogram has a quantile or a mean")
	}
	if text, err := json.Marshal(h); err != nil || string(text) != `{"count":5,"max":111,"mean":41,"p50":3,"p99":111}` {
		t.Errorf("as JSON: %s, %v", text, err)
	}
	h = loop.HistogramOf(-time.Second, 1000*time.Hour)
	if got := h.Quantile(1); got < time.Hour {
		t.Errorf("1000h count as %v", got)
	}
}

func TestLabelsTellCallbacksApartInProfiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithLabels())
		l.Post(func() {
			var buf bytes.Buffer
			pprof.Lookup("goroutine").WriteTo(&buf, 1)
			if !strings.Contains(buf.String(), `"callback":"github.com/loopvet/loopvet/runtime/loop_test.TestLabels`) {
				t.Errorf("no label in\n%s", buf.String())
			}
		})
		run(t, l)
		var buf bytes.Buffer
		pprof.Lookup("goroutine").WriteTo(&buf, 1)
		if strings.Contains(buf.String(), `"callback"`) {
			t.Errorf("the label outlived the callback:\n%s", buf.String())
		}
	})
}

func TestLabelsStandBesideThoseOfRunsContextAndLeaveThemBehind(t *testing.T) {
	l := loop.New(loop.WithLabels())
	pprof.Do(t.Context(), pprof.Labels("server", "one"), func(ctx context.Context) {
		var during, after bytes.Buffer
		l.Post(func() { pprof.Lookup("goroutine").WriteTo(&during, 1) })
		if err := l.Run(ctx); err != nil {
			t.Error(err)
		}
		pprof.Lookup("goroutine").WriteTo(&after, 1)
		if !strings.Contains(during.String(), `"callback":"github.com/loopvet/loopvet/runtime/loop_test.TestLabelsStand`) ||
			!strings.Contains(during.String(), `"server":"one"`) {
			t.Errorf("while the callback ran:\n%s", during.String())
		}
		if strings.Contains(after.String(), `"callback"`) || !strings.Contains(after.String(), `"server":"one"`) {
			t.Errorf("after Run:\n%s", after.String())
		}
	})
}

func TestRecordsOfACallbackHaveItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var buf bytes.Buffer
		log := slog.New(loop.LogHandler(slog.NewTextHandler(&buf, nil))).With("a", 1).WithGroup("g")
		lines := func(l *loop.Loop) []string {
			type key struct{}
			buf.Reset()
			l.Post(func() { log.InfoContext(l.Context(), "posted") })
			ctx := context.WithValue(t.Context(), key{}, 7)
			loop.QueueFunc(ctx, l, func(context.Context) error { return nil }, func(error) {
				log.InfoContext(l.Context(), "after")
				if l.Context().Value(key{}) != 7 {
					t.Error("the request's values are lost")
				}
				l.Post(func() { log.Info("plain") })
			})
			l.SetTimeout(time.Second, func() { // the context of the callback that queued it
				loop.QueueFunc(l.Context(), l, func(ctx context.Context) error {
					log.InfoContext(ctx, "work")
					return nil
				}, func(error) {})
			})
			run(t, l)
			log.InfoContext(l.Context(), "outside")
			return strings.Split(strings.TrimSpace(buf.String()), "\n")
		}
		got := lines(loop.New(loop.WithLabels()))
		for i, want := range []string{"posted", "after", "plain", "work", "outside"} {
			named := strings.Contains(got[i], "a=1 g.callback=\"github.com/loopvet/loopvet/runtime/loop_test.TestRecords")
			if !strings.Contains(got[i], "msg="+want) || named != (want != "plain" && want != "outside") {
				t.Errorf("%s: %s", want, got[i])
			}
		}
		for _, line := range lines(loop.New()) {
			if strings.Contains(line, "callback") {
				t.Errorf("without the option: %s", line)
			}
		}
	})
}

// A file is what a trace is written to.
type file struct {
	bytes.Buffer
	closed bool
	err    error
}

func (f *file) Close() error {
	f.closed = true
	return f.err
}

func TestAStallsTraceIsWrittenOnce(t *testing.T) {
	rec := tracing.NewFlightRecorder(tracing.FlightRecorderConfig{})
	if err := rec.Start(); err != nil {
		t.Fatal(err)
	}
	defer rec.Stop()
	var f file
	files := 0
	var reported, asked *loop.Stall
	create := func(s *loop.Stall) (io.WriteCloser, error) {
		asked = s
		files++
		return &f, nil
	}
	traced := make(chan struct{})
	l := loop.New(loop.WithWatchdog(4*time.Millisecond, func(s *loop.Stall) {
		reported = s
		close(traced)
	}), loop.WithFlightRecorder(rec, create))
	l.Post(func() { <-traced })
	run(t, l) // ends after the watchdog's report
	if files != 1 || !f.closed || asked != reported || asked == nil {
		t.Errorf("%d files, closed: %v", files, f.closed)
	}
	if !bytes.HasPrefix(f.Bytes(), []byte("go 1.")) {
		t.Errorf("%d bytes that are no trace", f.Len())
	}
}

func TestATraceThatCannotBeWrittenIsLogged(t *testing.T) {
	for name, create := range map[string]func(*loop.Stall) (io.WriteCloser, error){
		"create": func(*loop.Stall) (io.WriteCloser, error) { return nil, errors.New("no room") },
		"write":  func(*loop.Stall) (io.WriteCloser, error) { return &file{err: errors.New("no room")}, nil },
	} {
		var buf bytes.Buffer
		func() {
			defer slog.SetDefault(slog.Default())
			slog.SetDefault(slog.New(slog.NewTextHandler(&buf, nil)))
			rec := tracing.NewFlightRecorder(tracing.FlightRecorderConfig{}) // not started
			if name == "write" {
				if err := rec.Start(); err != nil {
					t.Fatal(err)
				}
				defer rec.Stop()
			}
			traced := make(chan struct{})
			l := loop.New(loop.WithWatchdog(4*time.Millisecond, func(*loop.Stall) { close(traced) }),
				loop.WithFlightRecorder(rec, create))
			l.Post(func() { <-traced })
			run(t, l)
		}()
		if !strings.Contains(buf.String(), "no room") {
			t.Errorf("%s: logged %q", name, buf.String())
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a loop without a watchdog took a recorder")
		}
	}()
	loop.New(loop.WithFlightRecorder(new(tracing.FlightRecorder), func(*loop.Stall) (io.WriteCloser, error) { return nil, nil }))
}

func TestTheTickBudgetIsReportedOncePerChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reports []loop.Starvation
		l := loop.New(loop.WithTickBudget(100, func(s loop.Starvation) { reports = append(reports, s) }))
		n := 0
		var tick func()
		tick = func() {
			if n++; n%101 != 0 {
				l.QueueMicrotask(tick)
			}
		}
		for range 2 {
			l.SetImmediate(tick) // and 100 microtasks: within the budget
		}
		run(t, l)
		if len(reports) != 0 {
			t.Errorf("reported %v within the budget", reports)
		}
		n = 0
		l.NextTick(tick) // 101 of them
		run(t, l)
		if len(reports) != 1 || reports[0].Count != 100 || reports[0].Registered != "" ||
			!strings.Contains(reports[0].Func, "TestTheTickBudget") {
			t.Errorf("reports %v, want one", reports)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var reports []loop.Starvation
		l := loop.New(loop.WithOrigins(), loop.WithTickBudget(1, func(s loop.Starvation) { reports = append(reports, s) }))
		l.NextTick(func() {})
		l.NextTick(func() {})
		run(t, l)
		if len(reports) != 1 || lineOf(t, reports[0].Registered) != lineOf(t, reports[0].Func) {
			t.Errorf("with origins: %+v", reports)
		}
	})
}

func TestDebugReportsALoopOnlyCallFromAnotherGoroutineWithBothStacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []*loop.Misuse
		l := loop.New(loop.WithDebug(func(m *loop.Misuse) {
			got = append(got, m)
			panic("stop here")
		}))
		l.SetTimeout(0, func() {})
		l.Post(func() {
			l.NextTick(func() {})
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { recover() }()
				l.SetTimeout(time.Second, func() { t.Error("armed by another goroutine") })
			}()
			<-done
		})
		run(t, l)
		if len(got) != 1 || got[0].Method != "loop.(*Loop).SetTimeout" {
			t.Fatalf("reports %v, want one of SetTimeout", got)
		}
		if !bytes.Contains(got[0].Stack, []byte("SetTimeout")) || !bytes.Contains(got[0].LoopStack, []byte("loop.(*Loop).Run")) {
			t.Errorf("stacks\n%s\n\n%s", got[0].Stack, got[0].LoopStack)
		}
		l.SetTimeout(0, func() {}) // between runs anyone may own the loop
		run(t, l)
	})
}

func TestPostIsRefusedAtItsLimitAndNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		l := loop.New(loop.WithPostLimit(2))
		fn := func() { n++ }
		for i, want := range []error{nil, nil, loop.ErrFull} {
			if err := l.Post(fn); err != want {
				t.Errorf("post %d: %v, want %v", i, err, want)
			}
		}
		loop.QueueFunc(t.Context(), l, func(context.Context) error { return nil }, func(error) { n++ })
		run(t, l)
		if n != 3 {
			t.Errorf("%d callbacks ran, want 3", n)
		}
		if err := l.Post(fn); err != nil {
			t.Errorf("after the queue was emptied: %v", err)
		}
		run(t, l)
	})
}

func TestWithOSThreadTheLoopRunsOnOneThread(t *testing.T) {
	if _, err := os.Stat("/proc/thread-self"); errors.Is(err, os.ErrNotExist) {
		t.Skip("no /proc/thread-self")
	}
	l := loop.New(loop.WithOSThread())
	threads := make(map[string]bool)
	for i := range 20 {
		l.SetTimeout(time.Duration(i)*time.Millisecond, func() {
			thread, err := os.Readlink("/proc/thread-self")
			if err != nil {
				t.Error(err)
			}
			threads[thread] = true
		})
	}
	run(t, l)
	if len(threads) != 1 {
		t.Errorf("callbacks ran on %d threads", len(threads))
	}
}
