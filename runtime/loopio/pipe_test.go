package loopio_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/loophttp"
	"github.com/loopvet/loopvet/runtime/loopio"
	"github.com/loopvet/loopvet/runtime/loopnet"
	"github.com/loopvet/loopvet/runtime/looptest"
)

// The streams of the runtime are sources and sinks.
var (
	_ loopio.Source = (*loopnet.Conn)(nil)
	_ loopio.Source = (*loopfs.ReadStream)(nil)
	_ loopio.Source = (*loophttp.Exchange)(nil)
	_ loopio.Source = (*loophttp.Call)(nil)
	_ loopio.Sink   = (*loopnet.Conn)(nil)
	_ loopio.Sink   = (*loopfs.WriteStream)(nil)
	_ loopio.Sink   = (*loophttp.Exchange)(nil)
)

// A script is a source and a sink in which the test does what the others do.
type script struct {
	read    func([]byte, error)
	got     bytes.Buffer
	pending []func(error)
	drain   func()
	full    bool
	refuses error
}

func (s *script) ReadStart(fn func([]byte, error)) error {
	if s.read != nil {
		return errors.New("reading already")
	}
	if s.refuses != nil {
		return s.refuses
	}
	s.read = fn
	return nil
}

func (s *script) ReadStop() { s.read = nil }

func (s *script) Write(p []byte, done func(error)) error {
	if s.refuses != nil {
		return s.refuses
	}
	s.got.Write(p)
	s.pending = append(s.pending, done)
	return nil
}

func (s *script) Full() bool        { return s.full }
func (s *script) OnDrain(fn func()) { s.drain = fn }

// wrote ends the oldest write.
func (s *script) wrote(err error) {
	done := s.pending[0]
	s.pending = s.pending[1:]
	done(err)
}

// An end is what a pipe has told.
type end struct {
	told int
	n    int64
	err  error
}

func (e *end) tell(n int64, err error) { e.told, e.n, e.err = e.told+1, n, err }

func (e *end) want(t *testing.T, told int, n int64, err error) {
	t.Helper()
	if e.told != told || e.n != n || e.err != err {
		t.Errorf("told %d times: %d bytes, %v; want %d, %d, %v", e.told, e.n, e.err, told, n, err)
	}
}

func start(t *testing.T) (src, dst *script, e *end) {
	t.Helper()
	src, dst, e = new(script), new(script), new(end)
	if err := loopio.Pipe(dst, src, e.tell); err != nil {
		t.Fatal(err)
	}
	return src, dst, e
}

func TestAPipeEndsWhenAllThatWasReadIsWritten(t *testing.T) {
	src, dst, e := start(t)
	piece := []byte("abc")
	src.read(piece, nil)
	copy(piece, "xxx") // which is the source's again
	src.read([]byte("de"), nil)
	dst.wrote(nil)
	src.read(nil, io.EOF)
	e.want(t, 0, 0, nil)
	dst.wrote(nil)
	e.want(t, 1, 5, nil)
	if dst.got.String() != "abcde" {
		t.Errorf("wrote %q", dst.got.String())
	}
	if dst.drain != nil || src.read != nil {
		t.Error("the pipe keeps its callbacks")
	}
}

func TestASourceIsNotReadWhileItsSinkIsFull(t *testing.T) {
	src, dst, e := start(t)
	dst.full = true
	src.read([]byte("abc"), nil)
	if src.read != nil {
		t.Fatal("the source is read")
	}
	dst.wrote(nil)
	dst.full = false
	dst.drain()
	if src.read == nil {
		t.Fatal("the source is not read again")
	}
	dst.drain() // sinks may say it again
	src.read(nil, io.EOF)
	e.want(t, 1, 3, nil)
}

func TestErrorsOfBothSidesEndAPipe(t *testing.T) {
	failed := errors.New("failed")
	t.Run("reading", func(t *testing.T) {
		src, dst, e := start(t)
		src.read([]byte("abc"), nil)
		src.read(nil, failed)
		dst.wrote(nil)
		e.want(t, 1, 3, failed)
	})
	t.Run("writing", func(t *testing.T) {
		src, dst, e := start(t)
		src.read([]byte("abc"), nil)
		src.read([]byte("de"), nil)
		dst.wrote(failed)
		if src.read != nil {
			t.Error("the source is still read")
		}
		e.want(t, 0, 0, nil)
		dst.wrote(loop.ErrCanceled)
		e.want(t, 1, 0, failed)
	})
	t.Run("writing after the end", func(t *testing.T) {
		src, dst, e := start(t)
		src.read([]byte("abc"), nil)
		src.read(nil, io.EOF)
		dst.wrote(failed)
		e.want(t, 1, 0, failed)
	})
	t.Run("refused write", func(t *testing.T) {
		src, dst, e := start(t)
		dst.refuses = failed
		src.read([]byte("abc"), nil)
		e.want(t, 1, 0, failed)
		if src.read != nil {
			t.Error("the source is still read")
		}
	})
	t.Run("refused read", func(t *testing.T) {
		if err := loopio.Pipe(new(script), &script{refuses: failed}, nil); err != failed {
			t.Errorf("got %v", err)
		}
		src, dst, e := start(t)
		dst.full = true
		src.read([]byte("abc"), nil)
		dst.wrote(nil)
		src.refuses = failed
		dst.drain()
		e.want(t, 1, 3, failed)
	})
}

// A file goes through a connection into another file, in pieces that both sides have
// room for.
func TestAFileGoesThroughAConnectionIntoAnother(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcdef"), 50_000)
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	if err := os.WriteFile(from, want, 0o600); err != nil {
		t.Fatal(err)
	}
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		m := loopnet.NewMemory()
		var server *loopnet.Conn
		ln, err := loopnet.Listen(l, "tcp", "127.0.0.1:0", func(ln *loopnet.Listener, err error) {
			if server, err = ln.Accept(); err != nil {
				t.Fatal(err)
			}
			ln.Close()
			file := loopfs.OpenWriteStream(t.Context(), l, to, os.O_WRONLY|os.O_CREATE, 0o600)
			loopio.Pipe(file, server, func(n int64, err error) {
				if n != int64(len(want)) || err != nil {
					t.Errorf("received %d bytes, %v", n, err)
				}
				server.Close()
				file.End(nil)
			})
		}, loopnet.On(m))
		if err != nil {
			t.Fatal(err)
		}
		loopnet.Connect(context.Background(), l, "tcp", ln.Addr().String(), func(c *loopnet.Conn, err error) {
			loopio.Pipe(c, loopfs.OpenReadStream(t.Context(), l, from), func(n int64, err error) {
				if n != int64(len(want)) || err != nil {
					t.Errorf("sent %d bytes, %v", n, err)
				}
				c.Shutdown(func(error) { c.Close() })
			})
		}, loopnet.On(m))
	})
	if got, err := os.ReadFile(to); !bytes.Equal(got, want) || err != nil {
		t.Errorf("%d bytes arrived, %v", len(got), err)
	}
}
