// Package generated is silent where nobody would edit. // want package:"effects"
package generated

import (
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

func read() {
	os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> read -> os.ReadFile`
}

func begin(l *loop.Loop) {
	l.NextTick(func() {
		os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
	})
}
