package effect

// From a callback to everything that may hold its loop.
//
// Resolve instantiates the callback's summary and looks up, for each call that
// stayed symbolic, what the location may hold: everything that the program is
// known to store there, followed backwards through parameters to the calls that
// supply them.

import (
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
)

// maxGuess is the largest number of types that an interface call is tried on
// when all that is known of it is its static type.
const maxGuess = 4

// A Resolution is what a callback may do.
type Resolution struct {
	Effects    []Effect
	Ops        []Op
	Found      []Registration // further callbacks, registered from this one
	Unresolved int            // calls in the callback's module without any known target
	Open       bool           // calls through locations or of unknown types
	Dropped    int
}

// Resolve returns what running v on a loop may do. The module decides where
// findings stand.
func (prog *Program) Resolve(r Registration, module string) Resolution {
	w := &walker{prog: prog, pkg: prog.packages[r.In.Pkg], sym: r.In, module: module, resolving: true, visited: map[string]bool{}}
	prog.root = r.In.Pkg
	base := target{edge: FuncValue, given: func(int) Values { return nil }}
	for _, t := range prog.valueTargets(prog.supplied(r), "", base) {
		t.nargs = prog.paramCount(t.sym)
		if t.bound {
			t.nargs--
		}
		// The first hop only leads into the callback, whose package is home.
		w.enter(t, t.args(noEval), newPath(&Hop{In: r.In, Pos: Pos{Pkg: t.sym.Pkg}, Edge: FuncValue}, nil), Here)
	}
	w.drain()
	// What is given to the function that registers may be known to its importers.
	// So may more of what is stored in a location.
	w.symbolic = w.symbolic || r.Value.Op == Location || mentionsParam(Values{r.Value})
	return w.resolution()
}

// resolution returns what the walk has found. The first hop of each path only led
// into what was walked, and goes.
func (w *walker) resolution() Resolution {
	s := w.finish()
	for i := range s.Effects {
		s.Effects[i].Path = s.Effects[i].Path.Next
	}
	s.Effects = slices.DeleteFunc(s.Effects, func(e Effect) bool { return e.Path == nil })
	for i := range s.Effects {
		s.Effects[i].sink = w.sinkOf(s.Effects[i].Path)
	}
	for i := range s.Ops {
		s.Ops[i].Path = s.Ops[i].Path.Next
	}
	s.Ops = slices.DeleteFunc(s.Ops, func(o Op) bool { return o.Path == nil })
	for i := range s.Ops {
		s.Ops[i].sink = w.sinkOf(s.Ops[i].Path)
	}
	return Resolution{Effects: s.Effects, Ops: s.Ops, Found: w.found, Unresolved: w.unresolved, Open: w.symbolic, Dropped: s.Dropped}
}

// supplied returns the value of a registration, with the parameters of the
// function that makes it replaced by what is known to be passed for them.
func (prog *Program) supplied(r Registration) Values {
	vs := Values{r.Value}
	if r.Value.Op == Location {
		vs = prog.locationValues(r.Value.Sym)
	}
	return substitute(vs, func(i int) Values {
		f := flow{prog: prog, seen: map[string]bool{}}
		f.parameter(r.In, i, paramIface(vs, i))
		return normalize(f.out)
	})
}

// mentionsParam reports whether vs are, capture or are bound to a parameter.
func mentionsParam(vs Values) bool {
	return slices.ContainsFunc(vs, func(v Value) bool {
		return v.Op == Param || mentionsParam(v.Recv) || slices.ContainsFunc(v.Free, mentionsParam)
	})
}

// paramIface returns the static interface type of parameter i where vs mention it.
func paramIface(vs Values, i int) Sym {
	for _, v := range vs {
		if v.Op == Param && v.Index == i {
			return v.Iface
		}
		for _, set := range append(v.Free[:len(v.Free):len(v.Free)], v.Recv) {
			if iface := paramIface(set, i); iface != (Sym{}) {
				return iface
			}
		}
	}
	return Sym{}
}

