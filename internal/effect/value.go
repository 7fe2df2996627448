package effect

// What a value may be.
//
// An evaluator answers, for an SSA value that is a function, an interface, a
// channel or a container of these, which abstract values it may hold. It is a
// may analysis: flow-insensitive inside a function, field-based for what is
// stored in structs (all values of one struct type share their fields), and it
// drops what it does not understand. A container and its elements are one.
//
// The walk over the value graph keeps a visited set instead of partial results,
// so that what it answers does not depend on what was asked before.

import (
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
)

// maxClosureDepth bounds how deep captured closures are followed into each
// other; a recursive closure captures itself.
const maxClosureDepth = 3

type evaluator struct {
	pkg   *Package
	depth int
	// calls are the functions whose results are being evaluated.
	calls []*ssa.Function
	seen  map[ssa.Value]bool
	query *query
	out   Values
}

// A query is one question to the evaluator, which may raise others.
type query struct {
	active map[ssa.Value]bool // values on the way to the one being evaluated
	fuel   int                // steps left
}

// maxSteps bounds the work on one query. Chains of builders share arguments.
const maxSteps = 20000

func (p *Package) evaluator() *evaluator {
	return &evaluator{pkg: p, seen: map[ssa.Value]bool{}, query: &query{map[ssa.Value]bool{}, maxSteps}}
}

// inner returns an evaluator for a question that e raises.
func (e *evaluator) inner() *evaluator {
	return &evaluator{pkg: e.pkg, depth: e.depth, calls: e.calls, query: e.query, seen: map[ssa.Value]bool{}}
}

// eval returns the values of v, in terms of the function that v belongs to.
func (p *Package) eval(v ssa.Value) Values {
	if vs, ok := p.values[v]; ok {
		return vs
	}
	vs := p.evaluator().sub(v)
	p.values[v] = vs
	return vs
}

// sub evaluates v on its own, with a fresh visited set.
func (e *evaluator) sub(v ssa.Value) Values {
	if !relevant(v.Type()) {
		return nil
	}
	inner := e.inner()
	inner.walk(v)
	return normalize(inner.out)
}

func (e *evaluator) add(vs ...Value) { e.out = append(e.out, vs...) }

// relevant reports whether values of type t can hold a function, an interface
// or a channel, or are of a type whose methods a contract describes.
func relevant(t types.Type) bool {
	return relevantIn(t, 0)
}

func relevantIn(t types.Type, depth int) bool {
	if depth > 4 {
		return false
	}
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if obj := t.Obj(); obj.Pkg() == nil {
			return false // error
		}
		if _, ok := t.Underlying().(*types.Struct); ok {
			return true // a carrier, or a value on its way into an interface
		}
		if b, ok := t.Underlying().(*types.Basic); ok {
			return b.Kind() == types.Int64 // a duration
		}
		return relevantIn(t.Underlying(), depth+1)
	case *types.Signature, *types.Interface, *types.Chan, *types.TypeParam:
		return true
	case *types.Pointer:
		return relevantIn(t.Elem(), depth+1)
	case *types.Slice:
		return relevantIn(t.Elem(), depth+1)
	case *types.Array:
		return relevantIn(t.Elem(), depth+1)
	case *types.Map:
		return relevantIn(t.Elem(), depth+1)
	case *types.Tuple:
		return true
	}
	return false
}

