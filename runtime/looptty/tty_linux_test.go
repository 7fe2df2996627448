package looptty_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopio"
	"github.com/loopvet/loopvet/runtime/looptest"
	"github.com/loopvet/loopvet/runtime/looptty"
)

func TestALineIsReadWhenItIsComplete(t *testing.T) {
	onEachRoad(t, func(p *pty, road string) {
		l := loop.New()
		tty := p.open(l, road)
		var trace looptest.Trace
		closed := 0
		tty.OnClose(func() { closed++ })
		tty.ReadStart(func(line []byte, err error) {
			trace.Log(fmt.Sprintf("%q,%v", line, err))
			if err != nil {
				tty.ReadStart(func(line []byte, err error) {
					trace.Log(fmt.Sprintf("%q,%v", line, err))
					tty.Close()
				})
				p.types("again\n")
			}
		})
		if err := tty.ReadStart(func([]byte, error) {}); err != looptty.ErrReading {
			t.Errorf("a second ReadStart: %v", err)
		}
		p.types("hex\x7f\xc3\xa9\nyou\n\x04") // DEL takes the x back, and EOT ends the input
		run(t, l)
		trace.Want(t, `"heé\n",<nil> "you\n",<nil> "",EOF "again\n",<nil>`)
		if closed != 1 {
			t.Errorf("closed %d times", closed)
		}
		if err := tty.ReadStart(func([]byte, error) {}); err != loop.ErrClosed {
			t.Errorf("ReadStart after Close: %v", err)
		}
	})
}

func TestManyLinesLeaveTheLoopToOthersMeanwhile(t *testing.T) {
	onEachRoad(t, func(p *pty, road string) {
		l := loop.New()
		tty := p.open(l, road)
		const lines = 200
		read, most, turn := 0, 0, 0
		other := l.NewCheck(func() { turn = 0 })
		other.Start()
		tty.ReadStart(func(line []byte, err error) {
			if want := fmt.Sprintln(read); string(line) != want || err != nil {
				t.Errorf("read %q, %v, want %q", line, err, want)
			}
			read++
			turn++
			most = max(most, turn)
			if read == lines {
				tty.Close()
				other.Close()
			}
		})
		for i := range lines {
			p.types(fmt.Sprintln(i))
		}
		run(t, l)
		if most > 32 {
			t.Errorf("%d lines are read in one turn", most)
		}
	})
}

func TestWhatIsThereIsNotifiedAsOftenAsItIsAskedFor(t *testing.T) {
	onEachRoad(t, func(p *pty, road string) {
		p.types("a\n")
		if err := looptty.AwaitRead(p.file, road, 3); err != nil {
			t.Error(err)
		}
	})
}

func TestRawModeHasNoLinesNoEchoAndNoSignals(t *testing.T) {
	onEachRoad(t, func(p *pty, road string) {
		const keys = "a\r\x03\x7f\xc3\xa9\x1b[A"
		l := loop.New()
		before := p.mode()
		tty := p.open(l, road)
		if err := tty.SetRaw(true); err != nil || !tty.Raw() {
			t.Fatalf("raw: %v, %v", tty.Raw(), err)
		}
		var got bytes.Buffer
		tty.ReadStart(func(b []byte, err error) {
			if got.Write(b); got.Len() < len(keys) && err == nil {
				return
			}
			tty.Write([]byte("x\ny"), func(err error) {
				if err != nil {
					t.Error(err)
				}
				tty.Close()
			})
		})
		p.types(keys)
		run(t, l)
		if got.String() != keys {
			t.Errorf("read %q, want %q", got.String(), keys)
		}
		p.shows("x\ny")
		if p.mode() != before {
			t.Error("raw mode outlives the handle")
		}
	})
}

