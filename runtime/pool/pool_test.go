package pool_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/pool"
)

// inPool runs f in a bubble with a pool of k workers.
func inPool(t *testing.T, k int, f func(t *testing.T, p *pool.Pool), opts ...pool.Option) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(k, opts...)
		f(t, p)
		if err := p.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func TestTheEnvironmentSetsTheSizeAsLibuvReadsIt(t *testing.T) {
	for value, want := range map[string]int{
		"": 4, "7": 7, "0": 1, "-3": 1, "abc": 1, "5x": 5, " 6": 6, "+8": 8, "1025": 1024, "99999999999999999999": 1024,
	} {
		t.Setenv("UV_THREADPOOL_SIZE", value)
		p := pool.New(0)
		if p.Size() != want {
			t.Errorf("UV_THREADPOOL_SIZE=%q: %d workers, want %d", value, p.Size(), want)
		}
		t.Setenv("UV_THREADPOOL_SIZE", "9")
		if p.Size() != want {
			t.Errorf("the size followed the environment after the pool was made")
		}
		if n := pool.New(3).Size(); n != 3 {
			t.Errorf("New(3) has %d workers", n)
		}
	}
}

func TestAPoolRunsNoMoreTasksAtATimeThanItHasWorkers(t *testing.T) {
	inPool(t, 3, func(t *testing.T, p *pool.Pool) {
		var running, most atomic.Int32
		start := time.Now()
		var last *pool.Future[int]
		for range 12 {
			last = pool.Go(t.Context(), p, func(context.Context) (int, error) {
				n := running.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(time.Second)
				running.Add(-1)
				return 0, nil
			})
		}
		last.Wait(t.Context())
		if most.Load() != 3 || time.Since(start) != 4*time.Second {
			t.Errorf("12 tasks of 1s took %v with up to %d at a time, want 4s and 3", time.Since(start), most.Load())
		}
	})
}

func TestTasksStartInTheOrderInWhichTheyWereQueued(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		var got []int
		for i := range 100 {
			pool.Go(t.Context(), p, func(context.Context) (int, error) {
				got = append(got, i)
				return 0, nil
			})
		}
		p.Close(t.Context())
		if len(got) != 100 || !slices.IsSorted(got) {
			t.Errorf("tasks ran as %v", got)
		}
	})
}

func TestWaitReturnsTheResultEveryTime(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		f := pool.Go(t.Context(), p, func(context.Context) (string, error) {
			time.Sleep(time.Second)
			return "value", errors.New("error")
		})
		for range 2 {
			if v, err := f.Wait(t.Context()); v != "value" || err == nil || err.Error() != "error" {
				t.Errorf("Wait: %q, %v", v, err)
			}
		}
	})
}

func TestWaitEndsWithItsContextAndTheTaskGoesOn(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		f := pool.Go(t.Context(), p, func(context.Context) (int, error) {
			time.Sleep(time.Second)
			return 1, nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := f.Wait(ctx); err != context.DeadlineExceeded {
			t.Errorf("Wait: %v, want the context's error", err)
		}
		if v, err := f.Wait(t.Context()); v != 1 || err != nil {
			t.Errorf("Wait: %v, %v", v, err)
		}
	})
}

func TestAQueuedTaskEndsWithItsContext(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		busy := pool.Go(t.Context(), p, func(ctx context.Context) (int, error) {
			time.Sleep(time.Second)
			return 0, nil
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start := time.Now()
		never := func(context.Context) (int, error) { t.Error("work ran"); return 0, nil }
		f := pool.Go(ctx, p, never)
		if _, err := f.Wait(t.Context()); err != context.DeadlineExceeded || time.Since(start) != time.Millisecond {
			t.Errorf("Wait: %v after %v, want the context's error after 1ms", err, time.Since(start))
		}
		if _, err := pool.Go(ctx, p, never).Wait(t.Context()); err != context.DeadlineExceeded {
			t.Errorf("with a context that had ended: %v", err)
		}
		f = pool.Go(t.Context(), p, never)
		if err := f.Cancel(); err != nil {
			t.Errorf("Cancel of a queued task: %v", err)
		}
		if _, err := f.Wait(t.Context()); err != pool.ErrCanceled {
			t.Errorf("cancelled: %v, want ErrCanceled", err)
		}
		if err := busy.Cancel(); err != pool.ErrBusy {
			t.Errorf("Cancel of a running task: %v, want ErrBusy", err)
		}
	})
}

func TestTheContextOfARunningTaskEndsWithCancel(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		f := pool.Go(t.Context(), p, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 5, nil
		})
		synctest.Wait()
		f.Cancel()
		if v, err := f.Wait(t.Context()); v != 5 || err != nil {
			t.Errorf("Wait: %v, %v, want what work returned", v, err)
		}
	})
}

