package poolsaturation

// Who waits for whom. A task waits for others through a future, a group, a
// WaitGroup or a channel; the tasks that must run first are those that a future
// names, that a group was given, or that finish what is waited for. This is a
// may analysis, but for the order of a queue: what was submitted earlier has
// been started earlier.

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// A need is a task that must run before a wait ends.
type need struct {
	pool effect.Values
	task effect.Values // nil where not in sight
	at   []effect.Hop  // where it is submitted
	rel  relation      // how certain it is that the wait is for this task
}

// needs returns the tasks that must run before the wait o of a function ends. ops
// are what that function does, in terms of in, as is o.
func (c *checker) needs(in effect.Sym, o effect.Op, ops []effect.Op) []need {
	var out []need
	for _, v := range plain(o.On) {
		if v.Op == effect.Object && v.Note == effect.TheFuture {
			n := need{pool: v.Recv.Pool(), rel: certain}
			if len(v.Free) > 0 {
				n.task = v.Free[0]
			}
			n.at = siteHop(v)
			if len(o.On) > 1 {
				n.rel = maybe
			}
			out = append(out, n)
		}
	}
	if len(out) > 0 {
		return out
	}
	if c.foreign(in, o.On) {
		return nil
	}
	channel := slices.ContainsFunc(plain(o.On), func(v effect.Value) bool { return v.Op == effect.Channel })
	for _, s := range ops {
		if s.Verb != effect.Submit {
			continue
		}
		rel := c.same(in, s.On, in, o.On) // a group
		if rel == different {
			rel = c.finishes(in, s.Task, o.On)
		}
		if rel == different {
			continue
		}
		out = append(out, need{pool: s.On.Pool(), task: s.Task, at: s.Path.Hops(), rel: rel})
	}
	if channel {
		for _, s := range ops {
			if s.Verb == effect.Finish && s.Where == effect.AwayOp && c.same(in, s.On, in, o.On) != different {
				return nil // a goroutine may end the wait
			}
		}
		if c.fedBy(in, o.On) {
			return nil
		}
	}
	return out
}

// foreign reports whether what is waited for, or locked, is in fields and variables
// of other modules or made there, so that it is not known who else ends the wait.
func (c *checker) foreign(in effect.Sym, on effect.Values) bool {
	p, vs := c.prog.Package(in.Pkg), plain(on)
	return p != nil && len(vs) > 0 && !slices.ContainsFunc(vs, func(v effect.Value) bool {
		switch v.Op {
		case effect.Location, effect.Channel, effect.Object:
			return v.Sym.Pkg == "" || within(v.Sym.Pkg, p.Module)
		}
		return true
	})
}

// within reports whether a package is of a module.
func within(pkg, module string) bool {
	rest, ok := strings.CutPrefix(pkg, module)
	return ok && (rest == "" || rest[0] == '/')
}

// fedBy reports whether a function itself, or a goroutine that it starts, sends on
// a channel or closes it.
func (c *checker) fedBy(in effect.Sym, channel effect.Values) bool {
	p := c.prog.Package(in.Pkg)
	if p == nil {
		return false
	}
	fn := p.Function(in)
	return fn != nil && slices.ContainsFunc(p.AllOps(fn), func(o effect.Op) bool {
		return o.Verb == effect.Finish && o.Where != effect.InnerOp && c.same(in, o.On, in, channel) != different
	})
}

// finishes reports whether running the task lets go on who waits for on.
func (c *checker) finishes(in effect.Sym, task, on effect.Values) relation {
	best := different
	for _, v := range c.prog.Runs(in, task) {
		for _, o := range c.prog.ResolveTask(in, v, nil).Ops {
			if o.Verb == effect.Finish {
				best = max(best, c.same(in, o.On, in, on))
			}
		}
	}
	return best
}

// siteHop returns the place of an object as a hop.
func siteHop(v effect.Value) []effect.Hop {
	in, file, line, ok := v.Site()
	if !ok {
		return nil
	}
	n, _ := strconv.Atoi(line)
	return []effect.Hop{{In: in, Pos: effect.Pos{Pkg: in.Pkg, File: file, Line: n}}}
}

