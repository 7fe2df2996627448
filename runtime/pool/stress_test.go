package pool_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/pool"
)

// In a bubble a task that is forgotten shows as a deadlock.
func TestEveryTaskRunsOnceOrIsCancelledWhateverHappensToThePool(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			p := pool.New(3, pool.WithQueueLimit(20))
			var submitting sync.WaitGroup
			var mu sync.Mutex
			settled, started := 0, 0 // guarded by mu
			for i := range 4 {
				rnd := rand.New(rand.NewPCG(seed, uint64(i)))
				submitting.Go(func() {
					var strand pool.Strand
					for range 100 {
						opts := []pool.TaskOption{
							pool.InClass(pool.Class(rnd.IntN(3))), pool.WithPriority(rnd.IntN(5) - 2),
						}
						if rnd.IntN(3) == 0 {
							opts = append(opts, pool.OnStrand(&strand))
						}
						d, blocking := time.Duration(rnd.IntN(10)), rnd.IntN(4) == 0
						runs := 0
						f := pool.Go(t.Context(), p, func(ctx context.Context) (int, error) {
							if runs++; runs > 1 {
								t.Errorf("seed %d: a task ran twice", seed)
							}
							if blocking {
								pool.Blocking(ctx, func(context.Context) { time.Sleep(d) })
							} else {
								time.Sleep(d)
							}
							return 0, nil
						}, opts...)
						switch rnd.IntN(6) {
						case 0:
							f.Cancel()
						case 1:
							p.Resize(1 + rnd.IntN(5))
						case 2:
							p.Trim()
						case 3:
							p.Submit(t.Context(), func() { time.Sleep(d) })
						}
						submitting.Go(func() {
							f.Wait(context.Background())
							mu.Lock()
							settled++
							mu.Unlock()
						})
						mu.Lock()
						started++
						mu.Unlock()
					}
				})
			}
			submitting.Wait()
			if err := p.Close(t.Context()); err != nil {
				t.Errorf("seed %d: Close: %v", seed, err)
			}
			if s := p.Stats(); settled != started || s.Queued != 0 || s.Workers != 0 || s.Idle != 0 {
				t.Errorf("seed %d: %d of %d tasks are settled, %+v", seed, settled, started, s)
			}
		})
	}
}

// A worker that has found nothing to do is about to park: a task that comes in that very
// moment finds no idle worker, and must be found by this one. In a bubble a lost task is
// a deadlock.
func TestATaskThatComesWhileTheLastWorkerParksIsNotLost(t *testing.T) {
	rounds := 200_000
	if testing.Short() {
		rounds /= 10
	}
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(1)
		done := make(chan bool, 1)
		spin := 0
		for i := range rounds {
			if err := p.TrySubmit(func() { done <- true }); err != nil {
				t.Fatal(err)
			}
			<-done
			for range i % 300 { // until the worker is somewhere between its task and parking
				spin++
			}
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
