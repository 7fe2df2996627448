package loopnet

import (
	"context"
	"net"
	"net/netip"
)

// burst is how many reads, writes or accepts one readiness is good for (libuv's
// src/unix/stream.c: count = 32).
const burst = 32

// bulk is how many bytes one readiness of a connection is good for, about. It is for
// those of 64 KiB, of which a burst would hold the others up for a millisecond.
const bulk = 256 << 10

// A backend makes sockets. What it makes never waits: an operation that would
// returns ErrAgain, and a notification can be asked for. Except where it is said,
// only the owner calls a socket: the loop, or before it the TLS handshake.
type backend interface {
	// dial connects and calls done once, from any goroutine, perhaps before it
	// returns.
	dial(ctx context.Context, network, address string, cfg *config, done func(socket, error))
	listen(network, address string, cfg *config, n notifier) (acceptor, error)
	listenPacket(network, address string, cfg *config, n notifier) (datagrams, error)
}

// A socket is one end of a stream.
type socket interface {
	// bind says whom to notify. It is called before all else.
	bind(n notifier)

	// read returns io.EOF at the end.
	read(p []byte) (int, error)

	// readsAll reports whether a read of less than it had room for shows that
	// there is no more.
	readsAll() bool

	// awaitRead asks for one notification that read has something to say.
	awaitRead()

	// write takes some of p, at least one byte.
	write(p []byte) (int, error)

	// flush returns ErrAgain while something that write took is not in the hands
	// of the layer below.
	flush() error

	// awaitWrite asks for one notification that write or flush, which returned
	// ErrAgain, can go on. Until then neither may be called. The socket may write
	// some of p, the bytes to come next, meanwhile.
	awaitWrite(p []byte)

	// stopWaiting has the notification that awaitWrite asked for come soon.
	stopWaiting()

	// written returns how much of p was written, once notified.
	written() (int, error)

	// closeWrite sends the end. It may return ErrAgain, as flush does.
	closeWrite() error

	// close gives the socket back, with a reset of the connection if asked for.
	// No memory that was passed to it is used any more.
	close(reset bool)

	localAddr() net.Addr
	remoteAddr() net.Addr
}

// An acceptor takes connections.
type acceptor interface {
	// accept returns ErrAgain if nobody is there.
	accept() (socket, error)

	// awaitAccept asks for one notification that accept has something to say.
	awaitAccept()

	// dropped returns how many connections were closed unseen for want of a
	// descriptor. Any goroutine may call it.
	dropped() uint64

	close()
	addr() net.Addr
}

// A datagrams is a socket for datagrams.
type datagrams interface {
	receive(p []byte) (int, netip.AddrPort, error)
	awaitReceive()
	send(p []byte, to netip.AddrPort) error

	// awaitSend asks for one notification that the datagram that send refused was
	// sent or can be sent; sent tells which, and the error of sending it.
	awaitSend(p []byte, to netip.AddrPort)
	sent() (bool, error)

	close()
	addr() net.Addr
}

// ready is a set of notifications.
type ready uint32

const (
	readable ready = 1 << iota // read, accept, receive
	writable                   // what awaitWrite or awaitSend asked for
	opened                     // connecting or the handshake is over
	more                       // the loop's own: it stopped writing after a burst
)

// A notifier takes notifications. Any goroutine may call it.
type notifier interface{ notify(ready) }
