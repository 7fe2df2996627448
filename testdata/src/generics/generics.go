// Package generics calls generic functions and methods. // want package:"effects"
package generics

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func do[T any](fn func() T) T { return fn() }

func spawn[T any](fn func() T) { go fn() }

func functions(l *loop.Loop) {
	l.NextTick(func() {
		do(func() error {
			return os.Remove("do") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> do -> `
		})
	})
	l.NextTick(func() {
		do[int](func() int { return 1 }) // ok: computes
	})
	l.NextTick(func() {
		spawn(func() error {
			return os.Remove("spawn") // ok: on a goroutine
		})
	})
}

// A generic body that blocks itself.

func load[T any](name string) (v T) {
	os.ReadFile(name) // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> load -> os.ReadFile`
	return v
}

func zero[T any]() (v T) { return v }

func bodies(l *loop.Loop) {
	l.NextTick(func() { load[int]("x") })
	l.NextTick(func() { zero[int]() }) // ok: computes
}

// A generic type with methods.

type cache[K comparable, V any] struct {
	load    func(K) V
	refresh func(K) V
	vals    map[K]V
}

func newCache[K comparable, V any](load func(K) V) *cache[K, V] {
	return &cache[K, V]{load: load, vals: map[K]V{}}
}

func (c *cache[K, V]) get(k K) V {
	if v, ok := c.vals[k]; ok {
		return v
	}
	return c.load(k)
}

func (c *cache[K, V]) later(k K) { go c.refresh(k) }

func (c *cache[K, V]) save() {
	os.WriteFile("cache", nil, 0o644) // want `os.WriteFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> .*save -> os.WriteFile`
}

func methods(l *loop.Loop) {
	c := newCache(func(name string) []byte {
		b, _ := os.ReadFile(name) // want `os.ReadFile (may block|blocks) the event loop \(file\)`
		return b
	})
	c.refresh = func(name string) []byte {
		b, _ := os.ReadFile(name) // ok: on a goroutine
		return b
	}
	l.NextTick(func() { c.get("x") })
	l.NextTick(func() { c.later("x") })
	l.NextTick(c.save)
}

// A method of a constraint.

type pinger interface{ Ping() }

type remote struct{}

func (remote) Ping() {
	http.Get("http://example.com") // want `http.Get (may block|blocks) the event loop \(net\)`
}

type local struct{}

func (local) Ping() {}

func ping[P pinger](p P) { p.Ping() }

func constraint(l *loop.Loop) {
	l.NextTick(func() { ping(remote{}) })
}

type quieter interface{ Quiet() }

func (local) Quiet() {}

func hush[Q quieter](q Q) { q.Quiet() }

func silence(l *loop.Loop) {
	l.NextTick(func() { hush(local{}) }) // ok: in memory
}

// A generic wrapper of a registration.

func every[T any](l *loop.Loop, v T, fn func(T)) {
	l.SetInterval(time.Second, func() { fn(v) })
}

func elsewhere[T any](v T, fn func(T)) { go fn(v) }

func wrapper(l *loop.Loop) {
	every(l, "x", func(name string) {
		os.Remove(name) // want `os.Remove blocks the event loop \(file\)`
	})
	elsewhere("x", func(name string) {
		os.Remove(name) // ok: on a goroutine
	})
}

// The runtime's own generic functions.
func queue(ctx context.Context, l *loop.Loop) {
	l.NextTick(func() {
		loop.QueueWork(ctx, l, func(context.Context) (string, error) {
			b, err := os.ReadFile("x") // ok: on a worker
			return string(b), err
		}, func(s string, err error) {
			os.WriteFile("y", []byte(s), 0o644) // want `os.WriteFile blocks the event loop \(file\): callback of loop.QueueWork`
		})
	})
}
