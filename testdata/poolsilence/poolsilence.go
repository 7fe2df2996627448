// Package poolsilence has findings about a pool, one of which a comment silences.
package poolsilence

import (
	"context"

	"github.com/loopvet/loopvet/runtime/pool"
)

func nested(ctx context.Context, p *pool.Pool) {
	p.Submit(ctx, func() {
		pool.Go(ctx, p, work).Wait(ctx) // want `waits for a task of its own pool`
	})
	p.Submit(ctx, func() {
		pool.Go(ctx, p, work).Wait(ctx) //loopvet:ignore the pool is a hundred times as large as its queue
	})
}

func work(context.Context) (int, error) { return 0, nil } // ok: it waits for nothing
