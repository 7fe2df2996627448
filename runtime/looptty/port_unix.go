//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package looptty

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

const resizeSignal = unix.SIGWINCH

// open returns the port of a terminal by its name.
func open(name string, n notifier) (port, error) {
	f, err := openOwn(name, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	return own(f, n)
}

// openOwn opens a terminal. It does not wait for a line to be connected, and does not
// become the one that controls the process.
func openOwn(name string, access int) (*os.File, error) {
	f, err := os.OpenFile(name, access|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if !IsTerminal(f) {
		f.Close()
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrNotTerminal}
	}
	return f, nil
}

// own returns the port of a file that openOwn has opened.
func own(f *os.File, n notifier) (port, error) {
	d, err := describe(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	if f.SetDeadline(time.Time{}) != nil {
		return newThreaded(d, true, n)
	}
	return newPolled(d, n)
}

// adopt returns the port of the terminal that f is. f stays the caller's.
func adopt(f *os.File, n notifier) (p port, err error) {
	err = control(f, func(fd int) error {
		if !term.IsTerminal(fd) {
			return &fs.PathError{Op: "open", Path: f.Name(), Err: ErrNotTerminal}
		}
		if again, err := reopen(fd); err == nil {
			p, err = own(again, n)
			return err
		}
		p, err = borrow(fd, f.Name(), n)
		return err
	})
	return p, err
}

// control calls fn with the descriptor of f.
func control(f *os.File, fn func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var called error
	err = raw.Control(func(fd uintptr) { called = fn(int(fd)) })
	return errors.Join(err, called)
}

// reopen opens the terminal of a descriptor once more.
func reopen(fd int) (*os.File, error) {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return nil, err
	}
	for name := range names(fd) {
		f, err := openOwn(name, flags&unix.O_ACCMODE)
		if err != nil {
			continue
		}
		same := false
		control(f, func(again int) error {
			same = device(again) == device(fd)
			return nil
		})
		if same {
			return f, nil
		}
		f.Close()
	}
	return nil, ErrNotTerminal
}

// borrow returns a port that uses the open file of a descriptor, whose flags are somebody
// else's too.
func borrow(fd int, name string, n notifier) (port, error) {
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(dup), name)
	return newThreaded(descriptor{dup, f}, false, n)
}

// inBackground reports whether another job than this process's has the terminal that
// controls both.
func inBackground(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group != unix.Getpgrp()
}

// A descriptor is read and written with system calls. If it is in non-blocking mode they
// do not wait.
type descriptor struct {
	number int
	file   *os.File // that has it, and closes it
}

func describe(f *os.File) (descriptor, error) {
	d := descriptor{file: f}
	err := control(f, func(fd int) error {
		d.number = fd
		return nil
	})
	return d, err
}

func (d *descriptor) fd() int { return d.number }

// read does not wait where the loop calls it: of a descriptor in blocking mode, goroutines do.
//
//loopvet:nonblocking
func (d *descriptor) read(p []byte) (int, error) {
	for {
		n, err := unix.Read(d.number, p)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return 0, errAgain
		case err == unix.EIO && hungUp(d.number):
			return 0, io.EOF // which is what it says a moment later
		case err != nil:
			return 0, &fs.PathError{Op: "read", Path: d.file.Name(), Err: err}
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// write is for the loop where read is.
//
//loopvet:nonblocking
func (d *descriptor) write(p []byte) (int, error) {
	for {
		n, err := unix.Write(d.number, p)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return 0, errAgain
		case err != nil:
			return 0, &fs.PathError{Op: "write", Path: d.file.Name(), Err: err}
		default:
			return n, nil
		}
	}
}

// A polled is a terminal that was opened for us. To wait, a goroutine goes into Go's poller
// with the methods of syscall.RawConn.
//
// The loop uses the descriptor without RawConn, whose locks the waiting goroutine holds.
// That is safe because only the loop closes it.
type polled struct {
	descriptor
	raw    syscall.RawConn
	n      notifier
	out    *push       // nil unless a goroutine waits to write
	waits  atomic.Bool // another one waits for something to read
	looked bool        // that one's
}

// A push is what a goroutine writes as soon as it can.
type push struct {
	t    *polled
	p    []byte
	took int // how much of p was written
	err  error
}

func newPolled(d descriptor, n notifier) (port, error) {
	raw, err := d.file.SyscallConn()
	if err != nil {
		d.file.Close()
		return nil, err
	}
	return &polled{descriptor: d, raw: raw, n: n}, nil
}

func (t *polled) awaitRead() {
	if !t.waits.Swap(true) {
		go t.wait()
	}
}

// wait is the goroutine of a terminal at which nobody types.
func (t *polled) wait() {
	t.looked = false
	err := t.raw.Read(t.look)
	t.waits.Store(false)
	if err == nil {
		t.n.notify(readable)
	}
}

// look reports whether there is something to read. RawConn.Read forgets, before it calls
// it, that there was, and calls it once more when there is again.
func (t *polled) look(fd uintptr) bool {
	if t.looked {
		return true
	}
	t.looked = true
	return isReadable(int(fd))
}

func (t *polled) awaitWrite(p []byte) {
	t.out = &push{t: t, p: p}
	go t.out.wait()
}

func (w *push) wait() {
	if err := w.t.raw.Write(w.push); err != nil {
		w.err = err
	}
	w.t.n.notify(writable)
}

func (w *push) push(uintptr) bool {
	n, err := w.t.write(w.p)
	if err == errAgain {
		return false
	}
	w.took, w.err = n, err
	return true
}

func (t *polled) written() (int, error) { return t.out.took, t.out.err }

// close waits for goroutines that use the descriptor: package os wakes them, and they need
// a moment only.
func (t *polled) close() { t.file.Close() }
