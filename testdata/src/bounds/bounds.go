// Package bounds sleeps for times that are known. // want package:"effects"
package bounds

import (
	"net"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

const (
	pause = 200 * time.Microsecond
	nap   = 20 * time.Millisecond
)

func constants(l *loop.Loop) {
	l.NextTick(func() {
		time.Sleep(0) // ok: returns at once
	})
	l.NextTick(func() {
		time.Sleep(-time.Second) // ok: returns at once
	})
	l.NextTick(func() {
		time.Sleep(500 * time.Microsecond) // ok: below the budget of the loop
	})
	l.NextTick(func() {
		time.Sleep(pause) // ok: below the budget of the loop
	})
	l.NextTick(func() {
		time.Sleep(pause * 10) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		time.Sleep(time.Millisecond) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		time.Sleep(nap) // want `time.Sleep blocks the event loop \(sleep\)`
	})
}

// A time that only the caller knows.

func rest(d time.Duration) {
	time.Sleep(d) // want `time.Sleep blocks the event loop \(sleep\): callback of \(\*loop.Loop\).NextTick -> rest -> time.Sleep`
}

func caller(l *loop.Loop) {
	l.NextTick(func() { rest(time.Second) })
}

// A network call that may take a while has a bound as well.
func timeouts(l *loop.Loop) {
	l.NextTick(func() {
		net.DialTimeout("tcp", "example.com:80", time.Second) // want `net.DialTimeout blocks the event loop \(net\)`
	})
	l.NextTick(func() {
		net.DialTimeout("tcp", "localhost:80", 100*time.Microsecond) // ok: below the budget of the loop
	})
}

// In a variable that is assigned once.
func variable(l *loop.Loop) {
	long := time.Minute
	l.NextTick(func() {
		time.Sleep(long) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		d := 10 * time.Microsecond
		time.Sleep(d) // ok: below the budget of the loop
	})
}
