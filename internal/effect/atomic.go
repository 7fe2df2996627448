package effect

// Functions and interfaces in an atomic.Pointer or atomic.Value: the field or
// variable it stands in is a location like any other, stored to by Store and
// loaded from by Load.

import (
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"
)

// atomicLoad returns the address of the atomic value that a call loads from, or
// nil.
func atomicLoad(t target) ssa.Value {
	if t.sym.Pkg != "sync/atomic" || len(t.argv) == 0 {
		return nil
	}
	switch t.sym.Name {
	case "(*Pointer).Load", "(*Value).Load", "(*Pointer).Swap", "(*Value).Swap":
		return t.argv[0]
	}
	return nil
}

// atomicStore returns the address of the atomic value that a call stores to, and
// what it stores, or nil.
func atomicStore(common *ssa.CallCommon) (addr, val ssa.Value) {
	callee := common.StaticCallee()
	if callee == nil || len(common.Args) < 2 {
		return nil, nil
	}
	sym := SSASym(callee)
	if sym.Pkg != "sync/atomic" {
		return nil, nil
	}
	switch sym.Name {
	case "(*Pointer).Store", "(*Value).Store", "(*Pointer).Swap", "(*Value).Swap":
		return common.Args[0], common.Args[1]
	case "(*Pointer).CompareAndSwap", "(*Value).CompareAndSwap":
		return common.Args[0], common.Args[2]
	}
	return nil, nil
}

// atomic evaluates what the atomic value at addr holds.
func (e *evaluator) atomic(addr ssa.Value) {
	switch a := addr.(type) {
	case *ssa.FieldAddr:
		e.stored(fieldSym(a.X.Type(), a.Field), a.Type())
	case *ssa.Global:
		e.stored(globalSym(a), a.Type())
	case *ssa.Alloc:
		e.atomicStores(a)
	case *ssa.FreeVar:
		if mc := makeClosureOf(a.Parent()); mc != nil {
			inner := e.inner()
			inner.atomic(mc.Bindings[slices.Index(a.Parent().FreeVars, a)])
			e.out = append(e.out, substitute(normalize(inner.out), func(int) Values { return nil })...)
		}
	}
}

// atomicStores evaluates what is stored in the local atomic value v, here and by
// the closures that capture it.
func (e *evaluator) atomicStores(v ssa.Value) {
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case ssa.CallInstruction:
			if addr, x := atomicStore(r.Common()); addr == v {
				e.walk(x)
			}
		case *ssa.MakeClosure:
			fn := r.Fn.(*ssa.Function)
			inner := e.inner()
			if inner.depth++; inner.depth > maxClosureDepth {
				continue
			}
			for i, b := range r.Bindings {
				if b == v {
					inner.atomicStores(fn.FreeVars[i])
				}
			}
			e.out = append(e.out, substitute(normalize(inner.out), func(int) Values { return nil })...)
		}
	}
}

// stored adds a location whose type, a pointer to atomic.Pointer[T] or to
// atomic.Value, tells its interface.
func (e *evaluator) stored(sym Sym, t types.Type) {
	elem, _ := deref(t)
	v := Value{Op: Location, Sym: sym}
	if n, ok := elem.(*types.Named); ok && n.TypeArgs().Len() == 1 {
		v.Iface = ifaceSym(n.TypeArgs().At(0))
	}
	e.add(v)
}
