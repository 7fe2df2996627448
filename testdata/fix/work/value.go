package work

import (
	"context"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// One value and an error.
func value(ctx context.Context, l *loop.Loop) {
	l.SetTimeout(time.Second, func() {
		data, err := os.ReadFile("x") // want `os.ReadFile blocks`
		if err != nil {
			show(err)
			return // from the callback
		}

		show(data)
	})
}

// Nothing but an error.
func failure(ctx context.Context, l *loop.Loop) {
	l.SetInterval(time.Second, func() {
		// First of all.
		err := os.Remove("x") // want `os.Remove blocks`
		// And then.
		show(err)
	})
}

// Raw strings and comments stay as they are.
func text(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		// Before.
		_, err := os.Stat("x") // want `os.Stat blocks`

		/* a comment
		of two lines */
		show(`a
b
	c`, err)
		// The end.
	})
}

// A call that spans lines.
func lines(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		err := os.WriteFile( // want `os.WriteFile blocks`
			"x",
			[]byte(`a
b`), // the text
			0o600,
		)
		show(err)
	})
}
