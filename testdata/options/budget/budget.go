// Package budget is read with a budget of 50 milliseconds. // want package:"effects"
package budget

import (
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func start(l *loop.Loop, events chan int) {
	l.NextTick(func() {
		time.Sleep(49 * time.Millisecond) // ok: below the budget
		time.Sleep(50 * time.Millisecond) // want `time.Sleep blocks the event loop \(sleep\)`
		os.Remove("x")                    // want `os.Remove blocks the event loop \(file\)`
	})
	l.NextTick(func() {
		<-time.After(10 * time.Millisecond) // ok: below the budget
		<-time.After(time.Minute)           // want `a receive from a timer blocks the event loop \(sleep\)`
	})
}
