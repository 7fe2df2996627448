package effect

import (
	"go/constant"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
)

// A target is one thing that a call may reach: a function, or, when What is
// set, whatever a parameter or location holds.
type target struct {
	sym    Sym
	names  []string // further names under which contracts may know it
	static *types.Signature
	what   Value         // symbolic
	method string        // of what
	kind   contract.Kind // when all that is known is how it holds its caller
	edge   Edge
	guess  int // number of other targets of the same call

	argv  []ssa.Value // arguments, the receiver first when recv is not set
	recv  Values
	bound bool // recv stands for the first parameter
	free  []Values
	nargs int // parameters of the function, for the captured variables
	given argFunc
	// generic is the function as it is declared, when it has type parameters.
	generic *ssa.Function
}

func (t target) symbolic() bool { return t.sym == (Sym{}) && t.kind == "" }

// isMethod reports whether parameter 0 of the target is a receiver.
func (t target) isMethod() bool { return strings.HasPrefix(t.sym.Name, "(") }

// param translates an argument index of a contract to a parameter index.
func (t target) param(arg int) int {
	if t.isMethod() {
		return arg + 1
	}
	return max(arg, 0)
}

// constant returns parameter i when the call gives it a constant integer.
func (t target) constant(i int) (int64, bool) {
	if t.bound {
		i--
	}
	if i < 0 || i >= len(t.argv) {
		return 0, false
	}
	c, ok := t.argv[i].(*ssa.Const)
	if !ok || c.Value == nil || c.Value.Kind() != constant.Int {
		return 0, false
	}
	return constant.Int64Val(c.Value)
}

// args returns the target's arguments, evaluated by eval.
func (t target) args(eval func(ssa.Value) Values) argFunc {
	return func(i int) Values {
		if t.bound {
			if i == 0 {
				return t.recv
			}
			i--
		}
		if t.given != nil {
			if i >= t.nargs && len(t.free) > 0 {
				if j := i - t.nargs; j < len(t.free) {
					return t.free[j]
				}
				return nil
			}
			return t.given(i)
		}
		if i < len(t.argv) {
			return t.instance(i, eval(t.argv[i]))
		}
		if j := i - len(t.argv); j < len(t.free) {
			return t.free[j]
		}
		return nil
	}
}

// instance returns argument i, which may be vs. Inside a generic function the
// methods of a type parameter are called like those of an interface, so a value
// of a concrete type becomes one of its dynamic type.
func (t target) instance(i int, vs Values) Values {
	if t.generic == nil {
		return vs
	}
	declared := paramType(t.generic.Signature, i)
	if declared == nil {
		return vs
	}
	typ := instanceOf(declared, t.argv[i].Type())
	if typ == nil {
		return vs
	}
	sym, ok := TypeSym(typ)
	if !ok || types.IsInterface(typ) {
		return vs
	}
	dynamic := Values{{Op: Dynamic, Sym: sym, Recv: vs}}
	switch typ.Underlying().(type) {
	case *types.Signature, *types.Chan:
		return union(vs, dynamic) // called or received from as it is, too
	}
	return dynamic
}

// paramType returns the type of parameter i, the receiver first, or nil. The
// functions of a package that is imported only have no ssa.Parameters.
func paramType(sig *types.Signature, i int) types.Type {
	if recv := sig.Recv(); recv != nil {
		if i == 0 {
			return recv.Type()
		}
		i--
	}
	if i >= sig.Params().Len() {
		return nil
	}
	return sig.Params().At(i).Type()
}

// instanceOf returns the type that stands in t where declared has a type
// parameter, itself or as what a container of it holds; nil where it has none.
func instanceOf(declared, t types.Type) types.Type {
	for range 4 {
		switch d := types.Unalias(declared).(type) {
		case *types.TypeParam:
			return t
		case interface{ Elem() types.Type }: // slice, array, map, pointer, channel
			u, ok := t.Underlying().(interface{ Elem() types.Type })
			if !ok {
				return nil
			}
			declared, t = d.Elem(), u.Elem()
		default:
			return nil
		}
	}
	return nil
}

// targets resolves a call. The values of the called function or of the receiver
// are vs; they are not asked for when the callee is static. What a literal that
// is called on the spot captures is a question that e raises.
func (p *Package) targets(common *ssa.CallCommon, vs Values, e *evaluator) []target {
	if common.IsInvoke() {
		return p.invokeTargets(common, vs)
	}
	if callee := common.StaticCallee(); callee != nil {
		return p.staticTargets(common, callee, e)
	}
	return p.prog.valueTargets(vs, "", target{argv: common.Args, edge: FuncValue})
}

