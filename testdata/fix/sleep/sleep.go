// Package sleep holds sleeps that a timer can take. // want package:"effects"
package sleep

import (
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func show(...any) {}

func rest(l *loop.Loop) {
	l.Post(func() {
		show("before")
		time.Sleep(time.Second) // want `time.Sleep blocks`
		// After a second.
		show("after")
	})
}

func variable(l *loop.Loop, d time.Duration) {
	l.SetTimeout(d, func() {
		time.Sleep(2 * d) // want `time.Sleep (may block|blocks)`
		if d > 0 {
			return
		}
		defer show("end")
	})
}

func last(l *loop.Loop) {
	l.Post(func() {
		show("before")
		time.Sleep(time.Second) // want `time.Sleep blocks`
	})
}
