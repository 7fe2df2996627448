package loop_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A socket is a handle of another package.
type socket struct {
	loop.External
	tr       *trace
	requests int  // that are under way
	boom     bool // the next one that is cancelled panics
}

func newSocket(l *loop.Loop, tr *trace) *socket {
	s := &socket{tr: tr}
	s.Init(l, s, (*socketDriver)(s))
	return s
}

func (s *socket) Close() { s.Shut() }

func (s *socket) request() {
	s.Begin()
	s.requests++
}

type socketDriver socket

func (d *socketDriver) Kind() string { return "socket" }
func (d *socketDriver) Arrived()     { d.Call(step{d.tr, "arrived"}) }
func (d *socketDriver) Deferred()    { d.Call(step{d.tr, "deferred"}) }

func (d *socketDriver) Closed() {
	for d.requests > 0 {
		d.requests--
		d.End()
		d.Call(step{d.tr, "canceled"})
		if d.boom {
			d.boom = false
			panic("boom")
		}
	}
}

// step is a callback that logs.
type step struct {
	tr   *trace
	name string
}

func (s step) Run()                     { s.tr.log(s.name) }
func (s step) Func() any                { return func() {} }
func (s step) Context() context.Context { return nil }

func TestAnExternalHandleIsOneOfTheLoops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New(loop.WithOrigins())
		s := newSocket(l, &tr)
		if got := slices.Collect(l.Handles()); len(got) != 1 || got[0] != loop.Handle(s) {
			t.Errorf("Handles: %v", got)
		}
		if leaks := l.Leaks(); len(leaks) != 1 || leaks[0].Kind != "socket" || leaks[0].State != "inactive" || leaks[0].Origin == "" {
			t.Errorf("Leaks: %v", leaks)
		}
		if l.Alive() {
			t.Error("an inactive handle keeps the loop alive")
		}
		s.SetActive(true)
		if !l.Alive() {
			t.Error("an active handle does not keep the loop alive")
		}
		s.Unref()
		if l.Alive() {
			t.Error("an unreferenced handle keeps the loop alive")
		}
		s.request()
		if !l.Alive() {
			t.Error("a request of an unreferenced handle does not keep the loop alive")
		}
		s.OnClose(tr.add("closed"))
		if err := l.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
		tr.want(t, "canceled closed")
	})
}

func TestArrivalsCoalesceAndDeferredComesInThePendingPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		s := newSocket(l, &tr)
		prepare := started(t, l.NewPrepare(tr.add("prepare")))
		s.Arrive()
		s.Defer()
		s.Arrive()
		s.Defer()
		once(t, l)
		tr.want(t, "deferred prepare arrived")
		prepare.Close()
		s.Arrive()
		s.Defer()
		s.Close()
		once(t, l)
		tr.want(t, "deferred prepare arrived")
		l.Close(t.Context())
	})
}

func TestRunOnceDoesNotWaitIfSomethingWasPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		s := newSocket(l, &tr)
		s.SetActive(true) // so that poll could wait for good
		s.Defer()
		once(t, l)
		tr.want(t, "deferred")
		l.Close(t.Context())
	})
}

func TestRequestsThatAPanicLeavesAreCanceledByTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trace
		l := loop.New()
		s := newSocket(l, &tr)
		s.request()
		s.request()
		s.OnClose(tr.add("closed"))
		s.Close()
		// The tick that panics runs after the first of the two.
		l.SetImmediate(func() { l.NextTick(func() { s.boom = true }) })
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			run(t, l)
		}()
		tr.want(t, "canceled")
		run(t, l)
		tr.want(t, "canceled canceled closed")
		l.Close(t.Context())
	})
}