// selfwait reports the waits of a task for its own pool.
func (c *checker) selfwait(t *task) {
	for _, o := range t.res.Ops {
		if o.Where != effect.HereOp {
			continue
		}
		switch o.Verb {
		case effect.Await:
			c.selfAwait(t, o)
		case effect.Submit:
			c.selfSubmit(t, o)
		}
	}
}

func (c *checker) selfAwait(t *task, o effect.Op) {
	// Waiting for the pool or group that it is a task of.
	if rel := c.same(t.in, t.op.On, t.in, o.On); rel != different {
		c.report(t, "selfwait", report.OwnPool, c.level(rel == certain && !o.May), rel, o, nil)
		return
	}
	if rel := c.same(t.in, t.on, t.in, withoutFutures(o.On)); rel != different {
		c.report(t, "selfwait", report.OwnPool, c.level(rel == certain && !o.May), rel, o, nil)
		return
	}
	for _, n := range c.needs(t.in, o, t.res.Ops) {
		rel := min(n.rel, c.same(t.in, t.on, t.in, n.pool))
		if rel == different || c.earlier(t, o) {
			continue
		}
		c.report(t, "selfwait", report.OwnPool, c.level(rel == certain && !o.May && c.full(t)), rel, o, n.at)
		return
	}
	if w := c.crewOf(t.submit); byHand(t.submit) && w != nil && w.finishes(c, t.in, o.On) != different {
		c.report(t, "selfwait", report.OwnPool, contract.Warning, maybe, o, nil)
	}
}

// withoutFutures returns what of vs is not the result of a task.
func withoutFutures(vs effect.Values) effect.Values {
	return slices.DeleteFunc(slices.Clone(plain(vs)), func(v effect.Value) bool {
		return v.Op == effect.Object && v.Note == effect.TheFuture
	})
}

// earlier reports whether everything that o waits for was made by the function
// that submits the task, before it did.
func (c *checker) earlier(t *task, o effect.Op) bool {
	for _, v := range plain(o.On) {
		in, file, line, ok := v.Site()
		if v.Op != effect.Object || v.Note != effect.TheFuture || !ok || in != t.in {
			return false
		}
		n, _ := strconv.Atoi(line)
		if at := t.op.Path.Pos; at.File != file || n >= at.Line {
			return false
		}
	}
	return len(o.On) > 0
}

func (c *checker) selfSubmit(t *task, o effect.Op) {
	pool := o.On.Pool()
	rel := c.same(t.in, t.on, t.in, pool)
	if rel == different {
		return
	}
	switch {
	case o.Waits:
		c.report(t, "selfwait", report.OwnPool, c.level(rel == certain && !o.May && c.full(t)), rel, o, nil)
	case c.blocks(submit{t.pkg, t.in, o, pool}):
		c.report(t, "selfwait", report.OwnWorker, c.level(rel == certain && !o.May && c.full(t)), rel, o, nil)
	}
}

// blocks reports whether a submit may wait for room.
func (c *checker) blocks(s submit) bool {
	if !s.op.Blocks {
		return false
	}
	switch {
	case c.all(s, effect.RefusingPool):
		return false
	case s.op.IfBounded:
		vs := c.contents(s.in, c.prog.Supplied(s.in, s.on).Pool())
		return slices.ContainsFunc(vs, func(v effect.Value) bool { return v.Note == effect.BoundPool })
	case s.op.Limited:
		return c.workers(s) != 0
	}
	return true
}

// full reports whether tasks like t are certain to hold every worker of their
// pool at some time: there is one, or as many tasks are submitted at once.
func (c *checker) full(t *task) bool {
	n := c.workers(t.submit)
	many := t.op.Many
	return n == 1 || n > 1 && many >= effect.Many(n)
}

func (c *checker) level(certain bool) contract.Level {
	if certain {
		return contract.Error
	}
	return contract.Warning
}

