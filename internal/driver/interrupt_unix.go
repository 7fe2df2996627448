//go:build unix

package driver

import (
	"os"
	"os/exec"
	"time"
)

// interruptible makes cmd end on an interrupt when its context is cancelled.
func interruptible(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
}
