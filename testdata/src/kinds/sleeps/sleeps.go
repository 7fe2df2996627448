// Package sleeps waits for time to pass on the loop. // want package:"effects"
package sleeps

import (
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

const (
	none  = 0 * time.Second
	short = 300 * time.Microsecond
	long  = 3 * short * 10
)

func constants(l *loop.Loop) {
	l.NextTick(func() {
		time.Sleep(long) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		time.Sleep(short) // ok: below the budget of the loop
	})
	l.NextTick(func() {
		time.Sleep(none) // ok: returns at once
	})
	l.NextTick(func() {
		time.Sleep(2_000_000) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		time.Sleep(2_000) // ok: two microseconds
	})
}

func deferred(l *loop.Loop) {
	l.NextTick(func() {
		defer time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		defer time.Sleep(0) // ok: returns at once
	})
	l.NextTick(func() {
		go time.Sleep(time.Second) // ok: on a goroutine
	})
}

func timers(l *loop.Loop) {
	l.NextTick(func() {
		<-time.After(time.Second) // want `a receive from a timer blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		_ = time.After(time.Second) // ok: nobody waits
	})
	l.NextTick(func() {
		time.NewTimer(time.Second).Stop() // ok: nobody waits
	})
	l.NextTick(func() {
		l.SetTimeout(time.Second, func() {
			time.Sleep(time.Minute) // want `time.Sleep blocks the event loop \(sleep\)`
		})
	})
	l.NextTick(func() {
		l.SetTimeout(time.Minute, func() {}) // ok: the loop waits itself
	})
}

func profiles(l *loop.Loop, w http.ResponseWriter, r *http.Request) {
	l.NextTick(func() {
		pprof.Profile(w, r) // want `pprof.Profile blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		_ = pprof.Handler("heap") // ok: nobody asks it
	})
}
