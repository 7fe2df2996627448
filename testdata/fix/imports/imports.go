// Package imports holds files that lack an import for their fix, or have one too many after it. // want package:"effects"
package imports

import (
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

func show(...any) {}

func background(l *loop.Loop) {
	l.Post(func() {
		data, err := os.ReadFile("x") // want `os.ReadFile blocks`
		show(data, err)
	})
	l.Post(func() {
		err := os.Remove("x") // want `os.Remove blocks`
		show(err)
	})
}
