// Package pool runs blocking work on a fixed number of goroutines.
//
// A goroutine is cheap, but what it waits for often is not: file reads hold an
// operating system thread each, name look-ups and processes too, and CPU work
// beyond the number of processors only makes all of it later. A [Pool] bounds
// that: k workers take tasks from one queue, first in, first out.
//
//	p := pool.New(4)
//	defer p.Close(context.Background())
//
//	f := pool.Go(ctx, p, func(ctx context.Context) ([]byte, error) {
//		return os.ReadFile(name)
//	})
//	data, err := f.Wait(ctx)
//
// [Go] is for goroutines that can wait. A callback on an event loop cannot: it
// uses loop.QueueWork, which brings the result back as another callback.
//
// Nothing starts when the package is imported, there is no pool shared by the
// whole process, and a pool starts a worker only when a task finds none idle.
// One pool may serve any number of loops and goroutines.
package pool
