package loop_test

import (
	"context"
	"testing"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// chain runs a callback b.N times that queues itself anew each time.
func chain(b *testing.B, l *loop.Loop, queue func(l *loop.Loop, fn func())) {
	b.ReportAllocs()
	n := 0
	var fn func()
	fn = func() {
		if n++; n < b.N {
			queue(l, fn)
		}
	}
	queue(l, fn)
	b.ResetTimer()
	l.Run(context.Background())
}

// burst queues a callback b.N times and then runs the loop.
func burst(b *testing.B, l *loop.Loop, queue func(l *loop.Loop, fn func())) {
	b.ReportAllocs()
	fn := func() {}
	for range b.N {
		queue(l, fn)
	}
	l.Run(context.Background())
}

func post(l *loop.Loop, fn func())      { l.Post(fn) }
func tick(l *loop.Loop, fn func())      { l.NextTick(fn) }
func microtask(l *loop.Loop, fn func()) { l.QueueMicrotask(fn) }
func immediate(l *loop.Loop, fn func()) { l.SetImmediate(fn) }

func BenchmarkTickChain(b *testing.B)      { chain(b, loop.New(), tick) }
func BenchmarkMicrotaskChain(b *testing.B) { chain(b, loop.New(), microtask) }
func BenchmarkImmediateChain(b *testing.B) { chain(b, loop.New(), immediate) }
func BenchmarkPostChain(b *testing.B)      { chain(b, loop.New(), post) }
func BenchmarkTickBurst(b *testing.B)      { burst(b, loop.New(), tick) }
func BenchmarkImmediateBurst(b *testing.B) { burst(b, loop.New(), immediate) }
func BenchmarkPostBurst(b *testing.B)      { burst(b, loop.New(), post) }

func BenchmarkTurnWithIdleWatcher(b *testing.B) {
	l := loop.New()
	n := 0
	var idle *loop.Watcher
	idle = l.NewIdle(func() {
		if n++; n >= b.N {
			idle.Stop()
		}
	})
	idle.Start()
	l.Run(context.Background())
}

func BenchmarkPostFromAnotherGoroutine(b *testing.B) {
	b.ReportAllocs()
	l := loop.New()
	hold := l.Hold()
	go func() {
		fn := func() {}
		for range b.N {
			l.Post(fn)
		}
		l.Post(hold.Release)
	}()
	l.Run(context.Background())
}

func BenchmarkTimerRearm(b *testing.B) {
	l := loop.New()
	t := l.SetTimeout(time.Hour, func() {})
	b.ReportAllocs()
	for b.Loop() {
		t.Reset(time.Hour)
	}
}

func BenchmarkTimerSetAndStop(b *testing.B) {
	l := loop.New()
	fn := func() {}
	b.ReportAllocs()
	for b.Loop() {
		l.SetTimeout(time.Second, fn).Stop()
	}
}

func BenchmarkTimersDue(b *testing.B) {
	for _, n := range []int{1e3, 1e6} {
		b.Run(time.Duration(n).String()[:1]+map[int]string{1e3: "k", 1e6: "M"}[n], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l := loop.New()
				fn := func() {}
				for i := range n {
					l.SetTimeout(time.Duration(i*7919%n), fn)
				}
				l.Run(context.Background())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/timer")
		})
	}
}

func BenchmarkWorkRoundTrip(b *testing.B) {
	for name, inFlight := range map[string]int{"1": 1, "1000": 1000} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			l := loop.New()
			n := 0
			work := func(context.Context) (int, error) { return 0, nil }
			var after func(int, error)
			after = func(int, error) {
				if n++; n <= b.N-inFlight {
					loop.QueueWork(context.Background(), l, work, after)
				}
			}
			for range min(inFlight, b.N) {
				loop.QueueWork(context.Background(), l, work, after)
			}
			l.Run(context.Background())
		})
	}
}

func BenchmarkTimersInsertAndStopAMillion(b *testing.B) {
	fn := func() {}
	const million = 1_000_000
	timers := make([]*loop.Timer, million)
	for range b.N {
		l := loop.New()
		for i := range timers {
			timers[i] = l.SetTimeout(1000*time.Second+time.Duration(i*7919%1000)*time.Millisecond, fn)
		}
		for _, t := range timers {
			t.Stop()
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/million, "ns/timer")
}