func (e *evaluator) walk(v ssa.Value) {
	if v == nil || e.seen[v] || e.query.active[v] || e.query.fuel <= 0 || len(e.out) > 4*maxValues {
		return
	}
	e.seen[v] = true
	e.query.active[v] = true
	defer delete(e.query.active, v)
	e.query.fuel--
	switch v := v.(type) {
	case *ssa.Const:
		if v.Value != nil && v.Value.Kind() == constant.Int && isDuration(v.Type()) {
			if n, ok := constant.Int64Val(v.Value); ok {
				e.add(Value{Op: Duration, Index: int(n)})
			}
		}
	case *ssa.Function:
		e.add(Value{Op: Function, Sym: SSASym(v)})
	case *ssa.MakeClosure:
		e.closure(v)
	case *ssa.Parameter:
		e.add(Value{Op: Param, Index: slices.Index(v.Parent().Params, v), Iface: ifaceSym(v.Type())})
	case *ssa.FreeVar:
		e.freeVar(v)
	case *ssa.Alloc:
		// A variable that holds an interface is not what is in it.
		if e.pkg.tracked(v.Type()) && !types.IsInterface(elemOf(v.Type())) {
			e.add(e.pkg.object(v, TheObject, 0, nil, nil))
		}
		e.contents(v)
	case *ssa.Global:
		e.location(globalSym(v), v.Type())
	case *ssa.MakeInterface:
		e.dynamic(v)
	case *ssa.ChangeInterface:
		e.walk(v.X)
	case *ssa.ChangeType:
		e.walk(v.X)
	case *ssa.Convert:
		e.walk(v.X)
	case *ssa.Slice:
		e.walk(v.X)
	case *ssa.TypeAssert:
		e.typeAssert(v)
	case *ssa.Phi:
		for _, edge := range v.Edges {
			e.walk(edge)
		}
	case *ssa.UnOp:
		switch v.Op {
		case token.MUL:
			e.load(v.X)
		case token.ARROW:
			e.received(v.X)
		}
	case *ssa.FieldAddr:
		if elem := elemOf(v.Type()); e.pkg.tracked(elem) || e.pkg.prog.pools && isChan(elem) {
			// Which value's field it is tells pools, locks and channels apart.
			e.add(Value{Op: Location, Sym: fieldSym(v.X.Type(), v.Field), Recv: e.sub(v.X)})
			return
		}
		e.location(fieldSym(v.X.Type(), v.Field), v.Type())
	case *ssa.Field:
		e.location(fieldSym(v.X.Type(), v.Field), v.Type())
	case *ssa.IndexAddr:
		e.walk(v.X)
	case *ssa.Index:
		e.walk(v.X)
	case *ssa.Lookup:
		e.walk(v.X)
	case *ssa.Range:
		e.walk(v.X)
	case *ssa.Next:
		e.walk(v.Iter)
	case *ssa.MakeMap:
		e.referrers(v)
	case *ssa.MakeSlice:
		e.referrers(v)
	case *ssa.MakeChan:
		e.add(e.pkg.channel(v))
	case *ssa.Extract:
		e.extract(v)
	case *ssa.Call:
		e.call(v, 0)
	}
}

// load evaluates what the address addr points to.
func (e *evaluator) load(addr ssa.Value) {
	e.walk(addr)
}

// contents evaluates everything that is stored through the address of a local
// variable, in its function and in the closures that capture it.
func (e *evaluator) contents(v *ssa.Alloc) {
	t, _ := deref(v.Type())
	if _, ok := t.Underlying().(*types.Struct); ok && typeName(t) != nil {
		// The pointer to a local struct: its fields are locations of their own.
		// What is copied into it whole still counts, for carriers.
		e.storesTo(v)
		return
	}
	e.referrers(v)
}

// referrers evaluates what is put into the container or variable v.
func (e *evaluator) referrers(v ssa.Value) {
	if !relevant(v.Type()) || v.Referrers() == nil {
		return
	}
	for _, instr := range *v.Referrers() {
		switch instr := instr.(type) {
		case *ssa.Store:
			if instr.Addr == v {
				e.walk(instr.Val)
			}
		case *ssa.MapUpdate:
			if instr.Map == v {
				e.walk(instr.Value)
			}
		case *ssa.IndexAddr:
			if instr.X == v {
				e.storesTo(instr)
			}
		case *ssa.Slice:
			if instr.X == v {
				e.elementStores(instr)
			}
		case *ssa.UnOp:
			// A container in a variable: what is put into it through a load.
			if instr.Op == token.MUL && instr.X == v {
				e.elementStores(instr)
			}
		case *ssa.MakeClosure:
			e.capturedStores(instr, v)
		}
	}
}

// storesTo evaluates what is stored through the address addr itself.
func (e *evaluator) storesTo(addr ssa.Value) {
	if addr.Referrers() == nil {
		return
	}
	for _, instr := range *addr.Referrers() {
		if st, ok := instr.(*ssa.Store); ok && st.Addr == addr {
			e.walk(st.Val)
		}
	}
}

// elementStores evaluates what is put into the map or slice v.
func (e *evaluator) elementStores(v ssa.Value) {
	if v.Referrers() == nil {
		return
	}
	for _, instr := range *v.Referrers() {
		switch instr := instr.(type) {
		case *ssa.MapUpdate:
			if instr.Map == v {
				e.walk(instr.Value)
			}
		case *ssa.IndexAddr:
			if instr.X == v {
				e.storesTo(instr)
			}
		}
	}
}

