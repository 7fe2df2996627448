package loopexec_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopexec"
	"github.com/loopvet/loopvet/runtime/loopnet"
	"github.com/loopvet/loopvet/runtime/looptest"
	"github.com/loopvet/loopvet/runtime/pool"
)

// run runs the loop until nothing is left, and wants nothing to be open.
func run(t *testing.T, l *loop.Loop) {
	t.Helper()
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	looptest.CheckLeaks(t, l)
}

// collect reads c to its end, closes it, and calls done.
func collect(t *testing.T, c *loopnet.Conn, done func(string)) {
	t.Helper()
	var all bytes.Buffer
	if err := c.ReadStart(func(p []byte, err error) {
		all.Write(p)
		if err == nil {
			return
		}
		if err != io.EOF {
			t.Errorf("reading: %v", err)
		}
		c.Close()
		done(all.String())
	}); err != nil {
		t.Errorf("ReadStart: %v", err)
	}
}

// gone wants the process to be gone, and not to be a zombie.
func gone(t *testing.T, pid int) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("process %d is still there: %v", pid, err)
	}
}

func TestAProcessReadsAndWritesThroughPipesAndItsEndIsToldTwice(t *testing.T) {
	l := loop.New(loop.WithOrigins())
	var trace looptest.Trace
	want := strings.Repeat("0123456789abcdef", 20_000) // more than pipes have room for
	p := loopexec.Spawn(t.Context(), l, command("cat"), func(p *loopexec.Process, err error) {
		if err != nil || !p.State().Success() {
			t.Errorf("the end: %v, %v", err, p.State())
		}
		if !p.Stdin().Closing() || p.Closing() {
			t.Errorf("stdin is closed: %v, and the process: %v", p.Stdin().Closing(), p.Closing())
		}
		trace.Log("exit")
	}, loopexec.PipeStdin(), loopexec.PipeStdout())
	if p.Pid() != 0 || p.State() != nil || p.Stderr() != nil || !p.Active() || p.Closing() {
		t.Error("a new process has something already, or is not active")
	}
	p.OnSpawn(func() {
		if p.Pid() == 0 {
			t.Error("no number")
		}
		trace.Log("spawn")
	})
	collect(t, p.Stdout(), func(got string) {
		if got != want {
			t.Errorf("%d bytes came back, or other ones", len(got))
		}
	})
	p.OnClose(trace.Add("close"))
	p.Stdin().Write([]byte(want), nil) // before it is started
	p.Stdin().Shutdown(nil)
	run(t, l)
	trace.Want(t, "spawn exit close")
	gone(t, p.Pid())
	if err := p.Kill(); err != os.ErrProcessDone {
		t.Errorf("Kill after the end: %v", err)
	}
}

func TestTheExitCallbackGetsTheErrorOfWait(t *testing.T) {
	l := loop.New()
	told := false
	p := loopexec.Spawn(t.Context(), l, command("exit 7"), func(p *loopexec.Process, err error) {
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 7 || p.State().ExitCode() != 7 {
			t.Errorf("the end: %v, %v", err, p.State())
		}
		told = true
	}, loopexec.PipeStderr())
	collect(t, p.Stderr(), func(got string) {
		if got != "exits" {
			t.Errorf("it wrote %q", got)
		}
	})
	run(t, l)
	if !told {
		t.Error("the end was not told")
	}
}

func TestAProcessThatCannotBeStartedIsAnErrorAndItsPipesAreClosed(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	twice := command("cat")
	twice.Stdin = os.Stdin
	for name, c := range map[string]struct {
		ctx  context.Context
		cmd  *exec.Cmd
		want error
	}{
		"missing": {t.Context(), exec.Command(filepath.Join(t.TempDir(), "none")), fs.ErrNotExist},
		"ended":   {ended, command("cat"), context.Canceled},
		"twice":   {t.Context(), twice, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := loop.New(loop.WithOrigins())
			var trace looptest.Trace
			p := loopexec.Spawn(c.ctx, l, c.cmd, func(p *loopexec.Process, err error) {
				if err == nil || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if p.State() != nil || p.Pid() != 0 || p.Kill() != os.ErrProcessDone {
					t.Error("there is a process")
				}
				trace.Log("exit")
			}, loopexec.PipeStdout(), loopexec.PipeStdin())
			p.OnSpawn(trace.Add("spawn"))
			p.OnClose(trace.Add("close"))
			run(t, l)
			trace.Want(t, "exit close")
		})
	}
}

