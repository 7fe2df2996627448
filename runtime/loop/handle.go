package loop

import (
	"iter"
	"runtime"
	"slices"
	"time"
)

// A Handle is something long-lived that a loop calls back for: a timer, a
// watcher, an async, a signal. All methods are loop-only.
//
// A handle is active while it waits for something. An active handle keeps the
// loop alive unless it was unreferenced; a closing one always does.
type Handle interface {
	// Active reports whether the handle waits for something.
	Active() bool

	// Closing reports whether Close was called.
	Closing() bool

	// Ref and Unref say whether the handle keeps the loop alive while it is
	// active. They set a flag and do not count (libuv docs/src/handle.rst).
	Ref()
	Unref()

	// HasRef reports whether an active handle would keep the loop alive.
	HasRef() bool

	// Close stops the handle for good. Its callback is not called again; what
	// OnClose was given is called once, in the closing phase and never inside
	// Close. Closing a handle twice does nothing more.
	Close()

	// OnClose has fn called once the handle is closed, in place of what an
	// earlier OnClose asked for.
	OnClose(fn func())
}

// handle is what all handles have in common.
type handle struct {
	l       *Loop
	onClose func()
	origin  *origin // nil unless the loop was made WithOrigins
	active  bool
	unref   bool
	closing bool
}

// Active reports whether the handle waits for something.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Active() bool {
	h.l.check()
	return h.active
}

// Closing reports whether Close was called.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Closing() bool {
	h.l.check()
	return h.closing
}

// HasRef reports whether the handle keeps the loop alive while it is active.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) HasRef() bool {
	h.l.check()
	return !h.unref
}

// Ref has the handle keep the loop alive while it is active, as it does from
// the start.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Ref() { h.setUnref(false) }

// Unref has the handle no longer keep the loop alive.
//
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) Unref() { h.setUnref(true) }

// OnClose has fn called in the closing phase once the handle is closed.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (h *handle) OnClose(fn func()) {
	h.l.check()
	h.onClose = fn
}

func (h *handle) setUnref(unref bool) {
	h.l.check()
	if h.active && h.unref != unref {
		if unref {
			h.l.refs--
		} else {
			h.l.refs++
		}
	}
	h.unref = unref
}

func (h *handle) setActive(active bool) {
	if h.active != active && !h.unref {
		if active {
			h.l.refs++
		} else {
			h.l.refs--
		}
	}
	h.active = active
}

// close queues the handle for the closing phase. It reports false if that has
// been done.
func (h *handle) close(self Handle) bool {
	if h.closing {
		return false
	}
	h.closing = true
	h.l.closings.push(closing{h, self, nil, h.l.readyNow()})
	return true
}

// closing is an entry of the queue for the closing phase.
type closing struct {
	h      *handle
	self   Handle
	driver Driver // nil unless it is an External's
	ready  int64  // when it was closed; see note
}

// runClosings is the closing phase: the close callbacks of the handles that were
// closed before it, in the order in which they were closed. (libuv's order is
// the reverse, and undocumented.)
func (l *Loop) runClosings() {
	for n := l.closings.n; n > 0; n-- {
		c := l.closings.pop()
		l.unlist(c.self)
		if c.driver != nil {
			c.cancelRequests(l)
		}
		if fn := c.h.onClose; fn != nil {
			c.h.onClose = nil
			l.begin(c.h.origin, c.ready)
			l.call(fn)
		}
	}
	l.settle()
}

// list adds a new handle to those that Handles visits until they are closed.
func (l *Loop) list(h *handle, self Handle) {
	l.check()
	h.l = l
	h.origin = l.newOrigin()
	if l.handles == nil {
		l.handles = make(map[Handle]listing)
	}
	l.handleSeq++
	l.handles[self] = listing{seq: l.handleSeq}
}

// listing is what the loop keeps about a listed handle.
type listing struct {
	seq      uint64    // the order of their making
	external *External // nil unless another package made it
}

func (l *Loop) unlist(self Handle) {
	delete(l.handles, self)
}

// Handles visits the open handles: first those made by a New method that are
// not closed, in the order in which they were made, then the armed timers by
// deadline. A timer that is not armed needs no Close and is not visited. The
// loop may be changed meanwhile; what is opened then is not visited.
//
//loopvet:looponly
func (l *Loop) Handles() iter.Seq[Handle] {
	return func(yield func(Handle) bool) {
		l.check()
		for _, h := range l.open() {
			if !yield(h) {
				return
			}
		}
	}
}

// open returns the open handles in the order of Handles.
func (l *Loop) open() []Handle {
	all := make([]Handle, 0, len(l.handles)+l.timers.len())
	for h := range l.handles {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b Handle) int { return int(l.handles[a].seq) - int(l.handles[b].seq) })
	for i := range l.due.n {
		if d := l.due.at(i); d.valid() {
			all = append(all, d.t)
		}
	}
	keys := slices.Clone(l.timers.keys)
	slices.SortFunc(keys, func(a, b timerKey) int {
		if a.less(&b) {
			return -1
		}
		return 1
	})
	for _, k := range keys {
		all = append(all, l.timers.timers[k.slot])
	}
	return all
}

// origin is where and when a handle was made or a callback queued.
type origin struct {
	pcs [8]uintptr
	at  time.Time
}

// WithOrigins has the loop note where each handle and request was made and each
// post, immediate, tick and microtask queued, for [Loop.Leaks], [Stall] and
// [Starvation]. That costs some 300 ns each.
func WithOrigins() Option {
	return func(l *Loop) { l.origins = true }
}

func (l *Loop) newOrigin() *origin {
	if !l.origins {
		return nil
	}
	o := &origin{at: time.Now()}
	runtime.Callers(3, o.pcs[:])
	return o
}
