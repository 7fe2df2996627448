package loop_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func TestCloseClosesWhatIsOpenAndDeliversWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := saturated(t)
		l.SetTimeout(time.Hour, tr.add("timer")).OnClose(tr.add("timer-closed"))
		w := started(t, l.NewIdle(tr.add("idle")))
		w.OnClose(func() {
			tr.log("idle-closed")
			l.SetTimeout(1, tr.add("late timer"))
		})
		loop.QueueFunc(t.Context(), l, func(context.Context) error { return nil }, func(err error) {
			tr.log(err.Error())
		})
		l.Hold()
		l.Post(tr.add("post"))
		if err := l.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
		tr.want(t, "post context canceled idle-closed timer-closed")
		if err := l.Post(func() {}); !errors.Is(err, loop.ErrClosed) {
			t.Errorf("Post: %v, want ErrClosed", err)
		}
	})
}

func TestCloseSaysWhatKeepsItWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithOrigins())
		delivered := false
		loop.QueueFunc(t.Context(), l, func(context.Context) error {
			time.Sleep(time.Minute) // deaf to its context
			return nil
		}, func(error) { delivered = true })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := l.Close(ctx)
		var leak *loop.LeakError
		if !errors.Is(err, loop.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &leak) {
			t.Fatalf("Close: %v, want a LeakError of ErrBusy and the context's error", err)
		}
		if len(leak.Leaks) != 1 || leak.Leaks[0].Kind != "request" || leak.Leaks[0].Age != time.Second {
			t.Errorf("leaks: %v, want one request of 1s", leak.Leaks)
		}
		if !strings.Contains(err.Error(), "close_test.go:") {
			t.Errorf("the report does not name the line of the request: %v", err)
		}
		if delivered {
			t.Error("the request was delivered")
		}
		if err := l.Close(t.Context()); err != nil || !delivered {
			t.Errorf("second Close: %v, request delivered: %v", err, delivered)
		}
	})
}

func TestCloseIsRefusedWhileTheLoopRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		l.SetImmediate(func() {
			if err := l.Close(t.Context()); !errors.Is(err, loop.ErrRunning) {
				t.Errorf("Close from a callback: %v, want ErrRunning", err)
			}
		})
		run(t, l)
	})
}

func TestLeaksListsOpenHandlesWithTheirStateAgeAndOrigin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithOrigins())
		l.NewPrepare(func() {})
		l.NewAsync(func() {}).Close()
		l.SetTimeout(time.Hour, func() {})
		time.Sleep(time.Second)
		var got []string
		for _, leak := range l.Leaks() {
			if leak.Age != time.Second || !strings.Contains(leak.Origin, "close_test.go:") {
				t.Errorf("%v: age %v, origin %q", leak, leak.Age, leak.Origin)
			}
			got = append(got, leak.Kind+" "+leak.State)
		}
		if s := strings.Join(got, ", "); s != "watcher inactive, async closing, timer active" {
			t.Errorf("leaks: %s", s)
		}
		l.Close(t.Context())
		if leaks := l.Leaks(); len(leaks) != 0 {
			t.Errorf("after Close: %v", leaks)
		}

		plain := loop.New()
		plain.NewPrepare(func() {})
		if s := plain.Leaks()[0].String(); s != "watcher (inactive)" {
			t.Errorf("without origins: %q", s)
		}
	})
}