// report adds a finding with a sentence and the place of the task that must run.
func (c *checker) report(t *task, rule string, says report.Sentence, level contract.Level, rel relation, o effect.Op, must []effect.Hop) {
	f := c.finding(t, rule, level, o)
	f.May = rel < certain || o.May
	f.Says, f.Must = says, must
	c.add(f)
}

// heldlock reports the waits of a task, under a lock, for one that takes it.
func (c *checker) heldlock(t *task) {
	for _, o := range t.res.Ops {
		if o.Where != effect.HereOp || len(o.Held) == 0 || c.foreign(t.in, o.Held) || o.Verb != effect.Await && !(o.Verb == effect.Submit && o.Waits) {
			continue
		}
		needs := c.needs(t.in, o, t.res.Ops)
		if o.Verb == effect.Submit {
			needs = []need{{pool: o.On.Pool(), task: o.Task, at: o.Path.Hops(), rel: certain}}
		}
		for _, n := range needs {
			if c.takes(t, o, n) {
				break
			}
		}
	}
}

// takes reports a wait o for a task n that takes a lock which o is made under,
// or that stands in a queue behind one that does.
func (c *checker) takes(t *task, o effect.Op, n need) bool {
	for _, v := range c.prog.Runs(t.in, n.task) {
		ops := c.prog.ResolveTask(t.in, v, nil).Ops
		var taken *effect.Op
		best := different
		for _, l := range ops {
			if l.Verb != effect.Lock || l.Where != effect.HereOp || l.Shared && reading(o.Held) || c.finishedBefore(t.in, l, o, ops) {
				continue
			}
			rel := c.same(t.in, o.Held, t.in, l.On)
			if l.May {
				rel = min(rel, maybe)
			}
			if rel > best {
				taken, best = &l, rel
			}
		}
		if taken != nil {
			f := c.finding(t, "heldlock", c.level(best == certain && n.rel == certain && !o.May), o)
			f.Says, f.Must, f.Holder, f.May = report.HeldLock, n.at, taken.Path.Hops(), min(best, n.rel) < certain || o.May
			f.Lock = lockName(*taken)
			c.add(f)
			return true
		}
	}
	for _, other := range c.tasks {
		if other == t || other.fn == t.fn || slices.ContainsFunc(n.task, func(v effect.Value) bool { return v.Sym == other.fn }) || c.same(other.in, other.on, t.in, n.pool) == different {
			continue
		}
		for _, l := range other.res.Ops {
			if l.Verb == effect.Lock && l.Where == effect.HereOp && !(l.Shared && reading(o.Held)) && c.same(t.in, o.Held, other.in, l.On) != different {
				f := c.finding(t, "heldlock", contract.Warning, o)
				f.Says, f.Must, f.Holder, f.Lock = report.HeldLock, n.at, l.Path.Hops(), lockName(l)
				c.add(f)
				return true
			}
		}
	}
	return false
}

// reading reports whether all of the mutexes are held for reading.
func reading(held effect.Values) bool {
	return !slices.ContainsFunc(held, func(v effect.Value) bool { return v.Note != effect.ForReading })
}

// finishedBefore reports whether a task with these operations ends the wait
// before it takes the lock.
func (c *checker) finishedBefore(in effect.Sym, lock, wait effect.Op, ops []effect.Op) bool {
	return slices.ContainsFunc(ops, func(o effect.Op) bool {
		if o.Verb != effect.Finish || o.Where != effect.HereOp || o.Path.Edge == effect.Deferred {
			return false
		}
		at, taken := o.Path.Pos, lock.Path.Pos
		return at.Pkg == taken.Pkg && at.File == taken.File && at.Compare(taken) < 0 && c.same(in, o.On, in, wait.On) == certain
	})
}

// lockName returns the field or variable of the mutex that an operation takes.
func lockName(o effect.Op) effect.Sym {
	for _, v := range o.On {
		if v.Op == effect.Location {
			return v.Sym
		}
	}
	return effect.Sym{}
}

