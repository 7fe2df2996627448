// Package iterator ranges over functions. // want package:"effects"
package iterator

import (
	"iter"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// The iterator blocks.
func lines(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		data, _ := os.ReadFile(name) // want `os.ReadFile blocks the event loop \(file\)`
		yield(string(data))
	}
}

func words(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range s {
			if !yield(s[i:]) { // ok: in memory
				return
			}
		}
	}
}

func source(l *loop.Loop) {
	l.NextTick(func() {
		for range lines("x") {
		}
		for range words("x") {
		}
	})
}

// Made, and not ranged over.
func unread(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		os.Remove(name) // ok: nobody ranges over it
	}
}

func unused(l *loop.Loop) {
	l.NextTick(func() { _ = unread("x") })
}

// The body blocks.
func body(l *loop.Loop) {
	l.NextTick(func() {
		for w := range words("x") {
			os.Remove(w) // want `os.Remove blocks the event loop \(file\)`
		}
		for w := range words("x") {
			go os.Remove(w) // ok: on a goroutine
		}
	})
}

// A method as the iterator.
type table struct{ rows []int }

func (t *table) all(yield func(int, int) bool) {
	for i, r := range t.rows {
		if !yield(i, r) {
			return
		}
	}
}

func (t *table) slowly(yield func(int, int) bool) {
	for i, r := range t.rows {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
		if !yield(i, r) {
			return
		}
	}
}

func methods(l *loop.Loop, t *table) {
	l.NextTick(func() {
		for range t.all { // ok: in memory
		}
	})
	l.NextTick(func() {
		for range t.slowly {
		}
	})
}

// A filter on top.
func filter[T any](seq iter.Seq[T], keep func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v := range seq {
			if keep(v) && !yield(v) {
				return
			}
		}
	}
}

func filtered(l *loop.Loop) {
	l.NextTick(func() {
		for range filter(words("x"), func(w string) bool {
			return os.Mkdir(w, 0o755) == nil // want `os.Mkdir blocks the event loop \(file\)`
		}) {
		}
		for range filter(words("x"), func(w string) bool {
			return w != "" // ok: computes
		}) {
		}
	})
}
