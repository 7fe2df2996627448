package loopfs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/looptest"
	"github.com/loopvet/loopvet/runtime/pool"
)

// pattern returns n bytes that differ from their neighbours.
func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return p
}

// put makes a file and returns its name.
func put(t *testing.T, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// onFile opens a file and calls f with it on the loop.
func onFile(t *testing.T, l *loop.Loop, name string, flag int, f func(*loopfs.File)) {
	t.Helper()
	loopfs.Open(t.Context(), l, name, flag, 0o600, func(file *loopfs.File, err error) {
		if err != nil {
			t.Errorf("Open: %v", err)
			return
		}
		f(file)
	})
}

// readAll reads s to its end and then calls done.
func readAll(t *testing.T, s *loopfs.ReadStream, done func(data []byte, err error)) {
	t.Helper()
	var all []byte
	if err := s.ReadStart(func(p []byte, err error) {
		all = append(all, p...)
		if err != nil {
			done(all, err)
		}
	}); err != nil {
		t.Errorf("ReadStart: %v", err)
	}
}

func TestAReadStreamReadsTheWholeFileAndThenClosesItself(t *testing.T) {
	want := pattern(300_000)
	name := put(t, want)
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		s := loopfs.OpenReadStream(t.Context(), l, name)
		s.OnClose(trace.Add("closed"))
		readAll(t, s, func(data []byte, err error) {
			if !bytes.Equal(data, want) || err != io.EOF {
				t.Errorf("%d bytes, %v", len(data), err)
			}
			if s.Closing() {
				t.Error("the stream is closed before the end was told")
			}
			trace.Log("end")
		})
		if err := s.ReadStart(func([]byte, error) {}); err != loopfs.ErrReading {
			t.Errorf("a second ReadStart: %v", err)
		}
		looptest.Idle(t, l)
		trace.Want(t, "end closed")
		if err := s.ReadStart(func([]byte, error) {}); err != loop.ErrClosed {
			t.Errorf("ReadStart after the end: %v", err)
		}
	})
}

func TestAReadStreamHasAnOffsetAndALengthAndLeavesTheFilesPositionAlone(t *testing.T) {
	name := put(t, []byte("0123456789"))
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		for _, c := range []struct {
			want string
			opts []loopfs.StreamOption
		}{
			{"0123456789", nil},
			{"3456789", []loopfs.StreamOption{loopfs.WithOffset(3)}},
			{"3456", []loopfs.StreamOption{loopfs.WithOffset(3), loopfs.WithLength(4)}},
			{"01", []loopfs.StreamOption{loopfs.WithLength(2)}},
			{"", []loopfs.StreamOption{loopfs.WithLength(0)}},
			{"", []loopfs.StreamOption{loopfs.WithOffset(100)}},
			{"56789", []loopfs.StreamOption{loopfs.WithOffset(5), loopfs.WithLength(100), loopfs.WithWaterMarks(0, 1)}},
		} {
			readAll(t, loopfs.OpenReadStream(t.Context(), l, name, c.opts...), func(data []byte, err error) {
				if string(data) != c.want || err != io.EOF {
					t.Errorf("%q, %v, want %q", data, err, c.want)
				}
			})
		}
	})
}

func TestAFileThatCannotBeOpenedIsToldByTheReadCallbackAndByWritesAndEnd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "none", "f")
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		told := 0
		missing := func(err error) {
			if told++; !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %v", err)
			}
		}
		loopfs.Open(t.Context(), l, name, os.O_RDONLY, 0, func(f *loopfs.File, err error) { missing(err) })
		readAll(t, loopfs.OpenReadStream(t.Context(), l, name), func(_ []byte, err error) { missing(err) })
		s := loopfs.OpenWriteStream(t.Context(), l, name, os.O_WRONLY|os.O_CREATE, 0o600)
		s.Write([]byte("x"), missing)
		looptest.Idle(t, l)
		s.Write([]byte("y"), missing)
		s.End(missing)
		looptest.Idle(t, l)
		if told != 5 {
			t.Errorf("told %d times, want 5", told)
		}
	})
}

