package main

import (
	"context"
	"sync"
	"time"

	"github.com/alitto/pond/v2"
	"github.com/dop251/goja"
	"github.com/dop251/goja_nodejs/eventloop"
	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
	"github.com/panjf2000/ants/v2"
)

// A row is one thing to measure. Each function does it n times; those of peers
// that cannot are nil.
type row struct {
	name string
	n    int
	loop func(l *loop.Loop, n int)
	pool func(p *pool.Pool, n int)
	goja func(l *eventloop.EventLoop, n int)
	ants func(p *ants.Pool, n int)
	pond func(p pond.Pool, n int)
}

func run(l *loop.Loop) { l.Run(context.Background()) }

// chain queues one callback after the other.
func chain(queue func(l *loop.Loop, fn func())) func(*loop.Loop, int) {
	return func(l *loop.Loop, n int) {
		var step func()
		step = func() {
			if n--; n > 0 {
				queue(l, step)
			}
		}
		queue(l, step)
		run(l)
	}
}

// burst queues all callbacks at once.
func burst(queue func(l *loop.Loop, fn func())) func(*loop.Loop, int) {
	return func(l *loop.Loop, n int) {
		step := func() {}
		for range n {
			queue(l, step)
		}
		run(l)
	}
}

func tick(l *loop.Loop, fn func())      { l.NextTick(fn) }
func microtask(l *loop.Loop, fn func()) { l.QueueMicrotask(fn) }
func immediate(l *loop.Loop, fn func()) { l.SetImmediate(fn) }

func turns(l *loop.Loop, n int) {
	var idle *loop.Watcher
	idle = l.NewIdle(func() {
		if n--; n == 0 {
			idle.Close()
		}
	})
	idle.Start()
	run(l)
}

// untimed is how long the present row has waited for what it must not measure.
var untimed time.Duration

// fire arms n timers, in rounds, waits until they are due, and runs them.
func fire(round int) func(*loop.Loop, int) {
	return func(l *loop.Loop, n int) {
		fn := func() {}
		for ; n > 0; n -= round {
			for i := range round {
				l.SetTimeout(time.Duration(i*7919%3)*time.Millisecond, fn)
			}
			start := time.Now()
			time.Sleep(3 * time.Millisecond)
			untimed += time.Since(start)
			run(l)
		}
	}
}

func insert(l *loop.Loop, n int) []*loop.Timer {
	fn := func() {}
	timers := make([]*loop.Timer, n)
	for i := range timers {
		timers[i] = l.SetTimeout(1000*time.Second+time.Duration(i*7919%1000)*time.Millisecond, fn)
	}
	return timers
}

// produce posts each times from the given number of goroutines, through post.
func produce(producers, each int, post func(fn func()), done func()) {
	var wg sync.WaitGroup
	fn := func() {}
	for range producers {
		wg.Go(func() {
			for range each {
				post(fn)
			}
		})
	}
	wg.Wait()
	post(done)
}

func posts(producers int) func(*loop.Loop, int) {
	return func(l *loop.Loop, n int) {
		hold := l.Hold()
		go produce(producers, n/producers, func(fn func()) { l.Post(fn) }, hold.Release)
		run(l)
	}
}

func gojaPosts(producers int) func(*eventloop.EventLoop, int) {
	return func(l *eventloop.EventLoop, n int) {
		done := make(chan struct{})
		l.Start()
		go produce(producers, n/producers, func(fn func()) {
			l.RunOnLoop(func(*goja.Runtime) { fn() })
		}, func() { close(done) })
		<-done
		l.Stop()
	}
}

// pingPong posts n times and waits for each.
func pingPong(n int, post func(fn func())) {
	ran := make(chan struct{}, 1)
	fn := func() { ran <- struct{}{} }
	for range n {
		post(fn)
		<-ran
	}
}

func work(inFlight int) func(*loop.Loop, int) {
	return func(l *loop.Loop, n int) {
		ctx := context.Background()
		none := func(context.Context) (int, error) { return 0, nil }
		n -= inFlight
		var after func(int, error)
		after = func(int, error) {
			if n--; n >= 0 {
				loop.QueueWork(ctx, l, none, after)
			}
		}
		for range inFlight {
			loop.QueueWork(ctx, l, none, after)
		}
		run(l)
	}
}

// submit does n tasks with no more than inFlight of them at a time. Nothing comes
// back to a loop: the peers have none.
func submit(n, inFlight int, submit func(fn func())) {
	slots := make(chan struct{}, inFlight)
	fn := func() { <-slots }
	for range n {
		slots <- struct{}{}
		submit(fn)
	}
	for range inFlight {
		slots <- struct{}{}
	}
}

