package looptty_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/looptty"
)

// A program that shows each key, until it is q, and the size of the window.
func Example() {
	defer looptty.Restore() // whatever happens, a panic included
	l := loop.New()
	t, err := looptty.New(l, os.Stdin)
	if err != nil {
		log.Fatal(err) // looptty.ErrNotTerminal if it is a file or a pipe
	}
	if err := t.SetRaw(true); err != nil {
		log.Fatal(err)
	}
	t.OnResize(func(columns, rows int) {
		t.Write(fmt.Appendf(nil, "%d by %d\r\n", columns, rows), nil)
	})
	t.ReadStart(func(p []byte, err error) {
		if err != nil || p[0] == 'q' {
			t.Close()
			return
		}
		t.Write(bytes.Clone(p), nil)
	})
	if err := l.Run(context.Background()); err != nil {
		log.Print(err)
	}
}