// Sink returns the place where a finding for this effect stands.
func (e Effect) Sink() Pos { return e.sink.Pos }

// paramCount returns the number of parameters of a function, its receiver
// included.
func (prog *Program) paramCount(sym Sym) int {
	if p := prog.packages[sym.Pkg]; p != nil {
		if fn := p.fns[sym.Name]; fn != nil {
			return len(fn.Params)
		}
	}
	if f := prog.factOf(sym); f != nil {
		return f.Params
	}
	return 0
}

// resolve puts off the symbolic use u. Uses are looked up in the order in which
// they were met, so that what is near is reached by a short path. In a task one way
// to each place is enough.
func (w *walker) resolve(u Use) {
	w.symbolic = true
	if w.task && u.Method != send && u.Method != receive {
		key := u.What.key() + "|" + u.What.Iface.String() + "|" + u.Method + "|" + w.prog.silence(u.Path)
		if w.visited[key] {
			return
		}
		w.visited[key] = true
	}
	w.queue = append(w.queue, u)
}

// near returns the module that a look into a location is confined to, beside the
// location's own; none means all modules. What other modules keep in their fields
// concerns a task only as far as the task's own module put it there: the rules about
// tasks are about waits for what that module made.
func (w *walker) near(loc Sym) string {
	if w.task && w.prog.module(loc.Pkg) != w.module {
		return w.module
	}
	return ""
}

// drain looks up what was put off, and what comes up on the way.
func (w *walker) drain() {
	for len(w.queue) > 0 {
		u := w.queue[0]
		w.queue = w.queue[1:]
		w.lookUp(u)
	}
}

// lookUp goes on to what the symbolic use u may reach.
func (w *walker) lookUp(u Use) {
	if _, ok := u.pinned(); ok {
		w.contractMethod(Values{u.What}, u, u.Path, Here)
		return
	}
	var vs Values
	switch u.What.Op {
	case Location:
		vs = w.prog.storedNear(u.What.Sym, w.near(u.What.Sym))
		if len(vs) == 0 && u.What.Iface != (Sym{}) && u.Method != "" && u.Method != send && u.Method != receive {
			if w.contractMethod(Values{u.What}, u, u.Path, Here) {
				return
			}
			vs = w.prog.converted(u.What.Iface)
		}
	case AnyOf:
		if u.Method != "" && w.contractMethod(Values{u.What}, u, u.Path, Here) {
			return
		}
		vs = w.prog.converted(u.What.Sym)
	}
	if u.Method == send || u.Method == receive {
		chans := slices.DeleteFunc(slices.Clone(vs), func(v Value) bool { return v.Op != Channel })
		if len(chans) == 0 {
			w.channelEffect(u.Method, contract.Info, closePath(u.Path, operation[u.Method], Primitive, 0, nil), u.Bound)
		}
		w.channelValues(chans, u.Method, u.Path, u.Bound, u.What.Sym)
		return
	}
	given := func(i int) Values {
		if i < len(u.Args) {
			return u.Args[i]
		}
		return nil
	}
	base := target{edge: FuncValue, given: given}
	if u.Method != "" {
		base.edge = Interface
	}
	targets := w.prog.valueTargets(vs, u.Method, base)
	if at := w.last(u.Path); len(targets) == 0 && w.prog.module(at.Pkg) == w.module && !w.visited[at.String()] {
		w.visited[at.String()] = true
		w.unresolved++
	}
	if u.What.Op == Location && u.Method == "" && w.prog.runsOnce(u.What.Sym) {
		w.once++
		defer func() { w.once-- }()
	}
	way := w.prog.silence(u.Path)
	if !w.task {
		way += w.sinkOf(u.Path).Pos.String()
		if u.Path.looped {
			way += " repeats"
		}
	}
	for _, t := range targets {
		key := t.sym.String() + "|" + t.what.key() + "|" + t.method + "|" + way
		if w.visited[key] {
			continue
		}
		w.visited[key] = true
		if t.sym != (Sym{}) {
			t.nargs = w.prog.paramCount(t.sym)
			if t.bound {
				t.nargs--
			}
		}
		w.enter(t, t.args(noEval), u.Path, Here)
	}
}