// callbacks reports the tasks that wait for a loop one of whose callbacks waits
// for them, and the goroutines that callbacks start without a bound.
func (c *checker) callbacks(p *effect.Package) {
	for _, root := range c.roots(p) {
		res := c.prog.Resolve(root.Registration, p.Module)
		in := root.Func
		for _, o := range res.Ops {
			switch {
			case o.Verb == effect.Await && o.Where == effect.HereOp:
				for _, n := range c.needs(in, o, res.Ops) {
					c.loopWait(root.Loop.Name, p, in, n)
				}
			case c.starts(p, in, o) && o.Where == effect.HereOp && (o.Many < 0 || o.Many > manyTasks) && !waitsIn(res.Ops, o.Lap):
				level := contract.Info
				if o.Many != effect.ForInput {
					level = contract.Warning
				}
				f := report.Finding{
					Category: "pool-fanout", Level: level, May: true, Says: report.Starts,
					Callback: root.Func, CallbackPos: c.prog.PosOf(root.Func), Registration: "callback of " + root.Via, RegistrationPos: root.Pos,
					Path: o.Path.Hops(),
				}
				f.Sink = max(0, slices.IndexFunc(f.Path, func(h effect.Hop) bool { return h.Pos == o.Sink().Pos }))
				c.add(f)
			}
		}
	}
}

// starts reports whether an operation starts a goroutine: go, and what hands a
// task to a group without a limit. What a dependency starts for itself, on the way
// of a call that may well wait for it, is not meant.
func (c *checker) starts(p *effect.Package, in effect.Sym, o effect.Op) bool {
	if o.Sink().Pos != lastHop(o).Pos {
		return false
	}
	return o.Verb == effect.Start || o.Verb == effect.Submit && c.workers(submit{p, in, o, o.On.Pool()}) == 0
}

// loopWait reports where a task that a callback waits for waits for the loop.
func (c *checker) loopWait(loop string, p *effect.Package, in effect.Sym, n need) {
	for _, v := range c.prog.Runs(in, n.task) {
		t := &task{fn: v.Sym, res: c.prog.ResolveTask(in, v, nil)}
		t.submit = submit{pkg: p, in: in, on: n.pool}
		for _, s := range c.submits {
			if slices.ContainsFunc(c.prog.Runs(s.in, s.op.Task), func(w effect.Value) bool { return w.Sym == v.Sym }) {
				t.op = s.op
			}
		}
		if t.op.Path == nil {
			continue
		}
		for _, o := range t.res.Ops {
			if o.Where != effect.HereOp {
				continue
			}
			switch {
			case o.Verb == effect.Post && o.Loop == loop && o.Waits:
				c.report(t, "cycle", report.TheLoop, c.level(!o.May && n.rel == certain), n.rel, o, n.at)
			case o.Verb == effect.Await:
				for _, s := range t.res.Ops {
					if s.Verb == effect.Post && s.Loop == loop && c.finishes(in, s.Task, o.On) != different {
						c.report(t, "cycle", report.TheLoop, c.level(!o.May && n.rel == certain), n.rel, o, n.at)
					}
				}
			}
		}
	}
}

// semaphores reports the slots of a semaphore that are waited for while one is
// held: what runs between acquire and release is a task of that semaphore.
func (c *checker) semaphores(p *effect.Package) {
	for _, fn := range p.Functions() {
		if !p.Takes(fn, c.byHand(p)) {
			continue
		}
		in := effect.SSASym(fn)
		for _, o := range p.AllOps(fn) {
			if o.Verb != effect.Acquire || o.Where != effect.HereOp || c.same(in, o.Under, in, o.On) == different {
				continue
			}
			f := report.Finding{
				Category: "pool-selfwait", Level: contract.Warning, May: true, Says: report.OwnSlot,
				Callback: in, CallbackPos: c.prog.PosOf(in), Registration: "holder of a slot", RegistrationPos: c.prog.PosOf(in),
				Path: o.Path.Hops(),
			}
			f.Sink = max(0, slices.IndexFunc(f.Path, func(h effect.Hop) bool { return h.Pos == o.Sink().Pos }))
			c.add(f)
		}
	}
}
