package poolsaturation

// What belongs to the loop. Between a task and a callback nothing orders two
// writes to one variable but the submit, which comes before the task, and the
// after callback, which comes behind it. Writes under a mutex are left alone.

import (
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// affinity reports what a task does that only the loop may.
func (c *checker) affinity(t *task) {
	for _, o := range t.res.Ops {
		if o.Verb == effect.LoopOnly && o.Where == effect.HereOp {
			c.report(t, "affinity", report.LoopOnly, contract.Warning, certain, o, nil)
		}
	}
	fn := t.pkg.Function(t.fn)
	if fn == nil {
		return
	}
	after := c.after(t)
	for _, w := range t.pkg.Writes(fn) {
		other, ok := c.writtenOnLoop(t, w, after)
		if !ok {
			continue
		}
		f := report.Finding{
			Category: "pool-affinity", Level: contract.Warning, May: true, Says: report.Written,
			Callback: t.fn, CallbackPos: c.prog.PosOf(t.fn),
			Registration: "task of " + c.submitName(t.submit), RegistrationPos: t.op.Sink().Pos,
			Path: w.Path, Sink: len(w.Path) - 1, Must: other.Path,
		}
		c.add(f)
	}
}

// after returns the callbacks that the submit of t itself registers: they run
// when the task is done.
func (c *checker) after(t *task) map[effect.Sym]bool {
	out := map[effect.Sym]bool{}
	for _, r := range c.roots(t.pkg) {
		if r.Pos == t.op.Path.Pos {
			out[r.Func] = true
		}
	}
	return out
}

// writtenOnLoop returns a write to the same variable by a callback that nothing
// orders after the task.
func (c *checker) writtenOnLoop(t *task, w effect.Write, after map[effect.Sym]bool) (effect.Write, bool) {
	for _, r := range c.roots(t.pkg) {
		fn := t.pkg.Function(r.Func)
		if fn == nil || after[r.Func] || r.Func == t.fn {
			continue
		}
		for _, v := range t.pkg.Writes(fn) {
			if v.Of != w.Of || v.Variable != w.Variable {
				continue
			}
			if r.Func == t.in && !follows(fn, v.Instr, t.op.Path.Pos, t.pkg) {
				continue // before the submit
			}
			if w.Of != nil && effect.SSASym(w.Of.Parent()) == t.fn && !follows(w.Of.Parent(), w.Instr, r.Pos, t.pkg) {
				continue // the task's own, before it posts the callback
			}
			return v, true
		}
	}
	return effect.Write{}, false
}

// follows reports whether an instruction may run after the call at a place of
// the same function.
func follows(fn *ssa.Function, instr ssa.Instruction, at effect.Pos, p *effect.Package) bool {
	for _, b := range fn.Blocks {
		for i, x := range b.Instrs {
			call, ok := x.(*ssa.Call)
			if !ok || p.CallPos(call) != at {
				continue
			}
			if slices.Contains(b.Instrs[i:], instr) {
				return true
			}
			return b != instr.Block() && reaches(b, instr.Block())
		}
	}
	return true
}

func reaches(from, to *ssa.BasicBlock) bool {
	seen := map[*ssa.BasicBlock]bool{}
	var visit func(*ssa.BasicBlock) bool
	visit = func(b *ssa.BasicBlock) bool {
		return slices.ContainsFunc(b.Succs, func(s *ssa.BasicBlock) bool {
			if s == to {
				return true
			}
			if seen[s] {
				return false
			}
			seen[s] = true
			return visit(s)
		})
	}
	return visit(from)
}