// A stream that is stopped reads ahead, and no more than its water mark.
func TestAStoppedReadStreamReadsAheadToTheHighWaterMarkOnly(t *testing.T) {
	want := pattern(100_000)
	name := put(t, want)
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		onFile(t, l, name, os.O_RDONLY, func(f *loopfs.File) {
			var got []byte
			s := loopfs.NewReadStream(t.Context(), f, loopfs.WithWaterMarks(0, 10_000))
			l.SetTimeout(1, func() {
				if n := loopfs.Reads(s); n != 0 {
					t.Errorf("%d bytes are read before ReadStart", n)
				}
				s.ReadStart(func(p []byte, err error) {
					got = append(got, p...)
					s.ReadStop()
				})
			})
			l.SetTimeout(2, func() {
				if n := len(got) + loopfs.Reads(s); len(got) != 10_000 || n != 20_000 {
					t.Errorf("%d bytes are told and %d read", len(got), n)
				}
				if s.Active() {
					t.Error("a stopped stream is active")
				}
				readAll(t, s, func(data []byte, err error) {
					if got = append(got, data...); !bytes.Equal(got, want) || err != io.EOF {
						t.Errorf("%d bytes, %v", len(got), err)
					}
				})
			})
		})
	})
}

func TestClosingAReadStreamInItsCallbackEndsIt(t *testing.T) {
	name := put(t, pattern(1_000_000))
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		s := loopfs.OpenReadStream(t.Context(), l, name)
		s.ReadStart(func([]byte, error) {
			trace.Log("read")
			s.Close()
			s.Close()
		})
		s.OnClose(trace.Add("closed"))
		looptest.Idle(t, l)
		trace.Want(t, "read closed")
	})
}

func TestAReadCallbackThatPanicsDoesNotKeepTheEndFromBeingTold(t *testing.T) {
	name := put(t, []byte("x"))
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		s := loopfs.OpenReadStream(t.Context(), l, name)
		s.ReadStart(func([]byte, error) { t.Error("read") })
		s.ReadStop()
		looptest.Idle(t, l) // the byte and the end are read ahead
		s.ReadStart(func(_ []byte, err error) {
			if err == nil {
				panic("oh")
			}
			trace.Log(err.Error())
		})
		func() {
			defer func() { trace.Log(recover().(string)) }()
			l.Run(t.Context())
		}()
		looptest.Idle(t, l)
		trace.Want(t, "oh EOF")
	})
}

func TestTheEndOfTheContextEndsReadingWithItsError(t *testing.T) {
	name := put(t, pattern(1_000_000))
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		loopfs.OpenReadStream(ctx, l, name).ReadStart(func(_ []byte, err error) {
			if n++; n == 2 {
				cancel()
			}
			if err != nil && err != context.Canceled {
				t.Errorf("got %v", err)
			}
			if err == nil && n > 4 {
				t.Error("reading goes on")
			}
		})
		looptest.Idle(t, l)
		if n < 3 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestAWriteStreamWritesInOrderAndEndTellsWhenTheFileIsClosed(t *testing.T) {
	want := pattern(3_000_000)
	name := filepath.Join(t.TempDir(), "f")
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		s := loopfs.OpenWriteStream(t.Context(), l, name, os.O_WRONLY|os.O_CREATE, 0o600)
		s.OnClose(trace.Add("closed"))
		const size = 10_000
		next := 0
		for i := range len(want) / size {
			s.Write(want[i*size:(i+1)*size], func(err error) {
				if err != nil || i != next {
					t.Errorf("write %d is told after %d writes: %v", i, next, err)
				}
				next++
			})
		}
		s.End(func(err error) {
			if err != nil || next != len(want)/size {
				t.Errorf("End after %d writes: %v", next, err)
			}
			data, err := os.ReadFile(name)
			if err != nil || !bytes.Equal(data, want) {
				t.Errorf("the file has %d bytes, %v", len(data), err)
			}
			trace.Log("end")
		})
		if s.Write(nil, nil) != loopfs.ErrEnded || s.End(nil) != loopfs.ErrEnded {
			t.Error("the stream goes on after End")
		}
		looptest.Idle(t, l)
		trace.Want(t, "end closed")
		if s.Write(nil, nil) != loop.ErrClosed || s.End(nil) != loop.ErrClosed {
			t.Error("the stream goes on after it is closed")
		}
	})
}

