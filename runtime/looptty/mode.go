package looptty

import (
	"errors"
	"slices"
	"sync"

	"golang.org/x/term"

	"github.com/loopvet/loopvet/runtime/loop"
)

// modes are the terminals in raw mode. They are the process's and not a loop's: Restore
// has to find them from any goroutine, when nothing else of the program can be relied on.
var modes rawModes

// rawModes remembers what terminals were like before raw mode.
type rawModes struct {
	mu   sync.Mutex
	list []*rawMode // guarded by mu
}

// A rawMode is one terminal in raw mode, whose handles may be several.
type rawMode struct {
	device uint64
	before *term.State
	users  []*TTY // those that have asked for it, at least one
}

// SetRaw sets raw mode, or ends it. Two handles of one terminal, its input and its output
// for example, share the mode: it ends, and the terminal is as it was before, once neither
// wants it. Setting it again sets it anew, for a program that was stopped and continued.
// The errors are [loop.ErrClosed] and the system's.
//
// A process in the background is stopped by the system when it sets the mode, until it is
// in the foreground again; ending the mode then leaves the terminal as it is, since it is
// somebody else's meanwhile.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) SetRaw(raw bool) error {
	switch {
	case t.ext.Closing():
		return loop.ErrClosed
	case raw:
		return modes.enter(t)
	}
	return modes.leave(t)
}

// Raw reports whether this handle has asked for raw mode, and has it.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) Raw() bool { return modes.has(t) }

// Restore ends raw mode on all terminals of the process: libuv's uv_tty_reset_mode. Any
// goroutine may call it, at any time; defer it in main, for the panics of callbacks, and
// call it before os.Exit and in what handles a signal that ends the program. Handles stay
// open, and may set raw mode again.
//
//loopvet:nonblocking
func Restore() error { return modes.restore() }

func (m *rawModes) enter(t *TTY) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	fd := t.port.fd()
	before, err := term.MakeRaw(fd)
	if err != nil {
		return err
	}
	dev := device(fd)
	i := slices.IndexFunc(m.list, func(r *rawMode) bool { return r.device == dev })
	switch {
	case i < 0:
		m.list = append(m.list, &rawMode{dev, before, []*TTY{t}})
	case !slices.Contains(m.list[i].users, t):
		m.list[i].users = append(m.list[i].users, t)
	}
	return nil
}

func (m *rawModes) leave(t *TTY) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, r := range m.list {
		k := slices.Index(r.users, t)
		if k < 0 {
			continue
		}
		r.users = slices.Delete(r.users, k, k+1)
		if len(r.users) > 0 {
			return nil
		}
		m.list = slices.Delete(m.list, i, i+1)
		return reset(t.port.fd(), r.before)
	}
	return nil
}

func (m *rawModes) has(t *TTY) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.list, func(r *rawMode) bool { return slices.Contains(r.users, t) })
}

func (m *rawModes) restore() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, r := range m.list {
		errs = append(errs, reset(r.users[0].port.fd(), r.before)) // open: Close leaves first
	}
	m.list = nil
	return errors.Join(errs...)
}

// reset has the terminal be as it was, unless it is another job's now.
func reset(fd int, before *term.State) error {
	if inBackground(fd) {
		return nil
	}
	return term.Restore(fd, before)
}
