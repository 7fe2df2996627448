//go:build unix

package loopfs_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
)

// Several writes are one request. Close lets the one that runs end, and no other
// begin.
func TestCloseLetsTheWriteThatIsUnderWayEndAndNoOtherBegin(t *testing.T) {
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	l := loop.New()
	s := loopfs.OpenWriteStream(t.Context(), l, name, os.O_WRONLY, 0)
	const size = 1 << 19 // more than a pipe has room for
	var errs []error
	for range 2 {
		s.Write(make([]byte, size), func(err error) { errs = append(errs, err) })
	}
	go func() {
		// The first byte shows that the first write is under way.
		io.ReadFull(reader, make([]byte, 1))
		closed := make(chan bool)
		l.Post(func() { s.Close(); close(closed) })
		<-closed
		io.ReadFull(reader, make([]byte, size-1))
	}()
	run(t, l)
	if len(errs) != 2 || errs[0] != nil || errs[1] != loop.ErrCanceled {
		t.Errorf("the writes were told %v", errs)
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
