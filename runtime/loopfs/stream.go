package loopfs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Errors of state; others come by callback. Anything after Close is
// [loop.ErrClosed], and what Close interrupted gets [loop.ErrCanceled].
var (
	ErrReading = errors.New("loopfs: already reading")
	ErrEnded   = errors.New("loopfs: ended")
)

// chunkSize is how much of a file is read at once, and highWater what makes a
// stream full, as in Node's fs.createReadStream. A write takes up to maxBatch
// bytes from its queue at once, and maxWrites pieces.
const (
	chunkSize = 64 << 10
	highWater = 64 << 10
	maxBatch  = 1 << 20
	maxWrites = 64
)

// A StreamOption changes how a stream is made.
type StreamOption func(*streamConfig)

type streamConfig struct {
	low, high int
	at        int64 // -1 for the file's own position
	length    int64 // -1 for all of it
	work      []loop.WorkOption
}

func configure(opts []StreamOption) streamConfig {
	cfg := streamConfig{high: highWater, at: -1, length: -1}
	for _, opt := range opts {
		opt(&cfg)
	}
	return cfg
}

// WithWaterMarks sets how many bytes a [ReadStream] reads ahead at most, high, and
// when a [WriteStream] is full and when it is no longer: once high bytes wait to be
// written, and when there are low or fewer. The default is 0 and 64 KiB.
// WithWaterMarks panics unless 0 <= low < high.
func WithWaterMarks(low, high int) StreamOption {
	if low < 0 || high <= low {
		panic("loopfs: WithWaterMarks: want 0 <= low < high")
	}
	return func(c *streamConfig) { c.low, c.high = low, high }
}

// WithOffset has the stream begin at an offset in bytes. The file's own position,
// from which it begins otherwise, does not move then. A file that was opened to be
// appended to has no offsets. WithOffset panics if the offset is negative.
func WithOffset(offset int64) StreamOption {
	if offset < 0 {
		panic("loopfs: WithOffset: negative offset")
	}
	return func(c *streamConfig) { c.at = offset }
}

// WithLength has a [ReadStream] end after n bytes. It panics if n is negative.
func WithLength(n int64) StreamOption {
	if n < 0 {
		panic("loopfs: WithLength: negative length")
	}
	return func(c *streamConfig) { c.length = n }
}

// WithWork has the stream's requests run as opts say: on another pool, with a
// priority.
func WithWork(opts ...loop.WorkOption) StreamOption {
	return func(c *streamConfig) { c.work = opts }
}

// stream is what both kinds have in common: a file that opens, one request at a
// time, and a file that closes. All methods are loop-only.
type stream struct {
	ext     loop.External
	ctx     context.Context
	cfg     streamConfig
	file    *os.File      // nil until it is open and once it is about to be closed
	req     *loop.Request // under way; nil if none is
	failed  error         // of opening, reading, writing
	closing bool
}

// Loop returns the loop of the stream.
//
//loopvet:nonblocking
func (s *stream) Loop() *loop.Loop { return s.ext.Loop() }

// Active reports whether the stream waits for something.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *stream) Active() bool { return s.ext.Active() }

// Closing reports whether the stream was closed or has closed itself.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *stream) Closing() bool { return s.closing }

// Ref has the stream keep the loop alive while it is active, as it does from the
// start.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *stream) Ref() { s.ext.Ref() }

// Unref has the stream no longer keep the loop alive. Its requests still do.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *stream) Unref() { s.ext.Unref() }

// HasRef reports whether the stream keeps the loop alive while it is active.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *stream) HasRef() bool { return s.ext.HasRef() }

// OnClose has fn called in the closing phase once the stream and its file are
// closed, whoever closed it, after the callbacks of its requests.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (s *stream) OnClose(fn func()) { s.ext.OnClose(fn) }

// open has a file opened, and ready called when it is, or was not.
func (s *stream) open(name string, flag int, perm fs.FileMode, ready func()) {
	s.req = loop.QueueWork(s.ctx, s.Loop(), func(context.Context) (*os.File, error) {
		return os.OpenFile(name, flag, perm)
	}, func(f *os.File, err error) {
		s.req = nil
		s.file = f
		if err != nil {
			s.fail(err)
		}
		ready()
	}, s.cfg.work...)
}

// adopt takes a file over.
func (s *stream) adopt(f *File) {
	if f.h.Shut() {
		s.file = f.h.f
	} else {
		s.fail(&fs.PathError{Op: "stream", Path: f.Name(), Err: fs.ErrClosed})
	}
}

func (s *stream) fail(err error) {
	if s.failed == nil {
		s.failed = err
	}
}

// close closes the stream once nothing is under way: first the file, then the
// handle. closed is called in between.
func (s *stream) close(closed func(error)) {
	if s.req != nil {
		return // its callback comes here again
	}
	if s.file == nil {
		closed(nil)
		s.ext.Shut()
		return
	}
	f := s.file
	s.file = nil
	s.req = closeFile(context.WithoutCancel(s.ctx), s.Loop(), f, func(err error) {
		s.req = nil
		closed(err)
		s.ext.Shut()
	}, s.cfg.work)
}

// aLongTimeAgo is a deadline that has passed in virtual time too.
var aLongTimeAgo = time.Unix(1, 0)

// cancel cancels what is under way. What reads or writes a regular file ends by itself;
// what waits for the other end of a pipe is told to stop, by a deadline.
func (s *stream) cancel() {
	if s.req != nil && s.req.Cancel() != nil && s.file != nil {
		s.file.SetDeadline(aLongTimeAgo)
	}
}

// errCall is a callback that gets an error.
type errCall struct {
	s   *stream
	fn  func(error)
	err error
}

func (c *errCall) Run()                     { c.fn(c.err) }
func (c *errCall) Func() any                { return c.fn }
func (c *errCall) Context() context.Context { return c.s.ctx }

// plainCall is a callback that gets nothing.
type plainCall struct {
	s  *stream
	fn func()
}

func (c *plainCall) Run()                     { c.fn() }
func (c *plainCall) Func() any                { return c.fn }
func (c *plainCall) Context() context.Context { return c.s.ctx }
