package looptty_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/looptty"
)

// pieces is how many pieces are typed, each of pieceLen bytes.
const (
	pieces   = 24
	pieceLen = 4
)

// incidents are what may happen at any moment.
var incidents = []string{"close", "close loop", "stop", "panic", "hang up"}

// A drama is a program that shows what is typed, in which something happens at one of its
// callbacks.
type drama struct {
	*pty
	l      *loop.Loop
	tty    *looptty.TTY
	what   string
	at     int // the callback at which it happens
	steps  int
	closed bool

	typed  []byte // all that is, or would have been
	read   []byte // what was told
	asked  []byte // to be shown
	wrote  int    // bytes of writes that are told to be done
	untold int    // writes
	ended  bool   // the read callback got an error
}

// step is called at the beginning of each callback.
func (d *drama) step() {
	if d.closed {
		d.Error("a callback comes after the close callback")
	}
	if d.steps++; d.steps-1 != d.at {
		return
	}
	switch d.what {
	case "close":
		d.tty.Close()
	case "close loop":
		d.l.Stop()
	case "stop":
		d.tty.ReadStop()
		d.l.SetImmediate(func() { d.tty.ReadStart(d.take) })
	case "panic":
		d.l.NextTick(func() { panic("an incident") }) // when the callback has done its own work
	case "hang up":
		d.keys.Close()
	}
}

// take is the read callback.
func (d *drama) take(p []byte, err error) {
	d.step()
	if d.ended {
		d.Error("a read callback comes after the last one")
	}
	if err != nil {
		d.ended = true
		if d.what != "hang up" || !errors.Is(err, io.EOF) {
			d.Errorf("reading: %v", err)
		}
		d.tty.Close()
		return
	}
	d.read = append(d.read, p...)
	if d.tty.Closing() {
		return // it was closed in this very callback
	}
	p = bytes.Clone(p)
	told := false
	err = d.tty.Write(p, func(err error) {
		if told {
			d.Error("a write is told twice")
		}
		told = true
		d.untold--
		if err == nil {
			d.wrote += len(p)
		} else if d.what == "stop" || d.what == "panic" {
			d.Errorf("writing: %v", err)
		}
		d.step()
		if d.wrote == len(d.typed) {
			d.tty.Close()
		}
	})
	if err != nil {
		d.Errorf("Write: %v", err)
	}
	d.untold++
	d.asked = append(d.asked, p...)
}

// play runs the program to its end, closes the loop, and looks at what has become of all
// bytes.
func (d *drama) play(road string) {
	d.raw()
	d.tty = d.open(d.l, road)
	d.tty.OnClose(func() {
		d.step()
		d.closed = true
	})
	for i := range pieces {
		d.typed = fmt.Appendf(d.typed, "%*d ", pieceLen-1, i)
	}
	d.tty.ReadStart(d.take)
	over := make(chan bool)
	go func() {
		defer close(over)
		for p := d.typed; len(p) > 0; p = p[pieceLen:] {
			if _, err := d.keys.Write(p[:pieceLen]); err != nil {
				return // hung up
			}
		}
	}()
	for done := false; !done; {
		func() {
			defer func() {
				if v := recover(); v != nil && v != "an incident" {
					panic(v)
				}
			}()
			if err := d.l.Run(context.Background()); err != nil {
				d.Errorf("Run: %v", err)
			}
			done = true
		}()
	}
	if err := d.l.Close(context.Background()); err != nil {
		d.Errorf("Close: %v", err)
	}
	<-over
	if d.untold != 0 || !d.closed {
		d.Errorf("%d writes are not told, closed: %v", d.untold, d.closed)
	}
	if !bytes.HasPrefix(d.typed, d.read) {
		d.Fatalf("read %q", d.read)
	}
	if d.what == "hang up" && d.at < d.steps {
		return // nothing is left of the terminal
	}
	d.rest(road)
	shown := make([]byte, d.wrote)
	if _, err := io.ReadFull(d.keys, shown); err != nil || !bytes.HasPrefix(d.asked, shown) {
		d.Errorf("shown is %q, %v, of %q", shown, err, d.asked)
	}
}

// rest wants all that was typed and not read to be there for the next program.
func (d *drama) rest(road string) {
	left := len(d.typed) - len(d.read)
	if road == "borrowed" && left > 0 {
		return // what a goroutine had read is lost
	}
	next := make([]byte, left)
	if n, err := io.ReadFull(d.another(), next); err != nil || !bytes.HasSuffix(d.typed, next) {
		d.Errorf("read %q, then there is %q, %v", d.read, next[:n], err)
	}
}

func TestAnythingAtEveryMomentLosesNothingAndDoublesNothing(t *testing.T) {
	for _, road := range looptty.Roads {
		for _, what := range incidents {
			t.Run(road+", "+what, func(t *testing.T) {
				for at, steps := 0, 1; at < steps; at++ {
					t.Run(fmt.Sprint("at=", at), func(t *testing.T) {
						d := &drama{pty: newPTY(t), l: loop.New(), what: what, at: at}
						d.play(road)
						steps = d.steps
					})
				}
			})
		}
	}
}

// Closing comes from a post, at a moment that has nothing to do with the callbacks.
func TestCloseAtRandomMomentsLosesNothingAndDoublesNothing(t *testing.T) {
	for seed := range uint64(60) {
		road := looptty.Roads[seed%3]
		t.Run(fmt.Sprintf("%s,seed=%d", road, seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			d := &drama{pty: newPTY(t), l: loop.New(), what: "close", at: -1}
			turns := random.IntN(40)
			var turn func()
			turn = func() {
				if turns--; turns < 0 {
					d.tty.Close()
				} else {
					d.l.SetImmediate(turn)
				}
			}
			d.l.SetImmediate(turn)
			d.play(road)
		})
	}
}