// A process that leaves its output to another one has ended, and is not closed.
func TestExitComesAtTheEndAndCloseWhenNobodyHasThePipes(t *testing.T) {
	l := loop.New()
	input, hold, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	var trace looptest.Trace
	cmd := command("leave")
	cmd.Stdin = input
	heard := 0
	both := func() {
		// The process has ended and its heir is there: now the heir may end.
		if heard++; heard == 2 {
			trace.Want(t, "exit")
			hold.Close()
		}
	}
	p := loopexec.Spawn(t.Context(), l, cmd, func(*loopexec.Process, error) {
		trace.Log("exit")
		both()
	}, loopexec.PipeStdout())
	p.OnClose(trace.Add("close"))
	var got string
	p.Stdout().ReadStart(func(b []byte, err error) {
		if got += string(b); err != nil {
			trace.Log("end")
			p.Stdout().Close()
		} else if strings.HasSuffix(got, "\n") {
			both()
		}
	})
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got != "heir\n" {
		t.Errorf("it wrote %q", got)
	}
	trace.Want(t, "exit end close")
}

func TestKillSignalsTheContextAndCloseEndAProcess(t *testing.T) {
	for _, what := range []string{"kill", "kill at once", "signal", "context", "close", "close at once", "close the loop"} {
		t.Run(what, func(t *testing.T) {
			l := loop.New()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			told, closed := 0, 0
			p := loopexec.Spawn(ctx, l, command("line ready"), func(p *loopexec.Process, err error) {
				if told++; err == nil {
					t.Error("it ended well")
				}
				if closed != 0 {
					t.Error("the process is closed before its end was told")
				}
			}, loopexec.PipeStdin(), loopexec.PipeStdout())
			p.OnClose(func() { closed++ })
			heard := func(_ []byte, err error) {
				if err != nil {
					p.Stdout().Close()
					return
				}
				switch what {
				case "kill":
					p.Kill()
				case "signal":
					p.Signal(os.Kill)
				case "context":
					cancel()
				case "close":
					p.Close()
					p.Close()
				case "close the loop":
					l.Stop()
				}
			}
			if what != "close at once" { // which closes pipes that nobody reads too
				p.Stdout().ReadStart(heard)
			}
			switch what {
			case "kill at once":
				if err := p.Kill(); err != nil {
					t.Errorf("Kill: %v", err)
				}
			case "close at once":
				p.Close()
			}
			if err := l.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := l.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if told != 1 || closed != 1 {
				t.Errorf("the end was told %d times, closing %d times", told, closed)
			}
			if pid := p.Pid(); pid != 0 {
				gone(t, pid)
			}
		})
	}
}

