package looptty

import (
	"os"

	"golang.org/x/term"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Size returns the size of the window, in characters, both 0 if the terminal does not know.
// The errors are [loop.ErrClosed] and the system's.
//
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) Size() (columns, rows int, err error) {
	if t.ext.Closing() {
		return 0, 0, loop.ErrClosed
	}
	return term.GetSize(t.port.fd())
}

// OnResize has fn called, at the end of poll, with the size of the window after it has
// changed, in place of an earlier fn; nil ends that. It does not keep the loop alive. The
// system tells it by a signal (SIGWINCH), to the processes in the foreground of a terminal
// that controls them: of other terminals nothing is told. The errors are those of Size.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (t *TTY) OnResize(fn func(columns, rows int)) error {
	if fn == nil {
		t.resize = nil
		if t.winch != nil {
			t.winch.Close()
			t.winch = nil
		}
		return nil
	}
	if t.ext.Closing() {
		return loop.ErrClosed
	}
	if t.winch == nil {
		winch := t.Loop().NewSignal(t.resized)
		winch.Unref()
		winch.Start(resizeSignal) // of an open handle, it does not fail
		var err error
		if t.columns, t.rows, err = t.Size(); err != nil {
			winch.Close()
			return err
		}
		t.winch = winch
	}
	t.resize = fn
	return nil
}

// resized tells a size that has changed.
func (t *TTY) resized(os.Signal) {
	columns, rows, err := t.Size()
	if err != nil || columns == t.columns && rows == t.rows {
		return
	}
	t.columns, t.rows = columns, rows
	t.resize(columns, rows)
}
