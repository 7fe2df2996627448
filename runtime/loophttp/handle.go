package loophttp

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Errors of state; others come by callback.
var (
	ErrReading = errors.New("loophttp: already reading")
	ErrEnded   = errors.New("loophttp: ended")
	ErrTooLong = errors.New("loophttp: body is too long")
)

// handle is what an Exchange and a Call have in common: a body to read.
type handle struct {
	ext  loop.External
	body body
	read func([]byte, error)
	over bool // the end of the body was told
}

// Active reports whether the handle waits for something.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Active() bool { return h.ext.Active() }

// Closing reports whether the handle is closed.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Closing() bool { return h.ext.Closing() }

// Ref has the handle keep the loop alive, as it does from the start.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Ref() { h.ext.Ref() }

// Unref has the handle no longer keep the loop alive.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Unref() { h.ext.Unref() }

// HasRef reports whether the handle keeps the loop alive.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) HasRef() bool { return h.ext.HasRef() }

// OnClose has fn called in the closing phase once the handle is closed, whoever
// closed it.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) OnClose(fn func()) { h.ext.OnClose(fn) }

// ReadStart has fn called with the body, piece by piece, and with [io.EOF] or
// another error at the end. A piece is fn's until it returns. The next one is
// read when fn has returned, and not before ReadStart if it called ReadStop.
// ReadStart panics if fn is nil. The errors are [loop.ErrClosed], [ErrReading],
// and [ErrEnded] after the end.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) ReadStart(fn func(p []byte, err error)) error {
	switch {
	case fn == nil:
		panic("loophttp: ReadStart: nil callback")
	case h.Closing():
		return loop.ErrClosed
	case h.read != nil:
		return ErrReading
	case h.over:
		return ErrEnded
	}
	h.read = fn
	h.body.want(h.ext.Arrive)
	return nil
}

// ReadStop has the body not read further. A piece that was being read waits.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) ReadStop() { h.read = nil }

// ReadAll reads the body and calls fn with all of it. If it is longer than limit
// bytes, fn gets [ErrTooLong] and no more is read. The errors that ReadAll returns
// are those of ReadStart. It panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) ReadAll(limit int, fn func(body []byte, err error)) error {
	if fn == nil {
		panic("loophttp: ReadAll: nil callback")
	}
	var all []byte
	return h.ReadStart(func(p []byte, err error) {
		if len(all)+len(p) > limit {
			h.ReadStop()
			fn(nil, ErrTooLong)
			return
		}
		all = append(all, p...)
		switch err {
		case nil:
		case io.EOF:
			fn(all, nil)
		default:
			fn(nil, err)
		}
	})
}

// deliver tells what has been read. It reports whether that was the end.
func (h *handle) deliver() (end bool) {
	if h.read == nil {
		return false
	}
	p, err, ok := h.body.take()
	if !ok {
		return false
	}
	call := &readCall{h.read, p, err}
	if err != nil {
		h.read, h.over = nil, true
	}
	h.ext.Call(call)
	if h.read != nil {
		h.body.want(h.ext.Arrive)
	}
	return err != nil
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

// errCall is a callback that gets an error.
type errCall struct {
	fn  func(error)
	err error
}

func (c *errCall) Run()                     { c.fn(c.err) }
func (c *errCall) Func() any                { return c.fn }
func (c *errCall) Context() context.Context { return nil }

// plainCall is a callback that gets nothing.
type plainCall func()

func (c plainCall) Run()                     { c() }
func (c plainCall) Func() any                { return (func())(c) }
func (c plainCall) Context() context.Context { return nil }

// pieceSize is how much of a body is read at once.
const pieceSize = 32 << 10

// A body is read by a goroutine that ends with each piece.
type body struct {
	r io.Reader

	mu      sync.Mutex
	reading chan struct{} // guarded by mu; nil unless the goroutine reads; closed when it has
	there   bool          // guarded by mu; p and err are for take
	p       []byte        // guarded by mu
	err     error         // guarded by mu
	closed  bool          // guarded by mu; there is nothing to read any more
	over    bool          // guarded by mu; r is at its end
}

// want has a piece read, unless there is one or is about to be, and then calls
// arrive.
func (b *body) want(arrive func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.there:
		arrive()
		return
	case b.reading != nil:
		return
	case b.closed:
		b.there, b.p, b.err = true, nil, io.ErrUnexpectedEOF
		arrive()
		return
	}
	done := make(chan struct{})
	b.reading = done
	buf := b.p[:cap(b.p)]
	if buf == nil {
		buf = make([]byte, pieceSize)
	}
	go func() {
		n, err := b.r.Read(buf)
		b.mu.Lock()
		b.there, b.p, b.err, b.reading = true, buf[:n], err, nil
		b.over = b.over || err == io.EOF
		b.mu.Unlock()
		close(done)
		arrive()
	}()
}

// take returns a piece that has been read.
func (b *body) take() (p []byte, err error, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.there:
		return nil, nil, false
	case b.err != nil && len(b.p) > 0:
		p, b.p = b.p, nil // the error comes next
		return p, nil, true
	}
	b.there = false
	return b.p, b.err, true
}

// ended reports whether all of it has been read.
func (b *body) ended() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.over
}

// shut has no more read, and returns what to wait for if the goroutine reads.
func (b *body) shut() (reading <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.reading
}
