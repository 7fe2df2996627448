package loopfs

import (
	"bytes"
	"context"
	"io"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A ReadStream reads a file piece by piece: Node's fs.createReadStream. All methods
// are loop-only.
//
// It keeps the loop alive while it reads. It closes itself, and its file, once the
// end or an error was told.
type ReadStream struct {
	stream
	read     func([]byte, error)
	started  bool
	over     bool     // nothing is left to read but what is in pieces
	pieces   []piece  // read and not told
	buffered int      // bytes in pieces
	free     [][]byte // room for pieces to come
}

// A piece is some bytes, or the end.
type piece struct {
	p   []byte
	err error
}

// OpenReadStream opens a file and returns the stream that reads it. If it cannot be
// opened, the read callback gets the error. When ctx ends, reading does, with the
// context's error.
//
//loopvet:looponly
//loopvet:nonblocking
func OpenReadStream(ctx context.Context, l *loop.Loop, name string, opts ...StreamOption) *ReadStream {
	s := newReadStream(ctx, l, opts)
	s.open(name, os.O_RDONLY, 0, s.proceed)
	return s
}

// NewReadStream returns a stream that reads an open file, which is the stream's from
// then on.
//
//loopvet:looponly
//loopvet:nonblocking
func NewReadStream(ctx context.Context, f *File, opts ...StreamOption) *ReadStream {
	s := newReadStream(ctx, f.h.Loop(), opts)
	s.adopt(f)
	return s
}

func newReadStream(ctx context.Context, l *loop.Loop, opts []StreamOption) *ReadStream {
	s := new(ReadStream)
	s.ctx, s.cfg = ctx, configure(opts)
	s.ext.Init(l, s, (*readDriver)(s))
	return s
}

// ReadStart has fn called with what is read, in the pending phase. p is fn's until
// it returns. The end is [io.EOF]; fn gets no bytes with it or with another error.
// Reading goes on while fn runs, and after ReadStop, until as many bytes as the high
// water mark are read ahead. ReadStart panics if fn is nil.
//
// The errors are [loop.ErrClosed] and [ErrReading].
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (s *ReadStream) ReadStart(fn func(p []byte, err error)) error {
	switch {
	case fn == nil:
		panic("loopfs: ReadStart: nil callback")
	case s.closing:
		return loop.ErrClosed
	case s.read != nil:
		return ErrReading
	}
	s.read, s.started = fn, true
	s.ext.SetActive(true)
	s.proceed()
	return nil
}

// ReadStop ends reading for now: the callback is not called any more.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *ReadStream) ReadStop() {
	s.read = nil
	s.ext.SetActive(false)
}

// Close closes the stream and its file. The read callback is not called any more.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *ReadStream) Close() {
	if s.closing {
		return
	}
	s.ReadStop()
	s.closing = true
	s.pieces, s.buffered, s.free = nil, 0, nil
	s.cancel()
	s.close(func(error) {})
}

// proceed does what is to be done next: close, tell, read.
func (s *ReadStream) proceed() {
	if s.closing {
		s.close(func(error) {})
		return
	}
	if s.failed != nil && !s.over {
		s.over = true
		s.pieces = append(s.pieces, piece{err: s.failed})
	}
	if s.read != nil && len(s.pieces) > 0 {
		s.ext.Defer()
	}
	if s.started && !s.over && s.req == nil && s.file != nil && s.buffered < s.cfg.high {
		s.fill()
	}
}

// fill reads the next piece. One that the water mark has no room for is shorter.
func (s *ReadStream) fill() {
	size := min(s.pieceSize(), s.cfg.high-s.buffered)
	if s.cfg.length >= 0 {
		size = int(min(int64(size), s.cfg.length))
		if size == 0 {
			s.fail(io.EOF)
			s.proceed()
			return
		}
	}
	buf := s.buffer()[:size]
	file, at := s.file, s.cfg.at
	s.req = loop.QueueWork(s.ctx, s.Loop(), func(context.Context) (int, error) {
		if at >= 0 {
			return file.ReadAt(buf, at)
		}
		return file.Read(buf)
	}, func(n int, err error) {
		s.req = nil
		s.filled(buf, n, err)
	}, s.cfg.work...)
}

// filled takes what was read.
func (s *ReadStream) filled(buf []byte, n int, err error) {
	if n > 0 && !s.closing {
		p := buf[:n]
		if n < cap(buf)/4 { // as pipes do: what waits must not hold so much more
			p = bytes.Clone(p)
			s.free = append(s.free, buf)
		}
		s.pieces = append(s.pieces, piece{p: p})
		s.buffered += n
		if s.cfg.at >= 0 {
			s.cfg.at += int64(n)
		}
		if s.cfg.length >= 0 {
			s.cfg.length -= int64(n)
		}
	}
	if err != nil {
		s.fail(err)
	}
	s.proceed()
}

// buffer returns room for a piece.
func (s *ReadStream) buffer() []byte {
	if n := len(s.free); n > 0 {
		buf := s.free[n-1]
		s.free = s.free[:n-1]
		return buf[:cap(buf)]
	}
	return make([]byte, s.pieceSize())
}

// pieceSize returns the most that one piece can have, in bytes.
func (s *ReadStream) pieceSize() int { return min(chunkSize, s.cfg.high) }

// readDriver is a ReadStream as the loop sees it.
type readDriver ReadStream

func (d *readDriver) Kind() string { return "read stream" }
func (d *readDriver) Arrived()     {}
func (d *readDriver) Closed()      {}

// Deferred tells what was read.
func (d *readDriver) Deferred() {
	s := (*ReadStream)(d)
	for n := len(s.pieces); n > 0 && s.read != nil; n-- {
		next := s.pieces[0]
		s.pieces[0] = piece{}
		s.pieces = s.pieces[1:]
		s.buffered -= len(next.p)
		call := &readCall{s, s.read, next}
		if next.err != nil {
			defer s.Close()
			s.ReadStop()
		} else {
			s.proceed() // the next piece is read while this one is told, or panics
		}
		s.ext.Call(call)
		if !s.closing && cap(next.p) >= s.pieceSize() {
			s.free = append(s.free, next.p)
		}
	}
}

// readCall is the callback of ReadStart.
type readCall struct {
	s  *ReadStream
	fn func([]byte, error)
	piece
}

func (c *readCall) Run()                     { c.fn(c.p, c.err) }
func (c *readCall) Func() any                { return c.fn }
func (c *readCall) Context() context.Context { return c.s.ctx }
