// Package app registers its callbacks through package bus and wrappers of its own. // want package:"effects"
package app

import (
	"net/http"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/testdata/src/wrappers/bus"
)

// A wrapper in the package, and one around it.

func soon(l *loop.Loop, fn func()) { l.SetImmediate(fn) }

func sooner(l *loop.Loop, fn func()) {
	if fn != nil {
		soon(l, fn)
	}
}

func later(_ *loop.Loop, fn func()) { go fn() }

func inPackage(l *loop.Loop) {
	soon(l, func() {
		os.Remove("soon") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).SetImmediate|callback of soon`
	})
	sooner(l, func() {
		os.Remove("sooner") // want `os.Remove blocks the event loop \(file\): callback of`
	})
	later(l, func() {
		os.Remove("later") // ok: on a goroutine
	})
}

// Wrappers in another package.
func acrossPackages(b *bus.Bus) {
	b.Every(func() {
		os.Remove("every") // want `os.Remove blocks the event loop \(file\): callback of \(\*bus.Bus\).Every`
	})
	b.Go(func() {
		os.Remove("go") // ok: on a goroutine
	})
	bus.After(b.Loop, time.Second, func() {
		http.Get("http://example.com") // want `http.Get blocks the event loop \(net\): callback of \(\*loop.Loop\).SetTimeout -> func literal in app.acrossPackages -> http.Get`
	})
	b.Do(func() {
		os.Remove("first") // want `os.Remove blocks the event loop \(file\): callback of \(\*bus.Bus\).Do`
	}, func() {
		os.Remove("second") // want `os.Remove blocks the event loop \(file\): callback of \(\*bus.Bus\).Do`
	}, func() {
		os.Getpid() // ok: does not wait
	})
	b.Work(func() error {
		return os.Remove("work") // ok: on a worker
	}, func(error) {
		os.Remove("done") // want `os.Remove blocks the event loop \(file\): callback of \(\*bus.Bus\).Work`
	})
}

// Callbacks in a struct of options.
func options(b *bus.Bus) {
	b.Watch(bus.Options{
		OnEvent: func(name string) {
			os.ReadFile(name) // want `os.ReadFile (may block|blocks) the event loop \(file\)`
		},
		OnStart: func() {
			os.ReadFile("start") // ok: before the loop
		},
	})
}

// A registry behind a method.
func subscribe(b *bus.Bus) {
	b.Subscribe("config", func(name string) {
		os.ReadFile(name) // want `os.ReadFile (may block|blocks) the event loop \(file\)`
	})
	b.Subscribe("name", func(name string) {
		_ = len(name) // ok: in memory
	})
	b.Publish("config", "x")
}

// A wrapper that adds a step of its own.
func logged(l *loop.Loop, fn func() error) {
	l.NextTick(func() {
		if err := fn(); err != nil {
			os.WriteFile("errors", []byte(err.Error()), 0o644) // want `os.WriteFile blocks the event loop \(file\)`
		}
	})
}

func steps(l *loop.Loop) {
	logged(l, func() error {
		return os.Remove("logged") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> .*os.Remove`
	})
	counted(l, func() error {
		return os.Remove("counted") // ok: on a goroutine
	})
}

func counted(l *loop.Loop, fn func() error) {
	n := 0
	go func() {
		if fn() != nil {
			l.Post(func() { n++ })
		}
	}()
}

// A method value of the loop.
func methodValue(l *loop.Loop) {
	post := l.NextTick
	post(func() {
		os.Remove("post") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick`
	})
	wait := func(fn func()) { fn() }
	wait(func() {
		os.Remove("wait") // ok: not on the loop
	})
}
