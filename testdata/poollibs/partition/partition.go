// Package partition computes, on the pools of each library, on all of its input in one
// task, beside short ones.
package partition

import (
	"context"
	"os"

	"github.com/Jeffail/tunny"
	"github.com/alitto/pond/v2"
	"github.com/gammazero/workerpool"
	"github.com/panjf2000/ants/v2"
	"github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"
)

type atlas struct {
	points []float64
	best   []float64
}

func (a *atlas) touch(name string) { os.WriteFile(name, nil, 0o600) }

// row compares one point with all others.
func (a *atlas) row(i int) {
	for _, q := range a.points {
		a.best[i] = min(a.best[i], (a.points[i]-q)*(a.points[i]-q))
	}
}

func (a *atlas) ants(p *ants.Pool) {
	p.Submit(func() { a.touch("atlas") })
	p.Submit(func() {
		for i, x := range a.points { // want `computes on its whole input in one task \(pool-partition\): task of \(\*ants.Pool\).Submit`
			for _, y := range a.points {
				a.best[i] = min(a.best[i], (x-y)*(x-y))
			}
		}
	})
	p.Submit(func() {
		for _, x := range a.points { // want `computes on its whole input in one task \(pool-partition\): task of \(\*ants.Pool\).Submit`
			for _, y := range a.points {
				for _, z := range a.points {
					a.best[0] = min(a.best[0], x*y*z)
				}
			}
		}
	})
	for i := range 16 {
		p.Submit(func() { a.row(i) }) // ok: one row
	}
}

func (a *atlas) antsWhileWanted(ctx context.Context, p *ants.Pool) {
	p.Submit(func() {
		for i, x := range a.points { // ok: it stops when nobody wants the result
			if ctx.Err() != nil {
				return
			}
			for _, y := range a.points {
				a.best[i] = min(a.best[i], (x-y)*(x-y))
			}
		}
	})
}

func (a *atlas) conc(p *pool.ContextPool) error {
	p = p.WithMaxGoroutines(4)
	p.Go(func(context.Context) error { a.touch("atlas"); return nil })
	p.Go(func(context.Context) error {
		for i, x := range a.points { // want `computes on its whole input in one task \(pool-partition\): task of \(\*pool.ContextPool\).Go`
			for _, y := range a.points {
				a.best[i] = min(a.best[i], (x-y)*(x-y))
			}
		}
		return nil
	})
	p.Go(func(context.Context) error {
		for i := 0; i < len(a.points); i++ { // want `computes on its whole input in one task \(pool-partition\): task of \(\*pool.ContextPool\).Go`
			for j := i; j < len(a.points); j++ {
				a.best[i] += a.points[j]
			}
		}
		return nil
	})
	p.Go(func(ctx context.Context) error {
		for i, x := range a.points { // ok: it stops when nobody wants the result
			if err := ctx.Err(); err != nil {
				return err
			}
			for _, y := range a.points {
				a.best[i] = min(a.best[i], (x-y)*(x-y))
			}
		}
		return nil
	})
	p.Go(func(context.Context) error { a.row(0); return nil }) // ok: one row
	return p.Wait()
}

func (a *atlas) errgroup(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	g.Go(func() error { a.touch("atlas"); return nil })
	g.Go(func() error {
		for i, x := range a.points { // want `computes on its whole input in one task \(pool-partition\): task of \(\*errgroup.Group\).Go`
			for _, y := range a.points {
				a.best[i] = min(a.best[i], (x-y)*(x-y))
			}
		}
		return nil
	})
	g.Go(func() error {
		for i := range a.points { // want `computes on its whole input in one task \(pool-partition\): task of \(\*errgroup.Group\).Go`
			for j := range i {
				a.best[i] += a.points[j]
			}
		}
		return nil
	})
	g.Go(func() error {
		for i, x := range a.points { // ok: it stops when nobody wants the result
			select {
			case <-ctx.Done():
				return ctx.Err()
			default:
			}
			for _, y := range a.points {
				a.best[i] = min(a.best[i], (x-y)*(x-y))
			}
		}
		return nil
	})
	g.Go(func() error { a.row(0); return nil }) // ok: one row
	return g.Wait()
}

func (a *atlas) pond(p pond.Pool) {
	p.Submit(func() { a.touch("atlas") })
	p.Submit(func() {
		for i, x := range a.points { // want `computes on its whole input in one task \(pool-partition\): task of \(pond.Pool\).Submit`
			for _, y := range a.points {
				a.best[i] = min(a.best[i], (x-y)*(x-y))
			}
		}
	})
	p.SubmitErr(func() error {
		for i := range a.points { // want `computes on its whole input in one task \(pool-partition\): task of \(pond.Pool\).SubmitErr`
			for j := range i {
				a.best[i] += a.points[j]
			}
		}
		return nil
	})
	p.Submit(func() { a.row(0) }) // ok: one row
	p.Submit(func() {
		for range 8 { // ok: eight rows
			a.row(0)
		}
	})
}

func (a *atlas) workerpool(p *workerpool.WorkerPool) {
	p.Submit(func() { a.touch("atlas") })
	p.Submit(func() {
		for i, x := range a.points { // want `computes on its whole input in one task \(pool-partition\): task of \(\*workerpool.WorkerPool\).Submit`
			for _, y := range a.points {
				a.best[i] = min(a.best[i], (x-y)*(x-y))
			}
		}
	})
	p.SubmitWait(func() {
		for i := range a.points { // want `computes on its whole input in one task \(pool-partition\): task of \(\*workerpool.WorkerPool\).SubmitWait`
			for j := range i {
				a.best[i] += a.points[j]
			}
		}
	})
	p.Submit(func() { a.row(0) }) // ok: one row
}

// All tasks of this pool are alike.
func (a *atlas) workerpoolAlone() {
	p := workerpool.New(2)
	p.Submit(func() {
		for i, x := range a.points { // ok: no short task waits behind it
			for _, y := range a.points {
				a.best[i] = min(a.best[i], (x-y)*(x-y))
			}
		}
	})
	p.StopWait()
}

// A pool of tunny runs one function: there is no other task beside it.
func (a *atlas) tunny() any {
	p := tunny.NewFunc(2, func(any) any {
		for i, x := range a.points { // ok: no short task waits behind it
			for _, y := range a.points {
				a.best[i] = min(a.best[i], (x-y)*(x-y))
			}
		}
		return nil
	})
	defer p.Close()
	return p.Process(nil)
}
