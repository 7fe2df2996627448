package poolsaturation

import (
	"slices"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// manyTasks is how many tasks from one place are a flood whatever they do: two
// hundred and fifty times the workers of a pool of the usual size.
const manyTasks = 1000

// forever reports what a task does not come back from.
func (c *checker) forever(t *task) {
	add := func(f report.Finding) {
		f.Says = report.Forever
		if n := c.workers(t.submit); n > 0 && t.op.Many > 0 {
			f.Started, f.Workers = int(t.op.Many), n
		}
		c.add(f)
	}
	seen := map[effect.Pos]bool{}
	for _, o := range t.res.Ops {
		if o.Verb != effect.Endless || o.Where != effect.HereOp {
			continue
		}
		if o.Note == effect.ReceiveLoop && o.May && (len(o.On) == 0 || c.prog.Closes(t.in.Pkg, o.On)) {
			continue // it ends when whoever sends closes the channel
		}
		seen[o.Sink().Pos] = true
		add(c.finding(t, "forever", contract.Warning, o))
	}
	for _, e := range t.res.Effects {
		if e.Kind == contract.Forever && !seen[e.Sink()] && e.Bound == 0 && e.Level >= contract.Warning {
			add(c.effectFinding(t, "forever", contract.Warning, e))
		}
	}
}

// effectFinding is finding for an effect of the task.
func (c *checker) effectFinding(t *task, rule string, level contract.Level, e effect.Effect) report.Finding {
	f := report.Finding{
		Category: "pool-" + rule, Kind: e.Kind, Level: level, May: e.May,
		Callback: t.fn, CallbackPos: c.prog.PosOf(t.fn),
		Registration: "task of " + c.submitName(t.submit), RegistrationPos: t.op.Sink().Pos,
		Path: e.Path.Hops(),
	}
	f.Sink = max(0, slices.IndexFunc(f.Path, func(h effect.Hop) bool { return h.Pos == e.Sink() }))
	return f
}

// kernel reports waits on a worker for which the runtime has an asynchronous way.
func (c *checker) kernel(t *task) {
	for _, e := range t.res.Effects {
		if slices.Contains(t.op.Kernel, e.Kind) && e.Level >= contract.Warning {
			f := c.effectFinding(t, "kernel", contract.Info, e)
			f.Says = report.Network
			c.add(f)
		}
	}
}

// partition reports tasks that compute on all of their input at once, beside
// short ones on the same pool. How long the loops of other modules take is not told
// by their shape: most are over what is small.
func (c *checker) partition(t *task) {
	var grow []effect.Op
	for _, o := range t.res.Ops {
		if o.Verb == effect.Grow && o.Size > 1 && o.Where == effect.HereOp && within(lastHop(o).Pos.Pkg, t.pkg.Module) {
			grow = append(grow, o)
		}
	}
	if len(grow) == 0 || !slices.ContainsFunc(c.tasks, func(u *task) bool { return u.fn != t.fn && c.same(t.in, t.on, u.in, u.on) != different && short(u) }) {
		return
	}
	for _, o := range grow {
		f := c.finding(t, "partition", contract.Info, o)
		f.Says = report.Computes
		c.add(f)
	}
}

// short reports whether a task neither computes on all of its input nor stays.
func short(t *task) bool {
	return !slices.ContainsFunc(t.res.Ops, func(o effect.Op) bool {
		return o.Where == effect.HereOp && (o.Verb == effect.Grow && o.Size > 1 || o.Verb == effect.Endless)
	})
}

// fanout reports submits for each element of an input of any length.
func (c *checker) fanout() {
	for _, s := range c.submits {
		if s.op.Where == effect.InnerOp || byHand(s) || s.op.Many > 0 && s.op.Many <= manyTasks || s.op.Waits || c.blocks(s) || s.op.Limited {
			continue
		}
		if s.op.Blocks && !s.op.IfBounded || c.paced(s) || c.private(s) {
			continue
		}
		level := contract.Info
		if s.op.Many != effect.ForInput {
			level = contract.Warning
		}
		f := report.Finding{
			Category: "pool-fanout", Level: level, May: true, Says: report.Submits,
			Callback: s.in, CallbackPos: c.prog.PosOf(s.in), Registration: strings.TrimSuffix(s.in.Name, "$"), RegistrationPos: c.prog.PosOf(s.in),
			Path: s.op.Path.Hops(),
		}
		f.Sink = max(0, slices.IndexFunc(f.Path, func(h effect.Hop) bool { return h.Pos == s.op.Sink().Pos }))
		c.add(f)
	}
}

// private reports whether the pool of a submit for each element of an input was made
// for that, in a function that waits for all of them: no other task stands behind
// these, and what they are about is in memory already.
func (c *checker) private(s submit) bool {
	if s.op.Many != effect.ForInput || len(s.on) == 0 {
		return false
	}
	made, _, _, ok := s.on[0].Site()
	if !ok || slices.ContainsFunc(s.on, func(v effect.Value) bool {
		in, _, _, _ := v.Site()
		return v.Op != effect.Object || in != made
	}) {
		return false
	}
	p := c.prog.Package(made.Pkg)
	if p == nil || p.Function(made) == nil {
		return false
	}
	return slices.ContainsFunc(p.AllOps(p.Function(made)), func(o effect.Op) bool {
		return o.Verb == effect.Await && o.Where == effect.HereOp && c.same(made, o.On.Pool(), made, s.on) == certain
	})
}

// paced reports whether the function that submits waits as often as it does.
func (c *checker) paced(s submit) bool {
	fn := s.pkg.Function(s.in)
	return fn != nil && waitsIn(s.pkg.AllOps(fn), s.op.Lap)
}

// waitsIn reports whether one of the operations of a function waits in each lap of
// a loop.
func waitsIn(ops []effect.Op, lap effect.Pos) bool {
	return slices.ContainsFunc(ops, func(o effect.Op) bool {
		return (o.Verb == effect.Await || o.Verb == effect.Acquire) && o.Where == effect.HereOp && o.Lap == lap
	})
}