// An index lists, for one package, where things are stored, called and
// converted.
type index struct {
	stores   map[Sym][]ssa.Value
	calls    map[Sym][]*ssa.CallCommon
	converts map[Sym]map[Sym]bool // interface to concrete types
	receives map[Sym][]*ssa.Function
	locks    map[Sym][]*ssa.Function
	closes   map[string]bool // by the key of the channel's value
	closed   []paramClose
	once     map[Sym]bool // variables that sync.OnceFunc or the like made
	// typed lists, for fields whose type is a type parameter, the types that
	// stand there in the instances of their struct.
	typed map[Sym]map[Sym]bool
}

func (p *Package) index() *index {
	if p.idx != nil {
		return p.idx
	}
	x := &index{
		stores: map[Sym][]ssa.Value{}, calls: map[Sym][]*ssa.CallCommon{},
		converts: map[Sym]map[Sym]bool{}, receives: map[Sym][]*ssa.Function{},
		locks: map[Sym][]*ssa.Function{}, closes: map[string]bool{}, once: map[Sym]bool{}, typed: map[Sym]map[Sym]bool{},
	}
	p.idx = x
	for _, fn := range p.order {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if v, ok := instr.(ssa.Value); ok {
					x.instance(v.Type())
				}
				switch instr := instr.(type) {
				case *ssa.Store:
					if loc := locationOf(instr.Addr); loc != (Sym{}) && p.holds(instr.Val.Type()) {
						x.stores[loc] = append(x.stores[loc], instr.Val)
						if _, ok := instr.Addr.(*ssa.Global); ok && makesOnce(instr.Val) {
							x.once[loc] = true
						}
					}
				case *ssa.MapUpdate:
					if loc := locationOf(instr.Map); loc != (Sym{}) && p.holds(instr.Value.Type()) {
						x.stores[loc] = append(x.stores[loc], instr.Value)
					}
				case *ssa.UnOp:
					if instr.Op == token.ARROW {
						x.receive(instr.X, fn)
					}
				case *ssa.Send:
					x.send(instr.Chan, instr.X)
				case *ssa.Select:
					for _, st := range instr.States {
						if st.Dir == types.RecvOnly {
							x.receive(st.Chan, fn)
						} else {
							x.send(st.Chan, st.Send)
						}
					}
				case *ssa.MakeInterface:
					iface, ok1 := TypeSym(instr.Type())
					typ, ok2 := TypeSym(instr.X.Type())
					if ok1 && ok2 && !wide(iface) {
						if x.converts[iface] == nil {
							x.converts[iface] = map[Sym]bool{}
						}
						x.converts[iface][typ] = true
					}
				case ssa.CallInstruction:
					if b, ok := instr.Common().Value.(*ssa.Builtin); ok && b.Name() == "close" {
						p.closers(x, instr.Common().Args[0])
					}
					if addr, v := atomicStore(instr.Common()); addr != nil && p.holds(v.Type()) {
						if loc := locationOf(addr); loc != (Sym{}) {
							x.stores[loc] = append(x.stores[loc], v)
						}
					}
					if callee := instr.Common().StaticCallee(); callee != nil {
						sym := SSASym(callee)
						x.calls[sym] = append(x.calls[sym], instr.Common())
					}
					if call := lockCall(instr); call != nil {
						if lock := lockSym(call.Common().Args[0]); lock != (Sym{}) {
							x.locks[lock] = append(x.locks[lock], fn)
						}
					}
				}
			}
		}
	}
	return x
}

// makesOnce reports whether v is what sync.OnceFunc or its kin returns: a func
// that runs another once, whoever calls it.
func makesOnce(v ssa.Value) bool {
	call, ok := v.(*ssa.Call)
	if !ok || call.Common().StaticCallee() == nil {
		return false
	}
	switch SSASym(call.Common().StaticCallee()) {
	case Sym{"sync", "OnceFunc"}, Sym{"sync", "OnceValue"}, Sym{"sync", "OnceValues"}:
		return true
	}
	return false
}

