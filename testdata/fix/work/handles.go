package work

import (
	"bytes"
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

// What is made in the callback belongs to it.
func command(ctx context.Context, l *loop.Loop) {
	l.NewTimer(func() {
		var out bytes.Buffer
		cmd := exec.CommandContext(ctx, "git", "gc")
		cmd.Stdout, cmd.Stderr = &out, os.Stderr
		err := cmd.Run() // want `Run blocks`
		show(out.String(), err)
	})
}
