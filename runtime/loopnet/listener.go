package loopnet

import (
	"context"
	"net"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A Listener takes connections. All methods but Dropped are loop-only. It is
// active, and keeps the loop alive, until it is closed or unreferenced.
type Listener struct {
	handle
	acceptor acceptor
	cfg      *config
	network  string
	fn       func(*Listener, error)
	err      error  // fn's next argument
	next     socket // the connection that fn was or will be told of
	telling  bool   // fn is being told
}

// Listen listens on address and has fn called, in poll, for each connection that
// is there for [Listener.Accept]. While one is not accepted there is no further
// call: that pauses the listener, and the system keeps who connects meanwhile
// (libuv test-delayed-accept.c). fn is called with an error too when accepting
// fails.
//
// network is "tcp", "tcp4", "tcp6" or "unix". The host of a TCP address is an IP
// address or empty: to find a name's would have to wait. Listen panics if fn is
// nil.
//
// When the process has no descriptor left, the listener gives up one that it
// keeps for that, accepts and closes, so that the peer does not wait in vain
// (libuv test-emfile.c); see [Listener.Dropped]. If even that fails it tries
// again after 5 ms, and after twice that each further time, up to 100 ms.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func Listen(l *loop.Loop, network, address string, fn func(ln *Listener, err error), opts ...Option) (*Listener, error) {
	if fn == nil {
		panic("loopnet: Listen: nil callback")
	}
	ln := &Listener{cfg: configure(opts), network: network, fn: fn}
	var err error
	ln.acceptor, err = ln.cfg.backend.listen(network, address, ln.cfg, ln)
	if err != nil {
		return nil, err
	}
	ln.ext.Init(l, ln, (*listenerDriver)(ln))
	ln.ext.SetActive(true)
	ln.acceptor.awaitAccept()
	return ln, nil
}

// Accept returns the connection that the callback was called for, and has the
// listener go on. The error is [ErrAgain] if there is none, and
// [loop.ErrClosed].
//
//loopvet:looponly
//loopvet:nonblocking
func (ln *Listener) Accept() (*Conn, error) {
	if ln.Closing() {
		return nil, loop.ErrClosed
	}
	if ln.next == nil {
		return nil, ErrAgain
	}
	s := ln.next
	ln.next = nil
	if !ln.telling {
		ln.notify(readable)
	}
	return accepted(ln.Loop(), s, ln.cfg, ln.network), nil
}

// Addr returns the address that the listener listens on.
//
//loopvet:nonblocking
func (ln *Listener) Addr() net.Addr { return ln.acceptor.addr() }

// Dropped returns how many connections were closed right after they came,
// because there was no descriptor for them. Any goroutine may call it.
//
//loopvet:nonblocking
func (ln *Listener) Dropped() uint64 { return ln.acceptor.dropped() }

// Close stops listening. A connection that was not accepted is closed.
//
//loopvet:looponly
//loopvet:nonblocking
func (ln *Listener) Close() {
	if !ln.ext.Shut() {
		return
	}
	ln.acceptor.close()
	if ln.next != nil {
		ln.next.close(true)
		ln.next = nil
	}
}

// listenerCall is a Listener as its own callback.
type listenerCall Listener

func (c *listenerCall) Run()                     { c.fn((*Listener)(c), c.err) }
func (c *listenerCall) Func() any                { return c.fn }
func (c *listenerCall) Context() context.Context { return nil }

// listenerDriver is a Listener as the loop sees it.
type listenerDriver Listener

func (d *listenerDriver) Kind() string {
	if d.network == "unix" {
		return "unix listener"
	}
	return "tcp listener"
}

func (d *listenerDriver) Arrived() {
	ln := (*Listener)(d)
	ln.bits.Store(0)
	ended := false
	defer func() {
		ln.telling = false
		if !ended && !ln.Closing() && ln.next == nil {
			ln.notify(readable) // there may be more, but others come first
		}
	}()
	for range burst {
		if ln.next != nil {
			return // paused
		}
		ln.next, ln.err = ln.acceptor.accept()
		if ln.err == ErrAgain {
			ended = true
			ln.acceptor.awaitAccept()
			return
		}
		failed := ln.err != nil
		ln.telling = true
		ln.ext.Call((*listenerCall)(ln))
		if ln.Closing() {
			return
		}
		if failed {
			ended = true
			ln.acceptor.awaitAccept()
			return
		}
	}
}

func (d *listenerDriver) Deferred() {}
func (d *listenerDriver) Closed()   {}
