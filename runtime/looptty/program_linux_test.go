package looptty_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/looptty"
)

// child is one of the programs that the tests start on a terminal.
func child(what string) {
	switch what {
	case "shell":
		shell()
	case "shell with jobs":
		shellWithJobs()
	case "app":
		app()
	case "job":
		job()
	case "stranger":
		stranger()
	}
}

// program returns the command that is one of these programs, with the standard files of
// this one.
func program(what string) *exec.Cmd {
	name, err := os.Executable()
	check(err)
	cmd := exec.Command(name)
	cmd.Env = append(os.Environ(), childVariable+"="+what)
	cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
	return cmd
}

// check ends a child that has failed.
func check(err error) {
	if err != nil {
		fmt.Printf("failed: %v\n", err)
		os.Exit(9)
	}
}

// shell runs an app, and says how it has ended and what it has left behind.
func shell() {
	before, err := unix.IoctlGetTermios(0, unix.TCGETS)
	check(err)
	app := program("app")
	app.Run() // the state says how it went
	after, err := unix.IoctlGetTermios(0, unix.TCGETS)
	check(err)
	fmt.Printf("<%v, blocking: %v, same mode: %v>", app.ProcessState, blocking(), *after == *before)
}

// blocking reports whether all standard files are in blocking mode.
func blocking() bool {
	for fd := range uintptr(3) {
		flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
		check(err)
		if flags&unix.O_NONBLOCK != 0 {
			return false
		}
	}
	return true
}

// app is a program that a user runs: it says how large its window is, and ends as the key
// that is typed says.
func app() {
	defer looptty.Restore()
	l := loop.New()
	in, err := looptty.New(l, os.Stdin)
	check(err)
	out, err := looptty.New(l, os.Stdout)
	check(err)
	check(errors.Join(in.SetRaw(true), out.SetRaw(true)))
	show := func(columns, rows int) { out.Write(fmt.Appendf(nil, "%dx%d.", columns, rows), nil) }
	check(out.OnResize(show))
	columns, rows, err := out.Size()
	check(err)
	show(columns, rows)
	in.ReadStart(func(p []byte, err error) {
		check(err)
		switch string(p) {
		case "q":
			in.Close()
			out.Close()
		case "l":
			l.Stop() // and is left as it is
		case "p":
			panic("oh")
		case "e":
			looptty.Restore()
			os.Exit(3)
		case "k":
			unix.Kill(unix.Getpid(), unix.SIGKILL)
		case "t":
			unix.Kill(unix.Getpid(), unix.SIGTERM)
		}
	})
	end := l.NewSignal(func(os.Signal) {
		looptty.Restore()
		os.Exit(4)
	})
	end.Unref()
	check(end.Start(unix.SIGTERM))
	check(l.Run(context.Background()))
}

func TestAShellGetsItsTerminalBackAsItWas(t *testing.T) {
	const back = ", blocking: true, same mode: true>"
	for _, end := range []struct{ key, says string }{
		{"q", "<exit status 0" + back},
		{"l", "<exit status 0" + back},
		{"p", "<exit status 2" + back},
		{"e", "<exit status 3" + back},
		{"t", "<exit status 4" + back},
		{"k", "<signal: killed, blocking: true, same mode: false>"}, // for which there is no remedy
	} {
		t.Run(end.key, func(t *testing.T) {
			p := newPTY(t)
			p.resize(80, 24)
			cmd := p.start("shell")
			p.shows("80x24.")
			p.resize(100, 30)
			p.shows("100x30.")
			p.types(end.key)
			p.shows(end.says)
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// start starts a program that the terminal controls.
func (p *pty) start(what string) *exec.Cmd {
	p.Helper()
	cmd := program(what)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.file, p.file, p.file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		p.Fatal(err)
	}
	return cmd
}

// shellWithJobs puts a job into the background that has set raw mode, and says whether the
// mode that it sets itself then is still that when the job has ended.
func shellWithJobs() {
	cmd := program("job")
	ready, tell := pipe()
	wait, end := pipe()
	cmd.ExtraFiles = []*os.File{tell, wait}
	cmd.SysProcAttr = &syscall.SysProcAttr{Foreground: true}
	check(cmd.Start())
	tell.Close()
	wait.Close()
	io.ReadAll(ready)
	signal.Ignore(unix.SIGTTOU)
	check(unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, unix.Getpgrp()))
	mode, err := unix.IoctlGetTermios(0, unix.TCGETS)
	check(err)
	mode.Lflag |= unix.ECHO
	check(unix.IoctlSetTermios(0, unix.TCSETS, mode))
	end.Close()
	cmd.Wait() // the state says how it went
	after, err := unix.IoctlGetTermios(0, unix.TCGETS)
	check(err)
	fmt.Printf("<%v, same mode: %v>", cmd.ProcessState, *after == *mode)
}

func pipe() (r, w *os.File) {
	r, w, err := os.Pipe()
	check(err)
	return r, w
}

// job sets raw mode, says so, and ends it in its own time, which is when it is in the
// background.
func job() {
	l := loop.New()
	tty, err := looptty.New(l, os.Stdin)
	check(err)
	check(tty.SetRaw(true))
	os.NewFile(3, "ready").Close()
	io.ReadAll(os.NewFile(4, "wait"))
	tty.Close()
	check(looptty.Restore())
	check(l.Run(context.Background()))
}

func TestAJobInTheBackgroundLeavesTheModeAlone(t *testing.T) {
	p := newPTY(t)
	cmd := p.start("shell with jobs")
	p.shows("<exit status 0, same mode: true>")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// nobody is a user to whom nothing belongs.
const nobody = 65534

// stranger is a program of another user than the terminal's. It says which road it takes,
// and shows a line.
func stranger() {
	check(errors.Join(syscall.Setgid(nobody), syscall.Setuid(nobody)))
	l := loop.New()
	tty, err := looptty.New(l, os.Stdin)
	check(err)
	tty.Write([]byte(looptty.Road(tty)+"."), nil)
	tty.ReadStart(func(line []byte, err error) {
		check(err)
		tty.Write(bytes.ToUpper(line), func(err error) {
			check(err)
			tty.Close()
		})
	})
	check(l.Run(context.Background()))
}

func TestATerminalOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	for _, test := range []struct {
		road     string
		controls bool
	}{
		{"polled", true}, // by way of /dev/tty
		{"borrowed", false},
	} {
		t.Run(test.road, func(t *testing.T) {
			p := newPTY(t)
			cmd := program("stranger")
			cmd.Stdin, cmd.Stdout = p.file, p.file
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: test.controls}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			p.shows(test.road + ".")
			p.types("a line\n")
			p.shows("a line\r\nA LINE\r\n")
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}
