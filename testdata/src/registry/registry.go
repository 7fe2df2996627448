// Package registry keeps functions in maps, slices, fields and variables. // want package:"effects"
package registry

import (
	"net/http"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// An event bus.

type bus struct {
	subs map[string][]func(string)
	last func()
}

func (b *bus) subscribe(topic string, fn func(string)) {
	b.subs[topic] = append(b.subs[topic], fn)
}

func (b *bus) publish(topic string) {
	for _, fn := range b.subs[topic] {
		fn(topic)
	}
}

func events(l *loop.Loop) {
	b := &bus{subs: map[string][]func(string){}}
	b.subscribe("a", func(name string) {
		os.ReadFile(name) // want `os.ReadFile may block the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> \(\*bus\).publish -> `
	})
	b.subscribe("b", func(name string) {
		_ = len(name) // ok: in memory
	})
	b.subscribe("c", func(name string) {
		go os.ReadFile(name) // ok: on a goroutine
	})
	l.NextTick(func() { b.publish("a") })
}

// A bus that no callback publishes on.

type audit struct{ subs []func(string) }

func (a *audit) subscribe(fn func(string)) { a.subs = append(a.subs, fn) }

func (a *audit) publish(topic string) {
	for _, fn := range a.subs {
		fn(topic)
	}
}

func audits(l *loop.Loop) {
	a := new(audit)
	a.subscribe(func(name string) {
		os.ReadFile(name) // ok: published elsewhere
	})
	l.NextTick(func() { _ = a })
	a.publish("x")
}

// A table of commands in a variable.

var commands = map[string]func(){
	"get":  get,
	"quit": func() {},
}

func get() {
	http.Get("http://example.com") // want `http.Get may block the event loop \(net\)`
}

var offline = map[string]func(){
	"head": head,
}

func head() {
	http.Head("http://example.com") // ok: nobody looks it up on the loop
}

func table(l *loop.Loop, name string) {
	l.NextTick(func() { commands[name]() })
	offline[name]()
}

// A slice of hooks, as a literal.

var hooks = []func(){
	func() {
		os.Remove("hook") // want `os.Remove (may block|blocks) the event loop \(file\)`
	},
	func() {
		os.Getpid() // ok: does not wait
	},
}

func slice(l *loop.Loop) {
	l.NextTick(func() {
		for _, h := range hooks {
			h()
		}
	})
}

// A variable of the package, set by init.

var onError func()

var onExit func()

func init() {
	onError = func() {
		os.WriteFile("error", nil, 0o644) // want `os.WriteFile blocks the event loop \(file\)`
	}
	onExit = func() {
		os.WriteFile("exit", nil, 0o644) // ok: the loop does not run it
	}
}

func variable(l *loop.Loop) {
	l.NextTick(func() { onError() })
	onExit()
}

// A field, set by its constructor.

type job struct {
	run  func()
	done func()
}

func newJob(run func()) *job { return &job{run: run} }

func (j *job) start(l *loop.Loop) { l.NextTick(func() { j.run() }) }

func (j *job) finish() { go j.done() }

func jobs(l *loop.Loop) {
	j := newJob(func() {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	j.done = func() {
		time.Sleep(time.Second) // ok: on a goroutine
	}
	j.start(l)
	j.finish()
}

// A table of structs.

type route struct {
	name   string
	handle func()
	check  func()
}

var routes = []route{
	{name: "a", handle: func() {
		os.Symlink("x", "y") // want `os.Symlink (may block|blocks) the event loop \(file\)`
	}, check: func() {
		os.Symlink("x", "z") // ok: the loop does not check
	}},
	{"b", func() {}, nil},
}

func router(l *loop.Loop) {
	l.NextTick(func() {
		for _, r := range routes {
			r.handle()
		}
	})
	routes[0].check()
}

// A map of interfaces.

type handler interface{ Handle() }

type slow struct{}

func (slow) Handle() {
	os.MkdirAll("x", 0o755) // want `os.MkdirAll may block the event loop \(file\)`
}

type fast struct{}

func (fast) Handle() {}

type mux struct{ handlers map[string]handler }

func (m *mux) handle(name string, h handler) { m.handlers[name] = h }

func muxes(l *loop.Loop, name string) {
	m := &mux{handlers: map[string]handler{}}
	m.handle("slow", slow{})
	m.handle("fast", fast{})
	l.NextTick(func() { m.handlers[name].Handle() })
}

// Options as functions.

type option func(*client)

type client struct{ onFail func() }

func withFail(fn func()) option { return func(c *client) { c.onFail = fn } }

func newClient(opts ...option) *client {
	c := new(client)
	for _, o := range opts {
		o(c)
	}
	return c
}

func functional(l *loop.Loop) {
	c := newClient(withFail(func() {
		os.Lchown("x", 0, 0) // want `os.Lchown (may block|blocks) the event loop \(file\)`
	}))
	l.NextTick(func() { c.onFail() })
	_ = newClient(func(*client) {
		os.Lchown("y", 0, 0) // ok: not on the loop
	})
}
