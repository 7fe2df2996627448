package loop_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

// In a bubble a wake that is lost shows as a deadlock.
func TestNoWakeIsLostWhateverComesFromOutside(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			const producers, each = 4, 200
			p := pool.New(3)
			defer p.Close(context.Background())
			l := loop.New(loop.WithPool(p))
			got, want := 0, 0 // the loop's
			async := l.NewAsync(func() {})
			async.Unref()
			if seed%2 == 0 { // else nothing wakes the loop by chance
				l.SetInterval(7, func() {}).Unref()
			}

			var producing sync.WaitGroup
			for i := range producers {
				rnd := rand.New(rand.NewPCG(seed, uint64(i)))
				hold := l.Hold()
				producing.Go(func() {
					defer hold.Release()
					for range each {
						switch rnd.IntN(5) {
						case 0:
							time.Sleep(time.Duration(rnd.IntN(20)))
						case 1:
							runtime.Gosched()
						case 2:
							async.Send()
						case 3:
							l.Hold().Release()
						case 4:
							ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(10)))
							d, cancels := time.Duration(rnd.IntN(10)), rnd.IntN(2) == 0
							l.Post(func() {
								want++
								r := loop.QueueFunc(ctx, l, func(context.Context) error {
									time.Sleep(d)
									return nil
								}, func(error) { got++; cancel() })
								if cancels {
									go r.Cancel()
								}
							})
						}
					}
				})
			}
			for rnd := rand.New(rand.NewPCG(seed, producers)); l.Alive(); {
				switch rnd.IntN(4) {
				case 0:
					once(t, l)
				case 1:
					l.RunNoWait()
					time.Sleep(1)
				case 2:
					ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rnd.IntN(50)))
					l.Run(ctx)
					cancel()
				case 3:
					l.SetTimeout(time.Duration(rnd.IntN(30)), l.Stop)
					run(t, l)
				}
			}
			producing.Wait()
			if err := l.Close(t.Context()); err != nil {
				t.Errorf("seed %d: Close: %v", seed, err)
			}
			if got != want || want == 0 {
				t.Errorf("seed %d: %d of %d requests were delivered", seed, got, want)
			}
		})
	}
}
