package looptest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Run calls f in a bubble with a new loop, and then runs the loop until nothing
// is left to do. A handle that is open after that, referenced or not, is an error
// with the line that made it.
//
// What keeps a loop alive for good, an interval for one, f has to end: a test
// whose loop still has work after a day of virtual time fails.
func Run(t *testing.T, f func(t *testing.T, l *loop.Loop), opts ...loop.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(append([]loop.Option{loop.WithOrigins()}, opts...)...)
		f(t, l)
		finish(t, l)
	})
}

func finish(t *testing.T, l *loop.Loop) {
	ctx, cancel := context.WithTimeout(context.Background(), 24*time.Hour)
	defer cancel()
	if err := l.Run(ctx); err != nil && err != loop.ErrClosed {
		t.Errorf("the loop still has work: %v", err)
	}
	CheckLeaks(t, l)
	if err := l.Close(context.Background()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// CheckLeaks makes an error of each open handle and each request in flight.
func CheckLeaks(t testing.TB, l *loop.Loop) {
	t.Helper()
	for _, leak := range l.Leaks() {
		t.Errorf("left open: %v", leak)
	}
}

// Idle runs the loop until it could only wait: for a timer that is not due, for a
// post that nobody has made, for a task that is not done. No time passes.
func Idle(t testing.TB, l *loop.Loop) {
	t.Helper()
	until(t, l, synctest.Wait)
}

// Advance lets d pass, running what becomes due when it becomes due, and what
// follows from it.
func Advance(t testing.TB, l *loop.Loop, d time.Duration) {
	t.Helper()
	until(t, l, func() { time.Sleep(d) })
	Idle(t, l)
}

// until runs the loop until wait has returned, which another goroutine calls.
func until(t testing.TB, l *loop.Loop, wait func()) {
	t.Helper()
	hold := l.Hold()
	defer hold.Release()
	go func() {
		wait()
		if err := l.Post(l.Stop); err != nil {
			t.Errorf("Post: %v", err)
		}
	}()
	if err := l.Run(context.Background()); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// Explore runs f in n subtests as [Run] does, each with a loop that makes other
// choices where its contract leaves an order free: see [loop.WithChoices]. The
// subtests are called by their seeds, so that a failure can be run again:
//
//	go test -run 'TestName/seed=17$'
func Explore(t *testing.T, n int, f func(t *testing.T, l *loop.Loop), opts ...loop.Option) {
	t.Helper()
	for seed := range n {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Helper()
			choices := rand.New(rand.NewPCG(uint64(seed), 0))
			Run(t, f, append(opts, loop.WithChoices(choices.IntN))...)
		})
	}
}

// A Trace is what callbacks have done, in order. It belongs to the loop.
type Trace struct {
	steps []string
}

// Log adds a step.
func (tr *Trace) Log(step string) { tr.steps = append(tr.steps, step) }

// Add returns a callback that adds a step.
func (tr *Trace) Add(step string) func() { return func() { tr.Log(step) } }

// String returns the steps with a space between.
func (tr *Trace) String() string { return strings.Join(tr.steps, " ") }

// Want makes an error of a trace that differs from want, which is written as
// String writes it.
func (tr *Trace) Want(t testing.TB, want string) {
	t.Helper()
	if got := tr.String(); got != want {
		t.Errorf("callbacks ran as\n\t%s\nwant\n\t%s", got, want)
	}
}
