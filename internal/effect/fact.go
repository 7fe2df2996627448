package effect

// What one package tells its importers.
//
// Drivers that see one package at a time hand each the facts of its direct
// imports only, so a fact is closed: besides the summaries of the package's own
// functions it holds those of other packages that its values mention, the
// methods of the types they mention, and everything known to be stored in
// locations.

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
)

// A Fact is what a package exports to the packages that import it.
type Fact struct {
	Module  string
	Modules map[string]string // modules of the packages that paths mention
	Loops   []*contract.Loop  // that directives declare
	Funcs   map[Sym]*Summary
	Methods map[Sym]map[string]methodFact // by concrete type
	// Flows are the values stored in locations and passed for parameters that
	// end up in one. A parameter in them carries its function as its symbol.
	Flows    map[Sym]Values
	Once     []Sym         // variables whose func runs once, sorted
	Converts map[Sym][]Sym // interface to concrete types
	// Pools lists what directives say of worker pools, Closed the channels that
	// are closed, by key.
	Pools  map[Sym][]contract.PoolOp
	Closed []string
	// Callbacks are those that importers must look at again.
	Callbacks []Callback
	// Ignores are the comments that silence, here and in imported packages, sorted.
	Ignores []directive.Ignore

	encoded *encoded // of a fact that was read
}

// A Callback is a function on a loop that calls through a location or of an
// unknown type. A package that imports both the callback and what is stored
// there is the first to see what it does.
type Callback struct {
	Registration
	Func   Sym
	Method string
	At     Pos
	Module string
	Known  []string // the effects that were seen so far, by key, sorted
}

// A methodFact is what runs when a method of a type is called: a function, or
// whatever is in an embedded interface.
type methodFact struct {
	Func     Sym
	Embedded Value
}

// AFact marks Fact as a fact of go/analysis.
func (*Fact) AFact() {}

// String lists what the package's functions do, one clause for each.
func (f *Fact) String() string {
	if err := f.load(); err != nil {
		return err.Error()
	}
	var b strings.Builder
	b.WriteString("effects")
	for _, sym := range sortedKeys(f.Funcs) {
		if s := f.Funcs[sym].String(); s != "" {
			b.WriteString("; " + sym.Name + ": " + s)
		}
	}
	return b.String()
}