func TestAPanicInATaskReachesTheHandlerAndTheWorkersGoOn(t *testing.T) {
	var seen []*pool.PanicError
	handler := pool.WithPanicHandler(func(e *pool.PanicError) { seen = append(seen, e) })
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		boom := errors.New("boom")
		f := pool.Go(t.Context(), p, func(context.Context) (int, error) { panic(boom) })
		if _, err := f.Wait(t.Context()); !errors.Is(err, boom) {
			t.Errorf("Wait: %v, want the panic", err)
		}
		f = pool.Go(t.Context(), p, func(context.Context) (int, error) { runtime.Goexit(); return 0, nil })
		var e *pool.PanicError
		if _, err := f.Wait(t.Context()); !errors.As(err, &e) || !e.Goexit {
			t.Errorf("Wait: %v, want Goexit", err)
		}
		p.Start(new(pool.Task), func() { panic("bare") })
		f = pool.Go(t.Context(), p, func(context.Context) (int, error) { return 1, nil })
		if v, err := f.Wait(t.Context()); v != 1 || err != nil {
			t.Errorf("after panics: %v, %v", v, err)
		}
		if len(seen) != 3 || seen[0].Value != boom || !seen[1].Goexit || seen[2].Value != "bare" || len(seen[2].Stack) == 0 {
			t.Errorf("the handler saw %v", seen)
		}
	}, handler)
}

func TestGoexitIsAnErrorWithoutAHandlerToo(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		f := pool.Go(t.Context(), p, func(context.Context) (int, error) { runtime.Goexit(); return 0, nil })
		var e *pool.PanicError
		if _, err := f.Wait(t.Context()); !errors.As(err, &e) || !e.Goexit {
			t.Errorf("Wait: %v, want Goexit", err)
		}
		p.Start(new(pool.Task), runtime.Goexit)
		f = pool.Go(t.Context(), p, func(context.Context) (int, error) { return 1, nil })
		if v, err := f.Wait(t.Context()); v != 1 || err != nil {
			t.Errorf("after Goexit: %v, %v", v, err)
		}
	})
}

func TestAPoolThatIsShutDownOutlivesGoexit(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		ran := 0
		for range 3 {
			p.Start(new(pool.Task), func() {
				ran++
				runtime.Goexit()
			})
		}
		if err := p.Close(t.Context()); err != nil || ran != 3 {
			t.Errorf("Close: %v with %d tasks run, want 3", err, ran)
		}
	})
}

func TestCloseWaitsForWhatWasQueuedAndRefusesMore(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		ran := 0
		task := func() {
			time.Sleep(time.Second)
			ran++
		}
		p.Start(new(pool.Task), task)
		p.Start(new(pool.Task), task)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		err := p.Close(ctx)
		var left *pool.AbandonedError
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &left) || left.Queued != 1 || left.Running != 1 {
			t.Errorf("Close: %v, want the context's error, one task queued and one running", err)
		}
		if err := p.Start(new(pool.Task), task); err != pool.ErrClosed {
			t.Errorf("Start: %v, want ErrClosed", err)
		}
		if _, err := pool.Go(t.Context(), p, func(context.Context) (int, error) { return 0, nil }).Wait(t.Context()); err != pool.ErrClosed {
			t.Errorf("Go: %v, want ErrClosed", err)
		}
		if err := p.Close(t.Context()); err != nil || ran != 2 {
			t.Errorf("Close: %v with %d tasks run, want 2", err, ran)
		}
	})
}

func TestTrimEndsIdleWorkersAndLaterTasksStartNewOnes(t *testing.T) {
	inPool(t, 2, func(t *testing.T, p *pool.Pool) {
		one := func(context.Context) (int, error) { return 1, nil }
		pool.Go(t.Context(), p, one).Wait(t.Context())
		synctest.Wait()
		before := runtime.NumGoroutine()
		p.Trim()
		synctest.Wait()
		if n := runtime.NumGoroutine(); n != before-1 {
			t.Errorf("%d goroutines after Trim, want %d", n, before-1)
		}
		if v, err := pool.Go(t.Context(), p, one).Wait(t.Context()); v != 1 || err != nil {
			t.Errorf("after Trim: %v, %v", v, err)
		}
	})
}

func TestMistakesPanicAtTheCall(t *testing.T) {
	mustPanic := func(name string, f func()) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("%s did not panic", name)
			}
		}()
		f()
	}
	mustPanic("New(-1)", func() { pool.New(-1) })
	mustPanic("New(1025)", func() { pool.New(1025) })
	mustPanic("Start(nil)", func() { pool.New(1).Start(new(pool.Task), nil) })
	mustPanic("Go(nil)", func() { pool.Go[int](t.Context(), pool.New(1), nil) })
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		var task pool.Task
		p.Start(&task, func() { time.Sleep(time.Second) })
		mustPanic("second Start", func() { p.Start(&task, func() {}) })
	})
	if err := new(pool.Task).Cancel(); err != pool.ErrBusy {
		t.Errorf("Cancel of a task that was never started: %v", err)
	}
}

// A countingContext counts who waits for its end.
type countingContext struct {
	context.Context
	waiting atomic.Int32
}

func (c *countingContext) Value(any) any { return nil }

func (c *countingContext) AfterFunc(f func()) (stop func() bool) {
	c.waiting.Add(1)
	return func() bool {
		c.waiting.Add(-1)
		return true
	}
}

func TestAFutureThatIsDoneWaitsForItsContextNoLonger(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		ctx := &countingContext{Context: t.Context()}
		f := pool.Go(ctx, p, func(context.Context) (int, error) {
			time.Sleep(time.Second)
			return 0, nil
		})
		if n := ctx.waiting.Load(); n == 0 {
			t.Error("nobody waits for the context of a task")
		}
		f.Wait(t.Context())
		synctest.Wait()
		if n := ctx.waiting.Load(); n != 0 {
			t.Errorf("%d still wait for the context", n)
		}
	})
}
