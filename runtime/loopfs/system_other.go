//go:build !linux && !darwin

package loopfs

import (
	"errors"
	"os"
)

func access(name string, _ AccessMode) error {
	return &os.PathError{Op: "access", Path: name, Err: errors.ErrUnsupported}
}

func statFS(name string) (FSInfo, error) {
	return FSInfo{}, &os.PathError{Op: "statfs", Path: name, Err: errors.ErrUnsupported}
}
