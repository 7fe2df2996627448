package loop_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A program is read from bytes by the callbacks as they run: each reads how many
// things it does, and which. So as long as a loop and the model run the callbacks
// in the same order, they run the same program.
type program struct {
	data  []byte
	next  int   // identity of the next callback
	trace []int // callbacks in the order in which they ran
}

// An api is what a program needs of a loop. Timers, immediates and watchers are
// numbered in the order in which they were made.
type api interface {
	tick(fn func())
	microtask(fn func())
	immediate(fn func())
	post(fn func())
	timer(d time.Duration, repeat bool, fn func())
	stopTimer(i int)
	resetTimer(i int, d time.Duration)
	stopImmediate(i int)
	watcher(kind int, fn func())
	stopWatcher(i int)
	sleep(d time.Duration)
	stop()
}

func (p *program) byte() int {
	if len(p.data) == 0 {
		return 0
	}
	b := p.data[0]
	p.data = p.data[1:]
	return int(b)
}

// callback returns a callback with an identity of its own.
func (p *program) callback(a api) func() {
	p.next++
	id := p.next
	return func() {
		p.trace = append(p.trace, id)
		if len(p.data) == 0 {
			a.stop() // intervals and watchers would go on
			return
		}
		for range p.byte() % 4 {
			p.step(a)
		}
	}
}

func (p *program) step(a api) {
	op, arg := p.byte()%14, p.byte()
	d := time.Duration(arg%4) * time.Millisecond
	switch op {
	case 0:
		a.tick(p.callback(a))
	case 1:
		a.microtask(p.callback(a))
	case 2, 3:
		a.immediate(p.callback(a))
	case 4, 5:
		a.timer(d, false, p.callback(a))
	case 6:
		a.timer(d+time.Millisecond, true, p.callback(a))
	case 7:
		a.post(p.callback(a))
	case 8:
		a.stopTimer(arg)
	case 9:
		a.resetTimer(arg/4, d)
	case 10:
		a.stopImmediate(arg)
	case 11:
		a.watcher(arg%3, p.callback(a))
	case 12:
		a.stopWatcher(arg)
	case 13:
		a.sleep(d)
	}
}

// realLoop is the api of a loop.
type realLoop struct {
	*loop.Loop
	timers     []*loop.Timer
	immediates []loop.Immediate
	watchers   []*loop.Watcher
}

func (r *realLoop) tick(fn func())        { r.NextTick(fn) }
func (r *realLoop) microtask(fn func())   { r.QueueMicrotask(fn) }
func (r *realLoop) post(fn func())        { r.Post(fn) }
func (r *realLoop) immediate(fn func())   { r.immediates = append(r.immediates, r.SetImmediate(fn)) }
func (r *realLoop) sleep(d time.Duration) { time.Sleep(d) }
func (r *realLoop) stop()                 { r.Stop() }

func (r *realLoop) timer(d time.Duration, repeat bool, fn func()) {
	if repeat {
		r.timers = append(r.timers, r.SetInterval(d, fn))
	} else {
		r.timers = append(r.timers, r.SetTimeout(d, fn))
	}
}

func (r *realLoop) stopTimer(i int) {
	if len(r.timers) > 0 {
		r.timers[i%len(r.timers)].Stop()
	}
}

func (r *realLoop) resetTimer(i int, d time.Duration) {
	if len(r.timers) > 0 {
		r.timers[i%len(r.timers)].Reset(d)
	}
}

func (r *realLoop) stopImmediate(i int) {
	if len(r.immediates) > 0 {
		r.immediates[i%len(r.immediates)].Stop()
	}
}

func (r *realLoop) watcher(kind int, fn func()) {
	w := [...]func(func()) *loop.Watcher{r.NewIdle, r.NewPrepare, r.NewCheck}[kind](fn)
	w.Start()
	r.watchers = append(r.watchers, w)
}

func (r *realLoop) stopWatcher(i int) {
	if len(r.watchers) > 0 {
		r.watchers[i%len(r.watchers)].Stop()
	}
}

// model is the loop's phases, written down as plainly as they can be.
type model struct {
	clock      time.Duration
	stopped    bool
	ticks      []func()
	microtasks []func()
	posts      []func()
	immediates []*modelEntry
	made       []*modelEntry // immediates by number
	timers     []*modelTimer
	limit      *modelTimer
	seq        int
	watchers   []*modelEntry
}

type modelEntry struct {
	kind int // of a watcher
	fn   func()
	on   bool
	ran  bool // of an immediate
}

type modelTimer struct {
	when, repeat time.Duration
	seq          int
	on           bool
	unref        bool
	fn           func()
}

func (m *model) tick(fn func())        { m.ticks = append(m.ticks, fn) }
func (m *model) microtask(fn func())   { m.microtasks = append(m.microtasks, fn) }
func (m *model) post(fn func())        { m.posts = append(m.posts, fn) }
func (m *model) sleep(d time.Duration) { m.clock += d }
func (m *model) stop()                 { m.stopped = true }

func (m *model) immediate(fn func()) {
	e := &modelEntry{fn: fn, on: true}
	m.immediates = append(m.immediates, e)
	m.made = append(m.made, e)
}

func (m *model) stopImmediate(i int) {
	if len(m.made) > 0 {
		m.made[i%len(m.made)].on = false
	}
}

func (m *model) timer(d time.Duration, repeat bool, fn func()) {
	t := &modelTimer{fn: fn}
	if repeat {
		t.repeat = d
	}
	m.timers = append(m.timers, t)
	m.arm(t, d)
}

