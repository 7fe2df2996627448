// Package deadlocks runs programs that deadlock, each on its own.
package deadlocks

import (
	"flag"
	"testing"
	"testing/synctest"

	"github.com/loopvet/loopvet/testdata/deadlocks/cycle"
	"github.com/loopvet/loopvet/testdata/deadlocks/handwritten"
	"github.com/loopvet/loopvet/testdata/deadlocks/heldlock"
	"github.com/loopvet/loopvet/testdata/deadlocks/selfwait"
)

var (
	program = flag.String("program", "", "run this program")
	bubble  = flag.Bool("bubble", true, "run it in a bubble; without, the Go runtime looks for deadlocks itself")
)

var programs = map[string]func() error{
	"cycle.CorrectedLoop":            cycle.CorrectedLoop,
	"cycle.CorrectedPools":           cycle.CorrectedPools,
	"cycle.DeadlockLoop":             cycle.DeadlockLoop,
	"cycle.DeadlockPools":            cycle.DeadlockPools,
	"handwritten.CorrectedSemaphore": handwritten.CorrectedSemaphore,
	"handwritten.CorrectedWorker":    handwritten.CorrectedWorker,
	"handwritten.DeadlockSemaphore":  handwritten.DeadlockSemaphore,
	"handwritten.DeadlockWorker":     handwritten.DeadlockWorker,
	"heldlock.CorrectedMutex":        heldlock.CorrectedMutex,
	"heldlock.CorrectedWriter":       heldlock.CorrectedWriter,
	"heldlock.DeadlockMutex":         heldlock.DeadlockMutex,
	"heldlock.DeadlockWriter":        heldlock.DeadlockWriter,
	"selfwait.CorrectedChannel":      selfwait.CorrectedChannel,
	"selfwait.CorrectedClose":        selfwait.CorrectedClose,
	"selfwait.CorrectedFullQueue":    selfwait.CorrectedFullQueue,
	"selfwait.CorrectedFuture":       selfwait.CorrectedFuture,
	"selfwait.CorrectedRefusal":      selfwait.CorrectedRefusal,
	"selfwait.CorrectedWaitGroup":    selfwait.CorrectedWaitGroup,
	"selfwait.CorrectedWork":         selfwait.CorrectedWork,
	"selfwait.DeadlockChannel":       selfwait.DeadlockChannel,
	"selfwait.DeadlockClose":         selfwait.DeadlockClose,
	"selfwait.DeadlockFuture":        selfwait.DeadlockFuture,
	"selfwait.DeadlockWaitGroup":     selfwait.DeadlockWaitGroup,
	"selfwait.DeadlockWork":          selfwait.DeadlockWork,
	"selfwait.RefusedFuture":         selfwait.RefusedFuture,
	"selfwait.RefusedFullQueue":      selfwait.RefusedFullQueue,
}

func TestProgram(t *testing.T) {
	if *program == "" {
		t.Skip("-program names the one to run")
	}
	run := programs[*program]
	if run == nil {
		t.Fatalf("no program %q", *program)
	}
	if *bubble {
		synctest.Test(t, func(t *testing.T) { report(t, run()) })
	} else {
		report(t, run())
	}
}

func report(t *testing.T, err error) {
	if err != nil {
		t.Error(err)
	}
}
