package loop

import (
	"context"
	"math"
	"runtime"
	"time"
)

// A mode is how long the loop runs: libuv's uv_run_mode.
type mode int

const (
	runDefault mode = iota // until nothing is left
	runOnce                // one turn, which may wait
	runNoWait              // one turn, which does not
)

// Run runs callbacks until nothing is left to wait for, until Stop, or until
// ctx ends. In the first two cases it returns nil, and Alive tells them apart;
// in the third it cancels the contexts of the work in flight and returns the
// context's error. What is left then, results of work included, is delivered by
// the next Run or by Close. Run returns [ErrRunning] if the loop runs already
// and [ErrClosed] if it is closed.
//
// While it waits, Run is parked on channels only.
//
//loopvet:blocks wait
//loopvet:reentry
func (l *Loop) Run(ctx context.Context) error {
	return l.run(ctx, runDefault)
}

// RunOnce runs one turn and reports whether the loop is still alive. It waits in
// poll if there is nothing else to do, for the first event or timer.
// The error is as that of Run.
//
//loopvet:blocks wait
//loopvet:reentry
func (l *Loop) RunOnce(ctx context.Context) (alive bool, err error) {
	err = l.run(ctx, runOnce)
	return l.alive(), err
}

// RunNoWait runs one turn without waiting in poll, and reports whether the loop
// is still alive. It panics with [ErrRunning] or [ErrClosed] where Run returns
// them.
//
//loopvet:reentry
func (l *Loop) RunNoWait() (alive bool) {
	if err := l.run(context.Background(), runNoWait); err != nil {
		panic(err)
	}
	return l.alive()
}

func (l *Loop) run(ctx context.Context, m mode) error {
	if err := l.acquire(ctx); err != nil {
		return err
	}
	defer l.release()
	l.fresh = true
	l.turns(m)
	if !l.stopped && ctx.Err() != nil {
		l.inFlight.cancelAll()
		return ctx.Err()
	}
	return nil
}

// acquire makes the calling goroutine the loop's.
func (l *Loop) acquire(ctx context.Context) error {
	if !l.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	if l.closed {
		l.running.Store(false)
		return ErrClosed
	}
	l.runCtx, l.exiting = ctx, false
	l.unwatch = nil
	if ctx.Done() != nil {
		l.unwatch = context.AfterFunc(ctx, l.inbox.interrupt)
	}
	if l.lockThread {
		runtime.LockOSThread()
	}
	if l.misuse != nil {
		id := goroutineID()
		l.misuse.owner.Store(&id)
	}
	if l.observed != nil && l.observed.label {
		l.observed.labels = make(map[uintptr]context.Context) // those of ctx stay in them
	}
	if meter := l.meter(); meter != nil {
		meter.enter(meterBusy, l.clock())
	}
	if l.watchdog != nil {
		l.endWatch = l.watchdog.start(l)
	}
	return nil
}

// release is the end of what acquire began.
func (l *Loop) release() {
	if l.watchdog != nil {
		l.endWatch()
	}
	if meter := l.meter(); meter != nil {
		meter.enter(meterOff, l.clock())
	}
	if l.misuse != nil {
		l.misuse.owner.Store(nil)
	}
	if l.lockThread {
		runtime.UnlockOSThread()
	}
	if l.unwatch != nil {
		l.unwatch()
	}
	l.endPool()
	l.stopped = false
	l.ctx, l.runCtx = nil, context.Background()
	l.running.Store(false)
}

// turns runs the loop: what comes before the first turn, and the turns. When a
// callback ends the goroutine, the deferred call runs the rest before the
// goroutine is gone.
func (l *Loop) turns(m mode) {
	defer func() {
		if l.exiting {
			l.exiting = false
			l.turns(m)
		}
	}()
	if l.fresh && l.goesOn() { // 0. start
		l.fresh = false
		l.now = l.clock()
		l.settle() // what the program queued before Run
		if m == runDefault && l.goesOn() && (l.choose == nil || l.choose(2) == 0) {
			l.now = l.clock()
			l.runTimers()
		}
	}
	for l.goesOn() {
		l.turn(m)
		if m != runDefault {
			break
		}
	}
}

