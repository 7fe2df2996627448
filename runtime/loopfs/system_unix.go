//go:build linux || darwin

package loopfs

import (
	"os"
	"syscall"
)

func access(name string, mode AccessMode) error {
	if err := syscall.Access(name, uint32(mode)); err != nil {
		return &os.PathError{Op: "access", Path: name, Err: err}
	}
	return nil
}

func statFS(name string) (FSInfo, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(name, &s); err != nil {
		return FSInfo{}, &os.PathError{Op: "statfs", Path: name, Err: err}
	}
	return FSInfo{uint64(s.Bsize), s.Blocks, s.Bfree, s.Bavail, s.Files, s.Ffree}, nil
}
