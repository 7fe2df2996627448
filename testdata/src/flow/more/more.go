// Package more holds roundabout ways to a call that blocks. // want package:"effects"
package more

import (
	"os"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/testdata/src/flow/more/port"
)

// A wrapper in a package variable.
var schedule = func(l *loop.Loop, fn func()) { l.Post(fn) }

var detach = func(l *loop.Loop, fn func()) { go fn() }

func variableWrapper(l *loop.Loop) {
	schedule(l, func() {
		os.ReadFile("1") // want `os.ReadFile blocks the event loop \(file\)`
	})
	detach(l, func() {
		os.ReadFile("1") // ok: on a goroutine
	})
}

// A wrapper in a field.
type deps struct{ post, spawn func(func()) }

func newDeps(l *loop.Loop) *deps {
	return &deps{post: func(fn func()) { l.Post(fn) }, spawn: func(fn func()) { go fn() }}
}

func fieldWrapper(d *deps) {
	d.post(func() {
		os.ReadFile("2") // want `os.ReadFile blocks the event loop \(file\)`
	})
	d.spawn(func() {
		os.ReadFile("2") // ok: on a goroutine
	})
}

// A wrapper behind an interface of our own.
type executor interface{ execute(fn func()) }

type onLoop struct{ l *loop.Loop }

func (o onLoop) execute(fn func()) { o.l.Post(fn) }

type beside struct{}

func (beside) execute(fn func()) { go fn() }

type screen struct{ ex executor }

func newScreen(l *loop.Loop) *screen { return &screen{ex: onLoop{l}} }

type report struct{ ex executor }

func newReport() *report { return &report{ex: beside{}} }

func interfaceWrapper(s *screen, r *report) {
	s.ex.execute(func() {
		os.ReadFile("3") // want `os.ReadFile blocks the event loop \(file\)`
	})
	r.ex.execute(func() {
		os.ReadFile("3") // ok: on a goroutine
	})
}

// A method value of an interface.
type saver interface{ save() }

type disk struct{}

func (disk) save() {
	os.Remove("4") // want `os.Remove blocks the event loop \(file\)`
}

type memory struct{}

func (memory) save() {
	go os.Remove("4") // ok: on a goroutine
}

func interfaceValue(l *loop.Loop) {
	var s, m saver = disk{}, memory{}
	f, g := s.save, m.save
	l.NextTick(f)
	l.NextTick(g)
}

// A func in an any.
func inAny(l *loop.Loop) {
	var a any = func() {
		os.Mkdir("5", 0) // want `os.Mkdir blocks the event loop \(file\)`
	}
	var b any = func() {
		os.Mkdir("5", 0) // ok: never called
	}
	l.NextTick(func() { a.(func())() })
	l.NextTick(func() { _ = b.(func()) })
}

// A func behind a pointer.
func pointer(l *loop.Loop) {
	fn := func() {
		os.Link("6", "y") // want `os.Link blocks the event loop \(file\)`
	}
	other := func() {
		os.Link("6", "y") // ok: on a goroutine
	}
	p, q := &fn, &other
	l.NextTick(func() { (*p)() })
	l.NextTick(func() { go (*q)() })
}

// Maps of maps.
type router struct{ routes map[string]map[string]func() }

func (r *router) add(method, path string, fn func()) {
	if r.routes[method] == nil {
		r.routes[method] = map[string]func(){}
	}
	r.routes[method][path] = fn
}

func (r *router) serve(method, path string) { r.routes[method][path]() }

func nested(l *loop.Loop, r *router) {
	r.add("GET", "/", func() {
		os.Symlink("7", "y") // want `os.Symlink may block the event loop \(file\)`
	})
	r.add("PUT", "/", func() {
		go os.Symlink("7", "y") // ok: on a goroutine
	})
	l.NextTick(func() { r.serve("GET", "/") })
}

// A func type parameter.
func apply[F ~func()](fn F) { fn() }

func applyLater[F ~func()](fn F) { go fn() }

func funcParam(l *loop.Loop) {
	l.NextTick(func() {
		apply(func() {
			os.Chmod("8", 0) // want `os.Chmod blocks the event loop \(file\)`
		})
		applyLater(func() {
			os.Chmod("8", 0) // ok: on a goroutine
		})
	})
}