// goesOn reports whether there is a reason for another turn.
func (l *Loop) goesOn() bool {
	return !l.stopped && l.runCtx.Err() == nil && l.alive()
}

// turn is one iteration of the loop, in libuv's order (docs/src/design.rst). The
// numbers are those of docs/runtime.md.
func (l *Loop) turn(m mode) {
	if m == runOnce && l.pending.n > 0 {
		m = runNoWait // one batch is there (can_sleep in libuv's uv_run)
	}
	l.runPending()    // 1. pending
	l.idles.run(l)    // 2. idle
	l.prepares.run(l) // 3. prepare
	l.poll(m)         // 4. poll
	l.runPending()    // 5. pending again
	l.runImmediates() // 6. check: immediates,
	l.checks.run(l)   //    then the watchers
	l.runClosings()   // 7. closing
	l.now = l.clock()
	l.runTimers() // 8. timers
}

// runPending is the pending phase: callbacks of requests that failed when they
// were made.
func (l *Loop) runPending() {
	for n := l.pending.n; n > 0; n-- {
		l.callEvent(l.pending.pop())
	}
	l.settle()
}

// poll waits for what comes from elsewhere, if the loop has nothing else to do
// and for no longer than until the next timer, and delivers it.
func (l *Loop) poll(m mode) {
	meter := l.meter()
	if meter != nil {
		meter.polling(l.clock())
	}
	if l.next == len(l.batch) {
		waiting := l.inbox.queued.Load()
		if m != runNoWait && !waiting {
			if timeout := l.pollTimeout(); timeout != 0 {
				l.park(timeout, meter)
			}
		}
		since := l.inbox.since.Load()
		l.batch, l.next = l.inbox.take(l.batch), 0
		if meter != nil {
			meter.took(len(l.batch), waiting, since, l.clock())
		}
	}
	end := len(l.batch)
	if l.choose != nil {
		end = l.next + l.shuffle(l.batch[l.next:])
	}
	for l.next < end {
		ev := l.batch[l.next]
		l.batch[l.next] = nil
		l.next++
		l.callEvent(ev)
	}
	l.settle()
}

// pollTimeout returns how long poll may wait; a negative time means forever.
func (l *Loop) pollTimeout() time.Duration {
	switch {
	case l.live|l.pending.n|l.idles.active|l.closings.n|l.due.n != 0 || !l.goesOn():
		return 0
	case l.timers.len() > 0:
		return time.Duration(max(l.timers.keys[0].when-l.clock(), 0))
	}
	return -1
}

// park waits for the inbox, or until timeout has passed if it is positive.
func (l *Loop) park(timeout time.Duration, meter *meter) {
	if meter != nil {
		meter.enter(meterIdle, l.clock())
	}
	// Who is about to post gets to do so first: a turn of the scheduler costs
	// less than to park and be woken (a round trip of posts took 20 to 40 %
	// less).
	runtime.Gosched()
	if l.inbox.park(l.goesOn) {
		l.sleep(timeout)
	}
	l.now = l.clock()
	if meter != nil {
		meter.enter(meterBusy, l.now)
	}
}

// sleep waits until someone takes the inbox's parked flag back, or takes it back
// itself when timeout has passed.
func (l *Loop) sleep(timeout time.Duration) {
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

// call runs one callback and then what it left for right afterwards. After a
// panic that a handler took, that waits for the next callback's turn or the end
// of the phase: Node 20 does the same for timers and immediates
// (test-timers-immediate-queue-throw.js).
func (l *Loop) call(fn func()) {
	if l.invoke(fn) {
		l.settle()
	}
}

// callEvent is call for an event, under its request's context if it has one.
func (l *Loop) callEvent(ev event) {
	switch ev.(type) {
	case *arrival, *deferral:
		ev.run()
		return
	}
	if l.noting {
		l.begun(ev.note())
	}
	if l.invokeEvent(ev) {
		l.settle()
	}
	l.ctx = nil
}
