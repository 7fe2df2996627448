package loopfs

import (
	"context"
	"io/fs"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A WriteStream writes a file piece by piece: Node's fs.createWriteStream. All
// methods are loop-only.
//
// It keeps the loop alive while it writes. End closes it, and its file, when all is
// written; an error of writing does not.
type WriteStream struct {
	stream
	writes   []write // not told yet, the oldest first
	complete int     // how many of these only wait for their callbacks
	buffered int     // bytes of those that are not written
	full     bool
	drained  bool // drain is to be called
	drain    func()
	ended    bool // End was called
	untold   bool // and its callback was not
	end      func(error)
	endErr   error
}

// A write is a request on its way.
type write struct {
	p    []byte
	done func(error)
	err  error
}

// OpenWriteStream opens a file as [os.OpenFile] does and returns the stream that
// writes it. If it cannot be opened, the writes fail and so does End. When ctx ends,
// what is not written then fails with the context's error.
//
//loopvet:looponly
//loopvet:nonblocking
func OpenWriteStream(
	ctx context.Context, l *loop.Loop, name string, flag int, perm fs.FileMode, opts ...StreamOption,
) *WriteStream {
	s := newWriteStream(ctx, l, opts)
	s.open(name, flag, perm, s.proceed)
	return s
}

// NewWriteStream returns a stream that writes to an open file, which is the stream's
// from then on.
//
//loopvet:looponly
//loopvet:nonblocking
func NewWriteStream(ctx context.Context, f *File, opts ...StreamOption) *WriteStream {
	s := newWriteStream(ctx, f.h.Loop(), opts)
	s.adopt(f)
	return s
}

func newWriteStream(ctx context.Context, l *loop.Loop, opts []StreamOption) *WriteStream {
	s := new(WriteStream)
	s.ctx, s.cfg = ctx, configure(opts)
	s.ext.Init(l, s, (*writeDriver)(s))
	return s
}

// Write writes p, behind the writes before it, and then calls done, which may be
// nil, in the pending phase. p is Write's until then. After an error the writes behind
// it fail with the same one. The errors that Write returns, and done is not called
// then, are [loop.ErrClosed] and [ErrEnded]. A write does not fail because the stream
// is full: see [WriteStream.Full].
//
//loopvet:loop done
//loopvet:looponly
//loopvet:nonblocking
func (s *WriteStream) Write(p []byte, done func(error)) error {
	switch {
	case s.closing:
		return loop.ErrClosed
	case s.ended:
		return ErrEnded
	}
	s.ext.Begin()
	s.writes = append(s.writes, write{p: p, done: done})
	s.buffered += len(p)
	if s.buffered >= s.cfg.high {
		s.full = true
	}
	s.proceed()
	return nil
}

// End closes the stream and its file once all writes are done, and then calls done,
// which may be nil, with the first error of opening, writing and closing. If the
// stream is closed first, done gets [loop.ErrCanceled]. The errors that End returns
// are those of Write.
//
//loopvet:loop done
//loopvet:looponly
//loopvet:nonblocking
func (s *WriteStream) End(done func(error)) error {
	switch {
	case s.closing:
		return loop.ErrClosed
	case s.ended:
		return ErrEnded
	}
	s.ext.Begin()
	s.ended, s.untold, s.end = true, true, done
	s.proceed()
	return nil
}

// Buffered returns how many bytes of writes wait to be written.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *WriteStream) Buffered() int { return s.buffered }

// Full reports whether the writer should wait: since Write has left as many bytes
// waiting as the high water mark, there were never as few as the low one. See
// [WithWaterMarks].
//
//loopvet:looponly
//loopvet:nonblocking
func (s *WriteStream) Full() bool { return s.full }

// OnDrain has fn called each time that the stream is no longer full, after the
// callbacks of the writes that were done, in place of an earlier fn.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (s *WriteStream) OnDrain(fn func()) { s.drain = fn }

// Close closes the stream and its file at once. Writes that are not done get
// [loop.ErrCanceled], before the function of OnClose, but one that is under way to a
// regular file ends first.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *WriteStream) Close() {
	if s.closing {
		return
	}
	s.closing = true
	if s.untold {
		s.endErr = loop.ErrCanceled
	}
	s.cancel()
	s.close(s.closed)
}