func TestAProcessThatIsNotReferencedDoesNotKeepTheLoop(t *testing.T) {
	l := loop.New()
	told := false
	p := loopexec.Spawn(t.Context(), l, command("wait"), func(*loopexec.Process, error) { told = true }, loopexec.PipeStdin())
	p.OnSpawn(p.Unref)
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if told || !p.Active() || p.HasRef() {
		t.Errorf("told %v, active %v, referenced %v", told, p.Active(), p.HasRef())
	}
	if leaks := l.Leaks(); len(leaks) != 2 || leaks[0].Kind != "process" {
		t.Errorf("leaks: %v", leaks)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !told {
		t.Error("the end was not told when the loop was closed")
	}
}

func TestAProcessTakesNoWorker(t *testing.T) {
	p := pool.New(1)
	hold := make(chan bool)
	if err := p.TrySubmit(func() { <-hold }); err != nil {
		t.Fatal(err)
	}
	l := loop.New(loop.WithPool(p))
	ended := false
	loopexec.Spawn(t.Context(), l, command("exit 0"), func(_ *loopexec.Process, err error) { ended = err == nil })
	run(t, l)
	if !ended {
		t.Error("the process did not end well")
	}
	close(hold)
	p.Close(context.Background())
}

func TestAPanicOfOnSpawnDoesNotKeepTheEndFromBeingTold(t *testing.T) {
	l := loop.New()
	var trace looptest.Trace
	p := loopexec.Spawn(t.Context(), l, command("exit 0"), func(*loopexec.Process, error) {
		trace.Log("exit")
		panic("ah")
	})
	p.OnSpawn(func() { panic("oh") })
	p.OnClose(trace.Add("close"))
	for !loopexec.Ended(p) {
		runtime.Gosched() // so that the loop learns of both at once
	}
	for range 2 {
		func() {
			defer func() { trace.Log(recover().(string)) }()
			l.Run(t.Context())
		}()
	}
	run(t, l)
	trace.Want(t, "oh exit ah close")
}

func TestOutputGivesWhatAProcessWrote(t *testing.T) {
	l := loop.New()
	cmd := command("cat")
	cmd.Stdin = strings.NewReader("some text")
	told := 0
	loopexec.Output(t.Context(), l, cmd, func(out []byte, err error) {
		if told++; string(out) != "some text" || err != nil {
			t.Errorf("%q, %v", out, err)
		}
	})
	set := command("cat")
	set.Stdout = os.Stdout
	loopexec.Output(t.Context(), l, set, func(out []byte, err error) {
		if told++; err == nil {
			t.Error("output that goes elsewhere is no error")
		}
	})
	run(t, l)
	if told != 2 {
		t.Errorf("told %d times", told)
	}
}

// descriptors returns how many pipes are open, 0 where the system does not tell.
func descriptors(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, entry := range list {
		if name, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && strings.HasPrefix(name, "pipe:") {
			n++
		}
	}
	return n
}

// A seed chooses the moment at which something happens to processes that send each
// other's text back.
func TestIncidentsAtAnyMomentLeaveNoProcessNoPipeAndNoEndUntold(t *testing.T) {
	incidents := []string{"kill", "close", "close pipe", "context", "close loop", "panic", "handled panic"}
	before := descriptors(t)
	for seed := range uint64(14) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		what, at, steps := incidents[seed%uint64(len(incidents))], rnd.IntN(1<<rnd.IntN(6)), 0
		opts := []loop.Option{loop.WithChoices(rnd.IntN)}
		if what == "handled panic" {
			opts = append(opts, loop.WithPanicHandler(func(*loop.PanicError) {}))
		}
		l := loop.New(opts...)
		ctx, cancel := context.WithCancel(t.Context())
		var ps [2]*loopexec.Process
		var exits, closes, asked, told [2]int
		step := func() {
			if steps++; steps-1 != at {
				return
			}
			p := ps[rnd.IntN(2)]
			switch what {
			case "kill":
				p.Kill()
			case "close":
				p.Close()
			case "close pipe":
				[]*loopnet.Conn{p.Stdin(), p.Stdout()}[rnd.IntN(2)].Close()
			case "context":
				cancel()
			case "close loop":
				l.Stop()
			default:
				l.NextTick(func() { panic("an incident") })
			}
		}
		for i := range ps {
			p := loopexec.Spawn(ctx, l, command("cat"), func(*loopexec.Process, error) { step(); exits[i]++ },
				loopexec.PipeStdin(), loopexec.PipeStdout())
			ps[i] = p
			p.OnSpawn(step)
			p.OnClose(func() { step(); closes[i]++ })
			p.Stdout().ReadStart(func(_ []byte, err error) {
				step()
				if err != nil {
					p.Stdout().Close()
				}
			})
			for range 3 {
				asked[i]++
				if p.Stdin().Write(make([]byte, rnd.IntN(100_000)), func(error) { told[i]++; step() }) != nil {
					asked[i]--
				}
			}
			p.Stdin().Shutdown(nil)
		}
		for done := false; !done; {
			func() {
				defer func() {
					if v := recover(); v != nil && v != "an incident" {
						panic(v)
					}
				}()
				if err := l.Run(t.Context()); err != nil {
					t.Error(err)
				}
				done = true
			}()
		}
		at = -1
		if err := l.Close(t.Context()); err != nil {
			t.Error(err)
		}
		cancel()
		if exits != [2]int{1, 1} || closes != [2]int{1, 1} || asked != told {
			t.Errorf("seed %d, %s: exits %v, closes %v, writes %v, told %v", seed, what, exits, closes, asked, told)
		}
		for _, p := range ps {
			if pid := p.Pid(); pid != 0 {
				gone(t, pid)
			}
		}
		if n := descriptors(t); n > before {
			t.Errorf("seed %d, %s: %d pipes are open, %d were", seed, what, n, before)
		}
	}
}
