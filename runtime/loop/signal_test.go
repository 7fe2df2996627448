//go:build unix

package loop_test

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
)

// kill sends the process a signal.
func kill(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		t.Fatal(err)
	}
}

// arrived waits until the relays have put n signals into the loop's inbox.
func arrived(l *loop.Loop, n int) {
	for l.Arrived() < n {
		runtime.Gosched()
	}
}

func TestASignalIsDeliveredOnTheLoop(t *testing.T) {
	l := loop.New()
	var s *loop.Signal
	got := 0
	s = l.NewSignal(func(sig os.Signal) {
		if sig != syscall.SIGUSR1 {
			t.Errorf("got %v", sig)
		}
		got++
		s.Close()
	})
	if err := s.Start(syscall.SIGUSR1); err != nil {
		t.Errorf("Start: %v", err)
	}
	kill(t, syscall.SIGUSR1)
	run(t, l)
	if got != 1 {
		t.Errorf("the callback ran %d times, want once", got)
	}
	if err := s.Start(syscall.SIGUSR1); !errors.Is(err, loop.ErrClosed) {
		t.Errorf("Start of a closed handle: %v, want ErrClosed", err)
	}
}

func TestClosingASignalHandleWithASignalPendingIsSafe(t *testing.T) {
	l := loop.New()
	var first, second *loop.Signal
	closed := 0
	calls := 0
	callback := func(os.Signal) {
		calls++
		first.Close()
		second.Close()
	}
	first, second = l.NewSignal(callback), l.NewSignal(callback)
	for _, s := range []*loop.Signal{first, second} {
		s.OnClose(func() { closed++ })
		s.Start(syscall.SIGUSR2)
	}
	kill(t, syscall.SIGUSR2)
	arrived(l, 2)
	run(t, l)
	if calls != 1 || closed != 2 {
		t.Errorf("%d calls and %d close callbacks, want 1 and 2", calls, closed)
	}
	if l.Alive() {
		t.Error("the loop is still alive")
	}
}

func TestSignalsComeAfterEverythingElseInPoll(t *testing.T) {
	var tr trace
	l := loop.New()
	s := l.NewSignal(func(os.Signal) {
		tr.log("signal")
		l.Stop()
	})
	s.Start(syscall.SIGUSR1)
	kill(t, syscall.SIGUSR1)
	arrived(l, 1)
	l.Post(tr.add("post"))
	run(t, l)
	tr.want(t, "post signal")
	if err := l.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
}
