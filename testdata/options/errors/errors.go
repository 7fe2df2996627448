// Package errors is read for certain deadlocks only. // want package:"effects"
package errors

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

type runner interface{ Run(context.Context) error }

type other struct{}

func (other) Run(context.Context) error { return nil }

func start(ctx context.Context, l *loop.Loop, quick bool) {
	l.NextTick(func() {
		l.Run(ctx) // want `\(\*loop.Loop\).Run waits for the loop it runs on: deadlock \(reentry\)`
	})
	l.NextTick(func() {
		os.Remove("x") // ok: it returns
	})
	l.NextTick(func() {
		var r runner = l
		if quick {
			r = other{}
		}
		r.Run(ctx) // ok: it may be another
	})
}
