// Package loop is an event loop: one goroutine runs every callback, in libuv's
// phases and with Node's ticks, microtasks and immediates.
//
//	l := loop.New()
//	l.SetTimeout(100*time.Millisecond, func() {
//		loop.QueueWork(ctx, l, func(ctx context.Context) ([]byte, error) {
//			return os.ReadFile(name) // on a worker, while the loop goes on
//		}, func(data []byte, err error) {
//			// on the loop again
//		})
//	})
//	err := l.Run(ctx)
//
// State that only callbacks touch needs no locks. The price is that a callback
// which waits, waits for all of them: what reads files, talks to the network or
// computes for long belongs into [QueueWork].
//
// # The order of one turn
//
// A turn of the loop goes through pending, idle, prepare, poll, check, closing
// and timers, as libuv's does since 1.45 (docs/src/design.rst). What other
// goroutines posted and what the pool finished arrives in poll, immediates run
// in check. After each callback all ticks run, then all microtasks, again until
// both are empty.
//
// # Who may call what
//
// A method that is marked loop-only belongs to the goroutine that runs the
// loop: callbacks may call it, and before Run and after it the goroutine that
// set the loop up. Everything else may be called from any goroutine;
// [Loop.Post] is the door to the loop for all of them.
package loop
