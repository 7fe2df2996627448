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
//
// A file that is open when its loop is closed is closed with it, and until then
// [loop.Loop.Handles] and [loop.Loop.Leaks] have it.
type File struct {
	h *fileHandle
}

// fileHandle is a file as its loop knows it, from the call of Open on. It is never
// active. Its Close is the loop's.
type fileHandle struct {
	loop.External
	f *os.File // nil until it is open
}

// fileDriver is a fileHandle for the loop to call.
type fileDriver fileHandle

func (d *fileDriver) Kind() string { return "file" }
func (d *fileDriver) Arrived()     {}
func (d *fileDriver) Deferred()    {}
func (d *fileDriver) Closed()      {}

// Close closes the file without telling anybody, on a goroutine since that may wait.
func (h *fileHandle) Close() {
	if h.Shut() && h.f != nil {
		go h.f.Close()
	}
}

// opened is the end of opening. It returns what Open's callback gets.
func (h *fileHandle) opened(f *os.File, err error) (*File, error) {
	switch {
	case err != nil:
		h.Shut()
		return nil, err
	case h.Closing():
		go f.Close()
		return nil, loop.ErrCanceled
	}
	h.f = f
	return &File{h}, nil
}

// Open opens a file as [os.OpenFile] does. A file that was opened although its request
// was cancelled meanwhile comes to after as it would have otherwise, unless its loop is
// being closed: then it is closed, and after gets [loop.ErrCanceled].
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Open(
	ctx context.Context, l *loop.Loop, name string, flag int, perm fs.FileMode,
	after func(*File, error), opts ...loop.WorkOption,
) *loop.Request {
	return open(ctx, l, func() (*os.File, error) { return os.OpenFile(name, flag, perm) }, after, opts)
}

// CreateTemp makes a new file in dir, the system's own for "", and opens it, as
// [os.CreateTemp] does: libuv's mkstemp. Who made it removes it.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func CreateTemp(
	ctx context.Context, l *loop.Loop, dir, pattern string,
	after func(*File, error), opts ...loop.WorkOption,
) *loop.Request {
	return open(ctx, l, func() (*os.File, error) { return os.CreateTemp(dir, pattern) }, after, opts)
}

// open has do open a file on a worker.
func open(
	ctx context.Context, l *loop.Loop, do func() (*os.File, error),
	after func(*File, error), opts []loop.WorkOption,
) *loop.Request {
	if after == nil {
		panic("loopfs: Open: nil callback")
	}
	h := new(fileHandle)
	h.Init(l, h, (*fileDriver)(h))
	return loop.QueueWork(ctx, l, func(context.Context) (*os.File, error) { return do() },
		func(f *os.File, err error) { after(h.opened(f, err)) }, opts...)
}

// closeFile closes f on a worker, or if the request is cancelled or refused on a
// goroutine: it happens in any case. after gets the error, that of the request
// included.
func closeFile(ctx context.Context, l *loop.Loop, f *os.File, after func(error), opts []loop.WorkOption) *loop.Request {
	ran := false // the worker's, then the loop's
	return loop.QueueFunc(ctx, l, func(context.Context) error {
		ran = true
		return f.Close()
	}, func(err error) {
		if !ran {
			go f.Close()
		}
		after(err)
	}, opts...)
}

// work runs do with the file on a worker. A file that was closed before is an error.
func work[T any](
	ctx context.Context, f *File, op string, do func(*os.File) (T, error),
	after func(T, error), opts []loop.WorkOption,
) *loop.Request {
	file := f.h.f
	closed := f.h.Closing()
	return loop.QueueWork(ctx, f.h.Loop(), func(context.Context) (T, error) {
		if closed {
			var zero T
			return zero, &fs.PathError{Op: op, Path: file.Name(), Err: fs.ErrClosed}
		}
		return do(file)
	}, after, opts...)
}

// run is [work] for what returns nothing but an error.
func run(
	ctx context.Context, f *File, op string, do func(*os.File) error,
	after func(error), opts []loop.WorkOption,
) *loop.Request {
	file := f.h.f
	closed := f.h.Closing()
	return loop.QueueFunc(ctx, f.h.Loop(), func(context.Context) error {
		if closed {
			return &fs.PathError{Op: op, Path: file.Name(), Err: fs.ErrClosed}
		}
		return do(file)
	}, after, opts...)
}

// Name returns the name that the file was opened with.
func (f *File) Name() string { return f.h.f.Name() }

// Stat describes the file.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Stat(ctx context.Context, after func(fs.FileInfo, error), opts ...loop.WorkOption) *loop.Request {
	return work(ctx, f, "stat", (*os.File).Stat, after, opts)
}

// Read reads up to len(buf) bytes at the file's position, which moves on. At the end
// the error is [io.EOF]. The buffer belongs to the request until after is called.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Read(ctx context.Context, buf []byte, after func(int, error), opts ...loop.WorkOption) *loop.Request {
	return work(ctx, f, "read", func(file *os.File) (int, error) { return file.Read(buf) }, after, opts)
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
	return work(ctx, f, "read", func(file *os.File) (int, error) { return file.ReadAt(buf, offset) }, after, opts)
}

// Write writes all of data at the file's position, which moves on. The data belongs to
// the request until after is called.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Write(ctx context.Context, data []byte, after func(int, error), opts ...loop.WorkOption) *loop.Request {
	return work(ctx, f, "write", func(file *os.File) (int, error) { return file.Write(data) }, after, opts)
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
	return work(ctx, f, "write", func(file *os.File) (int, error) { return file.WriteAt(data, offset) }, after, opts)
}

// Sync has the system put on the disk what was written: libuv's fsync.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Sync(ctx context.Context, after func(error), opts ...loop.WorkOption) *loop.Request {
	return run(ctx, f, "sync", (*os.File).Sync, after, opts)
}

// Truncate changes the size of the file, in bytes.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Truncate(ctx context.Context, size int64, after func(error), opts ...loop.WorkOption) *loop.Request {
	return run(ctx, f, "truncate", func(file *os.File) error { return file.Truncate(size) }, after, opts)
}

// Chmod changes the mode of the file.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Chmod(ctx context.Context, mode fs.FileMode, after func(error), opts ...loop.WorkOption) *loop.Request {
	return run(ctx, f, "chmod", func(file *os.File) error { return file.Chmod(mode) }, after, opts)
}

// Chown changes the owner and the group of the file; -1 leaves one as it is.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Chown(ctx context.Context, uid, gid int, after func(error), opts ...loop.WorkOption) *loop.Request {
	return run(ctx, f, "chown", func(file *os.File) error { return file.Chown(uid, gid) }, after, opts)
}

// Close closes the file. Requests that still read or write keep it open until they
// have, unless they wait for the other end of a pipe; these, and those that come after
// Close, get [fs.ErrClosed]. The file is closed in any
// case: if the request is cancelled, after gets [loop.ErrCanceled] and what closing
// had to say is lost.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (f *File) Close(ctx context.Context, after func(error), opts ...loop.WorkOption) *loop.Request {
	if after == nil {
		panic("loopfs: Close: nil callback")
	}
	if !f.h.Shut() {
		return run(ctx, f, "close", (*os.File).Close, after, opts)
	}
	return closeFile(ctx, f.h.Loop(), f.h.f, after, opts)
}
