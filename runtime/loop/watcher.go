package loop

// A Watcher calls a function in one phase of each turn. It is a prepare, a
// check or an idle watcher; an active idle watcher keeps poll from waiting. All
// methods are loop-only.
type Watcher struct {
	handle
	phase *watchers
	fn    func()
	index int // in phase.list while active
}

// NewPrepare makes a watcher that calls fn right before poll, once started. It
// panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) NewPrepare(fn func()) *Watcher {
	return l.newWatcher("loop: NewPrepare: nil callback", &l.prepares, fn)
}

// NewCheck makes a watcher that calls fn after poll, once started; immediates
// run before it. It panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) NewCheck(fn func()) *Watcher {
	return l.newWatcher("loop: NewCheck: nil callback", &l.checks, fn)
}

// NewIdle makes a watcher that calls fn in every turn, once started, and while
// it is active the loop does not wait in poll. It panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) NewIdle(fn func()) *Watcher {
	return l.newWatcher("loop: NewIdle: nil callback", &l.idles, fn)
}

func (l *Loop) newWatcher(mistake string, phase *watchers, fn func()) *Watcher {
	if fn == nil {
		panic(mistake)
	}
	w := &Watcher{phase: phase, fn: fn}
	l.list(&w.handle, w)
	return w
}

// Start has the callback called from the next turn of the phase on; a watcher
// that is started by another one of its kind does not run in the same pass
// (libuv test-loop-handles.c). Starting an active watcher does nothing. The
// error is [ErrClosed] if the watcher is closing.
//
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) Start() error {
	w.l.check()
	if w.closing {
		return ErrClosed
	}
	if !w.active {
		w.setActive(true)
		w.phase.add(w)
	}
	return nil
}

// Stop has the callback not called any more, in the present pass either. It may
// be started again.
//
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) Stop() {
	w.l.check()
	if w.active {
		w.setActive(false)
		w.phase.remove(w)
	}
}

// Close stops the watcher for good.
//
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) Close() {
	w.Stop()
	w.close(w)
}

// watchers are the active watchers of one phase, in the order in which they
// were started.
type watchers struct {
	list   []*Watcher // nil where one was stopped since the last pass
	active int
}

func (ws *watchers) add(w *Watcher) {
	w.index = len(ws.list)
	ws.list = append(ws.list, w)
	ws.active++
}

func (ws *watchers) remove(w *Watcher) {
	ws.list[w.index] = nil
	ws.active--
}

// run is the phase.
func (ws *watchers) run(l *Loop) {
	if len(ws.list) == 0 {
		return
	}
	if len(ws.list) > ws.active {
		ws.compact()
	}
	for i := range len(ws.list) {
		if w := ws.list[i]; w != nil {
			l.begin(w.origin, notReady)
			l.call(w.fn)
		}
	}
	l.settle()
}

func (ws *watchers) compact() {
	kept := ws.list[:0]
	for _, w := range ws.list {
		if w != nil {
			w.index = len(kept)
			kept = append(kept, w)
		}
	}
	clear(ws.list[len(kept):])
	ws.list = kept
}