// Options that are interfaces.
type settings struct{ onData, onLog func() }

type option interface{ apply(*settings) }

type dataOption struct{ fn func() }

func (o dataOption) apply(s *settings) { s.onData = o.fn }

type logOption struct{ fn func() }

func (o logOption) apply(s *settings) { s.onLog = o.fn }

func open(l *loop.Loop, opts ...option) {
	s := &settings{}
	for _, o := range opts {
		o.apply(s)
	}
	l.Post(func() { s.onData() })
	go s.onLog()
}

func optionInterfaces(l *loop.Loop) {
	open(l, dataOption{func() {
		os.ReadDir("10") // want `os.ReadDir blocks the event loop \(file\)`
	}}, logOption{func() {
		os.ReadDir("10") // ok: on a goroutine
	}})
}

// A func in a returned struct.
type hooks struct{ before, after func() }

func defaults() hooks {
	return hooks{
		before: func() {
			time.Sleep(time.Hour) // want `time.Sleep blocks the event loop \(sleep\)`
		},
		after: func() {
			time.Sleep(time.Hour) // ok: never called
		},
	}
}

func returnedStruct(l *loop.Loop) {
	l.NextTick(func() { defaults().before() })
}

// A struct in a generic container.
type box[S saver] struct{ s S }

func newBox[S saver](s S) *box[S] { return &box[S]{s: s} }

func (b *box[S]) open() { b.s.save() }

type tape struct{}

func (tape) save() {
	os.WriteFile("11", nil, 0) // want `os.WriteFile may block the event loop \(file\)`
}

type quiet struct{}

func (quiet) save() {
	go os.WriteFile("11", nil, 0) // ok: on a goroutine
}

func boxes(l *loop.Loop) {
	b, c := newBox(tape{}), newBox(quiet{})
	l.NextTick(func() { b.open() })
	l.NextTick(func() { c.open() })
}

// What is made once, when it is first asked for.
func onces(l *loop.Loop) {
	slow := sync.OnceFunc(func() {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	unread := sync.OnceFunc(func() {
		time.Sleep(time.Second) // ok: on a goroutine
	})
	l.NextTick(func() { slow() })
	l.NextTick(func() { go unread() })
}

// Executors of another package.
func executors(v *port.View, j *port.Job, m *port.Mixed) {
	v.Ex.Execute(func() {
		os.RemoveAll("16") // want `os.RemoveAll blocks the event loop \(file\)`
	})
	j.Ex.Execute(func() {
		os.RemoveAll("16") // ok: on a goroutine
	})
	m.Ex.Execute(func() {
		os.RemoveAll("16") // ok: on one or the other, which is not known
	})
}

// A wrapper in a field, used inside a callback and by a method.
func (d *deps) later() {
	d.post(d.work)
	d.spawn(d.rest)
}

func (d *deps) work() {
	os.MkdirAll("17", 0) // want `os.MkdirAll blocks the event loop \(file\)`
}

func (d *deps) rest() {
	os.MkdirAll("17", 0) // ok: on a goroutine
}

// An embedded interface, widened.
type reader interface{ read() }
type writer interface{ write() }
type readWriter interface {
	reader
	writer
}

type socket struct{}

func (socket) read() {
	os.Lchown("14", 0, 0) // want `os.Lchown blocks the event loop \(file`
}

func (socket) write() {
	os.Lchown("14", 0, 0) // ok: not called
}

type device struct{ rw readWriter }

func newDevice() *device { return &device{socket{}} }

func widened(l *loop.Loop, d *device) {
	l.NextTick(func() {
		var r reader = d.rw
		r.read()
	})
}

// A function chosen by a switch.
func pick(name string) func() {
	switch name {
	case "slow":
		return slowly
	default:
		return func() {} // ok: does nothing
	}
}

func slowly() {
	os.Chtimes("15", time.Time{}, time.Time{}) // want `os.Chtimes may block the event loop \(file`
}

func picked(l *loop.Loop) {
	l.NextTick(func() { pick("slow")() })
}
