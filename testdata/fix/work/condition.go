package work

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

// The if form, with an else.
func condition(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		if err := os.WriteFile("x", []byte("text"), 0o644); err != nil { // want `os.WriteFile blocks`
			show(err)
		} else {
			show("written")
		}
		show("done")
	})
}

// The if form with a value that is not wanted.
func exists(ctx context.Context, l *loop.Loop, name string) {
	l.SetImmediate(func() {
		if _, err := os.Stat(name); err == nil { // want `os.Stat blocks`
			show(name)
		}
	})
}

// The rest declares the name anew.
func again(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		if err := os.Chmod("x", 0o600); err != nil { // want `os.Chmod blocks`
			return
		}
		n, err := show2()
		show(n, err)
	})
}

func show2() (int, error) { return 0, nil }
