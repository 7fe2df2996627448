package loop

import (
	"context"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// An observer is what callbacks run under when an option asks for more than to
// call them. A loop without one calls them directly.
type observer struct {
	onPanic func(*PanicError)
	meter   *meter
	labels  map[uintptr]context.Context // by the callback's code; nil if off
}

// observer returns the loop's observer for an option to fill in.
func (l *Loop) observer() *observer {
	if l.observed == nil {
		l.observed = new(observer)
	}
	return l.observed
}

// meter returns the loop's meter, nil if it has none.
func (l *Loop) meter() *meter {
	if l.observed == nil {
		return nil
	}
	return l.observed.meter
}

// invoke calls fn under the panic policy and reports whether it returned.
func (l *Loop) invoke(fn func()) bool {
	if l.watchdog != nil {
		l.watchdog.boundary()
	}
	if l.observed == nil {
		fn()
		return true
	}
	return l.observe(fn, 0)
}

// invokeEvent is invoke for an event's callback.
func (l *Loop) invokeEvent(ev event) bool {
	if l.watchdog != nil {
		l.watchdog.boundary()
	}
	if l.observed == nil {
		ev.run()
		return true
	}
	return l.observe(ev.run, ev.code())
}

// observe calls fn. code is the code pointer of the callback that it is for, or
// 0 if that is fn itself.
func (l *Loop) observe(fn func(), code uintptr) bool {
	o := l.observed
	if o.meter == nil && o.labels == nil {
		return l.guard(fn)
	}
	if code == 0 {
		code = codeOf(fn)
	}
	if o.labels != nil {
		o.label(code)
		defer pprof.SetGoroutineLabels(context.Background())
	}
	if o.meter == nil {
		return l.guard(fn)
	}
	start := l.clock()
	returned := l.guard(fn)
	o.meter.ran(code, time.Duration(l.clock()-start))
	return returned
}

// guard calls fn and hands what keeps it from returning to the handler, if there
// is one.
func (l *Loop) guard(fn func()) (returned bool) {
	if l.observed.onPanic == nil {
		fn()
		return true
	}
	defer func() {
		if returned {
			return
		}
		v := recover()
		l.exiting = v == nil
		l.observed.onPanic(&PanicError{Value: v, Goexit: v == nil, Stack: debug.Stack()})
	}()
	fn()
	return true
}

// WithLabels has profiles tell callbacks apart: while one runs, the loop's
// goroutine has the pprof label "callback" with its name. That costs some 50 ns a
// callback.
func WithLabels() Option {
	return func(l *Loop) { l.observer().labels = make(map[uintptr]context.Context) }
}

func (o *observer) label(code uintptr) {
	ctx := o.labels[code]
	if ctx == nil {
		ctx = pprof.WithLabels(context.Background(), pprof.Labels("callback", nameOf(code)))
		o.labels[code] = ctx
	}
	pprof.SetGoroutineLabels(ctx)
}

// codeOf returns the code pointer of a func value: the same for all closures of
// one literal.
func codeOf(fn any) uintptr {
	return reflect.ValueOf(fn).Pointer()
}

// nameOf returns a function's name and the line of its first statement, as in
// "main.serve.func1 (main.go:41)".
func nameOf(code uintptr) string {
	f := runtime.FuncForPC(code)
	if f == nil {
		return "unknown"
	}
	file, line := f.FileLine(code)
	file = file[strings.LastIndexByte(file, '/')+1:]
	return strings.TrimSuffix(f.Name(), "-fm") + " (" + file + ":" + strconv.Itoa(line) + ")"
}
