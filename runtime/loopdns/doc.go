// Package loopdns looks names up for an event loop.
//
//	r := loopdns.New(l)
//	r.LookupHost(ctx, "example.org", func(addrs []string, err error) {
//		// on the loop
//	})
//
// Go's own resolver asks the name servers through sockets that do not hold a thread,
// so a lookup is a goroutine and takes no worker; a [Resolver] bounds how many there
// are. With [OnPool] it asks the system's resolver, getaddrinfo, which does hold a
// thread: then a lookup is a task of the loop's pool, in its class for slow I/O as in
// libuv.
//
// A Resolver is a handle of its loop; its lookups keep the loop alive, and each
// callback is called exactly once. Errors are those of package net. Sockets of loopnet
// need none of this: they resolve names themselves.
package loopdns