// runsOnce reports whether a package variable holds such a func and nothing
// else.
func (prog *Program) runsOnce(loc Sym) bool {
	if p := prog.packages[loc.Pkg]; p != nil {
		x := p.index()
		return x.once[loc] && len(x.stores[loc]) == 1
	}
	return prog.known.once[loc]
}

// instance takes over what the type arguments of a generic struct type, or of a
// pointer to one, say of its fields.
func (x *index) instance(t types.Type) {
	t, _ = deref(t)
	n, ok := t.(*types.Named)
	if !ok || n.TypeArgs().Len() == 0 {
		return
	}
	st, ok := n.Origin().Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i := range st.NumFields() {
		p, ok := types.Unalias(st.Field(i).Type()).(*types.TypeParam)
		if !ok {
			continue
		}
		arg := n.TypeArgs().At(p.Index())
		if sym, ok := TypeSym(arg); ok && !types.IsInterface(arg) {
			loc := fieldSym(n, i)
			if x.typed[loc] == nil {
				x.typed[loc] = map[Sym]bool{}
			}
			x.typed[loc][sym] = true
		}
	}
}

// send takes over that v, a func or an interface, is sent on a channel in a
// location, which then holds it too.
func (x *index) send(ch, v ssa.Value) {
	if loc := locationOf(ch); loc != (Sym{}) && holdsCode(v.Type()) {
		x.stores[loc] = append(x.stores[loc], v)
	}
}

func (x *index) receive(ch ssa.Value, fn *ssa.Function) {
	if loc := locationOf(ch); loc != (Sym{}) {
		x.receives[loc] = append(x.receives[loc], fn)
	}
}

// Receivers returns the functions of p that receive from the channel in a
// location.
func (p *Package) Receivers(loc Sym) []Sym {
	var out []Sym
	for _, fn := range p.index().receives[loc] {
		out = append(out, SSASym(fn))
	}
	return out
}

// holds reports whether a location of type t is worth following: it holds
// functions, interfaces or channels, or values whose methods a contract
// describes by what they carry.
func (p *Package) holds(t types.Type) bool {
	for range 5 {
		switch u := types.Unalias(t).(type) {
		case *types.Named:
			obj := u.Obj()
			if obj.Pkg() == nil {
				return false
			}
			if _, ok := u.Underlying().(*types.Struct); ok {
				return p.prog.contracts.Opaque(obj.Pkg().Path()) || p.tracked(t)
			}
			t = u.Underlying()
		case *types.Signature, *types.Interface, *types.Chan, *types.TypeParam:
			return true
		case *types.Pointer:
			t = u.Elem()
		case *types.Slice:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		case *types.Map:
			t = u.Elem()
		default:
			return false
		}
	}
	return false
}

// locationOf returns the field or variable that an address, map or slice
// belongs to.
func locationOf(v ssa.Value) Sym {
	for range 8 {
		switch u := v.(type) {
		case *ssa.FieldAddr:
			return fieldSym(u.X.Type(), u.Field)
		case *ssa.Field:
			return fieldSym(u.X.Type(), u.Field)
		case *ssa.Global:
			return globalSym(u)
		case *ssa.IndexAddr:
			v = u.X
		case *ssa.UnOp:
			v = u.X
		case *ssa.Slice:
			v = u.X
		case *ssa.Lookup:
			v = u.X
		case *ssa.Extract:
			v = u.Tuple
		default:
			return Sym{}
		}
	}
	return Sym{}
}

type contentsKey struct {
	root, near string
	loc        Sym
}

// locationValues returns everything that is known to be stored in a location.
func (prog *Program) locationValues(loc Sym) Values { return prog.storedNear(loc, "") }

