//go:build !unix

package driver

import "os/exec"

// interruptible leaves cmd to be killed when its context is cancelled.
func interruptible(*exec.Cmd) {}
