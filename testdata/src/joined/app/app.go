// Package app brings a screen and a disk together. // want package:"effects"
package app // want `os.WriteFile (may block|blocks) the event loop \(file\): callback of \(\*loop.Loop\).Post -> .*Save -> os.WriteFile`

import (
	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/testdata/src/joined/disk"
	"github.com/loopvet/loopvet/testdata/src/joined/screen"
)

func start(l *loop.Loop) {
	screen.New(disk.Disk{}).Refresh(l)
}
