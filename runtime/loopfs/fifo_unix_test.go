//go:build unix

package loopfs_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/pool"
)

// fifo makes a named pipe, and opens it so that nobody has to wait for its other end.
func fifo(t *testing.T) (name string, f *os.File) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return name, f
}

// Several writes are one request.
func TestTheEndOfTheContextLetsTheWriteThatIsUnderWayEndAndNoOtherBegin(t *testing.T) {
	name, reader := fifo(t)
	l := loop.New()
	ctx, cancel := context.WithCancel(t.Context())
	s := loopfs.OpenWriteStream(ctx, l, name, os.O_WRONLY, 0)
	const size = 1 << 19 // more than a pipe has room for
	var errs []error
	for range 2 {
		s.Write(make([]byte, size), func(err error) { errs = append(errs, err) })
	}
	go func() {
		io.ReadFull(reader, make([]byte, 1)) // which shows that the first write is under way
		cancel()
		io.ReadFull(reader, make([]byte, size-1))
	}()
	run(t, l)
	if len(errs) != 2 || errs[0] != nil || errs[1] != context.Canceled {
		t.Errorf("the writes were told %v", errs)
	}
}

func TestCloseEndsAWriteThatWaitsForItsReader(t *testing.T) {
	name, reader := fifo(t)
	l := loop.New()
	s := loopfs.OpenWriteStream(t.Context(), l, name, os.O_WRONLY, 0)
	var errs []error
	for range 2 {
		s.Write(make([]byte, 1<<19), func(err error) { errs = append(errs, err) })
	}
	go func() {
		io.ReadFull(reader, make([]byte, 1))
		l.Post(s.Close)
	}()
	run(t, l)
	if len(errs) != 2 || errs[0] != loop.ErrCanceled || errs[1] != loop.ErrCanceled {
		t.Errorf("the writes were told %v", errs)
	}
}

func TestCloseEndsAReadThatWaitsForItsWriter(t *testing.T) {
	name, _ := fifo(t)
	p := pool.New(1)
	l := loop.New(loop.WithPool(p))
	s := loopfs.OpenReadStream(t.Context(), l, name)
	s.ReadStart(func(_ []byte, err error) { t.Errorf("read %v", err) })
	closed := false
	s.OnClose(func() { closed = true })
	var look func()
	look = func() {
		// The file was opened, and now a worker waits.
		if stats := p.Stats(); stats.Done[pool.FastIO] == 1 && stats.Running[pool.FastIO] == 1 {
			s.Close()
		} else {
			l.SetImmediate(look)
		}
	}
	look()
	run(t, l)
	p.Close(context.Background())
	if !closed {
		t.Error("the stream was not closed")
	}
}

// A pipe gives what it has, in small pieces.
func TestAReadStreamReadsAFifo(t *testing.T) {
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	l := loop.New()
	s := loopfs.OpenReadStream(t.Context(), l, name)
	go func() {
		w, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		w.WriteString("a")
		w.WriteString("bc")
		w.Close()
	}()
	readAll(t, s, func(data []byte, err error) {
		if string(data) != "abc" || err != io.EOF {
			t.Errorf("%q, %v", data, err)
		}
	})
	run(t, l)
}
