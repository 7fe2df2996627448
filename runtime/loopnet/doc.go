// Package loopnet has sockets on an event loop: TCP, UDP, Unix sockets and TLS.
//
//	ln, err := loopnet.Listen(l, "tcp", "127.0.0.1:7", func(ln *loopnet.Listener, err error) {
//		c, err := ln.Accept()
//		if err != nil {
//			return
//		}
//		c.ReadStart(func(p []byte, err error) {
//			if err != nil { // io.EOF among others
//				c.Close()
//				return
//			}
//			c.Write(bytes.Clone(p), nil)
//		})
//	})
//
// A [Listener], a [Conn] and a [PacketConn] are handles of their loop: they keep
// it alive while they wait for something, [loop.Loop.Handles] visits them, and
// what is open when the loop is closed is closed with it. Their order and their
// errors are libuv's:
//
//   - A callback is never called before the method that asked for it has returned.
//   - Writes complete in the order of their calls. What completes at once is
//     told in the pending phase, the rest in poll, where a socket's read callbacks
//     come before its write callbacks.
//   - Close is final. No read callback comes after it; a connect, a write and a
//     shutdown that were under way get [loop.ErrCanceled] in the closing phase,
//     before the function of OnClose.
//   - One socket takes at most 32 reads, or some 256 KiB, and 32 writes of a poll; what is left
//     waits for the next turn, behind everything else that has arrived.
//
// # What waits, and where
//
// No socket takes a worker. On Unix the loop's goroutine makes the system calls
// itself, without waiting, and a goroutine of the socket waits in Go's network
// poller for the next time that it is ready. An idle connection has that parked
// goroutine and no buffer. Elsewhere, and with [Adopt], a goroutine of its own
// makes the calls.
//
// On Linux an [Epoll] has one goroutine wait for all sockets that are made on it,
// which makes an idle connection cost a seventh. It is an option: for a server with
// many connections,
//
//	sockets := loopnet.On(loopnet.NewEpoll())
//	ln, err := loopnet.Listen(l, "tcp", "127.0.0.1:7", accept, sockets)
//
// Last, a [Memory] is a network inside the process that starts no goroutine and
// needs no clock, for tests in virtual time.
//
// Names are resolved by Go's own resolver, on the goroutine that connects.
//
// # TLS
//
// [WithTLS] puts crypto/tls on a connection. The handshake runs on a goroutine of
// its own; once it is done, records are encrypted and decrypted on the loop.
package loopnet
