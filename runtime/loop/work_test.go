package loop_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

func goexit() { runtime.Goexit() }

// saturated returns a loop with a pool of one worker that is busy for a second.
func saturated(t *testing.T, opts ...loop.Option) *loop.Loop {
	p := pool.New(1)
	t.Cleanup(func() { p.Close(context.Background()) })
	p.Start(new(pool.Task), func() { time.Sleep(time.Second) })
	return loop.New(append(opts, loop.WithPool(p))...)
}

func TestWorkRunsOffTheLoopAndItsResultArrivesOnIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		loop.QueueWork(t.Context(), l, func(context.Context) (string, error) {
			time.Sleep(time.Second)
			return "value", errors.New("error")
		}, func(s string, err error) {
			tr.log(s)
			tr.log(err.Error())
		})
		l.SetTimeout(time.Millisecond, tr.add("timer"))
		if !l.Alive() {
			t.Error("a loop with a request in flight is not alive")
		}
		run(t, l)
		tr.want(t, "timer value error")
	})
}

func TestCancelOfQueuedWorkAnswersLaterAndTheWorkNeverRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := saturated(t)
		var errs []error
		var reqs []*loop.Request
		for range 16 {
			reqs = append(reqs, loop.QueueFunc(t.Context(), l,
				func(context.Context) error { t.Error("cancelled work ran"); return nil },
				func(err error) { errs = append(errs, err) }))
		}
		for _, r := range reqs {
			if err := r.Cancel(); err != nil {
				t.Errorf("Cancel of queued work: %v", err)
			}
			if err := r.Cancel(); !errors.Is(err, loop.ErrBusy) {
				t.Errorf("second Cancel: %v, want ErrBusy", err)
			}
		}
		if len(errs) != 0 {
			t.Error("a callback ran inside Cancel")
		}
		run(t, l)
		if len(errs) != 16 || slices.ContainsFunc(errs, func(err error) bool { return err != loop.ErrCanceled }) {
			t.Errorf("callbacks got %v, want 16 times ErrCanceled", errs)
		}
	})
}

func TestCancelOfRunningWorkIsBusyAndItsResultIsDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		var got error
		r := loop.QueueFunc(t.Context(), l, func(ctx context.Context) error {
			<-ctx.Done()
			return errors.New("own error")
		}, func(err error) { got = err })
		synctest.Wait()
		if err := r.Cancel(); !errors.Is(err, loop.ErrBusy) {
			t.Errorf("Cancel of running work: %v, want ErrBusy", err)
		}
		run(t, l)
		if got == nil || got.Error() != "own error" {
			t.Errorf("after got %v, want what work returned", got)
		}
	})
}

func TestWorkThatIsQueuedWhenItsContextEndsNeverRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := saturated(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var got error
		after := func(err error) { got = err }
		never := func(context.Context) error { t.Error("work ran"); return nil }
		loop.QueueFunc(ctx, l, never, after)
		run(t, l)
		if got != context.DeadlineExceeded {
			t.Errorf("after got %v, want the context's error", got)
		}

		got = nil
		loop.QueueFunc(ctx, l, never, after)
		if got != nil {
			t.Error("a callback ran inside QueueFunc")
		}
		run(t, l)
		if got != context.DeadlineExceeded {
			t.Errorf("with a context that had ended after got %v, want its error", got)
		}
	})
}

func TestTheEndOfRunsContextCancelsWorkAndTheNextRunDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		var got error
		loop.QueueFunc(context.Background(), l, func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}, func(err error) { got = err })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Run(ctx); err != context.DeadlineExceeded {
			t.Errorf("Run: %v, want the context's error", err)
		}
		if got != nil {
			t.Error("after ran although Run's context had ended")
		}
		run(t, l)
		if got != context.Canceled {
			t.Errorf("after got %v, want ErrCanceled", got)
		}
	})
}

func TestTheContextsValuesReachWorkAndCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		ctx := context.WithValue(t.Context(), key{}, "value")
		l := loop.New()
		loop.QueueFunc(ctx, l, func(ctx context.Context) error {
			if ctx.Value(key{}) != "value" {
				t.Error("work does not see the value")
			}
			return nil
		}, func(error) {
			if l.Context().Value(key{}) != "value" {
				t.Error("after does not see the value")
			}
			l.SetImmediate(func() {
				if l.Context() != t.Context() {
					t.Error("an immediate sees another context than Run's")
				}
			})
		})
		run(t, l)
	})
}

