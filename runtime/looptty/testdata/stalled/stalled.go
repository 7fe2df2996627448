// Package stalled has calls that block, each in a callback of package looptty.
package stalled

import (
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/looptty"
)

func Terminal(l *loop.Loop) {
	t, err := looptty.New(l, os.Stdin)
	if err != nil {
		return
	}
	t.ReadStart(func(p []byte, err error) {
		os.Stdin.Read(p) // want wait
		t.SetRaw(true)   // ok: does not wait
		t.Size()         // ok: does not wait
		t.Close()        // ok: does not wait
	})
	t.Write(nil, func(error) {
		time.Sleep(time.Second) // want sleep
	})
	t.OnDrain(func() {
		os.Remove("x") // want file
	})
	t.OnResize(func(columns, rows int) {
		looptty.Open(l, "/dev/tty")  // want file
		looptty.New(l, os.Stdout)    // ok: does not wait
		looptty.IsTerminal(os.Stdin) // ok: does not wait
		looptty.Restore()            // ok: does not wait
	})
	t.OnClose(func() {
		os.Remove("x") // want file
	})
}