// capturedStores evaluates what the closure mc stores into the variable v that
// it captures, in terms of v's function.
func (e *evaluator) capturedStores(mc *ssa.MakeClosure, v ssa.Value) {
	fn := mc.Fn.(*ssa.Function)
	for i, b := range mc.Bindings {
		if b != v || i >= len(fn.FreeVars) {
			continue
		}
		fv := fn.FreeVars[i]
		inner := e.inner()
		if inner.depth++; inner.depth > maxClosureDepth {
			continue
		}
		inner.referrers(fv)
		if len(inner.out) == 0 {
			continue
		}
		free := e.bindings(mc, v)
		e.out = append(e.out, substitute(inner.out, closureArgs(fn, free))...)
	}
}

// An argFunc returns what a function is given as parameter i, the receiver
// first and the captured variables last.
type argFunc func(i int) Values

// closureArgs supplies the captured variables of fn, and nothing for its
// parameters.
func closureArgs(fn *ssa.Function, free []Values) argFunc {
	return func(i int) Values {
		if i -= len(fn.Params); i >= 0 && i < len(free) {
			return free[i]
		}
		return nil
	}
}

// bindings evaluates the captured variables of mc. The variable except is left
// out, so that evaluating it does not come back to itself.
func (e *evaluator) bindings(mc *ssa.MakeClosure, except ssa.Value) []Values {
	free := make([]Values, len(mc.Bindings))
	if e.depth >= maxClosureDepth {
		return free
	}
	for i, b := range mc.Bindings {
		if b == except || !relevant(b.Type()) {
			continue
		}
		inner := e.inner()
		inner.depth++
		inner.walk(b)
		free[i] = normalize(inner.out)
	}
	return free
}

func (e *evaluator) closure(mc *ssa.MakeClosure) {
	fn := mc.Fn.(*ssa.Function)
	if strings.HasPrefix(fn.Synthetic, "bound method wrapper") {
		obj := fn.Object().(*types.Func)
		recv := e.sub(mc.Bindings[0])
		if types.IsInterface(obj.Signature().Recv().Type()) {
			for _, r := range recv {
				e.add(Value{Op: Method, Sym: Sym{Name: obj.Name()}, Recv: Values{r}})
			}
			return
		}
		e.add(Value{Op: Function, Sym: FuncSym(obj), Recv: recv, Bound: true})
		return
	}
	e.add(Value{Op: Function, Sym: SSASym(fn), Free: trim(e.bindings(mc, nil))})
}

// trim returns free without trailing empty sets, nil when all are empty.
func trim(free []Values) []Values {
	for len(free) > 0 && len(free[len(free)-1]) == 0 {
		free = free[:len(free)-1]
	}
	return free
}

func (e *evaluator) freeVar(v *ssa.FreeVar) {
	fn := v.Parent()
	if i := slices.Index(fn.FreeVars, v); i >= 0 {
		t, _ := deref(v.Type())
		e.add(Value{Op: Param, Index: len(fn.Params) + i, Iface: ifaceSym(t)})
	}
	// What the closure itself stores into the variable.
	e.referrers(v)
}

// dynamic evaluates a conversion of a concrete value to an interface.
func (e *evaluator) dynamic(v *ssa.MakeInterface) {
	sym, ok := TypeSym(v.X.Type())
	if !ok {
		e.walk(v.X) // a plain func or channel in an any
		return
	}
	e.add(Value{Op: Dynamic, Sym: sym, Recv: e.sub(v.X)})
}

func (e *evaluator) typeAssert(v *ssa.TypeAssert) {
	if types.IsInterface(v.AssertedType) {
		e.walk(v.X)
		return
	}
	want, ok := TypeSym(v.AssertedType)
	for _, x := range e.sub(v.X) {
		switch {
		case x.Op != Dynamic:
			e.add(x)
		case ok && x.Sym == want:
			e.add(x.Recv...)
		}
	}
}

// kindValue is a value of which all that is known is how its methods, or a call
// of it, hold their caller: the body of an HTTP response, a pipe to a process.
func kindValue(k contract.Kind) Value {
	return Value{Op: Dynamic, Sym: Sym{Name: kindPrefix + string(k)}}
}

const kindPrefix = "kind:"

// kindOf returns the kind of a kindValue.
func kindOf(v Value) (contract.Kind, bool) {
	if v.Op != Dynamic || v.Sym.Pkg != "" {
		return "", false
	}
	k, ok := strings.CutPrefix(v.Sym.Name, kindPrefix)
	return contract.Kind(k), ok
}

