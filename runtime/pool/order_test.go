package pool_test

import (
	"context"
	"errors"
	"expvar"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/pool"
)

// busy occupies n workers of p for a second.
func busy(p *pool.Pool, n int) {
	for range n {
		p.Start(new(pool.Task), func() { time.Sleep(time.Second) })
	}
	synctest.Wait()
}

func TestSlowIOLeavesWorkersToWhatIsBehindIt(t *testing.T) {
	for k, limit := range map[int]int{1: 1, 2: 1, 3: 2, 4: 2, 5: 3} {
		inPool(t, k, func(t *testing.T, p *pool.Pool) {
			for range 2 * k {
				p.TrySubmit(func() { time.Sleep(time.Minute) }, pool.InClass(pool.SlowIO))
			}
			fast := 0
			if k > 1 {
				p.TrySubmit(func() { fast++ })
			}
			synctest.Wait()
			if n := p.Stats().Running[pool.SlowIO]; n != limit {
				t.Errorf("%d workers run %d slow tasks at a time, want %d", k, n, limit)
			}
			if k > 1 && fast != 1 {
				t.Errorf("%d workers: the task behind the slow ones did not run", k)
			}
		})
	}
}

func TestCancelOfTheLastSlowTaskDoesNotWedgeTheQueue(t *testing.T) {
	inPool(t, 2, func(t *testing.T, p *pool.Pool) {
		p.TrySubmit(func() { time.Sleep(time.Second) }, pool.InClass(pool.SlowIO))
		var last pool.Task
		p.Start(&last, func() { t.Error("a cancelled task ran") }, pool.InClass(pool.SlowIO))
		synctest.Wait()
		if err := last.Cancel(); err != nil {
			t.Errorf("Cancel: %v", err)
		}
		ran := 0
		p.TrySubmit(func() { ran++ })
		p.TrySubmit(func() { ran++ }, pool.InClass(pool.SlowIO))
		p.Close(t.Context())
		if ran != 2 {
			t.Errorf("%d of 2 tasks ran", ran)
		}
	})
}

func TestPriorityOvertakesABoundedNumberOfTasks(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		busy(p, 1)
		var order []string
		add := func(name string, priority int) {
			p.TrySubmit(func() { order = append(order, name) }, pool.WithPriority(priority))
		}
		add("first", 0)
		for range 20 {
			add("-", 0)
		}
		add("urgent", 1)
		add("most urgent", 2)
		add("low", -1)
		for range 20 {
			add(".", 0)
		}
		p.Close(t.Context())
		// An urgent task passes the 15 right before it and a low one lets 15
		// pass: the 16th came before by more.
		at := func(name string) int { return slices.Index(order, name) }
		if at("most urgent") != 0 || at("first") != 1 || at("urgent") < 6 || at("urgent") > 8 {
			t.Errorf("order %q", order)
		}
		if n := strings.Count(strings.Join(order[:at("low")], ""), "."); n != 15 && n != 16 {
			t.Errorf("%d tasks passed the low one, want 16 at most", n)
		}
	})
}

func TestUrgentTasksDoNotStarveTheOthers(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		busy(p, 1)
		done, passed := false, 0 // the one worker's
		p.TrySubmit(func() { done = true })
		var again func()
		again = func() {
			if passed++; !done {
				p.TrySubmit(again, pool.WithPriority(100))
			}
		}
		p.TrySubmit(again, pool.WithPriority(100))
		time.Sleep(time.Second)
		p.Close(t.Context())
		if !done {
			t.Error("the task without priority did not run")
		}
		if passed > 100*16+1 {
			t.Errorf("%d urgent tasks passed the one without priority", passed)
		}
	})
}

