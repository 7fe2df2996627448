package looptty_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/looptest"
	"github.com/loopvet/loopvet/runtime/looptty"
)

// hang is when what waits for a pseudo-terminal gives up, so that the test says so.
const hang = time.Minute

// A pty is a pseudo-terminal. The test types at its keyboard and reads its screen, which
// are one file.
type pty struct {
	*testing.T
	keys *os.File
	name string
	file *os.File // the terminal, as a shell has it: in blocking mode
	mine int      // how many files of the terminal the test itself has opened
}

func newPTY(t *testing.T) *pty {
	t.Helper()
	p := &pty{T: t}
	var err error
	p.keys, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.keys.Close() })
	p.keys.SetDeadline(time.Now().Add(hang))
	of(t, p.keys, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
		p.name = fmt.Sprintf("/dev/pts/%d", n)
		return err
	})
	fd, err := unix.Open(p.name, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.file = os.NewFile(uintptr(fd), p.name)
	p.mine++
	t.Cleanup(func() { p.file.Close() })
	return p
}

// of calls fn with the descriptor of f, which stays in its mode.
func of(t *testing.T, f *os.File, fn func(fd int) error) {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if e := raw.Control(func(fd uintptr) { err = fn(int(fd)) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
}

// open makes a handle of the terminal.
func (p *pty) open(l *loop.Loop, road string) *looptty.TTY {
	p.Helper()
	tty, err := looptty.NewOn(l, p.file, road)
	if err != nil {
		p.Fatal(err)
	}
	return tty
}

// another opens the terminal for the test itself.
func (p *pty) another() *os.File {
	p.Helper()
	f, err := os.OpenFile(p.name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { f.Close() })
	p.mine++
	f.SetDeadline(time.Now().Add(hang))
	return f
}

// types types.
func (p *pty) types(text string) {
	p.Helper()
	if _, err := p.keys.WriteString(text); err != nil {
		p.Errorf("typing: %v", err)
	}
}

// shows wants the screen to show text next.
func (p *pty) shows(text string) {
	p.Helper()
	got := make([]byte, len(text))
	if n, err := io.ReadFull(p.keys, got); err != nil || string(got) != text {
		p.Errorf("the screen shows %q, %v, want %q", got[:n], err, text)
	}
}

// mode returns the mode of the terminal.
func (p *pty) mode() (mode unix.Termios) {
	p.Helper()
	of(p.T, p.file, func(fd int) error {
		m, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil {
			mode = *m
		}
		return err
	})
	return mode
}

// raw sets raw mode, without a handle.
func (p *pty) raw() {
	p.Helper()
	of(p.T, p.file, func(fd int) error {
		_, err := term.MakeRaw(fd)
		return err
	})
}

// resize sets the size of the window. The system tells it to nobody whom the terminal does
// not control.
func (p *pty) resize(columns, rows uint16) {
	p.Helper()
	of(p.T, p.keys, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows})
	})
}

// blocks wants the open file that the terminal was made of to be in blocking mode.
func (p *pty) blocks() {
	p.Helper()
	of(p.T, p.file, func(fd int) error {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
			p.Errorf("flags %#o, %v", flags, err)
		}
		return nil
	})
}

// opened returns how many descriptors of the process are the terminal.
func (p *pty) opened() (n int) {
	p.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		p.Fatal(err)
	}
	for _, entry := range list {
		if name, _ := os.Readlink("/proc/self/fd/" + entry.Name()); name == p.name {
			n++
		}
	}
	return n
}

// onEachRoad runs a test with a pseudo-terminal for each road.
func onEachRoad(t *testing.T, f func(p *pty, road string)) {
	for _, road := range looptty.Roads {
		t.Run(road, func(t *testing.T) {
			p := newPTY(t)
			f(p, road)
			p.blocks()
			for end := time.Now().Add(hang); p.opened() > p.mine; runtime.Gosched() {
				if time.Now().After(end) {
					t.Fatalf("%d files of the terminal are left open", p.opened()-p.mine)
				}
			}
		})
	}
}

func run(t *testing.T, l *loop.Loop) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	if err := l.Run(ctx); err != nil {
		t.Fatal(err)
	}
	looptest.CheckLeaks(t, l)
}