func (p *Package) staticTargets(common *ssa.CallCommon, callee *ssa.Function, e *evaluator) []target {
	t := target{sym: SSASym(callee), edge: Static, argv: common.Args, static: callee.Signature, generic: callee.Origin()}
	if mc, ok := common.Value.(*ssa.MakeClosure); ok {
		if strings.HasPrefix(callee.Synthetic, "bound method wrapper") {
			return p.prog.valueTargets(e.sub(mc), "", target{argv: common.Args, edge: Static})
		}
		t.free = e.bindings(mc, nil)
	}
	if callee.Signature.Recv() != nil && len(common.Args) > 0 {
		t.names = promotedNames(common.Args[0], callee.Name())
	}
	return []target{t}
}

// promotedNames returns the names that a promoted method has through the types
// it is promoted by, outermost first: (*net.TCPConn).Read rather than
// (*net.conn).Read.
func promotedNames(recv ssa.Value, method string) []string {
	var names []string
	for {
		var x ssa.Value
		var field int
		switch v := recv.(type) {
		case *ssa.FieldAddr:
			x, field = v.X, v.Field
		case *ssa.Field:
			x, field = v.X, v.Field
		case *ssa.UnOp:
			recv = v.X
			continue
		default:
			return names
		}
		t, _ := deref(x.Type())
		st, ok := t.Underlying().(*types.Struct)
		if !ok || !st.Field(field).Embedded() {
			return names
		}
		if sym, ok := TypeSym(x.Type()); ok {
			names = append([]string{MethodSym(sym, method).String()}, names...)
		}
		recv = x
	}
}

func (p *Package) invokeTargets(common *ssa.CallCommon, vs Values) []target {
	method := common.Method.Name()
	base := target{argv: common.Args, edge: Interface, static: common.Method.Signature()}
	// A library's constructor that returns an interface does not say what is in it.
	static, _ := TypeSym(common.Value.Type())
	concrete := slices.ContainsFunc(vs, func(v Value) bool { return v.Op == Dynamic && v.Sym != static })
	if !concrete {
		// No concrete type in sight: a contract on the interface decides, the one
		// it is called through before the one that declares the method.
		var names []string
		if sym, ok := TypeSym(common.Value.Type()); ok {
			names = append(names, MethodSym(sym, method).String())
		}
		declared := FuncSym(common.Method)
		names = append(names, declared.String())
		for _, n := range names {
			if p.prog.contracts.Func(n) != nil {
				t := base
				t.sym, t.names = declared, names
				t.bound, t.recv = true, vs
				return []target{t}
			}
		}
		if q := p.prog.Package(declared.Pkg); q != nil && q.Directives[declared] != nil {
			t := base
			t.sym, t.bound, t.recv = declared, true, vs
			return []target{t}
		}
		if p.sealed(common.Value.Type()) {
			return nil
		}
	}
	out := p.prog.valueTargets(vs, method, base)
	if len(out) == 0 {
		if iface := ifaceSym(common.Value.Type()); iface != (Sym{}) && !wide(iface) {
			t := base
			t.what = Value{Op: AnyOf, Sym: iface, Iface: iface}
			t.method = method
			out = append(out, t)
		}
	}
	return out
}

// sealed reports whether an interface has a method that only a package with a contract
// can declare. All its types are there then, and the contract has named what blocks.
func (p *Package) sealed(t types.Type) bool {
	iface, ok := t.Underlying().(*types.Interface)
	if !ok {
		return false
	}
	for m := range iface.Methods() {
		if !m.Exported() && p.prog.contracts.Opaque(m.Pkg().Path()) {
			return true
		}
	}
	return false
}

// valueTargets resolves a call of the values vs, or of a method of them.
func (prog *Program) valueTargets(vs Values, method string, base target) []target {
	var out []target
	for _, v := range vs {
		t := base
		switch {
		case isKind(v):
			t.kind, _ = kindOf(v)
			t.method = method
			if method == "" || holding[method] {
				out = append(out, t)
			}
		case v.Op == Function && method == "":
			t.sym, t.free = v.Sym, v.Free
			if v.Bound {
				t.bound, t.recv = true, v.Recv
			}
			out = append(out, t)
		case v.Op == Method && method == "":
			out = append(out, prog.valueTargets(v.Recv, v.Sym.Name, base)...)
		case v.Op == Dynamic && method != "":
			fn, embedded, ok := prog.method(v.Sym, method)
			if !ok {
				continue
			}
			if fn == (Sym{}) {
				t.what, t.method = embedded, method
			} else {
				t.sym, t.bound, t.recv = fn, true, v.Recv
			}
			out = append(out, t)
		case v.Op == Param || v.Op == Location || v.Op == AnyOf:
			t.what, t.method = v, method
			out = append(out, t)
		}
	}
	for i := range out {
		out[i].guess = len(out) - 1
	}
	return out
}

func isKind(v Value) bool {
	_, ok := kindOf(v)
	return ok
}

// holding are the methods by which a value of a known kind holds its caller.
var holding = map[string]bool{"Read": true, "Write": true, "WriteString": true, "ReadFrom": true, "WriteTo": true, "Scan": true}