func TestAStrandRunsItsTasksOneAtATimeInOrder(t *testing.T) {
	inPool(t, 4, func(t *testing.T, p *pool.Pool) {
		var strand pool.Strand
		var order []int // not guarded: the strand is
		start := time.Now()
		for i := range 10 {
			pool.Go(t.Context(), p, func(context.Context) (int, error) {
				time.Sleep(time.Second)
				order = append(order, i)
				return 0, nil
			}, pool.OnStrand(&strand))
		}
		other := pool.Go(t.Context(), p, func(context.Context) (int, error) { return 0, nil })
		other.Wait(t.Context())
		if d := time.Since(start); d != 0 {
			t.Errorf("a task beside the strand waited %v", d)
		}
		p.Close(t.Context())
		if len(order) != 10 || !slices.IsSorted(order) || time.Since(start) != 10*time.Second {
			t.Errorf("ran %v in %v, want 10 in order in 10s", order, time.Since(start))
		}
	})
}

func TestCancelOnAStrandLetsTheNextRun(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		busy(p, 1)
		var strand pool.Strand
		var tasks [4]pool.Task
		var ran []int
		for i := range tasks {
			p.Start(&tasks[i], func() { ran = append(ran, i) }, pool.OnStrand(&strand))
		}
		for _, i := range []int{0, 2} {
			if err := tasks[i].Cancel(); err != nil {
				t.Errorf("Cancel of task %d: %v", i, err)
			}
		}
		p.Close(t.Context())
		if !slices.Equal(ran, []int{1, 3}) {
			t.Errorf("tasks %v ran, want 1 and 3", ran)
		}
	})
}

func TestABoundedQueueRefusesWhatItHasNoRoomFor(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		busy(p, 1)
		var strand pool.Strand
		var task pool.Task
		if err := p.Start(&task, func() {}, pool.OnStrand(&strand)); err != nil {
			t.Errorf("first: %v", err)
		}
		if err := p.TrySubmit(func() {}, pool.OnStrand(&strand)); err != nil {
			t.Errorf("second: %v", err)
		}
		if err := p.TrySubmit(func() {}); err != pool.ErrFull {
			t.Errorf("third: %v, want ErrFull", err)
		}
		if _, err := pool.Go(t.Context(), p, func(context.Context) (int, error) { return 0, nil }).Wait(t.Context()); err != pool.ErrFull {
			t.Errorf("Go: %v, want ErrFull", err)
		}
		task.Cancel()
		if err := p.TrySubmit(func() {}); err != nil {
			t.Errorf("after Cancel: %v", err)
		}
	}, pool.WithQueueLimit(2))
}

func TestSubmitWaitsForRoom(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		busy(p, 1)
		start := time.Now()
		for range 3 {
			if err := p.Submit(t.Context(), func() { time.Sleep(time.Second) }); err != nil {
				t.Errorf("Submit: %v", err)
			}
		}
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("three submits took %v, want 2s", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := p.Submit(ctx, func() { t.Error("ran") }); err != context.DeadlineExceeded {
			t.Errorf("Submit: %v, want the context's error", err)
		}
		go p.Shutdown()
		start = time.Now()
		if err := p.Submit(t.Context(), func() { t.Error("ran") }); err != pool.ErrClosed || time.Since(start) != 0 {
			t.Errorf("Submit to a pool that is shut down meanwhile: %v after %v, want ErrClosed at once", err, time.Since(start))
		}
	}, pool.WithQueueLimit(1))
}

func TestATaskDoesNotGetToWaitForItsOwnPool(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		one := func(context.Context) (int, error) { return 1, nil }
		f := pool.Go(t.Context(), p, func(ctx context.Context) (int, error) {
			inner := pool.Go(ctx, p, one)
			if _, err := inner.Wait(ctx); err != pool.ErrDeadlock {
				t.Errorf("Wait in a task: %v, want ErrDeadlock", err)
			}
			if err := p.Submit(ctx, func() {}); err != pool.ErrDeadlock {
				t.Errorf("Submit in a task: %v, want ErrDeadlock", err)
			}
			other := pool.New(1)
			defer other.Close(ctx)
			if v, err := pool.Go(ctx, other, one).Wait(ctx); v != 1 || err != nil {
				t.Errorf("Wait for another pool: %v, %v", v, err)
			}
			pool.Blocking(ctx, func(ctx context.Context) {
				if v, err := inner.Wait(ctx); v != 1 || err != nil {
					t.Errorf("Wait in Blocking: %v, %v", v, err)
				}
			})
			return 2, nil
		})
		if v, err := f.Wait(t.Context()); v != 2 || err != nil {
			t.Errorf("Wait: %v, %v", v, err)
		}
	}, pool.WithQueueLimit(1))
}

