package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/dop251/goja"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
)

// bindFiles gives lib.js the operations on files. The last argument of each is the
// function that gets its failure, or null and its result.
func (h *host) bindFiles(to *goja.Object) {
	ctx, l := context.Background(), h.loop
	h.give(to, "readFile", func(c goja.FunctionCall) goja.Value {
		text, done := c.Argument(1).ToBoolean(), c.Argument(2)
		loopfs.ReadFile(ctx, l, c.Argument(0).String(), func(data []byte, err error) { h.finish(done, err, h.data(data, text)) })
		return goja.Undefined()
	})
	h.give(to, "writeFile", func(c goja.FunctionCall) goja.Value {
		name, flag, mode := c.Argument(0).String(), openFlags(c.Argument(1).String()), fs.FileMode(c.Argument(2).ToInteger())
		data, done := bytesOf(c.Argument(3)), c.Argument(4)
		loopfs.Open(ctx, l, name, flag, mode, func(f *loopfs.File, err error) {
			if err != nil {
				h.finish(done, err, nil)
				return
			}
			f.Write(ctx, data, func(_ int, err error) {
				f.Close(ctx, func(e error) { h.finish(done, errors.Join(err, e), nil) })
			})
		})
		return goja.Undefined()
	})
	h.give(to, "readdir", func(c goja.FunctionCall) goja.Value {
		done := c.Argument(1)
		loopfs.ReadDir(ctx, l, c.Argument(0).String(), func(entries []fs.DirEntry, err error) {
			names := make([]any, len(entries))
			for i, entry := range entries {
				names[i] = entry.Name()
			}
			h.finish(done, err, h.vm.NewArray(names...))
		})
		return goja.Undefined()
	})
	for name, stat := range map[string]func(
		context.Context, *loop.Loop, string, func(fs.FileInfo, error), ...loop.WorkOption,
	) *loop.Request{"stat": loopfs.Stat, "lstat": loopfs.Lstat} {
		h.give(to, name, func(c goja.FunctionCall) goja.Value {
			done := c.Argument(1)
			stat(ctx, l, c.Argument(0).String(), func(info fs.FileInfo, err error) { h.finish(done, err, statsOf(info)) })
			return goja.Undefined()
		})
	}
	h.give(to, "access", func(c goja.FunctionCall) goja.Value {
		loopfs.Access(ctx, l, c.Argument(0).String(), 0, h.concluding(c.Argument(1)))
		return goja.Undefined()
	})
	h.give(to, "mkdir", func(c goja.FunctionCall) goja.Value {
		name, mode, done := c.Argument(0).String(), fs.FileMode(c.Argument(1).ToInteger()), c.Argument(3)
		if c.Argument(2).ToBoolean() {
			loop.QueueWork(ctx, l, func(context.Context) (string, error) { return mkdirAll(name, mode) },
				func(first string, err error) { h.finish(done, err, first) })
		} else {
			loopfs.Mkdir(ctx, l, name, mode, h.concluding(done))
		}
		return goja.Undefined()
	})
	h.give(to, "rename", func(c goja.FunctionCall) goja.Value {
		loopfs.Rename(ctx, l, c.Argument(0).String(), c.Argument(1).String(), h.concluding(c.Argument(2)))
		return goja.Undefined()
	})
	// Go has one function for both and tries one after the other.
	for name, wantDir := range map[string]bool{"unlink": false, "rmdir": true} {
		h.give(to, name, func(c goja.FunctionCall) goja.Value {
			path := c.Argument(0).String()
			loop.QueueFunc(ctx, l, func(context.Context) error { return remove(path, wantDir) }, h.concluding(c.Argument(1)))
			return goja.Undefined()
		})
	}
}

// mkdirAll makes a directory and those above it, and returns the first that it made, ""
// if there was none to make. A worker calls it.
func mkdirAll(path string, mode fs.FileMode) (first string, err error) {
	for dir := filepath.Clean(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			return first, os.MkdirAll(path, mode)
		}
		first = dir
	}
}

// remove removes a directory, or anything else. A worker calls it.
func remove(path string, wantDir bool) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return err
	case wantDir && !info.IsDir():
		return syscall.ENOTDIR
	case !wantDir && info.IsDir():
		return syscall.EISDIR
	}
	return os.Remove(path)
}

