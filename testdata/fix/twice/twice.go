// Package twice has callbacks with two blocking calls: the first is fixed first. // want package:"effects"
package twice

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

func show(...any) {}

func one(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		data, err := os.ReadFile("x") // want `os.ReadFile blocks`
		show(err)
		err = os.WriteFile("y", data, 0o600) // want `os.WriteFile blocks`
		show(err)
	})
}

func inner(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		err := os.Remove("x") // want `os.Remove blocks`
		show(err)
		l.NextTick(func() {
			err := os.Remove("y") // want `os.Remove blocks`
			show(err)
		})
	})
}
