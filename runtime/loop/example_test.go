package loop_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

// A callback must not wait for a file: the pool does, and the result comes back
// as another callback.
func ExampleQueueWork() {
	ctx := context.Background()
	l := loop.New()
	loop.QueueWork(ctx, l, func(context.Context) ([]byte, error) {
		return os.ReadFile("testdata/order.js")
	}, func(data []byte, err error) {
		fmt.Println(len(data) > 0, err)
	})
	fmt.Println("the loop goes on")
	l.Run(ctx)
	// Output:
	// the loop goes on
	// true <nil>
}

func ExampleOffload() {
	ctx := context.Background()
	l := loop.New()
	size := loop.Then(loop.Offload(ctx, l, func(context.Context) ([]byte, error) {
		return os.ReadFile("testdata/missing")
	}), func(data []byte) (int, error) {
		return len(data), nil
	})
	loop.Catch(size, func(err error) (int, error) {
		fmt.Println(errors.Is(err, os.ErrNotExist))
		return 0, nil
	})
	l.Run(ctx)
	// Output: true
}

// Goroutines that serve connections hand what they read to the loop.
func ExampleLoop_Post() {
	l := loop.New()
	hold := l.Hold() // until the goroutine is done
	requests := 0    // the loop's
	go func() {
		for range 3 {
			l.Post(func() { requests++ })
		}
		hold.Release()
	}()
	l.Run(context.Background())
	fmt.Println(requests)
	// Output: 3
}

func ExampleWithWatchdog() {
	l := loop.New(loop.WithWatchdog(50*time.Millisecond, func(s *loop.Stall) {
		fmt.Println(s.Kind)
	}))
	l.SetTimeout(0, func() { time.Sleep(200 * time.Millisecond) })
	l.Run(context.Background()) // prints sleep
}

// Name look-ups can take seconds, so they leave workers to the others.
func ExampleTask() {
	ctx := context.Background()
	l := loop.New()
	loop.QueueFunc(ctx, l, func(ctx context.Context) error {
		return ctx.Err() // net.DefaultResolver.LookupHost would go here
	}, func(err error) {
		fmt.Println(err)
	}, loop.Task(pool.InClass(pool.SlowIO)))
	l.Run(ctx)
	// Output: <nil>
}

// The loop looks for primes, a millisecond a turn, and stays at its post.
func ExamplePartition() {
	ctx := context.Background()
	l := loop.New()
	primes, next := 0, 2
	loop.Partition(ctx, l, time.Millisecond, func() (more bool, err error) {
		prime := true
		for d := 2; d*d <= next && prime; d++ {
			prime = next%d != 0
		}
		if prime {
			primes++
		}
		next++
		return next < 100_000, nil
	}, func(err error) {
		fmt.Println(primes, err)
	})
	l.SetTimeout(0, func() { fmt.Println("a timer") })
	l.Run(ctx)
	// Output:
	// a timer
	// 9592 <nil>
}
