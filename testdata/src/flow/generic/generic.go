// Package generic calls through type parameters. // want package:"effects"
package generic

import (
	"os"
	"slices"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A function.
func each[T any](xs []T, fn func(T)) {
	for _, x := range xs {
		fn(x)
	}
}

func eachAsync[T any](xs []T, fn func(T)) {
	for _, x := range xs {
		go fn(x)
	}
}

func functions(l *loop.Loop, names []string) {
	l.NextTick(func() {
		each(names, func(n string) {
			os.Remove(n) // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> each.* -> .*os.Remove`
		})
		eachAsync(names, func(n string) {
			os.Remove(n) // ok: on a goroutine
		})
	})
}

// A method of a generic type.
type stack[T any] struct {
	items []T
	path  string
}

func (s *stack[T]) push(x T) { s.items = append(s.items, x) } // ok: in memory

func (s *stack[T]) spill() {
	os.WriteFile(s.path, nil, 0o644) // want `os.WriteFile blocks the event loop \(file\): .*spill -> os.WriteFile`
}

func methods(l *loop.Loop, s *stack[int]) {
	l.NextTick(func() { s.push(1) })
	l.NextTick(func() { s.spill() })
}

// A method of the constraint.
type loader interface{ load() }

type slow struct{}

func (slow) load() {
	os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): .*load -> os.ReadFile`
}

type quick struct{}

func (quick) load() {} // ok: does nothing

func loadAll[L loader](ls []L) {
	for _, x := range ls {
		x.load()
	}
}

func constraint(l *loop.Loop) {
	l.NextTick(func() { loadAll([]slow{{}}) })
	l.NextTick(func() { loadAll([]quick{{}}) })
}

// Through a parameter of its own, and through a pointer.
type other struct{}

func (*other) load() {
	time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\): .* -> loadOne.* -> .*load -> time.Sleep`
}

type another struct{}

func (*another) load() {
	time.Sleep(time.Second) // ok: on a goroutine
}

func loadOne[L loader](x L)   { x.load() }
func loadLater[L loader](x L) { go x.load() }

func single(l *loop.Loop) {
	l.NextTick(func() { loadOne(&other{}) })
	l.NextTick(func() { loadLater(&another{}) })
}

// A map whose values have the constraint.
type entry struct{ name string }

func (e entry) load() {
	os.Symlink(e.name, "y") // want `os.Symlink blocks the event loop \(file\): .*load -> os.Symlink`
}

type line struct{ name string }

func (e line) load() {
	os.Symlink(e.name, "y") // ok: on a goroutine
}

func loadMap[K comparable, V loader](m map[K]V) {
	for _, x := range m {
		x.load()
	}
}

func loadMapLater[K comparable, V loader](m map[K]V) {
	for _, x := range m {
		go x.load()
	}
}

func maps(l *loop.Loop, m map[string]entry, n map[string]line) {
	l.NextTick(func() { loadMap(m) })
	l.NextTick(func() { loadMapLater(n) })
}

// A generic func field.
type event[T any] struct{ fns, later []func(T) }

func (e *event[T]) on(fn func(T))      { e.fns = append(e.fns, fn) }
func (e *event[T]) onLater(fn func(T)) { e.later = append(e.later, fn) }
func (e *event[T]) fire(x T) {
	for _, fn := range e.fns {
		fn(x)
	}
	for _, fn := range e.later {
		go fn(x)
	}
}

func fired(l *loop.Loop, e *event[string]) {
	e.on(func(s string) {
		os.Mkdir(s, 0o755) // want `os.Mkdir blocks the event loop \(file\)`
	})
	e.onLater(func(s string) {
		os.Mkdir(s, 0o755) // ok: on a goroutine
	})
	l.NextTick(func() { e.fire("x") })
}

// A wrapper that is generic.
func post[T any](l *loop.Loop, x T, fn func(T)) { l.Post(func() { fn(x) }) }

func beside[T any](l *loop.Loop, x T, fn func(T)) { l.Post(func() { go fn(x) }) }

func posted(l *loop.Loop) {
	post(l, "x", func(s string) {
		os.ReadDir(s) // want `os.ReadDir blocks the event loop \(file\)`
	})
	beside(l, "x", func(s string) {
		os.ReadDir(s) // ok: on a goroutine
	})
}

// The standard library's.
func std(l *loop.Loop, names []string) {
	l.NextTick(func() {
		_ = slices.ContainsFunc(names, func(n string) bool {
			return os.Chmod(n, 0) == nil // want `os.Chmod blocks the event loop \(file\)`
		})
		_ = slices.ContainsFunc(names, func(n string) bool {
			return n == "" // ok: computes
		})
	})
}

// A generic that keeps a result.
func lazily[T any](fn func() T) func() T {
	var v T
	done := false
	return func() T {
		if !done {
			v, done = fn(), true
		}
		return v
	}
}

func values(l *loop.Loop) {
	config := lazily(func() []byte {
		data, _ := os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\)`
		return data
	})
	unread := lazily(func() []byte {
		data, _ := os.ReadFile("x") // ok: never called
		return data
	})
	l.NextTick(func() {
		config()
		_ = unread
	})
}
