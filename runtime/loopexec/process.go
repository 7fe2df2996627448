package loopexec

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
)

// A Process is a process that was started or is about to be. All methods are
// loop-only.
//
// It keeps the loop alive. It closes itself once the exit callback was called and its
// pipes are closed: that of the standard input is by then, the others are the
// caller's to close, in the read callback that gets the end for one.
type Process struct {
	ext     loop.External
	ctx     context.Context
	cmd     *exec.Cmd
	exit    func(*Process, error)
	onSpawn func()
	stdio   [3]*loopnet.Conn // nil unless piped
	unwatch func() bool      // stops waiting for ctx
	closing bool
	running bool // the loop knows that it was started
	told    bool // exit was called

	mu      sync.Mutex
	started bool        // guarded by mu
	ended   bool        // guarded by mu; err is for exit
	err     error       // guarded by mu
	signals []os.Signal // guarded by mu; for when it is started
	pipes   int         // guarded by mu; of ours that are open
}

// An Option changes how a process is started.
type Option func(*pipes)

// pipes says which of the three standard files are pipes.
type pipes [3]bool

// PipeStdin has [Process.Stdin] return what the process reads.
func PipeStdin() Option { return func(p *pipes) { p[0] = true } }

// PipeStdout has [Process.Stdout] return what the process writes.
func PipeStdout() Option { return func(p *pipes) { p[1] = true } }

// PipeStderr has [Process.Stderr] return what the process writes to its standard error.
func PipeStderr() Option { return func(p *pipes) { p[2] = true } }

// Spawn starts cmd, which is Spawn's from then on, and calls exit once, in poll: when
// the process has ended, with the error of [exec.Cmd.Wait], or when it could not be
// started, with the error of [exec.Cmd.Start] and its pipes closed. Standard files that are not piped are as
// cmd says. If cmd copies to or from a reader or writer that is no file, that is done
// by goroutines, and exit waits for them: see [exec.Cmd.WaitDelay].
//
// When ctx ends, the process is killed, or not started. Spawn panics if exit is nil.
//
//loopvet:loop exit
//loopvet:looponly
//loopvet:nonblocking
func Spawn(ctx context.Context, l *loop.Loop, cmd *exec.Cmd, exit func(p *Process, err error), opts ...Option) *Process {
	if exit == nil {
		panic("loopexec: Spawn: nil callback")
	}
	var piped pipes
	for _, opt := range opts {
		opt(&piped)
	}
	p := &Process{ctx: ctx, cmd: cmd, exit: exit}
	p.ext.Init(l, p, (*driver)(p))
	p.ext.SetActive(true)
	childs, err := p.open(piped)
	p.unwatch = context.AfterFunc(ctx, func() { p.signal(os.Kill) })
	go p.run(childs, err)
	return p
}

// Output runs cmd, whose standard output must not be set, and calls fn once with what
// it has written there and the error of [Spawn]. It is for output that fits into memory.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func Output(ctx context.Context, l *loop.Loop, cmd *exec.Cmd, fn func(out []byte, err error)) *Process {
	if fn == nil {
		panic("loopexec: Output: nil callback")
	}
	var out bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &out
	} else {
		cmd.Err = errSet("Stdout")
	}
	return Spawn(ctx, l, cmd, func(_ *Process, err error) { fn(out.Bytes(), err) })
}

// errSet is the error of a standard file that is asked for twice.
func errSet(name string) error { return fmt.Errorf("loopexec: %s is already set", name) }

// open makes the pipes. It returns the process's ends of them.
func (p *Process) open(piped pipes) (childs []*os.File, err error) {
	for i, name := range []string{"Stdin", "Stdout", "Stderr"} {
		if !piped[i] {
			continue
		}
		set := p.cmd.Stdin != nil
		switch i {
		case 1:
			set = p.cmd.Stdout != nil
		case 2:
			set = p.cmd.Stderr != nil
		}
		if set {
			return childs, errSet(name)
		}
		r, w, err := os.Pipe()
		if err != nil {
			return childs, err
		}
		ours, theirs := r, w
		switch i {
		case 0:
			ours, theirs = w, r
			p.cmd.Stdin = theirs
		case 1:
			p.cmd.Stdout = theirs
		case 2:
			p.cmd.Stderr = theirs
		}
		p.mu.Lock()
		p.pipes++
		p.mu.Unlock()
		p.stdio[i] = loopnet.Adopt(p.ext.Loop(), &pipe{File: ours, p: p, name: name, writes: i == 0})
		childs = append(childs, theirs)
	}
	return childs, nil
}

// run is the goroutine of the process. err is that of preparing it.
func (p *Process) run(childs []*os.File, err error) {
	if err == nil {
		err = p.ctx.Err()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	for _, f := range childs {
		f.Close()
	}
	if err == nil {
		p.mu.Lock()
		p.started = true
		signals := p.signals
		p.mu.Unlock()
		for _, sig := range signals {
			p.cmd.Process.Signal(sig)
		}
		p.ext.Arrive()
		err = p.cmd.Wait()
	}
	p.mu.Lock()
	p.ended, p.err = true, err
	p.mu.Unlock()
	p.ext.Arrive()
}

// signal sends a signal, or has it sent once the process is started.
func (p *Process) signal(sig os.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ended:
		return os.ErrProcessDone
	case !p.started:
		p.signals = append(p.signals, sig)
		return nil
	}
	return p.cmd.Process.Signal(sig)
}