// storedNear is locationValues, confined to what the module near and the location's
// own have a part in, unless near is empty.
func (prog *Program) storedNear(loc Sym, near string) Values {
	key := contentsKey{prog.root, near, loc}
	if vs, ok := prog.contents[key]; ok {
		return vs
	}
	f := flow{prog: prog, seen: map[string]bool{}}
	if near != "" {
		f.modules = []string{near, prog.module(loc.Pkg)}
	}
	f.location(loc)
	vs := normalize(f.out)
	prog.contents[key] = vs
	return vs
}

// A flow follows values backwards from a location.
type flow struct {
	prog    *Program
	modules []string // that it is confined to; none means all
	seen    map[string]bool
	out     Values
}

func (f *flow) location(loc Sym) {
	key := loc.String()
	if f.seen[key] || f.prog.contracts.Opaque(loc.Pkg) {
		return
	}
	f.seen[key] = true
	before := len(f.out)
	typ, name, _ := strings.Cut(loc.Name, ".")
	if name == "" {
		name = typ
	}
	for _, p := range f.prog.mentioning(loc.Pkg, name, f.modules...) {
		for _, v := range p.index().stores[loc] {
			f.values(p.eval(v), v.Parent())
		}
	}
	f.facts(loc)
	if len(f.out) > before || name == typ {
		return
	}
	// Nothing is stored: a field whose type is a type parameter is of some type
	// all the same.
	for _, p := range f.prog.mentioning(loc.Pkg, typ, f.modules...) {
		f.absolute(p.index().instances(loc))
	}
	f.facts(typedKey(loc))
}

// instances returns the types that a field is known to have, as values.
func (x *index) instances(loc Sym) Values {
	var vs Values
	for _, t := range sortedKeys(x.typed[loc]) {
		vs = append(vs, Value{Op: Dynamic, Sym: t})
	}
	return vs
}

// typedKey returns the key under which Flows lists the types of a field.
func typedKey(loc Sym) Sym { return Sym{loc.Pkg, loc.Name + "#type"} }

// values goes on from the values vs, which are in terms of fn.
func (f *flow) values(vs Values, fn *ssa.Function) {
	for _, v := range vs {
		if v.Op == Param {
			if fn == nil {
				continue
			}
			v.Sym = SSASym(fn)
		}
		f.absolute(Values{v})
	}
}

// parameter goes on to what the callers of a function supply as parameter i,
// which has the interface type iface, if any. Where none is known, a contract on
// that interface still has its say.
func (f *flow) parameter(sym Sym, i int, iface Sym) {
	key := flowKey(sym, i)
	if f.seen[key.String()] {
		return
	}
	f.seen[key.String()] = true
	before := len(f.out)
	f.supplies(sym, i)
	if len(f.out) == before && iface != (Sym{}) && !wide(iface) && f.prog.contracts.Opaque(iface.Pkg) {
		f.out = append(f.out, Value{Op: AnyOf, Sym: iface, Iface: iface})
	}
}

func (f *flow) supplies(sym Sym, i int) {
	key := flowKey(sym, i)
	if p := f.prog.packages[sym.Pkg]; p != nil {
		fn := p.fns[sym.Name]
		if fn != nil && i >= len(fn.Params) {
			if mc := makeClosureOf(fn); mc != nil && i-len(fn.Params) < len(mc.Bindings) {
				f.values(p.eval(mc.Bindings[i-len(fn.Params)]), fn.Parent())
			}
			return
		}
	}
	if !strings.Contains(sym.Name, "$") {
		name := sym.Name[strings.LastIndexByte(sym.Name, '.')+1:]
		for _, p := range f.prog.mentioning(sym.Pkg, name, f.modules...) {
			for _, c := range p.index().calls[sym] {
				if i < len(c.Args) {
					f.values(p.argument(c, i), c.Args[i].Parent())
				}
			}
		}
	}
	f.facts(key)
}

// argument returns what a static call passes as argument i.
func (p *Package) argument(c *ssa.CallCommon, i int) Values {
	t := target{argv: c.Args, generic: c.StaticCallee().Origin()}
	return t.instance(i, p.eval(c.Args[i]))
}

