package loopfs

import (
	"io"
	"os"
	"path/filepath"
)

// An AccessMode says in which ways a file is to be used. Zero asks whether it is there.
type AccessMode uint32

// The ways to use a file, as POSIX's access numbers them.
const (
	CanExecute AccessMode = 1
	CanWrite   AccessMode = 2
	CanRead    AccessMode = 4
)

// An FSInfo describes a file system.
type FSInfo struct {
	BlockSize uint64 // bytes
	Blocks    uint64
	Free      uint64 // blocks
	Available uint64 // blocks that an ordinary user may have
	Files     uint64 // inodes
	FreeFiles uint64 // inodes
}

func realPath(name string) (string, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(name)
}

// copyFile empties the copy only when it is known not to be the original.
func copyFile(from, to string, exclusive bool) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	flag := os.O_WRONLY | os.O_CREATE
	if exclusive {
		flag |= os.O_EXCL
	}
	dst, err := os.OpenFile(to, flag, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() {
		if e := dst.Close(); err == nil {
			err = e
		}
	}()
	there, err := dst.Stat()
	if err != nil || os.SameFile(info, there) {
		return err
	}
	if err := dst.Truncate(0); err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		return err
	}
	return dst.Chmod(info.Mode().Perm())
}
