package poolsaturation

// Pools made by hand: goroutines that range over a channel. What is sent on the
// channel is a task, or the input of one: then what the goroutine does between
// two receives is the task.

import (
	"slices"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// A crew is the goroutines that one go statement starts to range over a channel.
type crew struct {
	pkg  *effect.Package
	in   effect.Sym    // the function that starts them
	on   effect.Values // the channel
	many effect.Many
	fn   effect.Sym
	ops  []effect.Op
	at   effect.Op // the go statement
}

// hire lists the crews that p starts.
func (c *checker) hire(p *effect.Package) {
	for _, fn := range p.Functions() {
		if !p.Starts(fn) {
			continue
		}
		in := effect.SSASym(fn)
		for _, o := range p.AllOps(fn) {
			if o.Verb != effect.Start || o.Where != effect.HereOp || lastHop(o).In != in {
				continue
			}
			for _, v := range c.prog.Runs(in, o.Task) {
				if !c.receives(v.Sym) {
					continue
				}
				res := c.prog.ResolveTask(in, v, o.Args)
				for _, w := range res.Ops {
					if w.Verb == effect.Endless && w.Note == effect.ReceiveLoop && !w.Signal && w.Path.Next == nil && len(w.On) == 1 {
						c.crews = append(c.crews, &crew{p, in, w.On, o.Many, v.Sym, res.Ops, o})
					}
				}
			}
		}
	}
}

// receives reports whether a function has a receive loop of its own.
func (c *checker) receives(sym effect.Sym) bool {
	p := c.prog.Package(sym.Pkg)
	if p == nil {
		return false
	}
	fn := p.Function(sym)
	return fn != nil && slices.ContainsFunc(p.AllOps(fn), func(o effect.Op) bool {
		return o.Verb == effect.Endless && o.Note == effect.ReceiveLoop && o.Path.Next == nil
	})
}

// byHand reports whether a submit is a send on a channel.
func byHand(s submit) bool {
	return lastHop(s.op).Edge == effect.Primitive
}

// lastHop returns where an operation itself stands.
func lastHop(o effect.Op) effect.Hop {
	hops := o.Path.Hops()
	return hops[len(hops)-1]
}

// crewOf returns the goroutines that run what is sent on a channel, or nil.
func (c *checker) crewOf(s submit) *crew {
	for _, w := range c.crews {
		if c.same(s.in, c.prog.Supplied(s.in, s.on), w.in, w.on) != different {
			return w
		}
	}
	return nil
}

// finishes reports whether the goroutines themselves, rather than what they are
// sent, let go on who waits for on.
func (w *crew) finishes(c *checker, in effect.Sym, on effect.Values) relation {
	best := different
	for _, o := range w.ops {
		if o.Verb == effect.Finish && o.Where == effect.HereOp {
			best = max(best, c.same(w.in, o.On, in, on))
		}
	}
	return best
}

// crew reports what the goroutines of a crew wait for that only they can do:
// room in the channel that they empty, and replies that they give.
func (c *checker) crew(w *crew) {
	t := &task{submit: submit{pkg: w.pkg, in: w.in, op: w.at, on: w.on}, fn: w.fn}
	for _, o := range w.ops {
		if o.Where != effect.HereOp {
			continue
		}
		says := report.OwnPool
		switch {
		case o.Verb == effect.Finish && o.Path.Edge != effect.Deferred && sends(o) && c.same(w.in, o.On, w.in, w.on) != different:
			says = report.OwnWorker
		case o.Verb == effect.Await && c.same(w.in, o.On, w.in, w.on) == different && !c.fedElsewhere(w, o) &&
			slices.ContainsFunc(w.ops, func(f effect.Op) bool {
				return f.Verb == effect.Finish && f.Where == effect.HereOp && f.Path.Edge != effect.Deferred && c.same(w.in, f.On, w.in, o.On) != different
			}):
		default:
			continue
		}
		c.report(t, "selfwait", says, contract.Warning, maybe, o, nil)
	}
}

// sends reports whether an operation is a send, rather than a close.
func sends(o effect.Op) bool {
	hops := o.Path.Hops()
	return hops[len(hops)-1].Callee == "a channel send"
}

// fedElsewhere reports whether a goroutine that the crew starts ends its wait.
func (c *checker) fedElsewhere(w *crew, wait effect.Op) bool {
	return slices.ContainsFunc(w.ops, func(o effect.Op) bool {
		return o.Verb == effect.Finish && o.Where == effect.AwayOp && c.same(w.in, o.On, w.in, wait.On) != different
	})
}