// mentioning returns the packages in which pkg's identifier may be used, loaded, of
// these modules if there are any.
func (prog *Program) mentioning(pkg, name string, modules ...string) []*Package {
	if prog.source == nil {
		var out []*Package
		for _, p := range prog.packages {
			if p != nil {
				out = append(out, p)
			}
		}
		return out // one package, under facts
	}
	var out []*Package
	for _, path := range prog.source.Mentioning(pkg, name) {
		if len(modules) > 0 && !slices.Contains(modules, prog.module(path)) || prog.root != "" && !prog.source.Joined(prog.root, path) {
			continue
		}
		if p := prog.Package(path); p != nil {
			out = append(out, p)
		}
	}
	return out
}

// converted returns the types that are converted to an interface, when there
// are few enough of them to be worth a guess.
func (prog *Program) converted(iface Sym) Values {
	if iface == (Sym{}) || wide(iface) || prog.contracts.Opaque(iface.Pkg) {
		return nil
	}
	key := contentsKey{root: prog.root, loc: Sym{iface.Pkg, "interface " + iface.Name}}
	if vs, ok := prog.contents[key]; ok {
		return vs
	}
	set := map[Sym]bool{}
	for _, p := range prog.mentioning(iface.Pkg, "", prog.module(iface.Pkg), prog.module(prog.root)) {
		for t := range p.index().converts[iface] {
			set[t] = true
		}
	}
	prog.factConversions(iface, set)
	var vs Values
	for _, t := range sortedKeys(set) {
		if !stand(t) && !prog.embeds(t, iface) {
			vs = append(vs, Value{Op: Dynamic, Sym: t})
		}
	}
	if len(vs) > maxGuess {
		vs = nil
	}
	prog.contents[key] = vs
	return vs
}

// stand reports whether a type is named like a stand-in for tests.
func stand(t Sym) bool {
	name := strings.ToLower(t.Name + t.Pkg[strings.LastIndexByte(t.Pkg, '/')+1:])
	for _, s := range []string{"mock", "fake", "stub", "noop"} {
		if strings.Contains(name, s) {
			return true
		}
	}
	return false
}

// embeds reports whether a type takes its methods from an embedded value of the
// interface itself, and so only forwards.
func (prog *Program) embeds(t, iface Sym) bool {
	p := prog.Package(t.Pkg)
	if p == nil {
		for _, m := range prog.known.methods[t] {
			if m.Embedded.Iface == iface {
				return true
			}
		}
		return false
	}
	obj := p.unit.Types.Scope().Lookup(strings.TrimPrefix(t.Name, "*"))
	if obj == nil {
		return false
	}
	st, ok := obj.Type().Underlying().(interface {
		NumFields() int
	})
	if !ok {
		return false
	}
	for i := range st.NumFields() {
		if f := structField(obj.Type(), i); f.Embedded() {
			if sym, ok := TypeSym(f.Type()); ok && sym == iface {
				return true
			}
		}
	}
	return false
}

// Stored returns the values that p stores in a location, each with the function
// that stores it.
func (p *Package) Stored(loc Sym) []Registration {
	var out []Registration
	for _, v := range p.index().stores[loc] {
		for _, w := range p.eval(v) {
			out = append(out, Registration{Value: w, In: SSASym(v.Parent()), Pos: p.pos(v.Pos())})
		}
	}
	return out
}

// Locations returns the fields and variables that p stores functions or
// interfaces in, sorted.
func (p *Package) Locations() []Sym { return sortedKeys(p.index().stores) }

// Register returns the registrations that the package's functions make, in
// source order.
func (p *Package) Register() []Registration {
	for _, fn := range p.order {
		p.summary(fn, true)
	}
	if !p.registered {
		p.registered = true
		p.prog.root = p.Path
		for _, fn := range p.order {
			p.registerThrough(fn)
		}
	}
	return p.registrations
}

