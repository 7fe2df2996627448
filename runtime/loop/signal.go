package loop

import (
	"os"
	"os/signal"
)

// A Signal calls a function on the loop when the process gets a signal. Signals
// are delivered at the end of poll, after everything else that arrived (libuv's
// src/unix/linux.c). It must not be used in a testing/synctest bubble: signals
// come from outside. All methods are loop-only.
type Signal struct {
	handle
	fn    func(os.Signal)
	relay *signalRelay // while active
}

// NewSignal makes a signal handle that calls fn, once started. It panics if fn is
// nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (l *Loop) NewSignal(fn func(os.Signal)) *Signal {
	if fn == nil {
		panic("loop: NewSignal: nil callback")
	}
	s := &Signal{fn: fn}
	l.list(&s.handle, s)
	return s
}

// Start has the callback called for each of the given signals, all of them if
// none is given, in place of those of an earlier Start. What the process did on
// these signals before, it no longer does, as with [signal.Notify]. The error is
// [ErrClosed] if the handle is closing.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *Signal) Start(sigs ...os.Signal) error {
	s.l.check()
	if s.closing {
		return ErrClosed
	}
	s.Stop()
	s.setActive(true)
	s.relay = &signalRelay{s: s, ch: make(chan os.Signal, 16), quit: make(chan struct{})}
	signal.Notify(s.relay.ch, sigs...)
	go s.relay.serve()
	return nil
}

// Stop has the callback not called any more, not even for a signal that has
// arrived. It may be started again.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *Signal) Stop() {
	s.l.check()
	if !s.active {
		return
	}
	s.setActive(false)
	signal.Stop(s.relay.ch)
	close(s.relay.quit)
	s.relay = nil
}

// Close stops the handle for good.
//
//loopvet:looponly
//loopvet:nonblocking
func (s *Signal) Close() {
	s.Stop()
	s.close(s)
}

// A signalRelay is one start of a handle: its goroutine carries signals to the
// loop.
type signalRelay struct {
	s    *Signal
	ch   chan os.Signal
	quit chan struct{}
}

func (r *signalRelay) serve() {
	for {
		select {
		case sig := <-r.ch:
			r.s.l.inbox.putSignal(caught{r, sig, r.s.l.readyNow()})
		case <-r.quit:
			return
		}
	}
}

// caught is a signal on its way to the callback.
type caught struct {
	relay *signalRelay
	sig   os.Signal
	ready int64 // when it came; see note
}

func (c caught) run() {
	if s := c.relay.s; s.relay == c.relay {
		s.fn(c.sig)
	}
}

func (c caught) code() uintptr { return codeOf(c.relay.s.fn) }

func (c caught) note() note { return note{origin: c.relay.s.origin, ready: c.ready} }
