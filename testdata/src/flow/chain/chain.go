// Package chain blocks two packages away. // want package:"effects"
package chain

import (
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/testdata/src/flow/chain/b"
	"github.com/loopvet/loopvet/testdata/src/flow/chain/c"
)

func field(l *loop.Loop, s *b.Store) {
	l.NextTick(func() {
		s.Load("x") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> \(\*b.Store\).Load -> c.Load -> os.ReadFile`
	})
	l.NextTick(func() {
		s.Size("x") // ok: the function in that field computes
	})
}

func made(l *loop.Loop) {
	l.NextTick(func() {
		b.NewLazy().Fetch("x") // want `os.ReadFile blocks the event loop \(file\): .* -> \(\*b.Lazy\).Fetch -> c.Fetch -> os.ReadFile`
	})
	l.NextTick(func() {
		b.NewLazy().Start("x") // ok: on a goroutine, over there
	})
}

func static(l *loop.Loop) {
	l.NextTick(func() {
		b.Now() // want `os.ReadFile blocks the event loop \(file\): .* -> b.Now -> c.Poll -> os.ReadFile`
	})
	l.NextTick(func() {
		b.Later() // ok: on a goroutine, over there
	})
}

func promoted(l *loop.Loop, book b.Book) {
	l.NextTick(func() {
		book.Keep("x") // want `os.WriteFile blocks the event loop \(file\): .*Keep -> .*write -> os.WriteFile`
	})
	l.NextTick(func() {
		book.Dir() // ok: in memory
	})
}

func constant(l *loop.Loop) {
	l.NextTick(func() {
		c.Rest(time.Second) // want `time.Sleep blocks the event loop \(sleep\): .* -> c.Rest -> time.Sleep`
	})
	l.NextTick(func() {
		go c.Pause(time.Second) // ok: on a goroutine
	})
}

func named(l *loop.Loop) {
	l.NextTick(b.Tick) // want `os.ReadFile blocks the event loop \(file\): .*Tick -> c.Seek -> os.ReadFile`
	l.NextTick(b.Tock) // ok: on a goroutine, over there
}