func TestATaskThatPassesAnotherContextDoesNotGetToWaitForRoomEither(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		other := pool.New(1, pool.WithQueueLimit(1))
		defer other.Close(t.Context())
		f := pool.Go(t.Context(), p, func(ctx context.Context) (int, error) {
			p.TrySubmit(func() {})
			if err := p.Submit(context.Background(), func() {}); err != pool.ErrDeadlock {
				t.Errorf("Submit in a task: %v, want ErrDeadlock", err)
			}
			for range 3 { // the second or third waits
				if err := other.Submit(context.Background(), func() { time.Sleep(time.Second) }); err != nil {
					t.Errorf("Submit to another pool: %v", err)
				}
			}
			pool.Blocking(ctx, func(context.Context) {
				for range 3 {
					if err := p.Submit(context.Background(), func() { time.Sleep(time.Second) }); err != nil {
						t.Errorf("Submit in Blocking: %v", err)
					}
				}
			})
			return 2, nil
		})
		if v, err := f.Wait(t.Context()); v != 2 || err != nil {
			t.Errorf("Wait: %v, %v", v, err)
		}
		time.Sleep(time.Minute)
		p.Trim()
		synctest.Wait()
		if n := p.Identified(); n != 0 {
			t.Errorf("%d workers that have ended are still known", n)
		}
		for range 3 { // this goroutine is no worker, whoever was
			if err := p.Submit(t.Context(), func() { time.Sleep(time.Second) }); err != nil {
				t.Errorf("Submit from outside: %v", err)
			}
		}
	}, pool.WithQueueLimit(1))
}

func TestBlockingLendsTheOthersAWorkerAndTakesItBack(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		ran := false
		f := pool.Go(t.Context(), p, func(ctx context.Context) (int, error) {
			p.TrySubmit(func() { ran = true })
			pool.Blocking(ctx, func(context.Context) { time.Sleep(time.Second) })
			if !ran {
				t.Error("the other task did not run meanwhile")
			}
			return 0, nil
		})
		f.Wait(t.Context())
		synctest.Wait()
		if s := p.Stats(); s.Workers != 1 {
			t.Errorf("%d workers are left, want 1", s.Workers)
		}
	})
	called := false
	pool.Blocking(t.Context(), func(context.Context) { called = true })
	if !called {
		t.Error("Blocking outside a task did not call the function")
	}
}

func TestResizeStartsAndEndsWorkersWhileTasksRun(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		for range 8 {
			p.TrySubmit(func() { time.Sleep(time.Second) })
		}
		running := func(want int) {
			t.Helper()
			synctest.Wait()
			if s := p.Stats(); s.Running[pool.FastIO] != want || s.Workers != want {
				t.Errorf("%d tasks run on %d workers, want %d", s.Running, s.Workers, want)
			}
		}
		running(1)
		p.Resize(4)
		running(4)
		p.Resize(2)
		running(4)
		time.Sleep(time.Second)
		running(2)
		time.Sleep(time.Minute)
		p.Resize(1)
		if s := p.Stats(); s.Workers != 1 || s.Idle != 1 || s.Size != 1 {
			t.Errorf("idle pool of 1: %+v", s)
		}
	})
}