func TestRawModeEndsOnEachWayOut(t *testing.T) {
	ways := []struct {
		name string
		out  func(l *loop.Loop, tty *looptty.TTY) error
	}{
		{"SetRaw", func(_ *loop.Loop, tty *looptty.TTY) error { return tty.SetRaw(false) }},
		{"Close", func(_ *loop.Loop, tty *looptty.TTY) error { tty.Close(); return nil }},
		{"the loop's Close", func(l *loop.Loop, _ *looptty.TTY) error { return l.Close(context.Background()) }},
		{"Restore", func(*loop.Loop, *looptty.TTY) error {
			restored := make(chan error)
			go func() { restored <- looptty.Restore() }()
			return <-restored
		}},
		{"Restore, twice", func(*loop.Loop, *looptty.TTY) error {
			return errors.Join(looptty.Restore(), looptty.Restore())
		}},
		{"a panic", func(l *loop.Loop, _ *looptty.TTY) (err error) {
			defer func() { recover() }()
			defer looptty.Restore()
			l.SetImmediate(func() { panic("oh") })
			return l.Run(context.Background())
		}},
		{"raw mode set twice", func(_ *loop.Loop, tty *looptty.TTY) error {
			return errors.Join(tty.SetRaw(true), tty.SetRaw(false))
		}},
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			p, l := newPTY(t), loop.New()
			before := p.mode()
			tty := p.open(l, "polled")
			tty.ReadStart(func([]byte, error) {})
			if err := tty.SetRaw(true); err != nil || p.mode() == before {
				t.Fatalf("raw mode is not set: %v", err)
			}
			if err := way.out(l, tty); err != nil {
				t.Error(err)
			}
			if p.mode() != before || tty.Raw() {
				t.Errorf("the mode is another, raw: %v", tty.Raw())
			}
			if err := l.Close(context.Background()); err != nil {
				t.Error(err)
			}
			if err := tty.SetRaw(true); err != loop.ErrClosed || p.mode() != before {
				t.Errorf("SetRaw after Close: %v", err)
			}
		})
	}
}

func TestHandlesOfOneTerminalShareItsMode(t *testing.T) {
	for _, first := range []bool{true, false} {
		p, l := newPTY(t), loop.New()
		before := p.mode()
		a := p.open(l, "borrowed")
		b, err := looptty.Open(l, p.name)
		if err != nil {
			t.Fatal(err)
		}
		other := newPTY(t).open(l, "polled")
		if err := errors.Join(a.SetRaw(true), b.SetRaw(true), other.SetRaw(true)); err != nil {
			t.Fatal(err)
		}
		if !first {
			a, b = b, a
		}
		a.Close()
		if p.mode() == before || a.Raw() || !b.Raw() {
			t.Errorf("raw mode has ended while a handle wants it: %v, %v", a.Raw(), b.Raw())
		}
		b.SetRaw(false)
		if p.mode() != before {
			t.Error("raw mode has not ended")
		}
		if !other.Raw() {
			t.Error("another terminal's mode has ended")
		}
		b.Close()
		other.Close()
		run(t, l)
	}
}

