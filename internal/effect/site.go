package effect

import (
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
)

// A Site is a place where a function may be held up: a call, a channel operation
// or a select.
type Site struct {
	In      Sym
	Pos     Pos
	Go      bool     // it starts a goroutine, which is not waited for
	Dead    bool     // this build never comes here
	Effects []Effect // what the function may do by way of it
	Targets []Target // of a call
	What    string   // of what is no call: "a channel send"
}

// A Target is something that a call may reach.
type Target struct {
	Name     string         // the function, or what holds it
	Symbolic bool           // Name is a parameter or a location
	Contract *contract.Func // what contracts say of it, or nil
	Opaque   bool           // contracts alone decide
	Declared bool           // directives at its declaration decide
	Values   []string       // of a location: the functions known to be there
}

// At returns the sites on a line of a file of the package, in source order. File
// is a base name.
func (p *Package) At(file string, line int) []Site {
	var out []Site
	for _, fn := range p.order {
		live := liveBlocks(fn)
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				at := p.pos(p.callPos(instr.Pos()))
				if at.Line != line || at.File != file {
					continue
				}
				if s, ok := p.siteOf(instr); ok {
					s.In, s.Pos, s.Dead = SSASym(fn), at, !live[b]
					for _, e := range p.summary(fn, false).Effects {
						if e.Path.Pos == at {
							s.Effects = append(s.Effects, e)
						}
					}
					out = append(out, s)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Site) int { return a.Pos.Compare(b.Pos) })
	return out
}

func (p *Package) siteOf(instr ssa.Instruction) (s Site, ok bool) {
	switch instr := instr.(type) {
	case ssa.CallInstruction:
		common := instr.Common()
		if _, ok := common.Value.(*ssa.Builtin); ok {
			return s, false
		}
		_, s.Go = instr.(*ssa.Go)
		var vs Values
		if common.IsInvoke() || common.StaticCallee() == nil {
			vs = p.eval(common.Value)
		}
		for _, t := range p.targets(common, vs, p.evaluator()) {
			s.Targets = append(s.Targets, p.target(t))
		}
		return s, true
	case *ssa.Send:
		s.What = operation[send]
	case *ssa.UnOp:
		if instr.Op != token.ARROW {
			return s, false
		}
		s.What = operation[receive]
	case *ssa.Select:
		s.What = "a select"
		if !instr.Blocking {
			s.What = "a select with a default"
		}
	default:
		return s, false
	}
	return s, true
}

func (p *Package) target(t target) Target {
	if t.symbolic() {
		out := Target{Name: t.what.String(), Symbolic: true}
		if t.method != "" {
			out.Name = t.method + " of " + out.Name
		}
		if t.what.Op == Location {
			for _, v := range p.prog.locationValues(t.what.Sym) {
				out.Values = append(out.Values, strings.TrimPrefix(v.String(), "type "))
			}
		}
		return out
	}
	f, opaque := p.prog.contractOf(t)
	out := Target{Name: t.sym.String(), Contract: f, Opaque: opaque}
	if q := p.prog.Package(t.sym.Pkg); q != nil {
		d := q.Directives[t.sym]
		out.Declared = d != nil && d.Decides()
	}
	return out
}