func openFlags(flag string) (bits int) {
	switch {
	case strings.HasPrefix(flag, "r"):
		return os.O_RDWR
	case strings.HasPrefix(flag, "w"):
		bits = os.O_CREATE | os.O_TRUNC
	default:
		bits = os.O_CREATE | os.O_APPEND
	}
	if strings.Contains(flag, "x") {
		bits |= os.O_EXCL
	}
	if strings.Contains(flag, "+") {
		return bits | os.O_RDWR
	}
	return bits | os.O_WRONLY
}

// stats are what lib.js makes an fs.Stats of.
type stats struct {
	Kind    string
	Mode    int // as POSIX numbers it
	Size    int64
	MtimeMs float64
}

func statsOf(info fs.FileInfo) *stats {
	if info == nil {
		return nil
	}
	kind, bits := "other", 0
	switch info.Mode().Type() {
	case 0:
		kind, bits = "file", 0o100000
	case fs.ModeDir:
		kind, bits = "directory", 0o040000
	case fs.ModeSymlink:
		kind, bits = "link", 0o120000
	}
	return &stats{kind, bits | int(info.Mode().Perm()), info.Size(), float64(info.ModTime().UnixMicro()) / 1000}
}

// concluding returns a callback that calls the script's with the failure alone.
func (h *host) concluding(done goja.Value) func(error) {
	return func(err error) { h.finish(done, err, nil) }
}

// finish calls the function that waits for a result.
func (h *host) finish(done goja.Value, err error, result any) {
	if err != nil {
		h.callback(done, failureOf(err))
	} else {
		h.callback(done, nil, result)
	}
}

// data is a string, or an ArrayBuffer.
func (h *host) data(data []byte, text bool) any {
	if text {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	return h.vm.NewArrayBuffer(data)
}

// bytesOf is what data was made of.
func bytesOf(v goja.Value) []byte {
	switch v := v.Export().(type) {
	case string:
		return []byte(v)
	case goja.ArrayBuffer:
		return v.Bytes()
	}
	return nil
}

// A failure is an error as lib.js gets it.
type failure struct {
	Code, Text string
	Errno      int    // negative, as libuv's
	Op         string // of package os; "" for others
}

// failures are the errors that have a name in Node, with libuv's texts.
var failures = map[syscall.Errno]failure{
	syscall.EACCES:       {Code: "EACCES", Text: "permission denied"},
	syscall.EBADF:        {Code: "EBADF", Text: "bad file descriptor"},
	syscall.EBUSY:        {Code: "EBUSY", Text: "resource busy or locked"},
	syscall.ECONNREFUSED: {Code: "ECONNREFUSED", Text: "connection refused"},
	syscall.ECONNRESET:   {Code: "ECONNRESET", Text: "connection reset by peer"},
	syscall.EEXIST:       {Code: "EEXIST", Text: "file already exists"},
	syscall.EINVAL:       {Code: "EINVAL", Text: "invalid argument"},
	syscall.EISDIR:       {Code: "EISDIR", Text: "illegal operation on a directory"},
	syscall.ELOOP:        {Code: "ELOOP", Text: "too many symbolic links encountered"},
	syscall.EMFILE:       {Code: "EMFILE", Text: "too many open files"},
	syscall.ENAMETOOLONG: {Code: "ENAMETOOLONG", Text: "name too long"},
	syscall.ENOENT:       {Code: "ENOENT", Text: "no such file or directory"},
	syscall.ENOSPC:       {Code: "ENOSPC", Text: "no space left on device"},
	syscall.ENOTDIR:      {Code: "ENOTDIR", Text: "not a directory"},
	syscall.ENOTEMPTY:    {Code: "ENOTEMPTY", Text: "directory not empty"},
	syscall.EPERM:        {Code: "EPERM", Text: "operation not permitted"},
	syscall.EROFS:        {Code: "EROFS", Text: "read-only file system"},
	syscall.EXDEV:        {Code: "EXDEV", Text: "cross-device link not permitted"},
}

func failureOf(err error) *failure {
	var errno syscall.Errno
	f, known := failure{}, false
	if errors.As(err, &errno) {
		f, known = failures[errno]
	}
	if !known { // other systems have other numbers
		f = failure{Code: "UNKNOWN", Text: err.Error()}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			errno, f = syscall.ENOENT, failures[syscall.ENOENT]
		case errors.Is(err, fs.ErrExist):
			errno, f = syscall.EEXIST, failures[syscall.EEXIST]
		case errors.Is(err, fs.ErrPermission):
			errno, f = syscall.EACCES, failures[syscall.EACCES]
		}
	}
	f.Errno = -int(errno)
	var path *fs.PathError
	if errors.As(err, &path) {
		f.Op = path.Op
	}
	return &f
}
