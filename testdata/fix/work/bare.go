package work

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

// The results are not wanted, and nothing follows.
func alone(ctx context.Context, l *loop.Loop) {
	l.NextTick(func() {
		os.RemoveAll("x") // want `os.RemoveAll blocks`
	})
}

// A literal on one line.
func oneLine(ctx context.Context, l *loop.Loop) {
	l.NextTick(func() { show(1); os.Remove("x"); show(2) }) // want `os.Remove blocks`
}