// String lists the kinds of the effects, what is done with which parameter, and
// what the results are.
func (s *Summary) String() string {
	var parts []string
	add := func(part string) {
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	for _, e := range s.Effects {
		verb := "blocks "
		if e.May {
			verb = "may block "
		}
		add(verb + string(e.Kind))
	}
	for _, u := range s.Uses {
		switch {
		case u.Method == send || u.Method == receive:
			add(operation[u.Method] + " on " + u.What.String())
		case u.Method != "":
			add("calls " + u.Method + " of " + u.What.String() + " " + u.Mode.String())
		default:
			add("runs " + u.What.String() + " " + u.Mode.String())
		}
	}
	for _, r := range s.Results {
		for _, v := range r {
			add("returns " + v.String())
		}
	}
	return strings.Join(parts, ", ")
}

// flowKey returns the key under which Flows lists a parameter.
func flowKey(fn Sym, i int) Sym { return Sym{fn.Pkg, fn.Name + "#" + itoa(i)} }

// Import adds the fact of a directly imported package. The error is that of a fact that
// was read and is malformed.
func (prog *Program) Import(path string, f *Fact) error {
	if err := f.load(); err != nil {
		return fmt.Errorf("the fact of %s: %w", path, err)
	}
	for _, l := range f.Loops {
		prog.loops[l.Name] = l
	}
	k := &prog.known
	if k.funcs == nil {
		*k = knowledge{funcs: map[Sym]*Summary{}, methods: map[Sym]map[string]methodFact{}, flows: map[Sym]Values{}, converts: map[Sym]map[Sym]bool{}, modules: map[string]string{},
			pools: map[string]map[Sym][]contract.PoolOp{}, closed: map[string]bool{}}
	}
	k.modules[path] = f.Module
	for p, m := range f.Modules {
		k.modules[p] = m
	}
	for s, sum := range f.Funcs {
		k.funcs[s] = sum
	}
	for t, ms := range f.Methods {
		k.methods[t] = ms
	}
	for loc, vs := range f.Flows {
		k.flows[loc] = union(k.flows[loc], vs)
	}
	for _, loc := range f.Once {
		if k.once == nil {
			k.once = map[Sym]bool{}
		}
		k.once[loc] = true
	}
	for iface, ts := range f.Converts {
		if k.converts[iface] == nil {
			k.converts[iface] = map[Sym]bool{}
		}
		for _, t := range ts {
			k.converts[iface][t] = true
		}
	}
	prog.addIgnores(f.Ignores)
	if len(f.Pools) > 0 {
		k.pools[path] = f.Pools
	}
	for _, key := range f.Closed {
		k.closed[key] = true
	}
	for _, c := range f.Callbacks {
		i := slices.IndexFunc(k.callbacks, func(o Callback) bool { return o.Func == c.Func && o.Loop == c.Loop && o.Pos == c.Pos })
		if i < 0 {
			k.callbacks = append(k.callbacks, c)
			continue
		}
		known := append(slices.Clone(k.callbacks[i].Known), c.Known...)
		slices.Sort(known)
		k.callbacks[i].Known = slices.Compact(known)
	}
	return nil
}

// knowledge is what the facts of all direct imports say together.
type knowledge struct {
	funcs    map[Sym]*Summary
	methods  map[Sym]map[string]methodFact
	flows    map[Sym]Values
	once     map[Sym]bool
	converts map[Sym]map[Sym]bool
	modules  map[string]string
	pools    map[string]map[Sym][]contract.PoolOp // by package
	closed   map[string]bool

	callbacks []Callback
}

// Callbacks returns the callbacks of imported packages that are to be looked at
// again.
func (prog *Program) Callbacks() []Callback { return prog.known.callbacks }

func (prog *Program) factOf(sym Sym) *Summary { return prog.known.funcs[sym] }

// factMethod resolves a method of a type of another package: by the facts that
// mention the type, or by the type itself where it is in sight.
func (prog *Program) factMethod(typ Sym, name string) (Sym, Value, bool) {
	if table, ok := prog.known.methods[typ]; ok {
		m, ok := table[name]
		return m.Func, m.Embedded, ok
	}
	for _, p := range prog.packages {
		if p == nil {
			continue
		}
		for _, q := range p.unit.Types.Imports() {
			if q.Path() == typ.Pkg {
				return methodIn(q, typ, name)
			}
		}
	}
	return Sym{}, Value{}, false
}

func (prog *Program) factConversions(iface Sym, set map[Sym]bool) {
	for t := range prog.known.converts[iface] {
		set[t] = true
	}
}

// facts goes on to what imported packages store in a location.
func (f *flow) facts(key Sym) {
	f.absolute(f.prog.known.flows[key])
}

// absolute goes on from values whose parameters name their functions.
func (f *flow) absolute(vs Values) {
	for _, v := range vs {
		switch v.Op {
		case Location:
			f.location(v.Sym)
		case Param:
			f.parameter(v.Sym, v.Index, v.Iface)
		default:
			f.out = append(f.out, substitute(Values{v}, f.owner(v))...)
		}
	}
}

// owner returns what is known of the parameters that a value is in terms of: those
// of the function that makes an object, such as a constructor that is given the pool
// of which it keeps a part. Of others nothing is known.
func (f *flow) owner(v Value) argFunc {
	in, _, _, ok := v.Site()
	if v.Op != Object || !ok || len(v.Recv) == 0 {
		return func(int) Values { return nil }
	}
	return func(i int) Values {
		g := flow{prog: f.prog, modules: f.modules, seen: maps.Clone(f.seen)}
		g.parameter(in, i, Sym{})
		return normalize(g.out)
	}
}

// Export returns the package's fact. The callbacks are those that importers must
// look at again.
func (p *Package) Export(callbacks ...Callback) *Fact {
	f := &Fact{
		Module: p.Module, Modules: map[string]string{}, Loops: p.loopsOf(),
		Funcs: map[Sym]*Summary{}, Methods: map[Sym]map[string]methodFact{},
		Flows: map[Sym]Values{}, Converts: map[Sym][]Sym{},
		Pools: p.pools, Callbacks: callbacks,
		Ignores: p.prog.allIgnores(),
	}
	c := closer{pkg: p, fact: f}
	for _, fn := range p.order {
		// What is not exported is there for who can reach it: see closer.
		if obj := fn.Object(); obj != nil && obj.Exported() {
			c.own(fn)
		}
	}
	for sym, d := range p.Directives {
		if f.Funcs[sym] == nil {
			f.Funcs[sym] = p.declared(d, sym, nil)
		}
	}
	p.exportFlows(f)
	p.exportConversions(f)
	p.exportClosed(f)
	c.close()
	return f
}

// exportFlows lists what is known to be stored in locations, here and in
// imported packages.
func (p *Package) exportFlows(f *Fact) {
	for k, vs := range p.prog.known.flows {
		f.Flows[k] = vs
	}
	var pending []Value
	add := func(key Sym, vs Values, fn *ssa.Function) {
		vs = slices.Clone(vs)
		for i := range vs {
			if vs[i].Op == Param {
				vs[i].Sym = SSASym(fn)
				pending = append(pending, vs[i])
			}
		}
		f.Flows[key] = union(f.Flows[key], normalize(vs))
	}
	x := p.index()
	once := maps.Clone(p.prog.known.once)
	if once == nil {
		once = map[Sym]bool{}
	}
	for loc := range x.once {
		if len(x.stores[loc]) == 1 {
			once[loc] = true
		}
	}
	f.Once = sortedKeys(once)
	for _, loc := range sortedKeys(x.stores) {
		for _, v := range x.stores[loc] {
			add(loc, p.eval(v), v.Parent())
		}
	}
	for loc := range x.typed {
		f.Flows[typedKey(loc)] = union(f.Flows[typedKey(loc)], x.instances(loc))
	}
	for _, k := range sortedKeys(p.prog.known.flows) {
		for _, v := range p.prog.known.flows[k] {
			if v.Op == Param {
				pending = append(pending, v)
			}
		}
	}
	seen := map[Sym]bool{}
	for len(pending) > 0 {
		v := pending[0]
		pending = pending[1:]
		key := flowKey(v.Sym, v.Index)
		if seen[key] {
			continue
		}
		seen[key] = true
		for _, c := range x.calls[v.Sym] {
			if v.Index < len(c.Args) {
				add(key, p.argument(c, v.Index), c.Args[v.Index].Parent())
			}
		}
	}
}

func (p *Package) exportConversions(f *Fact) {
	set := map[Sym]map[Sym]bool{}
	for _, from := range []map[Sym]map[Sym]bool{p.prog.known.converts, p.index().converts} {
		for iface, ts := range from {
			if p.prog.contracts.Opaque(iface.Pkg) {
				continue
			}
			if set[iface] == nil {
				set[iface] = map[Sym]bool{}
			}
			for t := range ts {
				set[iface][t] = true
			}
		}
	}
	for iface, ts := range set {
		f.Converts[iface] = sortedKeys(ts)
	}
}

// exportClosed lists the channels that are closed, here and in imported packages.
func (p *Package) exportClosed(f *Fact) {
	if !p.prog.pools {
		return
	}
	closed := maps.Clone(p.index().closes)
	maps.Copy(closed, p.prog.known.closed)
	delete(closed, "")
	f.Closed = slices.Sorted(maps.Keys(closed))
}

// A closer copies into a fact what its values mention.
type closer struct {
	pkg     *Package
	fact    *Fact
	pending []Value
	seen    map[string]bool
}

func (c *closer) close() {
	c.seen = map[string]bool{}
	for _, s := range c.fact.Funcs {
		c.summary(s)
	}
	for _, vs := range c.fact.Flows {
		c.values(vs)
	}
	for _, ts := range c.fact.Converts {
		for _, t := range ts {
			c.values(Values{{Op: Dynamic, Sym: t}})
		}
	}
	for _, cb := range c.fact.Callbacks {
		c.values(Values{cb.Value})
	}
	for len(c.pending) > 0 {
		v := c.pending[0]
		c.pending = c.pending[1:]
		switch v.Op {
		case Function:
			c.function(v.Sym)
		case Dynamic:
			c.methods(v.Sym)
		}
	}
}

func (c *closer) values(vs Values) {
	for _, v := range vs {
		if v.Op == Function || v.Op == Dynamic {
			if key := itoa(int(v.Op)) + v.Sym.String(); !c.seen[key] {
				c.seen[key] = true
				c.pending = append(c.pending, v)
			}
		}
		for _, f := range v.Free {
			c.values(f)
		}
		c.values(v.Recv)
	}
}

func (c *closer) summary(s *Summary) {
	for _, e := range s.Effects {
		c.path(e.Path)
	}
	for _, o := range s.Ops {
		c.path(o.Path)
		c.values(o.On)
		c.values(o.Task)
	}
	for _, u := range s.Uses {
		c.path(u.Path)
		for _, a := range u.Args {
			c.values(a)
		}
		c.values(Values{u.What})
	}
	for _, r := range s.Results {
		c.values(r)
	}
}

func (c *closer) path(h *Path) {
	for ; h != nil; h = h.Next {
		if _, ok := c.fact.Modules[h.Pos.Pkg]; !ok && h.Pos.Pkg != "" {
			c.fact.Modules[h.Pos.Pkg] = c.pkg.prog.module(h.Pos.Pkg)
		}
	}
}

func (c *closer) function(sym Sym) {
	if c.fact.Funcs[sym] != nil {
		return
	}
	if fn := c.pkg.body(sym); fn != nil {
		c.own(fn)
	} else if s := c.pkg.prog.factOf(sym); s != nil {
		c.fact.Funcs[sym] = s
	}
	if s := c.fact.Funcs[sym]; s != nil {
		c.summary(s)
	}
}

// own adds a function of the package, unless there is nothing to say of it.
func (c *closer) own(fn *ssa.Function) {
	s := *c.pkg.summary(fn, false)
	s.Results = c.pkg.resultsOf(fn)
	s.Params = len(fn.Params)
	if len(s.Effects)+len(s.Uses)+len(s.Ops)+len(s.Results) > 0 {
		c.fact.Funcs[SSASym(fn)] = &s
	}
}

// methods copies the method table of a concrete type.
func (c *closer) methods(typ Sym) {
	if c.pkg.prog.contracts.Opaque(typ.Pkg) || c.fact.Methods[typ] != nil {
		return
	}
	table := c.pkg.prog.known.methods[typ]
	if typ.Pkg == c.pkg.Path {
		table = c.pkg.methodTable(typ)
	}
	if len(table) == 0 {
		return
	}
	c.fact.Methods[typ] = table
	for _, m := range table {
		if m.Func != (Sym{}) {
			c.function(m.Func)
		}
	}
}

// methodTable resolves every method of a type of this package.
func (p *Package) methodTable(typ Sym) map[string]methodFact {
	bare, ptr := strings.CutPrefix(typ.Name, "*")
	obj, _ := p.unit.Types.Scope().Lookup(bare).(*types.TypeName)
	if obj == nil {
		return nil
	}
	t := obj.Type()
	if ptr {
		t = types.NewPointer(t)
	}
	table := map[string]methodFact{}
	set := types.NewMethodSet(t)
	for i := range set.Len() {
		name := set.At(i).Obj().Name()
		if fn, embedded, ok := methodOf(t, name, p.unit.Types); ok {
			table[name] = methodFact{fn, embedded}
		}
	}
	return table
}
