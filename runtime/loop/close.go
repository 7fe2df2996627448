package loop

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// TryClose closes a loop that has nothing left, and otherwise changes nothing
// and returns [ErrBusy]: an open handle counts, active or not, and so does a
// request in flight or a posted callback (libuv test-loop-close.c). A callback
// must not call it; it gets [ErrRunning].
//
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) TryClose() error {
	if err := l.acquire(context.Background()); err != nil {
		return err
	}
	defer l.release()
	if l.busy() || len(l.handles)+l.timers.len() > 0 {
		return ErrBusy
	}
	l.closed = true
	l.inbox.shut()
	return nil
}

// Close refuses posts from now on, closes what is open, cancels the work in
// flight, and runs callbacks until all of it has been delivered; what they open
// or queue is closed and cancelled too. Holds do not keep it.
//
// If ctx ends first, Close returns a [*LeakError], and may be called again.
// Closing a closed loop does nothing. The error is [ErrRunning] while Run runs.
//
//loopvet:blocks wait
//loopvet:reentry
func (l *Loop) Close(ctx context.Context) error {
	if err := l.acquire(ctx); err != nil {
		if err == ErrClosed {
			return nil
		}
		return err
	}
	defer l.release()
	l.inbox.shut()
	l.stopped = false
	for {
		for h := range l.Handles() {
			h.Close()
		}
		l.inFlight.cancelAll()
		if !l.busy() {
			break
		}
		if ctx.Err() != nil {
			return &LeakError{Leaks: l.Leaks(), err: ctx.Err()}
		}
		l.turn(runDefault)
		l.stopped = false
	}
	l.closed = true
	return nil
}

// A LeakError says what kept a loop from being closed. It wraps [ErrBusy] and
// the error of the context that ended.
type LeakError struct {
	Leaks []Leak
	err   error
}

// Error has one line for each leak.
func (e *LeakError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "loop: not closed: %v", e.err)
	for _, leak := range e.Leaks {
		fmt.Fprintf(&b, "\n\t%v", leak)
	}
	return b.String()
}

// Unwrap returns ErrBusy and the context's error.
func (e *LeakError) Unwrap() []error { return []error{ErrBusy, e.err} }

// A Leak is an open handle or a request in flight.
type Leak struct {
	Kind   string        // "timer", "watcher", "async", "signal", "request"
	State  string        // "active", "inactive" or "closing"; of a request: "in flight"
	Age    time.Duration // since it was made; 0 unless the loop was made WithOrigins
	Origin string        // file:line that made it; "" unless the loop was made WithOrigins
}

// String returns the leak on one line.
func (k Leak) String() string {
	s := k.Kind + " (" + k.State
	if k.Origin != "" {
		s += fmt.Sprintf(", %v old, made at %s", k.Age, k.Origin)
	}
	return s + ")"
}

// Leaks returns what is open or in flight now, handles first and in the order of
// [Loop.Handles].
//
//loopvet:looponly
func (l *Loop) Leaks() []Leak {
	l.check()
	var leaks []Leak
	for _, h := range l.open() {
		leak := Leak{State: "inactive"}
		switch {
		case h.Closing():
			leak.State = "closing"
		case h.Active():
			leak.State = "active"
		}
		var o *origin
		switch h := h.(type) {
		case *Timer:
			leak.Kind, o = "timer", h.origin
		case *Watcher:
			leak.Kind, o = "watcher", h.origin
		case *Async:
			leak.Kind, o = "async", h.origin
		case *Signal:
			leak.Kind, o = "signal", h.origin
		default:
			x := l.handles[h].external
			leak.Kind, o = x.driver.Kind(), x.origin
		}
		leak.Age, leak.Origin = o.describe()
		leaks = append(leaks, leak)
	}
	for r := l.inFlight.first; r != nil; r = r.next {
		leak := Leak{Kind: "request", State: "in flight"}
		leak.Age, leak.Origin = r.origin.describe()
		leaks = append(leaks, leak)
	}
	return leaks
}

// describe returns the age of an origin and its line.
func (o *origin) describe() (age time.Duration, line string) {
	if o == nil {
		return 0, ""
	}
	age = time.Since(o.at)
	return age, o.line()
}

// line returns the line of the nearest caller that is not in the runtime, as
// "file:line"; "" if o is nil.
func (o *origin) line() string {
	if o == nil {
		return ""
	}
	return outside(o.pcs[:])
}

// outside returns the line of the first frame of pcs that is not in the runtime,
// "" if there is none.
func outside(pcs []uintptr) string {
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if f.Function != "" && !ofRuntime(f.Function) {
			return fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		if !more {
			return ""
		}
	}
}

// ofRuntime reports whether a function is of this package or of one that makes
// handles with it, and not of their tests.
func ofRuntime(function string) bool {
	name, ok := strings.CutPrefix(function, strings.TrimSuffix(packagePath, "loop"))
	name, _, _ = strings.Cut(name, ".")
	return ok && strings.HasPrefix(name, "loop") && !strings.HasSuffix(name, "_test") && name != "looptest"
}
