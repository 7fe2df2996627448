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
	label   bool
	labels  map[uintptr]context.Context // by the callback's code, of the present Run; nil unless label
	code    uintptr                     // of the callback that runs, if label; 0 if none does
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
	l.boundary()
	if l.observed == nil {
		fn()
		return true
	}
	return l.observe(fn, l.codeOf(fn))
}

// invokeEvent is invoke for an event's callback.
func (l *Loop) invokeEvent(ev event) bool {
	l.boundary()
	if l.observed == nil {
		ev.run()
		return true
	}
	return l.observe(ev.run, ev.code())
}

// codeOf returns the code pointer of the user's function that the present
// callback is, which is fn or called by it.
func (l *Loop) codeOf(fn func()) uintptr {
	if l.present.code != 0 {
		return l.present.code
	}
	return codeOf(fn)
}

// observe calls fn. code is the code pointer of the callback that it is for.
func (l *Loop) observe(fn func(), code uintptr) bool {
	o := l.observed
	if o.label {
		pprof.SetGoroutineLabels(o.labelled(l.runCtx, code))
		o.code = code
		defer l.unlabel()
	}
	if o.meter == nil {
		return l.guard(fn)
	}
	n := l.present
	start := l.clock()
	returned := l.guard(fn)
	wait := time.Duration(-1)
	if n.ready != notReady {
		wait = time.Duration(max(start-n.ready, 0))
	}
	o.meter.ran(code, n.origin, wait, time.Duration(l.clock()-start))
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

// WithLabels has profiles and logs tell callbacks apart: while one runs, the
// loop's goroutine has the pprof label "callback" with its name, and so has the
// context that [Loop.Context] returns, which [LogHandler] reads. The labels of the
// context that Run was given stay beside it. That costs some 50 ns a callback.
func WithLabels() Option {
	return func(l *Loop) { l.observer().label = true }
}

// callbackLabel is the key of the label.
const callbackLabel = "callback"

// labelled returns ctx with the label of a callback.
func (o *observer) labelled(ctx context.Context, code uintptr) context.Context {
	labelled := o.labels[code]
	if labelled == nil {
		labelled = pprof.WithLabels(ctx, pprof.Labels(callbackLabel, nameOf(code)))
		o.labels[code] = labelled
	}
	return labelled
}

// unlabel takes the label of a callback off.
func (l *Loop) unlabel() {
	l.observed.code = 0
	pprof.SetGoroutineLabels(l.runCtx)
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
