package effect

// How a value was made.
//
// Whether a pool's Submit waits for a free worker is decided by the options of
// its constructor. A call of a constructor that a contract names gives a value
// that remembers the call and its options; a method that blocks only on some
// such values is looked at again wherever its receiver becomes known, like a
// call of a method of an interface. A receiver of which nothing is known blocks.

import (
	"go/constant"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
)

// made adds the result of a constructor that the conditions of f name.
func (e *evaluator) made(f *contract.Func, t target, args argFunc) {
	if t.static == nil || t.static.Results().Len() == 0 {
		return
	}
	if typ, ok := TypeSym(t.static.Results().At(0).Type()); ok {
		e.add(Value{Op: Dynamic, Sym: typ, Recv: Values{madeBy(f, t, args)}})
	}
}

// madeBy returns a call of a constructor, with the options that it gives.
func madeBy(f *contract.Func, t target, args argFunc) Value {
	v := Value{Op: Made, Sym: t.sym}
	for i := range t.argv {
		for _, a := range args(i) {
			if a.Op == Option || a.Op == Param {
				v.Recv = append(v.Recv, a)
			}
		}
	}
	for _, m := range f.Makes {
		if m.Unless.Op == "" {
			continue
		}
		if n, ok := t.constant(t.param(m.Unless.Arg)); ok && m.Unless.Holds(n) {
			v.Recv = append(v.Recv, constantOption(m.Unless))
		}
	}
	v.Recv = normalize(v.Recv)
	return v
}

// constantOption is the option that a condition on a constant argument amounts
// to.
func constantOption(u contract.Unless) Value {
	return Value{Op: Option, Sym: Sym{Name: "argument " + itoa(u.Arg) + " " + u.Op + " " + itoa(int(u.N))}}
}

// option adds the result of a function that makes an option of a constructor.
func (e *evaluator) option(f *contract.Func, t target) {
	if len(t.argv) == 0 {
		return
	}
	if c, ok := t.argv[0].(*ssa.Const); ok && c.Value != nil {
		e.add(optionValue(t.sym, "", c.Value))
	}
	for _, field := range f.OptionFields {
		if c := fieldConstant(t.argv[0], field); c != nil {
			e.add(optionValue(t.sym, field, c))
		}
	}
}

func optionValue(fn Sym, field string, c constant.Value) Value {
	return Value{Op: Option, Sym: Sym{Name: contract.Option(fn.String(), field, c.ExactString())}}
}

// fieldConstant returns the constant in a field of a struct that a local
// variable or a literal holds, nil when there is not exactly one.
func fieldConstant(v ssa.Value, field string) constant.Value {
	alloc, ok := loaded(v).(*ssa.Alloc)
	if !ok {
		return nil
	}
	var found constant.Value
	for _, r := range *alloc.Referrers() {
		f, ok := r.(*ssa.FieldAddr)
		if !ok || structField(types.Unalias(f.X.Type()).(*types.Pointer).Elem(), f.Field).Name() != field {
			continue
		}
		for _, u := range *f.Referrers() {
			st, ok := u.(*ssa.Store)
			if !ok || st.Addr != f {
				continue
			}
			c, ok := st.Val.(*ssa.Const)
			if !ok || c.Value == nil || found != nil {
				return nil
			}
			found = c.Value
		}
	}
	return found
}

// pinPrefix marks, in Value.Iface, the receiver type of a method that the call
// names, where only the receiver is not known yet.
const pinPrefix = "static "

// pinned returns the method that a use of a receiver names.
func (u Use) pinned() (Sym, bool) {
	typ, ok := strings.CutPrefix(u.What.Iface.Name, pinPrefix)
	if !ok || u.Method == "" {
		return Sym{}, false
	}
	return MethodSym(Sym{u.What.Iface.Pkg, typ}, u.Method), true
}

// spared reports whether a method does not block here, though its contract says
// that it blocks: every value that it may be called on was made so. What a
// caller or the contents of a location must tell is put off.
func (w *walker) spared(f *contract.Func, t target, recv Values, prefix *Path) bool {
	if len(f.UnlessMade) == 0 || !t.isMethod() {
		return false
	}
	typ, method, _ := strings.Cut(t.sym.Name[1:], ").")
	var put []Use
	// Which pool it is does not say how it was made.
	recv = withoutObjects(recv)
	ok := len(recv) > 0
	var visit func(vs Values)
	visit = func(vs Values) {
		for _, v := range vs {
			switch {
			case v.Op == Dynamic && len(v.Recv) > 0:
				visit(v.Recv)
			case v.Op == Made:
				ok = ok && meets(f, v)
			case v.Op == Location && meets(f, v):
			case v.Op == Location && w.resolving:
				stored := withoutObjects(w.prog.locationValues(v.Sym))
				stored = slices.DeleteFunc(stored, func(v Value) bool { return v.Op == Location })
				ok = ok && len(stored) > 0
				visit(stored)
			case (v.Op == Location || v.Op == Param) && !w.resolving:
				v.Iface = Sym{t.sym.Pkg, pinPrefix + typ}
				put = append(put, Use{What: v, Method: method, Path: closeEdge(prefix, t.edge)})
			default:
				ok = false
			}
		}
	}
	visit(recv)
	if ok {
		for _, u := range put {
			w.addUse(u)
		}
	}
	return ok
}

func withoutObjects(vs Values) Values {
	return slices.DeleteFunc(slices.Clone(vs), func(v Value) bool { return v.Op == Object })
}

// meets reports whether a value was made in a way that f spares.
func meets(f *contract.Func, v Value) bool {
	return slices.ContainsFunc(f.UnlessMade, func(m *contract.Made) bool { return madeSo(m, v) })
}

// madeSo reports whether a value meets a condition.
func madeSo(m *contract.Made, v Value) bool {
	has := func(o Value) bool {
		return slices.ContainsFunc(v.Recv, func(r Value) bool { return r.Op == Option && r.Sym == o.Sym })
	}
	if !slices.Contains(m.By, v.Sym.String()) {
		return false
	}
	if len(m.Options) == 0 && m.Unless.Op == "" || m.Unless.Op != "" && has(constantOption(m.Unless)) {
		return true
	}
	return slices.ContainsFunc(m.Options, func(o string) bool { return has(Value{Sym: Sym{Name: o}}) })
}
