package loopfs

import (
	"context"
	"io/fs"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A File is an open file. Its methods are loop-only. Requests for one file run side by
// side, in no order: who needs one starts the next from the callback of the last, or
// passes [loop.Task] with a strand.
type File struct {
	l *loop.Loop
	f *os.File
}

// Open opens a file as [os.OpenFile] does. A file that was opened although its request
// was cancelled meanwhile comes to after as it would have otherwise.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Open(
	ctx context.Context, l *loop.Loop, name string, flag int, perm fs.FileMode,
	after func(*File, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, l, func(context.Context) (*File, error) {
		f, err := os.OpenFile(name, flag, perm)
		if err != nil {
			return nil, err
		}
		return &File{l, f}, nil
	}, after, opts...)
}

// Name returns the name that the file was opened with.
func (f *File) Name() string { return f.f.Name() }

// Stat describes the file.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Stat(ctx context.Context, after func(fs.FileInfo, error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueWork(ctx, f.l, func(context.Context) (fs.FileInfo, error) { return f.f.Stat() }, after, opts...)
}

// Read reads up to len(buf) bytes at the file's position, which moves on. At the end
// the error is [io.EOF]. The buffer belongs to the request until after is called.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Read(ctx context.Context, buf []byte, after func(int, error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueWork(ctx, f.l, func(context.Context) (int, error) { return f.f.Read(buf) }, after, opts...)
}

// ReadAt reads len(buf) bytes at an offset in bytes, fewer only with an error, which is
// [io.EOF] at the end. The buffer belongs to the request until after is called.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) ReadAt(
	ctx context.Context, buf []byte, offset int64,
	after func(int, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, f.l, func(context.Context) (int, error) { return f.f.ReadAt(buf, offset) }, after, opts...)
}

// Write writes all of data at the file's position, which moves on. The data belongs to
// the request until after is called.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Write(ctx context.Context, data []byte, after func(int, error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueWork(ctx, f.l, func(context.Context) (int, error) { return f.f.Write(data) }, after, opts...)
}

// WriteAt writes all of data at an offset in bytes. The data belongs to the request
// until after is called.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) WriteAt(
	ctx context.Context, data []byte, offset int64,
	after func(int, error), opts ...loop.WorkOption,
) *loop.Request {
	return loop.QueueWork(ctx, f.l, func(context.Context) (int, error) {
		return f.f.WriteAt(data, offset)
	}, after, opts...)
}

// Sync has the system put on the disk what was written: libuv's fsync.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Sync(ctx context.Context, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, f.l, func(context.Context) error { return f.f.Sync() }, after, opts...)
}

// Truncate changes the size of the file, in bytes.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Truncate(ctx context.Context, size int64, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, f.l, func(context.Context) error { return f.f.Truncate(size) }, after, opts...)
}

// Chmod changes the mode of the file.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Chmod(ctx context.Context, mode fs.FileMode, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, f.l, func(context.Context) error { return f.f.Chmod(mode) }, after, opts...)
}

// Chown changes the owner and the group of the file; -1 leaves one as it is.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Chown(ctx context.Context, uid, gid int, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, f.l, func(context.Context) error { return f.f.Chown(uid, gid) }, after, opts...)
}

// Close closes the file. Requests that still read or write keep it open until they
// have; those that come later get [fs.ErrClosed]. A Close that is cancelled while it
// is queued leaves the file open.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Close(ctx context.Context, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, f.l, func(context.Context) error { return f.f.Close() }, after, opts...)
}
