package loop_test

import (
	"context"
	"testing"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

func TestNothingIsAllocatedPerPostTickImmediateAndTimerRearm(t *testing.T) {
	const n = 1000
	l := loop.New()
	timer := l.NewTimer(func() {})
	for name, queue := range map[string]func(fn func()){
		"post":      func(fn func()) { l.Post(fn) },
		"tick":      l.NextTick,
		"microtask": l.QueueMicrotask,
		"immediate": func(fn func()) { l.SetImmediate(fn) },
		"timer": func(fn func()) {
			timer.Reset(0)
			l.NextTick(fn)
		},
	} {
		left := 0
		var step func()
		step = func() {
			if left--; left > 0 {
				queue(step)
			}
		}
		chain := func() {
			left = n
			queue(step)
			l.Run(context.Background())
		}
		if allocs := testing.AllocsPerRun(10, chain); allocs > n/100 {
			t.Errorf("%s: %v allocations for %d", name, allocs, n)
		}
	}
}

func TestARequestIsOneAllocation(t *testing.T) {
	p := pool.New(1)
	defer p.Close(context.Background())
	l := loop.New(loop.WithPool(p))
	work := func(context.Context) (time.Time, error) { return time.Time{}, nil }
	after := func(time.Time, error) {}
	const n = 100
	requests := func() {
		for range n {
			loop.QueueWork(context.Background(), l, work, after)
		}
		l.Run(context.Background())
	}
	if allocs := testing.AllocsPerRun(10, requests); allocs > 1.1*n {
		t.Errorf("%v allocations for %d requests", allocs, n)
	}
}