func workRow(name string, inFlight, n int) row {
	return row{name: name, n: n, loop: work(inFlight)}
}

func submitRow(name string, inFlight, n int) row {
	return row{
		name: name, n: n,
		pool: func(p *pool.Pool, n int) { submit(n, inFlight, func(fn func()) { p.TrySubmit(fn) }) },
		ants: func(p *ants.Pool, n int) { submit(n, inFlight, func(fn func()) { p.Submit(fn) }) },
		pond: func(p pond.Pool, n int) { submit(n, inFlight, func(fn func()) { p.Submit(fn) }) },
	}
}

var rows = []row{
	{name: "turns", n: 500_000, loop: turns},
	{name: "tick-chain", n: 2_000_000, loop: chain(tick)},
	{name: "tick-burst", n: 500_000, loop: burst(tick)},
	{name: "microtask-chain", n: 2_000_000, loop: chain(microtask)},
	{name: "microtask-burst", n: 500_000, loop: burst(microtask)},
	{name: "immediate-chain", n: 500_000, loop: chain(immediate)},
	{name: "immediate-burst", n: 500_000, loop: burst(immediate)},
	{
		name: "post-idle", n: 20_000,
		loop: func(l *loop.Loop, n int) {
			hold := l.Hold()
			go func() {
				pingPong(n, func(fn func()) { l.Post(fn) })
				hold.Release()
			}()
			run(l)
		},
		goja: func(l *eventloop.EventLoop, n int) {
			l.Start()
			pingPong(n, func(fn func()) { l.RunOnLoop(func(*goja.Runtime) { fn() }) })
			l.Stop()
		},
	},
	{name: "post-burst", n: 300_000, loop: posts(1), goja: gojaPosts(1)},
	{name: "post-contended", n: 400_000, loop: posts(4), goja: gojaPosts(4)},
	{
		name: "timer-rearm", n: 1_000_000,
		loop: func(l *loop.Loop, n int) {
			t := l.SetTimeout(time.Hour, func() {})
			for range n {
				t.Reset(time.Hour)
			}
			t.Stop()
		},
	},
	{
		name: "timer-set-clear", n: 300_000,
		loop: func(l *loop.Loop, n int) {
			fn := func() {}
			for range n {
				l.SetTimeout(time.Second, fn).Stop()
			}
		},
		goja: func(l *eventloop.EventLoop, n int) {
			l.Start()
			fn := func(*goja.Runtime) {}
			for range n {
				l.ClearTimeout(l.SetTimeout(fn, time.Second))
			}
			l.Stop()
		},
	},
	{name: "timers-insert-cancel-1k", n: 100_000, loop: func(l *loop.Loop, n int) {
		for ; n > 0; n -= 1000 {
			for _, t := range insert(l, 1000) {
				t.Stop()
			}
		}
	}},
	{name: "timers-insert-1M", n: 1_000_000, loop: func(l *loop.Loop, n int) { insert(l, n) }},
	{name: "timers-insert-cancel-1M", n: 1_000_000, loop: func(l *loop.Loop, n int) {
		for _, t := range insert(l, n) {
			t.Stop()
		}
	}},
	{name: "timers-fire-1k", n: 30_000, loop: fire(1000)},
	{name: "timers-fire-1M", n: 1_000_000, loop: fire(1_000_000)},
	workRow("work-1-in-flight", 1, 10_000),
	workRow("work-32-in-flight", 32, 100_000),
	workRow("work-1000-in-flight", 1000, 200_000),
	submitRow("submit-1-in-flight", 1, 20_000),
	submitRow("submit-32-in-flight", 32, 100_000),
	submitRow("submit-1000-in-flight", 1000, 200_000),
}

// everything switches on what the runtime can tell about itself.
func everything() []loop.Option {
	return []loop.Option{
		loop.WithMetrics(),
		loop.WithOrigins(),
		loop.WithLabels(),
		loop.WithPanicHandler(func(e *loop.PanicError) { panic(e) }),
		loop.WithTickBudget(1<<40, func(loop.Starvation) {}),
		loop.WithWatchdog(time.Minute, nil),
	}
}

// watchdogOnly switches on the watchdog.
func watchdogOnly() []loop.Option {
	return []loop.Option{loop.WithWatchdog(100*time.Millisecond, func(*loop.Stall) {})}
}

// ours measures a row on a new loop and a new pool.
func ours(r row, opts []loop.Option, poolOpts ...pool.Option) time.Duration {
	p := pool.New(4, poolOpts...)
	defer p.Close(context.Background())
	if r.pool != nil {
		return timed(func() { r.pool(p, r.n) })
	}
	l := loop.New(append(opts, loop.WithPool(p))...)
	return timed(func() { r.loop(l, r.n) })
}