// location adds a field or variable, or what a contract says it holds.
func (e *evaluator) location(sym Sym, t types.Type) {
	if sym == (Sym{}) || !relevant(t) {
		return
	}
	if k, ok := e.pkg.prog.contracts.Var(sym.String()); ok {
		e.add(kindValue(k))
		return
	}
	elem, _ := deref(t)
	e.add(Value{Op: Location, Sym: sym, Iface: ifaceSym(elem)})
}

// ifaceSym returns the symbol of the interface type t, or of the interface its
// elements have.
func ifaceSym(t types.Type) Sym {
	for range 4 {
		switch u := types.Unalias(t).Underlying().(type) {
		case *types.Interface:
			if sym, ok := TypeSym(t); ok && !strings.HasPrefix(sym.Name, "*") {
				return sym
			}
			return Sym{}
		case *types.Slice:
			t = u.Elem()
		case *types.Map:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		case *types.Pointer:
			t = u.Elem()
		default:
			return Sym{}
		}
	}
	return Sym{}
}

func globalSym(v *ssa.Global) Sym {
	sym := Sym{Name: v.Name()}
	if v.Pkg != nil {
		sym.Pkg = v.Pkg.Pkg.Path()
	}
	return sym
}

func (e *evaluator) extract(v *ssa.Extract) {
	switch t := v.Tuple.(type) {
	case *ssa.Call:
		e.call(t, v.Index)
	case *ssa.TypeAssert:
		if v.Index == 0 {
			e.walk(t)
		}
	case *ssa.Lookup:
		if v.Index == 0 {
			e.walk(t)
		}
	case *ssa.Next:
		if v.Index == 2 {
			e.walk(t)
		}
	case *ssa.UnOp: // v, ok := <-ch
		if v.Index == 0 {
			e.received(t.X)
		}
	case *ssa.Select:
		// What is received follows the index of the case and ok.
		i := v.Index - 2
		for _, st := range t.States {
			if st.Dir != types.RecvOnly {
				continue
			}
			if i == 0 {
				e.received(st.Chan)
			}
			i--
		}
	}
}

// received evaluates what is received from the channel ch: what is sent on it by
// the functions that share it as a local variable, or all that its field or
// variable holds, where what is sent counts as stored.
func (e *evaluator) received(ch ssa.Value) {
	c, ok := types.Unalias(ch.Type()).Underlying().(*types.Chan)
	if !ok || !holdsCode(c.Elem()) {
		return
	}
	mk := makeChanOf(ch, 0)
	if mk == nil {
		for _, v := range e.sub(ch) {
			if v.Op == Location || v.Op == Param {
				e.add(v)
			}
		}
		return
	}
	for _, s := range sendsOn(mk) {
		if s.Parent() == ch.Parent() {
			e.walk(s)
			continue
		}
		inner := e.inner()
		if inner.depth++; inner.depth <= maxClosureDepth {
			inner.walk(s)
			e.out = append(e.out, substitute(normalize(inner.out), func(int) Values { return nil })...)
		}
	}
}

// holdsCode reports whether a value of type t is a func or an interface.
func holdsCode(t types.Type) bool {
	switch types.Unalias(t).Underlying().(type) {
	case *types.Signature, *types.Interface:
		return true
	}
	return false
}

// call evaluates result index of a call.
func (e *evaluator) call(v *ssa.Call, index int) {
	before := len(e.out)
	common := v.Common()
	if b, ok := common.Value.(*ssa.Builtin); ok {
		if b.Name() == "append" {
			for _, a := range common.Args {
				e.walk(a)
			}
		}
		return
	}
	var vs Values
	if common.IsInvoke() || common.StaticCallee() == nil {
		vs = e.sub(common.Value)
	}
	for _, t := range e.pkg.targets(common, vs, e) {
		e.results(v, t, index)
	}
	if len(e.out) == before {
		var t types.Type = v.Type()
		if tuple, ok := t.(*types.Tuple); ok && index < tuple.Len() {
			t = tuple.At(index).Type()
		}
		if iface := ifaceSym(t); iface != (Sym{}) && !wide(iface) {
			e.add(Value{Op: AnyOf, Sym: iface, Iface: iface})
		} else if e.pkg.tracked(t) {
			e.add(e.pkg.object(v, TheObject, 0, nil, nil)) // what each call returns is its own
		}
	}
}