func (m *model) arm(t *modelTimer, d time.Duration) {
	m.seq++
	t.when, t.seq, t.on = m.clock+d, m.seq, true
}

func (m *model) stopTimer(i int) {
	if len(m.timers) > 0 {
		m.timers[i%len(m.timers)].on = false
	}
}

func (m *model) resetTimer(i int, d time.Duration) {
	if len(m.timers) > 0 {
		m.arm(m.timers[i%len(m.timers)], d)
	}
}

func (m *model) watcher(kind int, fn func()) {
	m.watchers = append(m.watchers, &modelEntry{kind: kind, fn: fn, on: true})
}

func (m *model) stopWatcher(i int) {
	if len(m.watchers) > 0 {
		m.watchers[i%len(m.watchers)].on = false
	}
}

func (m *model) settle() {
	for len(m.ticks)+len(m.microtasks) > 0 {
		for len(m.ticks) > 0 {
			fn := m.ticks[0]
			m.ticks = m.ticks[1:]
			fn()
		}
		for len(m.microtasks) > 0 {
			fn := m.microtasks[0]
			m.microtasks = m.microtasks[1:]
			fn()
		}
	}
}

func (m *model) call(fn func()) {
	fn()
	m.settle()
}

func (m *model) runTimers() {
	type due struct {
		t   *modelTimer
		seq int
	}
	var dues []due
	for _, t := range append(m.timers, m.limit) {
		if t.on && t.when <= m.clock {
			dues = append(dues, due{t, t.seq})
		}
	}
	slices.SortFunc(dues, func(a, b due) int {
		if a.t.when != b.t.when {
			return int(a.t.when - b.t.when)
		}
		return a.seq - b.seq
	})
	for _, d := range dues {
		if !d.t.on || d.t.seq != d.seq {
			continue
		}
		d.t.on = false
		if d.t.repeat > 0 {
			m.arm(d.t, d.t.repeat)
		}
		m.call(d.t.fn)
	}
}

func (m *model) runWatchers(kind int) {
	for _, w := range m.watchers[:len(m.watchers):len(m.watchers)] {
		if w.kind == kind && w.on {
			m.call(w.fn)
		}
	}
}

// next returns the nearest timer.
func (m *model) next() *modelTimer {
	next := m.limit
	for _, t := range m.timers {
		if t.on && t.when < next.when {
			next = t
		}
	}
	return next
}

func (m *model) liveImmediates() bool {
	return slices.ContainsFunc(m.immediates, func(e *modelEntry) bool { return e.on })
}

func (m *model) watching(kind int) bool {
	return slices.ContainsFunc(m.watchers, func(w *modelEntry) bool { return w.on && (kind < 0 || w.kind == kind) })
}

func (m *model) alive() bool {
	return len(m.posts) > 0 || m.liveImmediates() || m.watching(-1) ||
		slices.ContainsFunc(m.timers, func(t *modelTimer) bool { return t.on && !t.unref })
}

// run returns when nothing is left or when it was stopped.
func (m *model) run() {
	m.settle()
	if !m.stopped && m.alive() {
		m.runTimers()
	}
	for !m.stopped && m.alive() {
		m.runWatchers(0)
		m.runWatchers(1)
		if len(m.posts) == 0 && !m.liveImmediates() && !m.watching(0) && !m.stopped && m.alive() {
			m.clock = max(m.clock, m.next().when)
		}
		posts := m.posts
		m.posts = nil
		for _, fn := range posts {
			m.call(fn)
		}
		immediates := m.immediates
		m.immediates = nil
		for _, e := range immediates {
			if e.on {
				e.on = false
				m.call(e.fn)
			}
		}
		m.runWatchers(2)
		m.runTimers()
	}
}

// compare runs the program that data is on a loop and on the model.
func compare(t *testing.T, data []byte) {
	want := &program{data: data}
	m := new(model)
	// What waits without end is stopped after an hour, here and below. The
	// program cannot reach this timer: it counts its own.
	limit := &modelTimer{unref: true, fn: m.stop}
	m.arm(limit, time.Hour)
	m.limit = limit
	want.callback(m)()
	m.run()
	for name, opts := range map[string][]loop.Option{
		"bare": nil,
		"watched": {
			loop.WithMetrics(), loop.WithOrigins(), loop.WithPanicHandler(func(*loop.PanicError) {}),
			loop.WithWatchdog(time.Minute, func(*loop.Stall) {}),
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			got := &program{data: data}
			r := &realLoop{Loop: loop.New(opts...)}
			r.SetTimeout(time.Hour, r.Stop).Unref()
			got.callback(r)()
			run(t, r.Loop)
			trace := slices.Clone(got.trace) // Close may run more
			r.Close(t.Context())
			if !slices.Equal(trace, want.trace) {
				t.Errorf("the %s loop ran\n\t%v\nthe model\n\t%v\nfor % x", name, trace, want.trace, data)
			}
		})
	}
}

func FuzzProgram(f *testing.F) {
	f.Add([]byte{3, 2, 0, 4, 0, 7, 0, 3, 0, 0, 1, 0, 2, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			t.Skip("long programs find nothing that short ones do not")
		}
		compare(t, data)
	})
}

func TestRandomProgramsRunAsThePlainModelDoes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		data := make([]byte, rnd.IntN(100))
		for i := range data {
			data[i] = byte(rnd.UintN(256))
		}
		compare(t, data)
		if t.Failed() {
			return
		}
	}
}
