package effect

import (
	"go/constant"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// A component is a set of functions of one package that may call each other.
type component struct {
	members []*ssa.Function // by name
	cyclic  bool
}

// componentOf returns the component of fn: Tarjan's strongly connected
// components over the functions that each function mentions.
func (p *Package) componentOf(fn *ssa.Function) *component {
	if p.scc == nil {
		p.scc = map[*ssa.Function]*component{}
		t := tarjan{pkg: p, index: map[*ssa.Function]int{}, low: map[*ssa.Function]int{}, on: map[*ssa.Function]bool{}}
		for _, f := range p.order {
			if _, ok := t.index[f]; !ok {
				t.visit(f)
			}
		}
	}
	if c := p.scc[fn]; c != nil {
		return c
	}
	c := &component{members: []*ssa.Function{fn}}
	p.scc[fn] = c
	return c
}

type tarjan struct {
	pkg   *Package
	index map[*ssa.Function]int
	low   map[*ssa.Function]int
	on    map[*ssa.Function]bool
	stack []*ssa.Function
}

func (t *tarjan) visit(fn *ssa.Function) {
	t.index[fn] = len(t.index)
	t.low[fn] = t.index[fn]
	t.stack = append(t.stack, fn)
	t.on[fn] = true
	self := false
	for _, g := range t.pkg.mentions(fn) {
		if g == fn {
			self = true
		}
		if _, ok := t.index[g]; !ok {
			t.visit(g)
			t.low[fn] = min(t.low[fn], t.low[g])
		} else if t.on[g] {
			t.low[fn] = min(t.low[fn], t.index[g])
		}
	}
	if t.low[fn] != t.index[fn] {
		return
	}
	c := &component{}
	for {
		g := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.on[g] = false
		c.members = append(c.members, g)
		t.pkg.scc[g] = c
		if g == fn {
			break
		}
	}
	c.cyclic = self || len(c.members) > 1
	slices.SortFunc(c.members, func(a, b *ssa.Function) int {
		return strings.Compare(SSASym(a).Name, SSASym(b).Name)
	})
}

// mentions returns the functions of the package that fn calls, refers to, or
// puts into an interface by their type.
func (p *Package) mentions(fn *ssa.Function) []*ssa.Function {
	var out []*ssa.Function
	add := func(g *ssa.Function) {
		sym := SSASym(g)
		if b := p.body(sym); b != nil {
			out = append(out, b)
		}
	}
	var space [16]*ssa.Value
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			for _, op := range instr.Operands(space[:0]) {
				if g, ok := (*op).(*ssa.Function); ok {
					add(g)
				}
			}
			if mi, ok := instr.(*ssa.MakeInterface); ok {
				p.methodsOf(mi, add)
			}
		}
	}
	for _, anon := range fn.AnonFuncs {
		add(anon)
	}
	return out
}

// methodsOf calls add for the methods that mi makes callable through its
// interface, where this package declares them.
func (p *Package) methodsOf(mi *ssa.MakeInterface, add func(*ssa.Function)) {
	t, _ := deref(mi.X.Type())
	named, ok := t.(*types.Named)
	if !ok || named.Obj().Pkg() != p.unit.Types {
		return
	}
	if iface, ok := mi.Type().Underlying().(*types.Interface); !ok || iface.Empty() || typeName(mi.Type()) != nil && typeName(mi.Type()).Pkg() == nil {
		return
	}
	for i := range named.NumMethods() {
		if fn := p.ssa.Prog.FuncValue(named.Method(i).Origin()); fn != nil {
			add(fn)
		}
	}
}

// liveBlocks returns the blocks of fn that this build can reach: a branch on a
// constant, such as runtime.GOOS == "linux", goes one way only.
func liveBlocks(fn *ssa.Function) map[*ssa.BasicBlock]bool {
	live := map[*ssa.BasicBlock]bool{}
	var visit func(*ssa.BasicBlock)
	visit = func(b *ssa.BasicBlock) {
		if live[b] {
			return
		}
		live[b] = true
		succs := b.Succs
		if branch, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If); ok {
			if c, ok := branch.Cond.(*ssa.Const); ok && c.Value != nil && c.Value.Kind() == constant.Bool {
				if constant.BoolVal(c.Value) {
					succs = succs[:1]
				} else {
					succs = succs[1:]
				}
			}
		}
		for _, s := range succs {
			visit(s)
		}
	}
	if len(fn.Blocks) > 0 {
		visit(fn.Blocks[0])
	}
	if fn.Recover != nil {
		visit(fn.Recover)
	}
	return live
}
