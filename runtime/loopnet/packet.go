package loopnet

import (
	"context"
	"net"
	"net/netip"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A PacketConn is a UDP socket. All methods are loop-only. It keeps the loop
// alive while it receives or has a datagram to send.
type PacketConn struct {
	handle
	sock    datagrams
	fn      func([]byte, netip.AddrPort, error)
	call    packetCall
	sends   queue[datagram]
	done    int  // how many of sends only wait for their callbacks
	waiting bool // for the writable notification
}

// A datagram is a request on its way.
type datagram struct {
	p    []byte
	to   netip.AddrPort
	done func(error)
	err  error
}

func isPacket(network string) bool {
	return network == "udp" || network == "udp4" || network == "udp6"
}

// ListenPacket makes a socket for datagrams at address. network is "udp", "udp4"
// or "udp6"; the host of the address is an IP address or empty.
//
//loopvet:looponly
//loopvet:nonblocking
func ListenPacket(l *loop.Loop, network, address string, opts ...Option) (*PacketConn, error) {
	cfg := configure(opts)
	c := new(PacketConn)
	var err error
	c.sock, err = cfg.backend.listenPacket(network, address, cfg, c)
	if err != nil {
		return nil, err
	}
	c.ext.Init(l, c, (*packetDriver)(c))
	return c, nil
}

// LocalAddr returns the address of the socket.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *PacketConn) LocalAddr() net.Addr { return c.sock.addr() }

// ReceiveStart has fn called with each datagram that arrives, in poll. p is fn's
// until it returns; what does not fit into 64 KiB is cut off. An error does not
// end receiving: a datagram sent before may have come back. ReceiveStart panics
// if fn is nil. The errors are [loop.ErrClosed] and [ErrReading].
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (c *PacketConn) ReceiveStart(fn func(p []byte, from netip.AddrPort, err error)) error {
	switch {
	case fn == nil:
		panic("loopnet: ReceiveStart: nil callback")
	case c.Closing():
		return loop.ErrClosed
	case c.fn != nil:
		return ErrReading
	}
	c.fn = fn
	c.update()
	c.notify(readable)
	return nil
}

// ReceiveStop ends receiving for now.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *PacketConn) ReceiveStop() {
	c.fn = nil
	if !c.Closing() {
		c.update()
	}
}

// Send sends p as a datagram and then calls done, which may be nil, in the
// pending phase or in poll. p is Send's until then. That it was sent does not mean
// that it arrived. The error that Send returns, and done is not called then, is
// [loop.ErrClosed].
//
//loopvet:loop done
//loopvet:looponly
//loopvet:nonblocking
func (c *PacketConn) Send(p []byte, to netip.AddrPort, done func(error)) error {
	if c.Closing() {
		return loop.ErrClosed
	}
	c.ext.Begin()
	c.sends.push(datagram{p: p, to: to, done: done})
	c.flush()
	if c.done > 0 {
		c.ext.Defer()
	}
	c.update()
	return nil
}

// TrySend sends p at once, or returns [ErrAgain] if it would have to wait or
// another one does.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *PacketConn) TrySend(p []byte, to netip.AddrPort) error {
	switch {
	case c.Closing():
		return loop.ErrClosed
	case c.waiting || c.done < c.sends.n:
		return ErrAgain
	}
	return c.sock.send(p, to)
}

// Close closes the socket. What was not sent gets [loop.ErrCanceled].
//
//loopvet:looponly
//loopvet:nonblocking
func (c *PacketConn) Close() {
	if c.ext.Shut() {
		c.fn = nil
		c.sock.close()
	}
}

func (c *PacketConn) update() {
	c.ext.SetActive(c.fn != nil || c.done < c.sends.n)
}

// flush sends until the socket takes no more, for a burst at most.
func (c *PacketConn) flush() {
	for range burst {
		if c.waiting || c.done == c.sends.n {
			return
		}
		d := c.sends.at(c.done)
		err := c.sock.send(d.p, d.to)
		if err == ErrAgain {
			c.waiting = true
			c.sock.awaitSend(d.p, d.to)
			return
		}
		d.p, d.err = nil, err
		c.done++
	}
	if c.done < c.sends.n {
		c.notify(more)
	}
}

// settle calls the callbacks of what was sent.
func (c *PacketConn) settle() {
	defer func() {
		if c.done > 0 && !c.Closing() {
			c.ext.Defer()
		}
	}()
	c.update()
	for n := c.done; n > 0; n-- {
		d := c.sends.pop()
		c.done--
		c.tell(d.done, d.err)
		if c.Closing() {
			return
		}
	}
}

// receiveSome receives until there is nothing more, for a burst at most.
func (c *PacketConn) receiveSome() {
	if c.fn == nil {
		return
	}
	buf := readBuffers.Get().(*readBuffer)
	defer readBuffers.Put(buf)
	for range burst {
		n, from, err := c.sock.receive(buf.data[:])
		if err == ErrAgain {
			c.sock.awaitReceive()
			return
		}
		c.call = packetCall{c.fn, buf.data[:n], from, err}
		c.ext.Call(&c.call)
		c.call = packetCall{}
		if c.fn == nil {
			return
		}
	}
	c.notify(readable)
}

// packetCall is the callback of ReceiveStart.
type packetCall struct {
	fn   func([]byte, netip.AddrPort, error)
	p    []byte
	from netip.AddrPort
	err  error
}

func (c *packetCall) Run()                     { c.fn(c.p, c.from, c.err) }
func (c *packetCall) Func() any                { return c.fn }
func (c *packetCall) Context() context.Context { return nil }

// packetDriver is a PacketConn as the loop sees it.
type packetDriver PacketConn

func (d *packetDriver) Kind() string { return "udp socket" }

func (d *packetDriver) Arrived() {
	c := (*PacketConn)(d)
	r := ready(c.bits.Swap(0))
	defer func() {
		if r != 0 && !c.Closing() {
			c.notify(r)
		}
	}()
	if r&readable != 0 {
		c.receiveSome()
		r &^= readable
	}
	if c.Closing() {
		r = 0
		return
	}
	if r&writable != 0 && c.waiting {
		c.waiting = false
		if sent, err := c.sock.sent(); sent {
			s := c.sends.at(c.done)
			s.p, s.err = nil, err
			c.done++
		}
	}
	r &^= writable | more
	c.flush()
	c.settle()
}

func (d *packetDriver) Deferred() {
	c := (*PacketConn)(d)
	c.settle()
}

// Closed cancels what was not sent.
func (d *packetDriver) Closed() {
	c := (*PacketConn)(d)
	for c.sends.n > 0 {
		s := c.sends.pop()
		if c.done > 0 {
			c.done--
		} else {
			s.err = loop.ErrCanceled
		}
		c.tell(s.done, s.err)
	}
}