func TestTheSizeIsTold(t *testing.T) {
	p, l := newPTY(t), loop.New()
	p.resize(80, 24)
	tty := p.open(l, "polled")
	if columns, rows, err := tty.Size(); columns != 80 || rows != 24 || err != nil {
		t.Errorf("%d columns, %d rows, %v", columns, rows, err)
	}
	var trace looptest.Trace
	changed := func() { unix.Kill(unix.Getpid(), unix.SIGWINCH) }
	hold := l.Hold()
	err := tty.OnResize(func(columns, rows int) {
		trace.Log(fmt.Sprintf("%dx%d", columns, rows))
		switch columns {
		case 100:
			looptty.Resized(tty) // it has not been
			p.resize(101, 30)
			changed()
		case 101:
			err := tty.OnResize(func(columns, rows int) {
				trace.Log(fmt.Sprintf("then %dx%d", columns, rows))
				tty.Close()
				hold.Release()
			})
			if err != nil {
				t.Error(err)
			}
			p.resize(101, 31)
			changed()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	p.resize(100, 30)
	changed()
	run(t, l)
	trace.Want(t, "100x30 101x30 then 101x31")
	if _, _, err := tty.Size(); err != loop.ErrClosed {
		t.Errorf("Size after Close: %v", err)
	}
	if err := tty.OnResize(func(int, int) {}); err != loop.ErrClosed {
		t.Errorf("OnResize after Close: %v", err)
	}
	looptest.CheckLeaks(t, l)
}

func TestOnResizeDoesNotKeepTheLoopAndCanBeTakenBack(t *testing.T) {
	p, l := newPTY(t), loop.New()
	tty := p.open(l, "polled")
	if err := tty.OnResize(func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tty.OnResize(nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if leaks := l.Leaks(); len(leaks) != 1 || leaks[0].Kind != "terminal" {
		t.Errorf("open are %v", leaks)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAHangUpIsTheEndAndWritesFail(t *testing.T) {
	onEachRoad(t, func(p *pty, road string) {
		l := loop.New()
		tty := p.open(l, road)
		var trace looptest.Trace
		tty.ReadStart(func(b []byte, err error) {
			trace.Log(fmt.Sprintf("%q,%v", b, err))
			if err == nil {
				p.keys.Close()
				return
			}
			if len(trace.String()) < 30 {
				tty.ReadStart(func(b []byte, err error) { trace.Log(fmt.Sprintf("%q,%v", b, err)) })
			}
			for range 2 {
				tty.Write([]byte("to nobody"), func(err error) {
					trace.Log(fmt.Sprint(errors.Is(err, unix.EIO)))
					l.SetImmediate(tty.Close)
				})
			}
		})
		p.types("bye\n")
		run(t, l)
		got := trace.String()
		if strings.Replace(got, ` "",EOF`, "", 2) != `"bye\n",<nil> true true` {
			t.Errorf("told is %s", got)
		}
	})
}

func TestAFullTerminalDrainsAndLosesNothing(t *testing.T) {
	onEachRoad(t, func(p *pty, road string) {
		l := loop.New()
		p.raw()
		tty := p.open(l, road)
		var want bytes.Buffer
		told := 0
		piece := func() []byte {
			b := bytes.Repeat([]byte{byte('a' + want.Len()/100%26)}, 100)
			want.Write(b)
			return b
		}
		for !tty.Full() {
			if err := tty.Write(piece(), func(err error) {
				if err != nil {
					t.Error(err)
				}
				told++
			}); err != nil {
				t.Fatal(err)
			}
		}
		pieces := want.Len() / 100
		if tty.Buffered() < 64<<10 || tty.Buffered() > want.Len() {
			t.Errorf("%d bytes are buffered, %d were written", tty.Buffered(), want.Len())
		}
		total := want.Len() + 100
		shown := make(chan []byte, 1)
		go func() {
			got := make([]byte, total)
			n, err := io.ReadFull(p.keys, got)
			if err != nil {
				t.Errorf("after %d of %d bytes: %v", n, total, err)
			}
			shown <- got
		}()
		drains := 0
		tty.OnDrain(func() {
			drains++
			if tty.Full() || tty.Buffered() != 0 || told != pieces {
				t.Errorf("full: %v, %d bytes buffered, %d of %d told", tty.Full(), tty.Buffered(), told, pieces)
			}
			tty.Write(piece(), func(error) { tty.Close() })
		})
		run(t, l)
		if got := <-shown; !bytes.Equal(got, want.Bytes()) || drains != 1 {
			t.Errorf("other bytes are shown, drained %d times", drains)
		}
	})
}

func TestCloseCancelsWhatWaits(t *testing.T) {
	onEachRoad(t, func(p *pty, road string) {
		l := loop.New()
		p.raw()
		tty := p.open(l, road)
		var trace looptest.Trace
		log := func(name string) func(error) {
			return func(err error) { trace.Log(fmt.Sprintf("%s:%v", name, errors.Is(err, loop.ErrCanceled))) }
		}
		tty.OnClose(trace.Add("closed"))
		tty.ReadStart(func([]byte, error) { t.Error("something is read") })
		tty.Write(nil, func(err error) { // which is written at once
			trace.Log(fmt.Sprint("nothing:", err))
			l.SetImmediate(func() {
				tty.Close()
				tty.Close()
				if err := tty.Write([]byte("late"), log("late")); err != loop.ErrClosed {
					t.Errorf("Write after Close: %v", err)
				}
			})
		})
		tty.Write(make([]byte, 1<<20), log("first")) // more than a terminal takes
		tty.Write([]byte("more"), log("second"))
		run(t, l)
		trace.Want(t, "nothing:<nil> first:true second:true closed")
	})
}

func TestWhatIsTypedWhileNobodyReadsIsLeftToOthers(t *testing.T) {
	onEachRoad(t, func(p *pty, road string) {
		l := loop.New()
		tty := p.open(l, road)
		other := p.another()
		var trace looptest.Trace
		tty.ReadStart(func(b []byte, err error) {
			trace.Log(string(b))
			tty.ReadStop()
			hold := l.Hold()
			go func() {
				defer hold.Release()
				buf := make([]byte, 10)
				p.types("b\n")
				n, err := other.Read(buf)
				l.Post(func() {
					trace.Log(fmt.Sprint("other:", string(buf[:n]), err))
					tty.ReadStart(func(b []byte, err error) {
						trace.Log(string(b))
						tty.Close()
					})
					p.types("c\n")
				})
			}()
		})
		p.types("a\n")
		run(t, l)
		trace.Want(t, "a\n other:b\n<nil> c\n")
	})
}

func TestATerminalKeepsTheLoopWhileItReads(t *testing.T) {
	p, l := newPTY(t), loop.New(loop.WithOrigins())
	tty, err := looptty.New(l, p.file)
	if err != nil {
		t.Fatal(err)
	}
	if road := looptty.Road(tty); road != "polled" {
		t.Errorf("New takes the road %s", road)
	}
	if tty.Active() || l.Alive() {
		t.Error("it keeps the loop before it reads")
	}
	tty.ReadStart(func([]byte, error) {})
	if !tty.Active() || !tty.HasRef() || !l.Alive() {
		t.Error("it does not keep the loop")
	}
	tty.Unref()
	l.RunNoWait() // it asks for what is typed
	if l.Alive() {
		t.Error("it keeps the loop though it was unreferenced")
	}
	leaks := l.Leaks()
	if len(leaks) != 1 || leaks[0].Kind != "terminal" || !strings.Contains(leaks[0].Origin, "tty_linux_test.go") {
		t.Errorf("leaks: %v", leaks)
	}
	tty.Ref()
	tty.ReadStop()
	if tty.Active() {
		t.Error("it is active")
	}
	tty.Close()
	if !tty.Closing() {
		t.Error("it is not closing")
	}
	run(t, l)
}

func TestAPanicLosesNothing(t *testing.T) {
	onEachRoad(t, func(p *pty, road string) {
		l := loop.New()
		tty := p.open(l, road)
		var trace looptest.Trace
		wrote := func(name string) func(error) {
			return func(err error) {
				trace.Log(name)
				if name == "w1" {
					panic("in w1")
				}
			}
		}
		tty.ReadStart(func(line []byte, err error) {
			trace.Log(strings.TrimSpace(string(line)))
			switch string(line) {
			case "a\n":
				panic("in a")
			case "c\n":
				tty.Write([]byte("1"), wrote("w1"))
				tty.Write([]byte("2"), wrote("w2"))
				p.types("d\n")
			case "d\n":
				l.SetImmediate(tty.Close)
			}
		})
		p.types("a\nb\nc\n")
		for n := range 3 {
			func() {
				defer func() {
					if v := recover(); (v != nil) != (n < 2) {
						t.Errorf("Run %d: %v", n, v)
					}
				}()
				if err := l.Run(t.Context()); err != nil {
					t.Error(err)
				}
			}()
		}
		looptest.CheckLeaks(t, l)
		// The end of a write and the next line come in any order, where threads do both.
		if got := trace.String(); strings.Replace(got, " d", "", 1) != "a b c w1 w2" {
			t.Errorf("callbacks ran as %s", got)
		}
	})
}

func TestATerminalIsASourceAndASink(t *testing.T) {
	onEachRoad(t, func(p *pty, road string) {
		l := loop.New()
		p.raw()
		tty := p.open(l, road)
		var n int64 = -1
		err := loopio.Pipe(tty, tty, func(written int64, err error) {
			n = written
			if err != nil {
				t.Error(err)
			}
			tty.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Repeat("what is typed is shown ", 1000)
		hold := l.Hold()
		go func() {
			defer hold.Release()
			go p.types(text)
			p.shows(text)
			p.keys.Close()
		}()
		run(t, l)
		if n != int64(len(text)) {
			t.Errorf("%d of %d bytes are written", n, len(text))
		}
	})
}

func TestTheControllingSideIsNotOpenedAgain(t *testing.T) {
	p, l := newPTY(t), loop.New()
	p.raw()
	keys, err := looptty.New(l, p.keys)
	if err != nil {
		t.Fatal(err)
	}
	if road := looptty.Road(keys); road != "borrowed" {
		t.Errorf("New takes the road %s", road)
	}
	tty := p.open(l, "polled")
	var got []byte
	tty.ReadStart(func(b []byte, err error) {
		if got = append(got, b...); len(got) == 5 {
			tty.Close()
		}
	})
	keys.Write([]byte("typed"), func(err error) {
		if err != nil {
			t.Error(err)
		}
		keys.Close()
	})
	run(t, l)
	if string(got) != "typed" {
		t.Errorf("read %q", got)
	}
}
