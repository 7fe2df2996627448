package loop

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/loopvet/loopvet/runtime/pool"
)

// Errors of state. They are returned; a nil callback and other mistakes in the
// program panic at the call instead.
var (
	// ErrRunning is returned by Run when the loop runs already (libuv's
	// docs/src/loop.rst: uv_run is not reentrant).
	ErrRunning = errors.New("loop: already running")

	// ErrBusy is returned when a request runs already, or has run, and so
	// cannot be cancelled (UV_EBUSY).
	ErrBusy = pool.ErrBusy

	// ErrCanceled is the error of a request that was cancelled before it ran
	// (UV_ECANCELED). It is context.Canceled.
	ErrCanceled = context.Canceled
)

// A Loop runs callbacks, one at a time, on the goroutine that called Run.
type Loop struct {
	onPanic func(*PanicError)
	base    time.Time // the loop's clock counts from here

	running atomic.Bool
	runCtx  context.Context // of the present Run
	ctx     context.Context // of the present callback's request, or nil
	stopped bool
	fresh   bool  // Run has begun and no timers ran yet
	exiting bool  // a callback called runtime.Goexit and a handler took it
	now     int64 // the cached time

	ticks          fifo[func()]
	microtasks     fifo[func()]
	immediates     fifo[func()] // nil where one was stopped
	firstImmediate uint64       // sequence number of the oldest in immediates
	timers         timerHeap
	timerSeq       uint64
	due            fifo[dueTimer]
	pending        fifo[event]

	live     int // immediates that are not stopped
	refs     int // armed timers
	inFlight requestList

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
}

// An Option changes how a loop is made.
type Option func(*Loop)

// WithPool has the loop's work run on p. The loop never closes p. Without this
// option the loop makes a pool of its own, of the default size, when the first
// work is queued, and ends its workers when Run returns.
func WithPool(p *pool.Pool) Option {
	if p == nil {
		panic("loop: WithPool: nil pool")
	}
	return func(l *Loop) { l.pool, l.own = p, false }
}

// New makes a loop. It starts nothing.
func New(opts ...Option) *Loop {
	l := &Loop{base: time.Now(), runCtx: context.Background(), own: true}
	l.inbox.wake = make(chan struct{}, 1)
	for _, opt := range opts {
		opt(l)
	}
	return l
}

// Run runs callbacks until nothing is left to wait for, until Stop, or until
// ctx ends. In the first two cases it returns nil, and Alive tells them apart;
// in the third it cancels the contexts of the work in flight and returns the
// context's error. What is left then, results of work included, is delivered by
// the next Run. Run returns [ErrRunning] if the loop runs already.
//
// While it waits, Run is parked on channels only.
//
//loopvet:blocks wait
//loopvet:reentry
func (l *Loop) Run(ctx context.Context) error {
	if !l.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	l.runCtx = ctx
	unwatch := context.AfterFunc(ctx, l.inbox.interrupt)
	defer func() {
		unwatch()
		l.stopped = false
		l.endPool()
		l.ctx, l.runCtx = nil, context.Background()
		l.running.Store(false)
	}()

	l.fresh = true
	l.turns()
	if !l.stopped && ctx.Err() != nil {
		l.inFlight.cancelAll()
		return ctx.Err()
	}
	return nil
}

// turns runs the loop. When a callback ends the goroutine, the deferred call
// runs the rest before the goroutine is gone.
func (l *Loop) turns() {
	defer func() {
		if l.exiting {
			l.exiting = false
			l.turns()
		}
	}()
	if l.fresh && l.goesOn() {
		l.fresh = false
		l.now = l.clock()
		l.settle()
		if l.goesOn() {
			l.runTimers()
		}
	}
	for l.goesOn() {
		l.turn()
	}
}

// goesOn reports whether there is a reason for another turn.
func (l *Loop) goesOn() bool {
	return !l.stopped && l.runCtx.Err() == nil && l.Alive()
}

// turn is one iteration of the loop.
func (l *Loop) turn() {
	l.runPending()
	l.poll()
	l.runImmediates() // check
	l.now = l.clock()
	l.runTimers()
}

// runPending is the pending phase: callbacks of requests that failed when they
// were made.
func (l *Loop) runPending() {
	for n := l.pending.n; n > 0; n-- {
		l.call(l.pending.pop().run)
		l.ctx = nil
	}
	l.settle()
}

// poll waits for what comes from elsewhere, if the loop has nothing else to do
// and for no longer than until the next timer, and delivers it.
func (l *Loop) poll() {
	if l.next == len(l.batch) {
		if l.inbox.queued.Load() == 0 {
			if timeout := l.pollTimeout(); timeout != 0 {
				l.park(timeout)
				l.now = l.clock()
			}
		}
		l.batch, l.next = l.inbox.take(l.batch), 0
	}
	for l.next < len(l.batch) {
		ev := l.batch[l.next]
		l.batch[l.next] = nil
		l.next++
		l.call(ev.run)
		l.ctx = nil
	}
	l.settle()
}

// pollTimeout returns how long poll may wait; a negative time means forever.
func (l *Loop) pollTimeout() time.Duration {
	switch {
	case l.live|l.pending.n|l.due.n != 0 || !l.goesOn():
		return 0
	case len(l.timers.keys) > 0:
		return time.Duration(max(l.timers.keys[0].when-l.clock(), 0))
	}
	return -1
}

// call runs one callback and then what it left for right afterwards. After a
// panic that a handler took, that waits for the next callback's turn or the end
// of the phase: Node 20 does the same for timers and immediates
// (test-timers-immediate-queue-throw.js).
func (l *Loop) call(fn func()) {
	if l.invoke(fn) {
		l.settle()
	}
}

// clock reads the time that deadlines are counted on.
func (l *Loop) clock() int64 {
	return int64(time.Since(l.base))
}

// Now returns the loop's time: the clock as it was when the present turn's poll
// returned or its timers began. It does not move while callbacks run.
//
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) Now() time.Time {
	return l.base.Add(time.Duration(l.now))
}

// Stop has Run return once the present turn is through; poll does not wait in
// it any more. Before Run it makes that Run return without a single callback
// (libuv test-loop-stop.c). The next Run goes on where this one ended. From
// other goroutines end Run's context, or Post a call of Stop.
//
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) Stop() {
	l.stopped = true
}

// Alive reports whether anything is left to wait for: an armed timer, a request
// in flight, a posted callback, an immediate, a tick or microtask, a Hold.
//
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) Alive() bool {
	return l.refs|l.live|l.inFlight.n|l.ticks.n|l.microtasks.n|l.pending.n|l.due.n != 0 ||
		l.next < len(l.batch) || l.inbox.queued.Load()|l.inbox.holds.Load() != 0
}

// Context returns the context of the request whose callback runs now, or that
// of Run if the callback does not belong to a request.
//
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) Context() context.Context {
	if l.ctx != nil {
		return l.ctx
	}
	return l.runCtx
}

// park waits for the inbox, or until timeout has passed if it is positive.
func (l *Loop) park(timeout time.Duration) {
	if !l.inbox.park(l.runCtx) {
		return
	}
	if timeout < 0 {
		<-l.inbox.wake
		return
	}
	if l.alarm == nil {
		l.alarm = time.NewTimer(math.MaxInt64)
	}
	l.alarm.Reset(timeout)
	select {
	case <-l.inbox.wake:
		l.alarm.Stop()
	case <-l.alarm.C:
		l.inbox.unpark()
	}
}
