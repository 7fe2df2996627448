// Package looptest tests programs on an event loop, in virtual time.
//
//	func TestARetryComesAfterASecond(t *testing.T) {
//		looptest.Run(t, func(t *testing.T, l *loop.Loop) {
//			var trace looptest.Trace
//			c := newClient(l, trace.Add("attempt"))
//			c.get("/")
//			looptest.Idle(t, l)
//			trace.Want(t, "attempt")
//			looptest.Advance(t, l, time.Second)
//			trace.Want(t, "attempt attempt")
//		})
//	}
//
// The test's function is the program: it sets the loop up, and it may run it. All
// of it is in a bubble of testing/synctest, where time passes only when
// everything waits. When the function has returned, what it left to do is done,
// and a handle that is still open is an error.
//
// Explore runs a test many times, each with other choices where the loop's
// contract leaves an order free. [Main] is for a package with tests outside of
// bubbles.
package looptest