// results adds what the call v of target returns as result index.
func (e *evaluator) results(v *ssa.Call, t target, index int) {
	if t.symbolic() {
		return
	}
	if addr := atomicLoad(t); addr != nil {
		e.atomic(addr)
		return
	}
	args := t.args(e.sub)
	if f, opaque := e.pkg.prog.contractOf(t); f != nil || opaque {
		if f == nil {
			return
		}
		for _, r := range f.Returns {
			if r.Result != index {
				continue
			}
			for _, i := range r.Carries {
				e.add(args(t.param(i))...)
			}
			if r.Type != "" {
				e.add(Value{Op: Dynamic, Sym: parseTypeSym(r.Type)})
			}
			if r.Kind != "" {
				e.add(kindValue(r.Kind))
			}
		}
		if index == 0 && len(f.Makes) > 0 {
			e.made(f, t, args)
		}
		if index == 0 && f.Option {
			e.option(f, t)
		}
		e.pooled(v, f.Pool, t, args, index)
		return
	}
	if ops := e.pkg.prog.declaredOps(t.sym); len(ops) > 0 {
		e.pooled(v, ops, t, args, index)
		return
	}
	if fn := e.pkg.body(t.sym); fn != nil {
		if slices.Contains(e.calls, fn) || len(e.calls) > 6 {
			return
		}
		inner := e.inner()
		inner.calls = append(slices.Clone(e.calls), fn)
		inner.returned(fn, index)
		e.out = append(e.out, e.pkg.resite(substitute(normalize(inner.out), args), v)...)
		return
	}
	if t.sym.Pkg != e.pkg.Path {
		if rs := e.pkg.prog.results(t.sym); index < len(rs) {
			e.out = append(e.out, e.pkg.resite(substitute(rs[index], args), v)...)
		}
	}
}

// returned evaluates result index of fn in terms of fn's parameters.
func (e *evaluator) returned(fn *ssa.Function, index int) {
	for _, b := range fn.Blocks {
		if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && index < len(ret.Results) && relevant(ret.Results[index].Type()) {
			e.walk(ret.Results[index])
		}
	}
}

// substitute replaces the parameters in vs by args. A parameter that has no
// argument is dropped, and so is what cannot be said without it.
func substitute(vs Values, args argFunc) Values {
	var out Values
	for _, v := range vs {
		switch v.Op {
		case Param:
			out = append(out, args(v.Index)...)
		case Function, Dynamic, Method, Made, Object, Location:
			w := v
			if len(v.Free) > 0 {
				w.Free = make([]Values, len(v.Free))
				for i, f := range v.Free {
					w.Free[i] = substitute(f, args)
				}
				w.Free = trim(w.Free)
			}
			w.Recv = substitute(v.Recv, args)
			if v.Op == Method && len(w.Recv) == 0 {
				continue
			}
			out = append(out, w)
		default:
			out = append(out, v)
		}
	}
	return normalize(out)
}

// channel describes a channel by the place that makes it.
func (p *Package) channel(v *ssa.MakeChan) Value {
	capacity := -1
	if c, ok := v.Size.(*ssa.Const); ok && c.Value != nil {
		if n, exact := constant.Int64Val(c.Value); exact {
			capacity = int(n)
		}
	}
	sym := SSASym(v.Parent())
	at := p.pos(v.Pos())
	sym.Name += "@" + at.File + ":" + itoa(at.Line) + ":" + itoa(at.Col)
	return Value{Op: Channel, Sym: sym, Index: capacity}
}

func isDuration(t types.Type) bool {
	obj := typeName(t)
	return obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "time" && obj.Name() == "Duration"
}

// constDuration returns the constant duration among vs, if it is the only value.
func constDuration(vs Values) (time.Duration, bool) {
	if len(vs) == 1 && vs[0].Op == Duration {
		return time.Duration(vs[0].Index), true
	}
	return 0, false
}

// parseTypeSym reads a type as contracts write it: "*net.TCPConn".
func parseTypeSym(s string) Sym {
	s, ptr := strings.CutPrefix(s, "*")
	i := strings.LastIndexByte(s, '.')
	sym := Sym{Name: s[i+1:]}
	if i > 0 {
		sym.Pkg = s[:i]
	}
	if ptr {
		sym.Name = "*" + sym.Name
	}
	return sym
}