// closed counts a pipe of ours that was closed, from any goroutine.
func (p *Process) closed() {
	p.mu.Lock()
	p.pipes--
	p.mu.Unlock()
	p.ext.Arrive()
}

// Stdin returns what the process reads from, nil unless asked for by [PipeStdin].
// Shutdown on it ends what the process reads. It is closed when the process has ended.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Stdin() *loopnet.Conn { return p.stdio[0] }

// Stdout returns what the process writes to, nil unless asked for by [PipeStdout].
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Stdout() *loopnet.Conn { return p.stdio[1] }

// Stderr returns what the process writes its errors to, nil unless asked for by
// [PipeStderr].
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Stderr() *loopnet.Conn { return p.stdio[2] }

// OnSpawn has fn called in poll once the process is started, before the exit callback.
// It is not called if the process cannot be started.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) OnSpawn(fn func()) { p.onSpawn = fn }

// Pid returns the number of the process, 0 until the loop knows that it was started.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Pid() int {
	if !p.running {
		return 0
	}
	return p.cmd.Process.Pid
}

// State describes how the process has ended. It is nil until the exit callback, and
// if there was no process.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) State() *os.ProcessState {
	if !p.told {
		return nil
	}
	return p.cmd.ProcessState
}

// Signal sends a signal to the process, or has it sent as soon as the process is
// started. The error is [os.ErrProcessDone] once it has ended.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Signal(sig os.Signal) error { return p.signal(sig) }

// Kill ends the process at once: it is Signal with [os.Kill].
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Kill() error { return p.signal(os.Kill) }

// Loop returns the loop of the process.
//
//loopvet:nonblocking
func (p *Process) Loop() *loop.Loop { return p.ext.Loop() }

// Active reports whether the process or one of its pipes is open.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Active() bool { return p.ext.Active() }

// Closing reports whether Close was called or the process has closed itself.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Closing() bool { return p.closing }

// Ref has the process keep the loop alive, as it does from the start.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Ref() { p.ext.Ref() }

// Unref has the process no longer keep the loop alive. Its pipes still do while they
// are read or written.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Unref() { p.ext.Unref() }

// HasRef reports whether the process keeps the loop alive.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) HasRef() bool { return p.ext.HasRef() }

// OnClose has fn called in the closing phase once the process has ended and its pipes
// are closed, after the exit callback.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) OnClose(fn func()) { p.ext.OnClose(fn) }

// Close kills the process and closes its pipes. The exit callback is called when it
// has ended.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Process) Close() {
	if p.closing {
		return
	}
	p.closing = true
	p.ext.Begin() // until it is shut, referenced or not
	p.signal(os.Kill)
	p.closePipes(p.stdio[:])
	p.ext.Arrive() // there may be nothing to wait for
}

func (p *Process) closePipes(pipes []*loopnet.Conn) {
	for _, c := range pipes {
		if c != nil {
			c.Close()
		}
	}
}

// driver is a Process as the loop sees it.
type driver Process

func (d *driver) Kind() string { return "process" }
func (d *driver) Deferred()    {}
func (d *driver) Closed()      {}

// Arrived tells what has become of the process.
func (d *driver) Arrived() {
	p := (*Process)(d)
	p.mu.Lock()
	started, ended, err := p.started, p.ended, p.err
	p.mu.Unlock()
	if started && !p.running {
		p.running = true
		if ended {
			p.ext.Arrive() // if the callback panics, the next Run goes on here
		}
		if p.onSpawn != nil {
			p.ext.Call(&spawnCall{p, p.onSpawn})
		}
	}
	if ended && !p.told {
		p.told = true
		p.unwatch()
		if started {
			p.closePipes(p.stdio[:1])
		} else {
			p.closePipes(p.stdio[:])
		}
		p.ext.Arrive() // for the same reason
		p.ext.Call(&exitCall{p, err})
		return
	}
	p.mu.Lock()
	open := p.pipes
	p.mu.Unlock()
	if !p.told || open > 0 {
		return
	}
	if p.closing {
		p.ext.End()
	}
	p.closing = true
	p.ext.Shut()
}

// spawnCall is the callback of OnSpawn.
type spawnCall struct {
	p  *Process
	fn func()
}

func (c *spawnCall) Run()                     { c.fn() }
func (c *spawnCall) Func() any                { return c.fn }
func (c *spawnCall) Context() context.Context { return c.p.ctx }

// exitCall is the callback of Spawn.
type exitCall struct {
	p   *Process
	err error
}

func (c *exitCall) Run()                     { c.p.exit(c.p, c.err) }
func (c *exitCall) Func() any                { return c.p.exit }
func (c *exitCall) Context() context.Context { return c.p.ctx }
