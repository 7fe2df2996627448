// Package basic holds callbacks that block by a call of their own. // want package:"effects"
package basic

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func direct(ctx context.Context, l *loop.Loop) {
	l.SetTimeout(time.Second, func() {
		os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		loop.QueueWork(ctx, l, func(context.Context) ([]byte, error) {
			return os.ReadFile("x") // ok: on a worker
		}, func([]byte, error) {})
	})
	l.NextTick(func() {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		time.Sleep(0) // ok: returns at once
	})
	l.Post(func() {
		go http.Get("http://example.com") // ok: on a goroutine of its own
	})
	l.Post(func() {
		http.Get("http://example.com") // want `http.Get blocks the event loop \(net\)`
	})
	os.ReadFile("x") // ok: not a callback
}
