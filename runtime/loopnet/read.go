package loopnet

import (
	"context"
	"sync"

	"github.com/loopvet/loopvet/runtime/loop"
)

// ReadStart has fn called with what arrives, in poll. p is fn's until it
// returns. An error ends reading: [io.EOF] after the peer's last byte, others for
// a broken connection; fn gets no bytes with it. What was not read when reading
// stopped waits. ReadStart panics if fn is nil.
//
// The errors are [loop.ErrClosed], [ErrReading], and [ErrNotConnected] once
// reading has ended.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) ReadStart(fn func(p []byte, err error)) error {
	switch {
	case fn == nil:
		panic("loopnet: ReadStart: nil callback")
	case c.Closing():
		return loop.ErrClosed
	case c.read != nil:
		return ErrReading
	case c.ended:
		return ErrNotConnected
	}
	c.read = fn
	c.update()
	if c.opening == nil {
		c.notify(readable) // there may be something, or poll asks for more
	}
	return nil
}

// ReadStop ends reading for now: the callback is not called any more. What
// arrives waits, and in the end the peer has to.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) ReadStop() {
	if c.read != nil {
		c.read = nil
		c.update()
	}
}

// A readBuffer is what one connection at a time reads into.
type readBuffer struct {
	data [64 << 10]byte
	call readCall
}

var readBuffers = sync.Pool{New: func() any { return new(readBuffer) }}

// readSome reads until there is nothing more, for a burst or in bulk at most.
func (c *Conn) readSome() {
	if c.read == nil {
		return
	}
	buf := readBuffers.Get().(*readBuffer)
	defer readBuffers.Put(buf)
	taken := 0
	for range burst {
		n, err := c.sock.read(buf.data[:])
		if err == ErrAgain {
			c.flushOut()
			c.sock.awaitRead()
			return
		}
		if err != nil {
			c.flushOut()
			c.endRead(&buf.call, err)
			return
		}
		c.touch()
		buf.call = readCall{c.read, buf.data[:n], nil}
		c.ext.Call(&buf.call)
		if c.read == nil {
			return
		}
		if n < len(buf.data) && c.sock.readsAll() {
			c.sock.awaitRead()
			return
		}
		if taken += n; taken >= bulk {
			break
		}
	}
	c.notify(readable)
}

// endRead ends reading with an error.
func (c *Conn) endRead(call *readCall, err error) {
	*call = readCall{c.read, nil, err}
	c.read, c.ended = nil, true
	c.update()
	c.ext.Call(call)
}

// readCall is the callback of ReadStart.
type readCall struct {
	fn  func([]byte, error)
	p   []byte
	err error
}

func (c *readCall) Run()                     { c.fn(c.p, c.err) }
func (c *readCall) Func() any                { return c.fn }
func (c *readCall) Context() context.Context { return nil }