func TestAWriteStreamIsFullFromTheHighWaterMarkOnAndDrainsAtTheLow(t *testing.T) {
	name := put(t, nil)
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		// Both writes wait for the file to be opened, and are one request then.
		s := loopfs.OpenWriteStream(t.Context(), l, name, os.O_WRONLY, 0, loopfs.WithWaterMarks(3, 10))
		s.OnDrain(func() {
			if s.Full() || s.Buffered() > 3 {
				t.Errorf("drained with %d bytes, full %v", s.Buffered(), s.Full())
			}
			trace.Log("drain")
		})
		s.Write(make([]byte, 9), func(error) { trace.Log("write") })
		if s.Full() {
			t.Error("full below the mark")
		}
		s.Write(make([]byte, 1), func(error) { trace.Log("write") })
		if !s.Full() || s.Buffered() != 10 || !s.Active() {
			t.Errorf("%d bytes, full %v, active %v", s.Buffered(), s.Full(), s.Active())
		}
		looptest.Idle(t, l)
		trace.Want(t, "write write drain")
		if s.Active() {
			t.Error("a stream that has nothing to write is active")
		}
		s.End(nil)
	})
}

func TestAWriteStreamWritesAtAnOffset(t *testing.T) {
	name := put(t, []byte("0123456789"))
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		s := loopfs.OpenWriteStream(t.Context(), l, name, os.O_WRONLY, 0, loopfs.WithOffset(2))
		s.Write([]byte("ab"), func(error) { s.Write([]byte("c"), nil); s.End(nil) })
		looptest.Idle(t, l)
		if data, _ := os.ReadFile(name); string(data) != "01abc56789" {
			t.Errorf("the file has %q", data)
		}
	})
}

func TestAfterAWriteThatFailsTheOthersFailAndEndTellsIt(t *testing.T) {
	name := put(t, []byte("x"))
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		s := loopfs.OpenWriteStream(t.Context(), l, name, os.O_RDONLY, 0) // which cannot be written
		failed := func(step string) func(error) {
			return func(err error) {
				if err == nil {
					t.Errorf("%s did not fail", step)
				}
				trace.Log(step)
			}
		}
		s.Write([]byte("a"), func(err error) {
			failed("a")(err)
			s.Write([]byte("c"), failed("c"))
			s.End(failed("end"))
		})
		s.Write([]byte("b"), failed("b"))
		s.OnClose(trace.Add("closed"))
		looptest.Idle(t, l)
		trace.Want(t, "a b c end closed")
	})
}

func TestCloseCancelsTheWritesThatAreNotUnderWayAndEnd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		var trace looptest.Trace
		canceled := func(step string) func(error) {
			return func(err error) {
				if err != loop.ErrCanceled {
					t.Errorf("%s: %v", step, err)
				}
				trace.Log(step)
			}
		}
		s := loopfs.OpenWriteStream(t.Context(), l, name, os.O_WRONLY|os.O_CREATE, 0o600)
		s.Write([]byte("a"), canceled("a"))
		s.Write([]byte("b"), canceled("b"))
		s.End(canceled("end"))
		s.OnClose(trace.Add("closed"))
		s.Close()
		trace.Want(t, "")
		looptest.Idle(t, l)
		trace.Want(t, "a b end closed")
		if data, _ := os.ReadFile(name); len(data) != 0 {
			t.Errorf("%q was written", data)
		}
	})
}

// What has not begun never happens, and nobody waits for a worker to learn that.
func TestAStreamThatIsClosedBeforeItsFileIsOpenDoesNotOpenIt(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		p := pool.New(1)
		hold := make(chan bool)
		p.TrySubmit(func() { <-hold })
		busy := loopfs.WithWork(loop.OnPool(p))
		var trace looptest.Trace
		w := loopfs.OpenWriteStream(t.Context(), l, name, os.O_WRONLY|os.O_CREATE, 0o600, busy)
		r := loopfs.OpenReadStream(t.Context(), l, name, busy)
		w.OnClose(trace.Add("writer"))
		r.OnClose(trace.Add("reader"))
		w.Close()
		r.Close()
		looptest.Idle(t, l)
		trace.Want(t, "writer reader")
		close(hold)
		p.Close(context.Background())
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file: %v", err)
		}
	})
}

