package loop

import (
	"sync"
	"sync/atomic"
)

// An inbox takes events from other goroutines.
type inbox struct {
	wake  chan struct{} // one send for each time that parked was taken back
	limit int           // of posts; 0 means any number
	timed bool          // keep since
	clock func() int64

	mu      sync.Mutex
	events  []event // guarded by mu
	signals []event // guarded by mu; delivered after the events
	posts   int     // guarded by mu; posted functions in events
	parked  bool    // guarded by mu; the loop waits on wake and someone must send
	closed  bool    // guarded by mu; no more posts

	queued atomic.Bool  // whether there are events or signals, to be read without mu
	since  atomic.Int64 // when the first of these came, if timed
	holds  atomic.Int64
}

// post adds a post, unless the inbox is closed to them.
func (in *inbox) post(ev event) error {
	in.mu.Lock()
	if in.closed {
		in.mu.Unlock()
		return ErrClosed
	}
	if in.limit > 0 {
		if in.posts >= in.limit {
			in.mu.Unlock()
			return ErrFull
		}
		in.posts++
	}
	in.events = append(in.events, ev)
	in.unlockAndWake()
	return nil
}

// put adds ev.
func (in *inbox) put(ev event) {
	in.mu.Lock()
	in.events = append(in.events, ev)
	in.unlockAndWake()
}

// putSignal adds ev behind all events that the same poll delivers.
func (in *inbox) putSignal(ev event) {
	in.mu.Lock()
	in.signals = append(in.signals, ev)
	in.unlockAndWake()
}

// interrupt wakes the loop, if it sleeps, to look at its state.
func (in *inbox) interrupt() {
	in.mu.Lock()
	in.unlockAndWake()
}

// unlockAndWake wakes the loop if it sleeps: the first of a batch does, the
// others find it awake.
func (in *inbox) unlockAndWake() {
	if !in.queued.Load() {
		if in.timed {
			in.since.Store(in.clock())
		}
		if len(in.events)+len(in.signals) > 0 {
			in.queued.Store(true)
		}
	}
	parked := in.parked
	in.parked = false
	in.mu.Unlock()
	if parked {
		in.wake <- struct{}{}
	}
}

// take returns all that came, signals last, and leaves the inbox with spare's
// memory.
func (in *inbox) take(spare []event) []event {
	if !in.queued.Load() {
		return spare[:0]
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	events := in.events
	in.events = spare[:0]
	if len(in.signals) > 0 {
		events = append(events, in.signals...)
		clear(in.signals)
		in.signals = in.signals[:0]
	}
	in.posts = 0
	in.queued.Store(false)
	return events
}

// park announces that the loop is going to wait on wake. It reports false if
// there is a reason not to: events, or goesOn reports false. That is asked here
// because who changes it interrupts afterwards, and so finds parked set or has
// been seen.
func (in *inbox) park(goesOn func() bool) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.parked = len(in.events)+len(in.signals) == 0 && goesOn()
	return in.parked
}

// unpark takes the announcement back. If someone has seen it already, their
// send is waited for, so that none is left for the next time.
func (in *inbox) unpark() {
	in.mu.Lock()
	parked := in.parked
	in.parked = false
	in.mu.Unlock()
	if !parked {
		<-in.wake
	}
}

// shut refuses posts from now on. Events still come in.
func (in *inbox) shut() {
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
}

// posted is a posted function as an event. A func is a pointer, so that the
// interface holds it without an allocation.
type posted func()

func (fn posted) run()          { fn() }
func (fn posted) code() uintptr { return codeOf(fn) }
func (fn posted) note() note    { return note{ready: notReady} }

// notedPost is a post to a loop that keeps notes.
type notedPost struct {
	posted
	n note
}

func (p notedPost) note() note { return p.n }

// isPost reports whether ev came through Post.
func isPost(ev event) bool {
	switch ev.(type) {
	case posted, notedPost:
		return true
	}
	return false
}

// Post has the loop call fn in its next poll phase. Any goroutine may call
// Post, callbacks included; it never waits, and what one goroutine posts runs
// in the order of its posts. A posted callback keeps the loop alive until it
// has run, but Run may return before a later Post: see [Loop.Hold]. The error is
// [ErrClosed] once Close was called, and [ErrFull] at the limit of
// [WithPostLimit]. Post panics if fn is nil.
//
//loopvet:loop fn
//loopvet:nonblocking
func (l *Loop) Post(fn func()) error {
	if fn == nil {
		panic("loop: Post: nil callback")
	}
	if l.noting {
		return l.inbox.post(notedPost{posted(fn), note{origin: l.newOrigin(), ready: l.readyNow()}})
	}
	return l.inbox.post(posted(fn))
}

// A Hold keeps a loop alive that nothing else does, because all its callbacks
// will come through Post.
type Hold struct {
	l    *Loop
	once sync.Once
}

// Hold keeps Run from returning for lack of work until the hold is released.
// Any goroutine may call it.
//
//loopvet:nonblocking
func (l *Loop) Hold() *Hold {
	l.inbox.holds.Add(1)
	return &Hold{l: l}
}

// Release ends the hold. Any goroutine may call it, more than once.
//
//loopvet:nonblocking
func (h *Hold) Release() {
	h.once.Do(func() {
		h.l.inbox.holds.Add(-1)
		h.l.inbox.interrupt()
	})
}