func TestAPanicInWorkReachesTheHandlerAndTheCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New(loop.WithPanicHandler(func(e *loop.PanicError) { tr.log("E:" + e.Value.(string)) }))
		for range 8 {
			loop.QueueFunc(t.Context(), l, func(context.Context) error { panic("work") }, func(err error) {
				var e *loop.PanicError
				if !errors.As(err, &e) || e.Value != "work" || len(e.Stack) == 0 {
					t.Errorf("after got %v, want a PanicError with a stack", err)
				}
				tr.log("after")
			})
			run(t, l)
		}
		if len(tr) != 16 || tr[0] != "E:work" || tr[1] != "after" {
			t.Errorf("trace %q, want the handler and then the callback, 8 times", tr)
		}
	})
}

func TestGoexitInWorkIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New()
		n := 0
		for range 8 {
			loop.QueueFunc(t.Context(), l, func(context.Context) error { goexit(); return nil }, func(err error) {
				var e *loop.PanicError
				if !errors.As(err, &e) || !e.Goexit {
					t.Errorf("after got %v, want a PanicError that says Goexit", err)
				}
				n++
			})
		}
		run(t, l)
		if n != 8 {
			t.Errorf("%d callbacks ran, want 8", n)
		}
	})
}

func TestWorkThatThePoolRefusesComesBackByACallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := pool.New(1)
		closed.Close(t.Context())
		l := loop.New()
		var got error
		loop.QueueFunc(t.Context(), l, func(context.Context) error { return nil },
			func(err error) { got = err }, loop.OnPool(closed))
		if got != nil {
			t.Error("the callback ran inside QueueFunc")
		}
		run(t, l)
		if !errors.Is(got, pool.ErrClosed) {
			t.Errorf("after got %v, want pool.ErrClosed", got)
		}
	})
}

func TestTheContextOfWorkEndsWithTheRequestAndSoDoThoseDerivedFromIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		p := pool.New(4)
		defer p.Close(context.Background())
		l := loop.New(loop.WithPool(p))
		parent, cancelParent := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), time.Hour)
		var reqs []*loop.Request
		start := func(work func(ctx context.Context)) {
			reqs = append(reqs, loop.QueueFunc(parent, l, func(ctx context.Context) error {
				work(ctx)
				return nil
			}, func(error) {}))
		}
		start(func(ctx context.Context) {
			if _, ok := ctx.Deadline(); !ok || ctx.Value(key{}) != "value" || pool.Of(ctx) != p || ctx.Err() != nil {
				t.Error("the context lacks the parent's deadline or value, or the pool, or has ended")
			}
			time.Sleep(2 * time.Second) // cancelled meanwhile, and nobody has asked for Done
			if ctx.Err() != context.Canceled {
				t.Errorf("after Cancel: %v", ctx.Err())
			}
			if ctx.Value(key{}) != "value" || pool.Of(ctx) != p {
				t.Error("after Cancel the context lacks the parent's value or the pool")
			}
			<-ctx.Done()
		})
		start(func(ctx context.Context) {
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			if derived.Value(key{}) != "value" || pool.Of(derived) != p {
				t.Error("a derived context lacks the parent's value or the pool")
			}
			<-derived.Done()
			if derived.Err() != context.Canceled || ctx.Err() != context.Canceled {
				t.Errorf("after Cancel: %v and %v", derived.Err(), ctx.Err())
			}
		})
		time.Sleep(time.Second)
		for _, r := range reqs {
			r.Cancel()
		}
		start(func(ctx context.Context) {
			time.Sleep(2 * time.Hour)
			if ctx.Err() != context.DeadlineExceeded {
				t.Errorf("after the parent's deadline: %v", ctx.Err())
			}
			<-ctx.Done()
		})
		run(t, l)
		cancelParent()
	})
}

// A countingContext counts who waits for its end.
type countingContext struct {
	context.Context
	waiting int
}

func (c *countingContext) Value(any) any { return nil }

func (c *countingContext) AfterFunc(f func()) (stop func() bool) {
	c.waiting++
	return func() bool {
		c.waiting--
		return true
	}
}

func TestARequestThatIsDoneWaitsForItsContextNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := &countingContext{Context: t.Context()}
		l := loop.New()
		loop.QueueFunc(ctx, l, func(context.Context) error { return nil }, func(error) {})
		if ctx.waiting != 1 {
			t.Errorf("%d wait for the context of a request, want 1", ctx.waiting)
		}
		run(t, l)
		if ctx.waiting != 0 {
			t.Errorf("%d still wait for the context", ctx.waiting)
		}
	})
}
