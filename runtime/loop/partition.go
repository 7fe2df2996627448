package loop

import (
	"context"
	"slices"
	"time"
)

// A Computation is what [Partition] runs. It is a [Handle] that keeps the loop alive,
// referenced or not, and closes itself when it has ended. All methods are loop-only.
type Computation struct {
	*handle // that of ext
	ext     External
	ctx     context.Context
	budget  time.Duration
	step    func() (bool, error)
	after   func(error)
	err     error
}

// Partition computes on the loop, in slices, and lets all else run in between: it
// calls step again and again, for as long as budget in each turn, until step reports
// that there is no more to do or returns an error. Then it calls after, once, with the
// error.
//
// A slice begins in poll and ends with the first step that leaves nothing of the
// budget, so that the loop is held for the budget and one step more: a step should
// take a small part of it. What a step leaves for right after the callback, a tick for
// one, runs after the slice. Several computations share the budgets: each turn has a
// slice of one of them, in turns.
//
// If ctx ends, after gets its error instead of the next slice, and if the computation
// is closed or a step panics, [ErrCanceled]. after is called in the closing phase,
// before the function of OnClose. [Loop.Context] returns ctx in all these callbacks.
//
// That is for what must touch the loop's own state, or is too short to be worth a
// worker (the Node.js guide "Don't Block the Event Loop", Partitioning): it uses the
// loop's processor and no other. Everything else computes in [QueueWork], in
// [pool.CPU]. Partition panics if step or after is nil or budget is not positive.
//
//loopvet:loop step after
//loopvet:looponly
//loopvet:nonblocking
func Partition(
	ctx context.Context, l *Loop, budget time.Duration, step func() (more bool, err error), after func(error),
) *Computation {
	if step == nil || after == nil {
		panic("loop: Partition: nil callback")
	}
	if budget <= 0 {
		panic("loop: Partition: budget is not positive")
	}
	c := &Computation{ctx: ctx, budget: budget, step: step, after: after}
	c.handle = &c.ext.handle
	c.ext.Init(l, c, (*computationDriver)(c))
	c.ext.SetActive(true)
	l.computations = append(l.computations, c)
	l.nextSlice()
	return c
}

// nextSlice has the first of the computations get the next turn's slice.
func (l *Loop) nextSlice() {
	if len(l.computations) > 0 {
		l.computations[0].ext.Arrive()
	}
}

// Close ends the computation.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Computation) Close() { c.end(ErrCanceled) }

// end ends the computation, all but the callbacks.
func (c *Computation) end(err error) {
	if !c.ext.Shut() {
		return
	}
	c.err = err
	l := c.l
	i := slices.Index(l.computations, c)
	l.computations = slices.Delete(l.computations, i, i+1)
	l.nextSlice()
}

// computationDriver is a Computation as the loop sees it.
type computationDriver Computation

func (d *computationDriver) Kind() string { return "computation" }
func (d *computationDriver) Deferred()    {}

// Arrived runs a slice.
func (d *computationDriver) Arrived() {
	c := (*Computation)(d)
	if err := c.ctx.Err(); err != nil {
		c.end(err)
		return
	}
	s := slice{c: c}
	defer func() {
		if !s.returned {
			c.end(ErrCanceled) // it panicked
		}
		if !c.closing {
			l := c.l
			copy(l.computations, l.computations[1:])
			l.computations[len(l.computations)-1] = c
			l.nextSlice()
		}
	}()
	c.ext.Call(&s)
}

func (d *computationDriver) Closed() {
	c := (*Computation)(d)
	c.ext.Call(&computed{c})
}

// slice is the callback that computes.
type slice struct {
	c        *Computation
	returned bool
}

func (s *slice) Run() {
	c := s.c
	end := c.l.clock() + int64(c.budget)
	for !c.closing {
		more, err := c.step()
		if err != nil || !more {
			c.end(err)
		} else if c.l.clock() >= end {
			break
		}
	}
	s.returned = true
}

func (s *slice) Func() any                { return s.c.step }
func (s *slice) Context() context.Context { return s.c.ctx }

// computed is the callback of the end.
type computed struct{ c *Computation }

func (e *computed) Run()                     { e.c.after(e.c.err) }
func (e *computed) Func() any                { return e.c.after }
func (e *computed) Context() context.Context { return e.c.ctx }