// registerThrough takes over the callbacks and tasks that fn hands to a function in a
// field or variable, or to a method of what is there, where only one function
// can be meant.
func (p *Package) registerThrough(fn *ssa.Function) {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			call, ok := instr.(ssa.CallInstruction)
			if !ok || !p.handsFunc(call.Common()) {
				continue
			}
			common, method := call.Common(), ""
			base := target{argv: common.Args, edge: FuncValue}
			if common.IsInvoke() {
				method, base.edge = common.Method.Name(), Interface
			}
			var vs Values
			for _, v := range p.eval(common.Value) {
				if v.Op == Location {
					vs = union(vs, p.prog.locationValues(v.Sym))
				}
			}
			ts := p.prog.valueTargets(vs, method, base)
			if len(ts) != 1 || ts[0].symbolic() {
				continue
			}
			w := &walker{prog: p.prog, pkg: p, fn: fn, sym: SSASym(fn), module: p.Module, light: true, final: true, instr: instr}
			w.enter(ts[0], ts[0].args(p.eval), w.open(call.Pos(), base.edge), Here)
			if ops, _ := w.finishOps(); len(ops) > 0 {
				p.through[fn] = append(p.through[fn], ops...)
			}
		}
	}
}

// handsFunc reports whether a call, not of a known function, has a function
// among its arguments.
func (p *Package) handsFunc(common *ssa.CallCommon) bool {
	if _, ok := common.Value.(*ssa.Builtin); ok || common.StaticCallee() != nil {
		return false
	}
	return slices.ContainsFunc(common.Args, func(a ssa.Value) bool {
		_, ok := a.Type().Underlying().(*types.Signature)
		return ok && slices.ContainsFunc(p.eval(a), func(v Value) bool { return v.Op == Function })
	})
}

// Eval returns the values of v, in terms of the function that v belongs to.
func (p *Package) Eval(v ssa.Value) Values { return p.eval(v) }

// Pos returns the package-relative form of a position.
func (p *Package) Pos(at token.Pos) Pos { return p.pos(at) }

// Method resolves a method of a concrete type: the function that runs.
func (prog *Program) Method(typ Sym, name string) (Sym, bool) {
	fn, _, ok := prog.method(typ, name)
	return fn, ok && fn != (Sym{})
}

// Calls returns the static calls that p makes of a function.
func (p *Package) Calls(sym Sym) []*ssa.CallCommon { return p.index().calls[sym] }

// Known returns the packages in which pkg's identifier may be used, loaded, as
// far as some package joins them with the package from.
func (prog *Program) Known(from, pkg, name string) []*Package {
	prog.root = from
	return prog.mentioning(pkg, name)
}

// ResolveHolder returns what a holder may do while it holds its lock.
func (prog *Program) ResolveHolder(h Holder, module string) []Effect {
	w := &walker{prog: prog, pkg: prog.packages[h.In.Pkg], sym: h.In, module: module, resolving: true, visited: map[string]bool{}}
	prog.root = h.In.Pkg
	for _, e := range h.Effects {
		w.addEffect(e)
	}
	for _, u := range h.Uses {
		if u.What.Op != Param {
			w.resolve(u)
		}
	}
	w.drain()
	return w.finish().Effects
}

// OffLoop reports whether a function that holds a lock may run on some goroutine
// other than those that run the given callbacks: a go statement starts it,
// nothing in its package calls it and it is not known to run on a loop either,
// or a function of which that is true calls it. A constructor that calls it for
// the lock of what it makes does not count: nobody else has that lock yet.
func (p *Package) OffLoop(fn, lock Sym, callbacks, onLoop map[Sym]bool) bool {
	seen := map[*ssa.Function]bool{}
	var up func(*ssa.Function) bool
	up = func(f *ssa.Function) bool {
		if f == nil || seen[f] {
			return false
		}
		seen[f] = true
		callers := p.callers()[f]
		if callbacks[SSASym(f)] {
			return p.spawned(f, callbacks)
		}
		if len(callers) == 0 {
			return !onLoop[SSASym(f)]
		}
		for _, c := range callers {
			if c == nil || !(owns(f, lock) && makes(c, f)) && up(c) {
				return true
			}
		}
		return false
	}
	return up(p.fns[fn.Name])
}

