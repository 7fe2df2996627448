// Package affinity does, on the workers of each library, what only a loop's goroutine may.
package affinity

import (
	"os"
	"time"

	"github.com/Jeffail/tunny"
	"github.com/alitto/pond/v2"
	"github.com/gammazero/workerpool"
	"github.com/panjf2000/ants/v2"
	"github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"

	"github.com/loopvet/loopvet/runtime/loop"
)

type editor struct {
	loop  *loop.Loop
	timer *loop.Timer
	size  int // owned by the loop
}

func (e *editor) autosave(save func()) {
	e.timer = e.loop.SetInterval(time.Minute, func() { // want `\(\*loop.Loop\).SetInterval is for the loop only \(pool-affinity\): task of \(\*workerpool.WorkerPool\).Submit -> \(\*editor\).autosave -> \(\*loop.Loop\).SetInterval`
		e.size++
		save()
	})
}

func (e *editor) ants(p *ants.Pool, name string) {
	p.Submit(func() {
		os.WriteFile(name, nil, 0o600)
		e.loop.SetTimeout(time.Minute, func() {}) // want `\(\*loop.Loop\).SetTimeout is for the loop only \(pool-affinity\): task of \(\*ants.Pool\).Submit -> \(\*loop.Loop\).SetTimeout`
	})
	p.Submit(func() {
		e.size = 0 // want `size is written here and in a callback \(pool-affinity\)`
	})
	p.Submit(func() {
		os.WriteFile(name, nil, 0o600)
		e.loop.Post(func() { // ok: anybody may post
			e.size = 0 // ok: on the loop
		})
	})
}

func (e *editor) conc(name string) {
	p := pool.New().WithMaxGoroutines(2)
	p.Go(func() {
		os.WriteFile(name, nil, 0o600)
		e.timer.Stop() // want `\(\*loop.Timer\).Stop is for the loop only \(pool-affinity\): task of \(\*pool.Pool\).Go -> \(\*loop.Timer\).Stop`
	})
	p.Go(func() {
		e.size = 0 // want `size is written here and in a callback \(pool-affinity\)`
	})
	p.Go(func() {
		size := e.size // ok: what is read here is blockingcall's and the race detector's
		size++         // ok: its own
		os.WriteFile(name, make([]byte, size), 0o600)
	})
	p.Wait()
}

func (e *editor) errgroup(name string) {
	var g errgroup.Group
	g.SetLimit(2)
	g.Go(func() error {
		e.loop.NextTick(func() {}) // want `\(\*loop.Loop\).NextTick is for the loop only \(pool-affinity\): task of \(\*errgroup.Group\).Go -> \(\*loop.Loop\).NextTick`
		return nil
	})
	g.Go(func() error {
		e.size = 0 // want `size is written here and in a callback \(pool-affinity\)`
		return nil
	})
	g.Go(func() error {
		return e.loop.Post(func() { // ok: anybody may post
			e.timer.Stop() // ok: on the loop
		})
	})
}

func (e *editor) pond(p pond.Pool, name string) {
	p.Submit(func() {
		e.loop.SetImmediate(func() {}) // want `\(\*loop.Loop\).SetImmediate is for the loop only \(pool-affinity\): task of \(pond.Pool\).Submit -> \(\*loop.Loop\).SetImmediate`
	})
	p.SubmitErr(func() error {
		e.size = 0 // want `size is written here and in a callback \(pool-affinity\)`
		return os.Remove(name)
	})
	p.SubmitErr(func() error {
		return e.loop.Post(func() { // ok: anybody may post
			e.size = 0 // ok: on the loop
		})
	})
}

func (e *editor) workerpool(p *workerpool.WorkerPool) {
	p.Submit(func() {
		e.autosave(func() {})
	})
	p.SubmitWait(func() {
		e.size = 0 // want `size is written here and in a callback \(pool-affinity\)`
	})
	p.Submit(func() {
		e.loop.Post(func() { // ok: anybody may post
			e.autosave(func() {}) // ok: on the loop
		})
	})
}

func (e *editor) tunny() *tunny.Pool {
	return tunny.NewFunc(2, func(any) any {
		e.loop.Stop()        // want `\(\*loop.Loop\).Stop is for the loop only \(pool-affinity\): task of tunny.NewFunc -> \(\*loop.Loop\).Stop`
		e.size = 0           // want `size is written here and in a callback \(pool-affinity\)`
		e.loop.Post(func() { // ok: anybody may post
			e.size = 0 // ok: on the loop
		})
		return nil
	})
}
