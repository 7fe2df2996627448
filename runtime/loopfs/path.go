package loopfs

import (
	"context"
	"io/fs"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Stat describes the file that name leads to.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Stat(
	ctx context.Context, l *loop.Loop, name string,
	after func(fs.FileInfo, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, l, func(context.Context) (fs.FileInfo, error) { return os.Stat(name) }, after, opts...)
}

// Lstat describes name itself, also if it is a symbolic link.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Lstat(
	ctx context.Context, l *loop.Loop, name string,
	after func(fs.FileInfo, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, l, func(context.Context) (fs.FileInfo, error) { return os.Lstat(name) }, after, opts...)
}

// ReadDir lists a directory, sorted by name.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func ReadDir(
	ctx context.Context, l *loop.Loop, name string,
	after func([]fs.DirEntry, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, l, func(context.Context) ([]fs.DirEntry, error) { return os.ReadDir(name) }, after, opts...)
}

// Readlink returns where a symbolic link leads to.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Readlink(
	ctx context.Context, l *loop.Loop, name string,
	after func(string, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, l, func(context.Context) (string, error) { return os.Readlink(name) }, after, opts...)
}

// MkdirTemp makes a new directory in dir, the system's own for "", named as [os.MkdirTemp] names it.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func MkdirTemp(
	ctx context.Context, l *loop.Loop, dir, pattern string,
	after func(string, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, l, func(context.Context) (string, error) {
		return os.MkdirTemp(dir, pattern)
	}, after, opts...)
}

// RealPath returns the absolute path of name without symbolic links.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func RealPath(
	ctx context.Context, l *loop.Loop, name string,
	after func(string, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, l, func(context.Context) (string, error) { return realPath(name) }, after, opts...)
}

// ReadFile reads a whole file. It is one request, where Node makes four.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func ReadFile(
	ctx context.Context, l *loop.Loop, name string,
	after func([]byte, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, l, func(context.Context) ([]byte, error) { return os.ReadFile(name) }, after, opts...)
}

// StatFS describes the file system that name is on. Where Go's standard library has
// no such call, the error is [errors.ErrUnsupported].
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func StatFS(
	ctx context.Context, l *loop.Loop, name string,
	after func(FSInfo, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, l, func(context.Context) (FSInfo, error) { return statFS(name) }, after, opts...)
}

// Mkdir makes a directory.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Mkdir(
	ctx context.Context, l *loop.Loop, name string, perm fs.FileMode,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.Mkdir(name, perm) }, after, opts...)
}

// MkdirAll makes a directory and those above it that are missing.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func MkdirAll(
	ctx context.Context, l *loop.Loop, name string, perm fs.FileMode,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.MkdirAll(name, perm) }, after, opts...)
}

// Rename moves a file, and replaces what has the new name already.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Rename(ctx context.Context, l *loop.Loop, from, to string, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.Rename(from, to) }, after, opts...)
}

// Remove removes a file or an empty directory: libuv's unlink and rmdir.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Remove(ctx context.Context, l *loop.Loop, name string, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.Remove(name) }, after, opts...)
}

// RemoveAll removes name and all that is in it. It is no error if it is not there.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func RemoveAll(ctx context.Context, l *loop.Loop, name string, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.RemoveAll(name) }, after, opts...)
}

// Link gives the file from a second name.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Link(ctx context.Context, l *loop.Loop, from, to string, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.Link(from, to) }, after, opts...)
}

// Symlink makes link a symbolic link to target.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Symlink(
	ctx context.Context, l *loop.Loop, target, link string,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.Symlink(target, link) }, after, opts...)
}

// Chmod changes the mode of a file.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Chmod(
	ctx context.Context, l *loop.Loop, name string, mode fs.FileMode,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.Chmod(name, mode) }, after, opts...)
}

// Chown changes the owner and the group of a file; -1 leaves one as it is.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Chown(
	ctx context.Context, l *loop.Loop, name string, uid, gid int,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.Chown(name, uid, gid) }, after, opts...)
}

// Lchown is [Chown] for name itself, also if it is a symbolic link.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Lchown(
	ctx context.Context, l *loop.Loop, name string, uid, gid int,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.Lchown(name, uid, gid) }, after, opts...)
}

// Chtimes sets the times of access and change: libuv's utime. A zero time stays.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Chtimes(
	ctx context.Context, l *loop.Loop, name string, atime, mtime time.Time,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.Chtimes(name, atime, mtime) }, after, opts...)
}

// Truncate changes the size of a file, in bytes.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Truncate(
	ctx context.Context, l *loop.Loop, name string, size int64,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.Truncate(name, size) }, after, opts...)
}

// Access asks whether the process may use name in all the ways of mode. Where Go's
// standard library has no such call, the error is [errors.ErrUnsupported].
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Access(
	ctx context.Context, l *loop.Loop, name string, mode AccessMode,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return access(name, mode) }, after, opts...)
}

// CopyFile copies the content and the permissions of a file. What to had before is
// gone; with exclusive set, a to that exists is an error that is [fs.ErrExist]. What was
// copied before an error stays.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func CopyFile(
	ctx context.Context, l *loop.Loop, from, to string, exclusive bool,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return copyFile(from, to, exclusive) }, after, opts...)
}

// WriteFile makes data the content of a file, which is made with perm if it is not
// there. The data belongs to the request until after is called.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func WriteFile(
	ctx context.Context, l *loop.Loop, name string, data []byte, perm fs.FileMode,
	after func(error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueFunc(ctx, l, func(context.Context) error { return os.WriteFile(name, data, perm) }, after, opts...)
}
