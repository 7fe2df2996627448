// Package a calls package b, which calls package c. // want package:"effects"
package a

import (
	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/testdata/src/chain/b"
)

func start(l *loop.Loop) {
	s := b.New()
	l.NextTick(func() {
		s.Load("x") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> \(\*b.Store\).Load -> c.Load -> os.ReadFile`
	})
	l.NextTick(func() {
		s.Size("x") // ok: in memory
	})
	l.NextTick(func() {
		b.Fetch("http://example.com") // want `http.Get blocks the event loop \(net\): callback of \(\*loop.Loop\).NextTick -> b.Fetch -> c.Fetch -> http.Get`
	})
	l.NextTick(func() {
		go b.Fetch("http://example.com") // ok: on a goroutine
	})
}
