package looptty

import (
	"context"
	"errors"
	"os"
	"sync/atomic"

	"golang.org/x/term"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Errors of state; others come by callback. Anything after Close is [loop.ErrClosed], and
// a write that Close interrupted gets [loop.ErrCanceled].
var (
	ErrNotTerminal = errors.New("looptty: not a terminal")
	ErrReading     = errors.New("looptty: already reading")
)

const (
	// burst is how many reads or writes one readiness is good for, as in libuv.
	burst = 32
	// readSize is how much is read at once: the most that a line of a terminal can have.
	readSize = 4 << 10
	// highWater is how many bytes that wait to be written make a terminal full.
	highWater = 64 << 10
)

// A TTY is a terminal. All methods are loop-only.
//
// It keeps the loop alive while it reads or has a write under way.
type TTY struct {
	ext  loop.External
	bits atomic.Uint32 // notifications that Arrived has not seen yet
	port port

	read func([]byte, error)
	buf  []byte // what is read into; nil until it is needed

	writes   []write // not told yet, the oldest first
	complete int     // how many of these only wait for their callbacks
	buffered int     // bytes of those that are not written
	waiting  bool    // for the writable notification
	failed   error   // of writing
	full     bool
	drained  bool // drain is to be called
	drain    func()

	winch         *loop.Signal // nil unless resize is set
	resize        func(columns, rows int)
	columns, rows int // as resize knows them
}

// A write is a request on its way.
type write struct {
	p    []byte // what is left of it
	done func(error)
	err  error
}

// IsTerminal reports whether f is a terminal.
//
//loopvet:nonblocking
func IsTerminal(f *os.File) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	is := false
	err = raw.Control(func(fd uintptr) { is = term.IsTerminal(int(fd)) })
	return err == nil && is
}

// New makes a handle of the terminal that f is: [os.Stdin], [os.Stdout], [os.Stderr], or a
// file that was opened. f stays the caller's, may be closed, and keeps its flags: see the
// package's documentation. What f was not opened for, reading or writing, fails. The error
// is [ErrNotTerminal] if f is something else, [errors.ErrUnsupported] where terminals are
// not supported, or the system's.
//
//loopvet:looponly
//loopvet:nonblocking
func New(l *loop.Loop, f *os.File) (*TTY, error) {
	return newTTY(l, func(n notifier) (port, error) { return adopt(f, n) })
}

// Open opens a terminal by its name, /dev/tty for the one that controls the process, to be
// read and written. The errors are those of New and of [os.OpenFile].
//
//loopvet:looponly
//loopvet:blocks file
func Open(l *loop.Loop, name string) (*TTY, error) {
	return newTTY(l, func(n notifier) (port, error) { return open(name, n) })
}

func newTTY(l *loop.Loop, connect func(notifier) (port, error)) (*TTY, error) {
	t := new(TTY)
	p, err := connect(t)
	if err != nil {
		return nil, err
	}
	t.port = p
	t.ext.Init(l, t, (*driver)(t))
	return t, nil
}

// notify takes a notification, from any goroutine.
func (t *TTY) notify(r ready) {
	t.bits.Or(uint32(r))
	t.ext.Arrive()
}

// ReadStart has fn called, in poll, with what is typed: a line at a time, or in raw mode
// as it comes. p is fn's until it returns. An error ends reading, and fn gets no bytes with
// it: [io.EOF] is the end that a user types (Ctrl-D), after which ReadStart may be called
// again, or that the terminal is gone, after which reading ends so each time. ReadStart
// panics if fn is nil.
//
// The errors are [loop.ErrClosed] and [ErrReading].
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) ReadStart(fn func(p []byte, err error)) error {
	switch {
	case fn == nil:
		panic("looptty: ReadStart: nil callback")
	case t.ext.Closing():
		return loop.ErrClosed
	case t.read != nil:
		return ErrReading
	}
	t.read = fn
	t.update()
	t.notify(readable) // there may be something, or poll asks for more
	return nil
}

// ReadStop ends reading for now: the callback is not called any more. What is typed waits
// in the terminal, or goes to whoever reads it, a child process for one.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) ReadStop() {
	if t.read != nil {
		t.read = nil
		t.update()
	}
}

// Loop returns the loop of the terminal.
//
//loopvet:nonblocking
func (t *TTY) Loop() *loop.Loop { return t.ext.Loop() }

// Active reports whether the terminal reads or has a write under way.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) Active() bool { return t.ext.Active() }

// Closing reports whether Close was called.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) Closing() bool { return t.ext.Closing() }

// Ref has the terminal keep the loop alive while it is active, as it does from the start.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) Ref() { t.ext.Ref() }

// Unref has the terminal no longer keep the loop alive. Its writes still do.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) Unref() { t.ext.Unref() }

// HasRef reports whether the terminal keeps the loop alive while it is active.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) HasRef() bool { return t.ext.HasRef() }

// OnClose has fn called in the closing phase once the terminal is closed, after the
// callbacks of its writes.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) OnClose(fn func()) { t.ext.OnClose(fn) }

// Close ends raw mode, if this terminal has asked for it, and closes the handle at once.
// The read callback is not called any more. Writes that are not done get
// [loop.ErrCanceled]; some of what they have may have been written.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) Close() {
	if !t.ext.Shut() {
		return
	}
	t.read = nil
	modes.leave(t) // it may be gone, and then there is no mode
	if t.winch != nil {
		t.winch.Close()
	}
	t.port.close()
}

// update says whether the handle is active.
func (t *TTY) update() {
	t.ext.SetActive(t.read != nil || t.complete < len(t.writes))
}

// readSome reads until there is nothing more, for a burst at most.
func (t *TTY) readSome() {
	if t.buf == nil {
		t.buf = make([]byte, readSize)
	}
	for range burst {
		if t.read == nil {
			return
		}
		n, err := t.port.read(t.buf)
		if err == errAgain {
			t.port.awaitRead()
			return
		}
		call := &readCall{t.read, t.buf[:n], err}
		if err != nil {
			call.p, t.read = nil, nil
			t.update()
		}
		t.ext.Call(call)
	}
	t.notify(readable)
}

// driver is a TTY as the loop sees it.
type driver TTY

func (d *driver) Kind() string { return "terminal" }

func (d *driver) Arrived() {
	t := (*TTY)(d)
	r := ready(t.bits.Swap(0))
	defer func() {
		// Normally nothing is left. After a panic the next Run goes on here.
		if r != 0 && !t.ext.Closing() {
			t.notify(r)
		}
	}()
	if r&readable != 0 {
		t.readSome()
		r &^= readable
	}
	if r&(writable|more) != 0 && !t.ext.Closing() {
		proceed := r&writable != 0
		r &^= writable | more
		t.writeSome(proceed)
	}
}

func (d *driver) Deferred() { (*TTY)(d).settle() }

// Closed cancels the writes that were under way.
func (d *driver) Closed() {
	t := (*TTY)(d)
	t.finish(len(t.writes), loop.ErrCanceled)
	for len(t.writes) > 0 {
		t.tell()
	}
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
