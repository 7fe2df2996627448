// Package registry calls functions out of maps, slices and variables. // want package:"effects"
package registry

import (
	"net/http"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A map of functions.
var commands = map[string]func(){
	"load": func() {
		os.ReadFile("x") // want `os.ReadFile may block the event loop \(file\)`
	},
	"quit": func() {}, // ok: does nothing
}

var unused = map[string]func(){
	"load": func() {
		os.ReadFile("x") // ok: nothing calls out of this map
	},
}

func lookup(l *loop.Loop, name string) {
	l.NextTick(func() {
		if fn := commands[name]; fn != nil {
			fn()
		}
		_ = len(unused)
	})
}

// A slice in a field.
type bus struct {
	handlers map[string][]func(string)
	async    []func(string)
}

func (b *bus) on(topic string, fn func(string)) {
	b.handlers[topic] = append(b.handlers[topic], fn)
}

func (b *bus) onAsync(fn func(string)) { b.async = append(b.async, fn) }

func (b *bus) emit(topic string) {
	for _, fn := range b.handlers[topic] {
		fn(topic)
	}
	for _, fn := range b.async {
		go fn(topic)
	}
}

func events(l *loop.Loop, b *bus) {
	b.on("save", func(name string) {
		os.WriteFile(name, nil, 0o644) // want `os.WriteFile blocks the event loop \(file\): .*emit -> .*os.WriteFile`
	})
	b.onAsync(func(name string) {
		os.WriteFile(name, nil, 0o644) // ok: on a goroutine
	})
	l.NextTick(func() { b.emit("save") })
}

// A local slice.
func local(l *loop.Loop) {
	steps := []func(){
		func() {
			time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
		},
	}
	var later []func()
	later = append(later, func() {
		time.Sleep(time.Second) // ok: on a goroutine
	})
	l.NextTick(func() {
		for _, s := range steps {
			s()
		}
		for _, s := range later {
			go s()
		}
	})
}

// An array of structs with a func field.
type route struct {
	name   string
	handle func()
	help   func() string
}

var routes = [...]route{
	{"get", get, help},
	{name: "none"},
}

func get() {
	http.Get("http://example.com") // want `http.Get blocks the event loop \(net\): .* -> get -> http.Get`
}

func help() string {
	http.Get("http://example.com/help") // ok: that field is not called
	return ""
}

func table(l *loop.Loop) {
	l.NextTick(func() {
		for _, r := range routes {
			if r.handle != nil {
				r.handle()
			}
		}
	})
}

// A package variable that holds a function.
var (
	hook   = func() {}
	silent = func() {}
)

func init() {
	hook = func() {
		os.Remove("x") // want `os.Remove may block the event loop \(file\)`
	}
	silent = func() {
		go os.Remove("x") // ok: on a goroutine
	}
}

func hooks(l *loop.Loop) {
	l.NextTick(func() { hook() })
	l.NextTick(func() { silent() })
}

// One that holds an interface.
type store interface{ get() }

type files struct{}

func (files) get() {
	os.Symlink("x", "y") // want `os.Symlink blocks the event loop \(file\): .*get -> os.Symlink`
}

type memory struct{}

func (memory) get() {
	os.Symlink("x", "y") // ok: in the other variable
}

var (
	current store = files{}
	backup  store = memory{}
)

func variable(l *loop.Loop) {
	backup.get()
	l.NextTick(func() { current.get() })
}

// A registry that other packages fill by a function.
var observers []func()

func Register(fn func()) { observers = append(observers, fn) }

func notify(l *loop.Loop) {
	Register(func() {
		os.Link("x", "y") // want `os.Link blocks the event loop \(file\)`
	})
	l.NextTick(func() {
		for _, o := range observers {
			o()
		}
	})
	unobserved(func() {
		os.Link("x", "y") // ok: nobody calls these
	})
}

var dropped []func()

func unobserved(fn func()) { dropped = append(dropped, fn) }

// A map of interfaces.
type command interface{ execute() }

type fetch struct{}

func (fetch) execute() {
	http.Head("http://example.com") // want `http.Head may block the event loop \(net\): .*execute -> http.Head`
}

type echo struct{}

func (echo) execute() {} // ok: does nothing

func newCommands() map[string]command {
	return map[string]command{"fetch": fetch{}, "echo": echo{}}
}

func execute(l *loop.Loop, name string) {
	cs := newCommands()
	l.NextTick(func() { cs[name].execute() })
}