// proceed does what is to be done next: close, tell, write.
func (s *WriteStream) proceed() {
	if s.closing {
		s.close(s.closed)
		return
	}
	s.ext.SetActive(len(s.writes) > 0 || s.ended)
	if s.failed != nil {
		s.finish(len(s.writes), s.failed)
	}
	if s.complete > 0 || s.drained {
		s.ext.Defer()
	}
	switch {
	case s.req != nil || s.file == nil && s.failed == nil:
	case s.complete < len(s.writes):
		s.flush()
	case s.ended && len(s.writes) == 0:
		s.closing = true
		s.endErr = s.failed
		s.close(s.closed)
	}
}

// flush writes the oldest writes, several in one request.
func (s *WriteStream) flush() {
	n, size := s.complete, 0
	for n < len(s.writes) && n < s.complete+maxWrites && (size == 0 || size+len(s.writes[n].p) <= maxBatch) {
		size += len(s.writes[n].p)
		n++
	}
	pieces := make([][]byte, 0, n-s.complete)
	for _, w := range s.writes[s.complete:n] {
		pieces = append(pieces, w.p)
	}
	file, at := s.file, s.cfg.at
	s.req = loop.QueueWork(s.ctx, s.Loop(), func(ctx context.Context) (int, error) {
		for i, p := range pieces {
			if err := ctx.Err(); err != nil {
				return i, err
			}
			n, err := writeTo(file, p, at)
			if err != nil {
				return i, err
			}
			if at >= 0 {
				at += int64(n)
			}
		}
		return len(pieces), nil
	}, func(n int, err error) {
		s.req = nil
		s.flushed(n, err)
	}, s.cfg.work...)
}

// writeTo writes at an offset, or at the file's position if that is negative.
func writeTo(f *os.File, p []byte, at int64) (int, error) {
	if at < 0 {
		return f.Write(p)
	}
	return f.WriteAt(p, at)
}

// flushed takes what was written: the n oldest writes, and then there was err.
func (s *WriteStream) flushed(n int, err error) {
	for _, w := range s.writes[s.complete : s.complete+n] {
		if s.cfg.at >= 0 {
			s.cfg.at += int64(len(w.p))
		}
	}
	s.finish(s.complete+n, nil)
	if err != nil {
		s.fail(err)
	}
	s.proceed()
}

// finish ends the writes before the n-th, all but their callbacks.
func (s *WriteStream) finish(n int, err error) {
	for ; s.complete < n; s.complete++ {
		w := &s.writes[s.complete]
		s.buffered -= len(w.p)
		w.p, w.err = nil, err
	}
	if s.full && s.buffered <= s.cfg.low {
		s.full, s.drained = false, true
	}
}

// closed is called when the file is closed, with the error of that.
func (s *WriteStream) closed(err error) {
	s.finish(len(s.writes), loop.ErrCanceled)
	if s.endErr == nil {
		s.endErr = err
	}
}

// tell calls the callback of the oldest write.
func (s *WriteStream) tell() {
	w := s.writes[0]
	s.writes[0] = write{}
	s.writes = s.writes[1:]
	s.complete--
	s.ext.End()
	if w.done != nil {
		s.ext.Call(&errCall{&s.stream, w.done, w.err})
	}
}

// writeDriver is a WriteStream as the loop sees it.
type writeDriver WriteStream

func (d *writeDriver) Kind() string { return "write stream" }
func (d *writeDriver) Arrived()     {}

// Deferred tells what was written.
func (d *writeDriver) Deferred() {
	s := (*WriteStream)(d)
	defer s.proceed() // after a panic, too
	for n := s.complete; n > 0 && !s.closing; n-- {
		s.tell()
	}
	if s.drained && !s.closing {
		s.drained = false
		if s.drain != nil {
			s.ext.Call(&plainCall{&s.stream, s.drain})
		}
	}
}

// Closed tells what is left: the writes, then End.
func (d *writeDriver) Closed() {
	s := (*WriteStream)(d)
	for len(s.writes) > 0 {
		s.tell()
	}
	if s.untold {
		s.untold = false
		s.ext.End()
		if s.end != nil {
			s.ext.Call(&errCall{&s.stream, s.end, s.endErr})
		}
	}
}