func TestAContextThatEndsAfterTheLastWriteDoesNotKeepTheFileFromBeingClosed(t *testing.T) {
	name := put(t, nil)
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		ctx, cancel := context.WithCancel(t.Context())
		s := loopfs.OpenWriteStream(ctx, l, name, os.O_WRONLY, 0)
		s.Write([]byte("x"), func(err error) {
			cancel()
			s.End(func(err error) {
				if err != nil {
					t.Errorf("End: %v", err)
				}
			})
		})
	})
}

func TestEndTellsWhatClosingTheFileSaid(t *testing.T) {
	name := put(t, nil)
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		onFile(t, l, name, os.O_WRONLY, func(f *loopfs.File) {
			loopfs.CloseBehind(f)
			loopfs.NewWriteStream(t.Context(), f).End(func(err error) {
				if !errors.Is(err, fs.ErrClosed) {
					t.Errorf("got %v", err)
				}
			})
		})
	})
}

func TestAStreamTakesAFileOver(t *testing.T) {
	name := put(t, []byte("x"))
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		onFile(t, l, name, os.O_RDONLY, func(f *loopfs.File) {
			s := loopfs.NewReadStream(t.Context(), f)
			f.Stat(t.Context(), func(_ fs.FileInfo, err error) {
				if !errors.Is(err, fs.ErrClosed) {
					t.Errorf("Stat of a file that a stream has: %v", err)
				}
			})
			loopfs.NewWriteStream(t.Context(), f).End(func(err error) {
				if !errors.Is(err, fs.ErrClosed) {
					t.Errorf("a second stream: %v", err)
				}
			})
			s.Close()
		})
	})
}

func TestAFileThatIsLeftOpenIsALeakAndClosedWithItsLoop(t *testing.T) {
	name := put(t, []byte("x"))
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.WithOrigins())
		var file *loopfs.File
		onFile(t, l, name, os.O_RDONLY, func(f *loopfs.File) { file = f })
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		leaks := l.Leaks()
		if len(leaks) != 1 || leaks[0].Kind != "file" || !strings.HasPrefix(filepath.Base(leaks[0].Origin), "stream_test.go:") {
			t.Errorf("leaks: %v", leaks)
		}
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !loopfs.Closed(file) {
			t.Error("the file is open")
		}
	})
}

// Whatever becomes of the request, the file is closed.
func TestAFileIsClosedEvenIfTheRequestIsCancelledOrRefused(t *testing.T) {
	name := put(t, []byte("x"))
	for _, what := range []string{"cancel", "context", "refused"} {
		t.Run(what, func(t *testing.T) {
			p := pool.New(1)
			looptest.Run(t, func(t *testing.T, l *loop.Loop) {
				onFile(t, l, name, os.O_RDONLY, func(f *loopfs.File) {
					ctx, cancel := context.WithCancel(t.Context())
					full := loop.OnPool(p)
					if what == "refused" {
						p.Shutdown()
					} else {
						hold := make(chan bool)
						p.TrySubmit(func() { <-hold })
						defer close(hold)
					}
					req := f.Close(ctx, func(err error) {
						if err == nil {
							t.Error("nothing went wrong")
						}
						l.SetTimeout(1, func() { // time passes when the goroutine is done
							if !loopfs.Closed(f) {
								t.Error("the file is open")
							}
						})
						f.Close(ctx, func(err error) {
							if err == nil {
								t.Error("a second Close has no error")
							}
						})
					}, full)
					switch what {
					case "cancel":
						if err := req.Cancel(); err != nil {
							t.Errorf("Cancel: %v", err)
						}
					case "context":
						cancel()
						synctest.Wait() // until the request knows
					}
					l.SetTimeout(2, cancel)
				})
				looptest.Advance(t, l, 10)
				p.Close(context.Background())
			})
		})
	}
}
