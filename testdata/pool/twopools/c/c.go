// Package c brings the pools of packages a and b together. // want package:"waits"
package c

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/pool"
	"github.com/loopvet/loopvet/testdata/pool/twopools/a"
	"github.com/loopvet/loopvet/testdata/pool/twopools/b"
)

// Through the parameter of another package's function.
func together(ctx context.Context) {
	p := pool.New(1)
	a.Later(p, func() {
		pool.Go(ctx, p, func(context.Context) (int, error) { return 1, nil }).Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\)`
	})
}

func apart(ctx context.Context) {
	p, q := pool.New(1), pool.New(1)
	a.Later(p, func() {
		pool.Go(ctx, q, func(context.Context) (int, error) { return 1, nil }).Wait(ctx) // ok: q is another pool
	})
	a.Later(q, func() { os.Remove("lock") })
}

// A future of another package, awaited by a helper of a third.
func checksum() {
	a.CPU.TrySubmit(func() {
		f := b.Checksum("c")
		f.Wait(context.Background()) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\)`
	})
	a.Open("sums").Do(func() {
		f := b.Checksum("c")
		f.Wait(context.Background()) // ok: a store waits for CPU, and no task of CPU for a store
	})
}

// The same pool under another name.
var disk = a.Disk

func renamed() {
	disk.TrySubmit(func() {
		f := pool.Go(context.Background(), a.Disk, func(context.Context) (int, error) { return 1, nil })
		f.Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task of its own pool \(pool-selfwait\)`
	})
}

// Two stores, each with a pool of its own.
func stores(ctx context.Context) {
	old, fresh := a.Open("old"), a.Open("new")
	old.Do(func() { os.Remove("old") })
	fresh.Do(func() { os.Remove("new") })
	data, err := old.Get(ctx, "x").Wait(ctx) // ok: not called by a task
	if err == nil {
		os.WriteFile("x", data, 0o600)
	}
}

// The index is made on the store's pool.
func index(ctx context.Context) {
	x := b.Shared(a.Open("index"))
	x.Add(ctx, "x")
	b.Count(ctx, a.Open("count"), [2]string{"x", "y"})
}
