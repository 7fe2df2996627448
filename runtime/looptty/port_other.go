//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package looptty

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// resizeSignal is never waited for, since there is no TTY.
const resizeSignal = noSignal("")

type noSignal string

func (noSignal) Signal()        {}
func (noSignal) String() string { return "none" }

var _ os.Signal = resizeSignal

func open(string, notifier) (port, error) { return nil, unsupported() }

func adopt(f *os.File, _ notifier) (port, error) {
	if !IsTerminal(f) {
		return nil, fmt.Errorf("%s: %w", f.Name(), ErrNotTerminal)
	}
	return nil, unsupported()
}

func unsupported() error {
	return fmt.Errorf("looptty: terminals of %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func device(int) uint64     { return 0 }
func inBackground(int) bool { return false }
