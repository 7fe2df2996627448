//go:build unix

package harmless

import (
	"syscall"

	"github.com/loopvet/loopvet/runtime/loop"
)

func flock(l *loop.Loop, fd int) {
	l.NextTick(func() {
		syscall.Flock(fd, syscall.LOCK_EX) // want `syscall.Flock may block the event loop \(wait\)`
	})
	l.NextTick(func() {
		syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB) // ok: it fails instead
		syscall.Flock(fd, syscall.LOCK_UN)                 // ok
	})
}
