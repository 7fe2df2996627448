// Package constant branches on what is known when it is built. // want package:"effects"
package constant

import (
	"os"
	"runtime"

	"github.com/loopvet/loopvet/runtime/loop"
)

const verbose = false

func start(l *loop.Loop) {
	l.Post(func() {
		if runtime.GOOS == "plan9" {
			os.ReadFile("/dev/sysname") // ok: not in this build
		}
		if verbose {
			os.ReadFile("verbose") // ok: switched off
		} else {
			os.ReadFile("quiet") // want `os.ReadFile blocks the event loop \(file\)`
		}
		if runtime.GOOS != "plan9" {
			os.ReadFile("/proc/version") // want `os.ReadFile blocks the event loop \(file\)`
		}
	})
}
