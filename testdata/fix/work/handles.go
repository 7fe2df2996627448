package work

import (
	"context"
	"os"
	"os/exec"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A handle's callback.
func handles(ctx context.Context, l *loop.Loop) {
	l.NewAsync(func() {
		out, err := exec.Command("git", "status").Output() // want `Output blocks`
		show(string(out), err)
	})
	l.NewSignal(func(sig os.Signal) {
		err := os.Rename("a", "b") // want `os.Rename blocks`
		show(sig, err)
	})
}
