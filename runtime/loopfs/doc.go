// Package loopfs has the file operations of libuv for an event loop.
//
//	loopfs.ReadFile(ctx, l, name, func(data []byte, err error) {
//		// on the loop
//	})
//
// The kernel has no call that reads a file without holding a thread and that Go's
// netpoller knows, so each operation is a task of the loop's pool, in its class for
// fast I/O unless a [loop.WorkOption] says otherwise. An operation is a
// [loop.Request]: it keeps the loop alive, its callback is called exactly once, and
// cancelling it while it is queued means that it never happens. Errors are those of
// package os, so that [errors.Is] knows them.
//
// A [ReadStream] and a [WriteStream] move files piece by piece, with backpressure. They
// are handles of their loop, and so are open files: what is open when the loop is closed
// is closed with it. Close always happens, whatever becomes of its request.
//
// What is no regular file, a named pipe for one, may hold a worker for as long as there
// is nobody at its other end. Give it a pool of its own, or pool.SlowIO.
package loopfs