// spawned reports whether a go statement starts fn, or a function that calls it
// and is no callback.
func (p *Package) spawned(fn *ssa.Function, callbacks map[Sym]bool) bool {
	seen := map[*ssa.Function]bool{}
	var up func(*ssa.Function) bool
	up = func(f *ssa.Function) bool {
		if f == nil || seen[f] {
			return false
		}
		seen[f] = true
		return p.started[f] || slices.ContainsFunc(p.callers()[f], func(c *ssa.Function) bool {
			return c != nil && !callbacks[SSASym(c)] && up(c)
		})
	}
	p.callers()
	return up(fn)
}

// owns reports whether a lock is a field of the receiver of fn.
func owns(fn *ssa.Function, lock Sym) bool {
	recv := fn.Signature.Recv()
	if recv == nil {
		return false
	}
	t, _ := deref(recv.Type())
	sym, ok := TypeSym(t)
	return ok && sym.Pkg == lock.Pkg && strings.HasPrefix(lock.Name, sym.Name+".")
}

// fresh reports whether v was made just now, here or by a constructor.
func fresh(v ssa.Value) bool {
	if x, ok := v.(*ssa.Extract); ok && x.Index == 0 {
		v = x.Tuple
	}
	if call, ok := v.(*ssa.Call); ok {
		callee := call.Common().StaticCallee()
		return callee != nil && len(callee.Blocks) > 0 && !slices.ContainsFunc(callee.Blocks, func(b *ssa.BasicBlock) bool {
			ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
			if !ok || len(ret.Results) == 0 {
				return ok
			}
			c, isConst := ret.Results[0].(*ssa.Const)
			_, made := ret.Results[0].(*ssa.Alloc)
			return !made && !(isConst && c.IsNil())
		})
	}
	_, ok := v.(*ssa.Alloc)
	return ok
}

// makes reports whether fn calls the method only on values that it makes itself.
func makes(fn, method *ssa.Function) bool {
	found := false
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			call, ok := instr.(ssa.CallInstruction)
			if !ok || call.Common().StaticCallee() != method {
				continue
			}
			if !fresh(call.Common().Args[0]) {
				return false
			}
			found = true
		}
	}
	return found
}

// callers returns, for each function of p, the functions of p that call it on
// their own goroutine; nil stands for any other use of it.
func (p *Package) callers() map[*ssa.Function][]*ssa.Function {
	if p.up != nil {
		return p.up
	}
	p.up, p.started = map[*ssa.Function][]*ssa.Function{}, map[*ssa.Function]bool{}
	var space [16]*ssa.Value
	for _, fn := range p.order {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				for _, op := range instr.Operands(space[:0]) {
					var g *ssa.Function
					switch v := (*op).(type) {
					case *ssa.Function:
						g = p.body(SSASym(v))
					case *ssa.MakeClosure:
						g = p.body(SSASym(v.Fn.(*ssa.Function)))
					}
					if g == nil {
						continue
					}
					caller := fn
					switch i := instr.(type) {
					case *ssa.Go:
						caller = nil
						if i.Call.Value == *op {
							p.started[g] = true
						}
					case *ssa.MakeClosure:
						continue // its uses count, not its making
					case ssa.CallInstruction:
						if i.Common().Value != *op {
							caller = nil // handed to something
						}
					default:
						caller = nil
					}
					p.up[g] = append(p.up[g], caller)
				}
			}
		}
	}
	return p.up
}

// PosOf returns where a function is declared.
func (prog *Program) PosOf(sym Sym) Pos {
	if p := prog.packages[sym.Pkg]; p != nil {
		if fn := p.fns[sym.Name]; fn != nil {
			return p.pos(fn.Pos())
		}
	}
	return Pos{Pkg: sym.Pkg}
}
