package loop

import (
	"context"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/loopvet/loopvet/runtime/pool"
)

// A Loop runs callbacks, one at a time, on the goroutine that called Run.
type Loop struct {
	stalled    atomic.Bool // raised by the watchdog, lowered by the loop; see boundary
	noting     bool        // an option wants notes of callbacks
	present    note        // of the callback that runs, if noting
	observed   *observer   // nil unless an option wants callbacks to be watched
	watchdog   *watchdog   // nil unless WithWatchdog
	flight     *flight     // nil unless WithFlightRecorder
	endWatch   func()      // ends the watchdog of the present Run
	misuse     *misuse     // nil unless WithDebug
	origins    bool
	current    atomic.Pointer[origin] // of the callback that runs, if origins
	lockThread bool
	tickBudget int // 0 if there is none
	onStarve   func(Starvation)
	choose     func(n int) int // nil unless a test makes the free choices
	base       time.Time       // the loop's clock counts from here

	running atomic.Bool
	runCtx  context.Context // of the present Run
	unwatch func() bool     // stops waiting for runCtx
	ctx     context.Context // of the present callback's request, or nil
	stopped bool
	fresh   bool // Run has begun and no timers ran yet
	exiting bool // a callback called runtime.Goexit and a handler took it
	closed  bool
	now     int64 // the cached time

	ticks          queue
	microtasks     queue
	rejections     []rejection // promises that may turn out to be unhandled
	immediates     queue       // nil where one was stopped
	firstImmediate uint64      // sequence number of the oldest in immediates
	timers         timerHeap
	timerSeq       uint64
	due            fifo[dueTimer]
	pending        fifo[event]
	idles          watchers
	prepares       watchers
	checks         watchers
	closings       fifo[closing]
	computations   []*Computation // those that go on; the first has the next slice

	handles   map[Handle]listing // by the handle
	handleSeq uint64
	refs      int // active handles that are referenced
	live      int // immediates that are not stopped
	inFlight  requestList

	pool *pool.Pool // where work runs; nil until the first request if own
	own  bool       // the loop made pool, and ends it

	inbox inbox
	batch []event // taken from the inbox, delivered up to next
	next  int
	alarm *time.Timer // wakes the parked loop for its nearest timer
}

// An event is what happened elsewhere and ends in a callback.
type event interface {
	run()
	code() uintptr // of the callback, to name it
	note() note    // of the callback
}

// An Option changes how a loop is made.
type Option func(*Loop)

// WithPool has the loop's work run on p. The loop never closes p. Without this
// option the loop makes a pool of its own, of the default size, when the first
// work is queued, and ends its workers when Run returns.
//
//loopvet:runson p
func WithPool(p *pool.Pool) Option {
	if p == nil {
		panic("loop: WithPool: nil pool")
	}
	return func(l *Loop) { l.pool, l.own = p, false }
}

// WithOSThread locks the goroutine that runs the loop to its operating system
// thread while it does, for libraries that want all calls from one thread. For
// the process's main thread, call [runtime.LockOSThread] in an init function, and
// Run in main.
func WithOSThread() Option {
	return func(l *Loop) { l.lockThread = true }
}

// WithPostLimit bounds the posts that wait for the loop to n: Post returns
// [ErrFull] then. It never waits, since it may be a callback that posts.
func WithPostLimit(n int) Option {
	if n < 1 {
		panic("loop: WithPostLimit: limit is not positive")
	}
	return func(l *Loop) { l.inbox.limit = n }
}

// New makes a loop. It starts nothing.
//
//loopvet:pool
func New(opts ...Option) *Loop {
	l := &Loop{base: time.Now(), runCtx: context.Background(), own: true}
	l.inbox.wake = make(chan struct{}, 1)
	for _, opt := range opts {
		opt(l)
	}
	l.inbox.clock = l.clock
	l.inbox.timed = l.meter() != nil
	l.noting = l.origins || l.observed != nil
	if l.flight != nil && l.watchdog == nil {
		panic("loop: WithFlightRecorder: no watchdog")
	}
	return l
}

// clock reads the time that deadlines are counted on.
func (l *Loop) clock() int64 {
	return int64(time.Since(l.base))
}

// Now returns the loop's time: the clock as it was when the present turn's poll
// returned or its timers began. It does not move while callbacks run, unless
// they call UpdateNow.
//
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) Now() time.Time {
	l.check()
	return l.base.Add(time.Duration(l.now))
}

// UpdateNow sets the loop's time to that of the clock.
//
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) UpdateNow() {
	l.check()
	l.now = l.clock()
}

// Stop has Run return once the present turn is through; poll does not wait in
// it any more. Before Run it makes that Run return without a single callback
// (libuv test-loop-stop.c). The next Run goes on where this one ended. From
// other goroutines end Run's context, or Post a call of Stop.
//
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) Stop() {
	l.check()
	l.stopped = true
}

// Alive reports whether anything is left to wait for: a referenced active
// handle, a closing one, a request in flight, a posted callback, an immediate, a
// tick or microtask, a Hold.
//
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) Alive() bool {
	l.check()
	return l.alive()
}

func (l *Loop) alive() bool {
	return l.busy() || l.inbox.holds.Load() != 0
}

// busy is alive without holds.
func (l *Loop) busy() bool {
	return l.refs|l.live|l.inFlight.n|l.closings.n|l.ticks.n|l.microtasks.n|l.pending.n|len(l.rejections) != 0 ||
		l.next < len(l.batch) || l.inbox.queued.Load()
}

// Context returns the context of the request whose callback runs now, or that
// of Run if the callback does not belong to a request. If the loop was made
// [WithLabels] it has the callback's label.
//
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) Context() context.Context {
	l.check()
	o := l.observed
	switch {
	case o == nil || o.code == 0:
		if l.ctx != nil {
			return l.ctx
		}
		return l.runCtx
	case l.ctx != nil:
		return pprof.WithLabels(l.ctx, pprof.Labels(callbackLabel, nameOf(o.code)))
	}
	return o.labelled(l.runCtx, o.code)
}
