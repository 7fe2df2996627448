package loopnet

import "github.com/loopvet/loopvet/runtime/loop"

// Write writes p, behind the writes before it, and then calls done, which may
// be nil. p is Write's until then. If nothing else waits it is tried at once, but
// done is called later all the same: in the pending phase what was written at
// once, in poll the rest.
//
// After an error of the connection the writes behind it fail too. The errors
// that Write returns, and done is not called then, are [loop.ErrClosed] and
// [ErrShutdown]. A write does not fail because the connection is full: see
// [Conn.Full].
//
//loopvet:loop done
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) Write(p []byte, done func(error)) error {
	switch {
	case c.Closing():
		return loop.ErrClosed
	case c.ending:
		return ErrShutdown
	}
	c.ext.Begin()
	idle := !c.pending()
	if c.out == nil {
		c.out = outgoings.Get().(*outgoing)
	}
	c.out.writes.push(write{p: p, done: done})
	c.buffered += len(p)
	if c.failed != nil {
		c.failWrites(c.failed)
		c.ext.Defer()
		return nil
	}
	if idle {
		c.flush()
	}
	if c.buffered >= c.high {
		c.full = true
	}
	if c.completed() {
		c.ext.Defer()
	}
	c.update()
	return nil
}

// TryWrite writes as much of p as can be written without waiting, and returns
// how much that is, at least one byte unless p is empty. It returns [ErrAgain] if
// there is no room, and if a write is waiting or the connection is not open yet:
// it never jumps the queue (libuv's uv_try_write). Over TLS it takes one record,
// 16 KiB, at most.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) TryWrite(p []byte) (int, error) {
	switch {
	case c.Closing():
		return 0, loop.ErrClosed
	case c.ending:
		return 0, ErrShutdown
	case c.failed != nil:
		return 0, c.failed
	case c.opening != nil || c.waiting || c.pending():
		return 0, ErrAgain
	case len(p) == 0:
		return 0, nil
	}
	n, err := c.sock.write(p)
	if n > 0 {
		c.touch()
		c.flushOut()
	}
	return n, err
}

// Shutdown ends the writing side once all writes are done, and then calls done,
// which may be nil. Reading goes on. If the connection is closed first, done gets
// [loop.ErrCanceled].
//
// The errors that Shutdown returns are [loop.ErrClosed], and [ErrNotConnected] if
// Shutdown was called before (libuv test-shutdown-twice.c).
//
//loopvet:loop done
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) Shutdown(done func(error)) error {
	switch {
	case c.Closing():
		return loop.ErrClosed
	case c.ending:
		return ErrNotConnected
	}
	c.ending, c.finish, c.shutdown = true, true, done
	c.ext.Begin()
	c.ext.Defer()
	c.update()
	return nil
}

// Buffered returns how many bytes of writes wait to be written.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) Buffered() int { return c.buffered }

// Full reports whether the writer should wait: since Write has left as many bytes
// waiting as the high water mark, there were never as few as the low one. See
// [WithWaterMarks].
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) Full() bool { return c.full }

// OnDrain has fn called each time that the connection is no longer full, after
// the callbacks of the writes that were done, in place of an earlier fn.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) OnDrain(fn func()) { c.drain = fn }

// flush writes until the socket takes no more, for a burst at most.
func (c *Conn) flush() {
	if c.waiting || c.sock == nil {
		return
	}
	for range burst {
		if !c.pending() {
			return
		}
		o := c.out
		w := o.writes.at(o.completed)
		var n int
		var err error
		if o.offset < len(w.p) {
			n, err = c.sock.write(w.p[o.offset:])
			c.wrote(n)
		}
		if o.offset == len(w.p) && err == nil {
			err = c.sock.flush()
			if err == nil {
				c.complete(nil)
			}
		}
		if err == ErrAgain {
			c.waiting = true
			c.sock.awaitWrite(w.p[o.offset:])
			return
		}
		if err != nil {
			c.failed = err
			c.failWrites(err)
			return
		}
	}
	if c.pending() {
		c.notify(more)
	}
}

// flushOut moves on what the socket itself wants to send.
func (c *Conn) flushOut() {
	if !c.waiting && c.sock.flush() == ErrAgain {
		c.waiting = true
		c.sock.awaitWrite(nil)
	}
}

// wrote counts bytes of the present write.
func (c *Conn) wrote(n int) {
	if n == 0 {
		return
	}
	c.touch()
	c.out.offset += n
	c.count(-n)
}

// count changes the number of bytes that wait.
func (c *Conn) count(n int) {
	c.buffered += n
	if c.full && c.buffered <= c.low {
		c.full, c.drained = false, true
	}
}

// complete ends the present write, all but its callback.
func (c *Conn) complete(err error) {
	o := c.out
	w := o.writes.at(o.completed)
	c.count(o.offset - len(w.p))
	w.p, w.err = nil, err
	o.completed++
	o.offset = 0
}

// failWrites ends all writes.
func (c *Conn) failWrites(err error) {
	for c.pending() {
		c.complete(err)
	}
	c.update()
}

// writeSome goes on with writing; proceed says that the socket has notified.
func (c *Conn) writeSome(proceed bool) {
	if proceed && c.waiting {
		c.waiting = false
		n, err := c.sock.written()
		if c.pending() {
			c.wrote(n)
		}
		if c.failed == nil {
			c.failed = err
		}
	}
	if c.failed != nil {
		c.failWrites(c.failed)
	} else {
		c.flush()
		c.flushOut()
	}
	c.settle()
}

// settle calls the callbacks of the writes that are done, and then, if nothing is
// left to write, shuts the writing side down.
func (c *Conn) settle() {
	returned := false
	defer func() {
		if (c.completed() || !returned) && !c.Closing() {
			c.ext.Defer() // completed meanwhile, or left by a panic
		}
	}()
	c.update()
	n := 0
	if c.out != nil {
		n = c.out.completed
	}
	for ; n > 0; n-- {
		c.out.completed--
		w := c.pop()
		c.tell(w.done, w.err)
		if c.Closing() {
			return
		}
	}
	if c.drained {
		c.drained = false
		if c.drain != nil {
			c.ext.Call(plainCall(c.drain))
		}
	}
	if c.finish && c.out == nil && !c.waiting && c.opening == nil && !c.Closing() {
		c.end()
	}
	returned = true
}

// end shuts the writing side down.
func (c *Conn) end() {
	err := c.failed
	if err == nil {
		err = c.sock.closeWrite()
	}
	if err == ErrAgain {
		c.waiting = true
		c.sock.awaitWrite(nil)
		return
	}
	c.finish = false
	c.update()
	c.tell(c.shutdown, err)
}