func TestStatsCountTasksAndTheirTimesByClass(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		p.TrySubmit(func() { time.Sleep(time.Second) }, pool.InClass(pool.CPU))
		p.TrySubmit(func() { time.Sleep(2 * time.Second) })
		var canceled pool.Task
		p.Start(&canceled, func() {})
		synctest.Wait()
		if s := p.Stats(); s.Queued != 2 || s.Running[pool.CPU] != 1 || s.Workers != 1 {
			t.Errorf("stats %+v", s)
		}
		canceled.Cancel()
		p.Close(t.Context())
		s := p.Stats()
		if s.Done[pool.CPU] != 1 || s.Done[pool.FastIO] != 1 || s.Canceled != 1 || s.Queued != 0 {
			t.Errorf("stats %+v", s)
		}
		if s.Run[pool.CPU] != time.Second || s.Run[pool.FastIO] != 2*time.Second || s.Wait[pool.FastIO] != time.Second {
			t.Errorf("times %+v", s)
		}
	}, pool.WithTimes())
}

func TestStatsCanBeSubtractedAndAreAnExpvar(t *testing.T) {
	inPool(t, 2, func(t *testing.T, p *pool.Pool) {
		work := func() {
			p.TrySubmit(func() { time.Sleep(time.Second) }, pool.InClass(pool.CPU))
			p.TrySubmit(func() { time.Sleep(2 * time.Second) })
			p.TrySubmit(func() { time.Sleep(2 * time.Second) })
			var canceled pool.Task
			p.Start(&canceled, func() {})
			canceled.Cancel()
			time.Sleep(time.Minute)
		}
		work()
		before := p.Stats()
		work()
		s := p.Stats().Sub(before)
		if s.Canceled != 1 || s.Done[pool.CPU] != 1 || s.Done[pool.FastIO] != 2 || s.Workers != 2 ||
			s.Run[pool.CPU] != time.Second || s.Run[pool.FastIO] != 4*time.Second || s.Wait[pool.FastIO] != time.Second {
			t.Errorf("since: %+v", s)
		}
		var v expvar.Var = p.ExpVar()
		const want = `{"Size":2,"Workers":2,"Idle":2,"Queued":0,"Canceled":2,"Classes":{` +
			`"cpu":{"Running":0,"Done":2,"Wait":0,"Run":2000000000},` +
			`"fast-io":{"Running":0,"Done":4,"Wait":2000000000,"Run":8000000000},` +
			`"slow-io":{"Running":0,"Done":0,"Wait":0,"Run":0}}}`
		if v.String() != want {
			t.Errorf("the variable is\n%s\nwant\n%s", v, want)
		}
	}, pool.WithTimes())
}

func TestAPoolThatIsClosedTwiceWaitsBothTimes(t *testing.T) {
	inPool(t, 1, func(t *testing.T, p *pool.Pool) {
		busy(p, 1)
		start := time.Now()
		for range 2 {
			if err := p.Close(t.Context()); err != nil {
				t.Errorf("Close: %v", err)
			}
			if d := time.Since(start); d != time.Second {
				t.Errorf("Close returned after %v", d)
			}
		}
		var left *pool.AbandonedError
		if errors.As(p.Close(t.Context()), &left) {
			t.Errorf("closed, but %v", left)
		}
	})
}

func TestMistakesInOptionsPanicAtTheCall(t *testing.T) {
	for name, f := range map[string]func(){
		"WithQueueLimit": func() { pool.WithQueueLimit(0) },
		"InClass":        func() { pool.InClass(9) },
		"WithPriority":   func() { pool.WithPriority(101) },
		"OnStrand":       func() { pool.OnStrand(nil) },
		"Resize":         func() { pool.New(1).Resize(0) },
		"WithPanic":      func() { pool.WithPanicHandler(nil) },
	} {
		func() {
			defer func() {
				if v, _ := recover().(string); !strings.HasPrefix(v, "pool: "+name) {
					t.Errorf("%s panicked with %q", name, v)
				}
			}()
			f()
		}()
	}
	if s := pool.SlowIO.String(); s != "slow-io" {
		t.Errorf("SlowIO is called %q", s)
	}
}
