package effect

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
)

// A Program answers questions about functions, types and locations, whichever
// package they are in. It is not safe for concurrent use.
type Program struct {
	contracts *contract.Set
	source    Source
	packages  map[string]*Package
	known     knowledge // of the packages that are known by facts only
	loops     map[string]*contract.Loop
	pools     bool
	Broken    map[string]error // packages that could not be loaded
	contents  map[contentsKey]Values
	tasks     map[taskKey]Resolution
	root      string // package whose callbacks are being resolved
	ssa       *ssa.Program
	keep      func(*types.Package) bool // whose syntax is wanted later; nil means none
	ignores   map[sourceFile][]directive.Ignore
}

// NewProgram returns an empty program.
func NewProgram(c Config) *Program {
	return &Program{
		contracts: c.Contracts,
		source:    c.Source,
		pools:     c.Pools,
		packages:  map[string]*Package{},
		loops:     map[string]*contract.Loop{},
		Broken:    map[string]error{},
		contents:  map[contentsKey]Values{},
		tasks:     map[taskKey]Resolution{},
		ignores:   map[sourceFile][]directive.Ignore{},
	}
}

// Contracts returns the contracts that the program is read under.
func (prog *Program) Contracts() *contract.Set { return prog.contracts }

// Keep says of which packages the syntax will be asked for. That of others is
// dropped once they are read. It is called before any package is loaded.
func (prog *Program) Keep(keep func(*types.Package) bool) { prog.keep = keep }

// Loop returns the loop with that name, or nil.
func (prog *Program) Loop(name string) *contract.Loop {
	if l := prog.loops[name]; l != nil {
		return l
	}
	for _, l := range prog.contracts.Loops() {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// A Package is one package of a program, with syntax.
type Package struct {
	Path, Module string
	Directives   map[Sym]*directive.Func
	Problems     []directive.Error

	prog    *Program
	foreign bool // outside the main modules: where in it something stands is not shown
	unit    *Unit
	ssa     *ssa.Package
	fns     map[string]*ssa.Function
	order   []*ssa.Function
	values  map[ssa.Value]Values
	sums    [2]map[*ssa.Function]*Summary // full, light
	scc     map[*ssa.Function]*component
	idx     *index
	shown   map[token.Pos]token.Pos // where to show the call with that parenthesis
	up      map[*ssa.Function][]*ssa.Function
	started map[*ssa.Function]bool    // by a go statement; known with up
	pools   map[Sym][]contract.PoolOp // by directive
	params  map[Sym][]string          // parameters of what has directives, the receiver first
	laps    [][2]token.Pos            // where loops begin and end, by their place

	registrations []Registration
	registered    bool                   // what goes through fields and variables is among them
	through       map[*ssa.Function][]Op // submits by way of a field or variable
	holders       []Holder
}

// Program returns the program that the package is part of.
func (p *Package) Program() *Program { return p.prog }

// Unit returns the package's types and, of a package that is kept, its syntax.
func (p *Package) Unit() *Unit { return p.unit }

// Functions returns the package's functions, literals included, in source order.
func (p *Package) Functions() []*ssa.Function { return p.order }

// Package returns the package with that path, loading it when it can be, or nil.
// The packages of opaque modules are never loaded.
func (prog *Program) Package(path string) *Package {
	if p, ok := prog.packages[path]; ok {
		return p
	}
	if prog.source == nil || path == "" || path == "unsafe" || path == "C" || prog.contracts.Opaque(path) {
		return nil
	}
	prog.packages[path] = nil
	unit, err := prog.source.Load(path)
	if err != nil {
		prog.Broken[path] = err
		return nil
	}
	if unit == nil {
		return nil
	}
	p, err := prog.Add(unit)
	if err != nil {
		prog.Broken[path] = err
	}
	return p
}

// Add builds a package from its unit.
func (prog *Program) Add(unit *Unit) (_ *Package, err error) {
	path := unit.Types.Path()
	p := &Package{
		Path: path, Module: unit.Module,
		prog: prog, unit: unit,
		Directives: map[Sym]*directive.Func{},
		fns:        map[string]*ssa.Function{},
		through:    map[*ssa.Function][]Op{},
		values:     map[ssa.Value]Values{},
		sums:       [2]map[*ssa.Function]*Summary{{}, {}},
	}
	defer func() {
		if r := recover(); r != nil {
			prog.packages[path] = nil
			err = fmt.Errorf("%s: cannot build SSA: %v", path, r)
		}
	}()
	p.ssa = prog.build(unit)
	p.readDirectives()
	p.readIgnores()
	p.collect()
	if prog.pools {
		p.readLaps()
	}
	if prog.source != nil {
		p.foreign = !prog.contracts.Main(unit.Module)
		if prog.keep == nil || !prog.keep(unit.Types) {
			// What is left to read is in the SSA form.
			p.indexCalls()
			unit.release()
		}
	}
	prog.packages[path] = p
	return p, nil
}

// build returns the SSA form of a unit. Imported packages have no bodies; units
// with one file set share them.
func (prog *Program) build(unit *Unit) (pkg *ssa.Package) {
	if prog.ssa == nil || prog.ssa.Fset != unit.Fset {
		prog.ssa = ssa.NewProgram(unit.Fset, ssa.BuilderMode(0))
	}
	defer func() {
		if recover() != nil {
			// Something that the source does not name was needed after all, or an
			// earlier failure left the shared program in pieces.
			prog.ssa = ssa.NewProgram(unit.Fset, ssa.BuilderMode(0))
			pkg = prog.buildWith(unit, unit.Types.Imports(), true)
		}
	}()
	return prog.buildWith(unit, ownersNamed(unit), false)
}

// ownersNamed returns the packages that own what the unit's source names.
// Creating only these, rather than all that are imported however indirectly,
// saves a tenth of the time on a program with a thousand packages.
func ownersNamed(unit *Unit) []*types.Package {
	seen := map[*types.Package]bool{nil: true}
	pkgs := slices.Clone(unit.Types.Imports())
	add := func(obj types.Object) {
		if obj != nil && !seen[obj.Pkg()] {
			seen[obj.Pkg()] = true
			pkgs = append(pkgs, obj.Pkg())
		}
	}
	for _, obj := range unit.Info.Uses {
		add(obj)
	}
	for _, sel := range unit.Info.Selections {
		add(sel.Obj())
	}
	return pkgs
}

func (prog *Program) buildWith(unit *Unit, imports []*types.Package, transitive bool) *ssa.Package {
	var create func([]*types.Package)
	create = func(pkgs []*types.Package) {
		for _, q := range pkgs {
			if q != unit.Types && prog.ssa.Package(q) == nil {
				prog.ssa.CreatePackage(q, nil, nil, false)
				if transitive {
					create(q.Imports())
				}
			}
		}
	}
	create(imports)
	pkg := prog.ssa.CreatePackage(unit.Types, unit.Files, unit.Info, false)
	pkg.Build()
	return pkg
}

// collect lists the functions of the package.
func (p *Package) collect() {
	var add func(*ssa.Function)
	add = func(fn *ssa.Function) {
		if fn == nil {
			return
		}
		name := SSASym(fn).Name
		if _, dup := p.fns[name]; dup {
			// Several functions may be called init, or "_".
			name = fmt.Sprintf("%s·%d", name, len(p.order))
		}
		p.fns[name] = fn
		p.order = append(p.order, fn)
		for _, anon := range fn.AnonFuncs {
			add(anon)
		}
	}
	add(p.ssa.Func("init"))
	for _, file := range p.unit.Files {
		for _, decl := range file.Decls {
			decl, ok := decl.(*ast.FuncDecl)
			if !ok || decl.Name.Name == "_" {
				continue
			}
			if obj, ok := p.unit.Info.Defs[decl.Name].(*types.Func); ok {
				add(p.ssa.Prog.FuncValue(obj))
			}
		}
	}
}

// body returns the function of this package with that symbol, if it has a body.
func (p *Package) body(sym Sym) *ssa.Function {
	if sym.Pkg != p.Path {
		return nil
	}
	if fn := p.fns[sym.Name]; fn != nil && fn.Blocks != nil {
		return fn
	}
	return nil
}

// readDirectives reads the //loopvet: comments of functions and interface
// methods, and the loop that they declare.
func (p *Package) readDirectives() {
	p.pools = map[Sym][]contract.PoolOp{}
	p.params = map[Sym][]string{}
	declare := func(doc *ast.CommentGroup, id *ast.Ident, recv *ast.FieldList, typ *ast.FuncType) {
		d, errs := directive.Parse(doc, recv, typ)
		p.Problems = append(p.Problems, errs...)
		if d == nil {
			return
		}
		if obj, ok := p.unit.Info.Defs[id].(*types.Func); ok {
			p.Directives[FuncSym(obj)] = d
			p.params[FuncSym(obj)] = paramNames(obj.Signature())
			if ops := d.PoolOps(obj.Signature()); len(ops) > 0 {
				p.pools[FuncSym(obj)] = ops
			}
		}
	}
	for _, file := range p.unit.Files {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				declare(decl.Doc, decl.Name, decl.Recv, decl.Type)
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					spec, ok := spec.(*ast.TypeSpec)
					if !ok {
						continue
					}
					it, ok := spec.Type.(*ast.InterfaceType)
					if !ok {
						continue
					}
					for _, m := range it.Methods.List {
						if ft, ok := m.Type.(*ast.FuncType); ok && len(m.Names) == 1 {
							declare(m.Doc, m.Names[0], new(ast.FieldList), ft)
						}
					}
				}
			}
		}
	}
	declares := false
	for _, d := range p.Directives {
		declares = declares || len(d.Loop) > 0 || d.LoopOnly || d.Reentry
	}
	if !declares {
		return
	}
	loop := &contract.Loop{Name: p.Path, Module: p.Path}
	for _, sym := range sortedKeys(p.Directives) {
		if p.Directives[sym].Offload {
			loop.Offload = "offload it with " + p.unit.Types.Name() + "." + sym.Name
		}
	}
	p.prog.loops[p.Path] = loop
}

// paramNames returns the names of the parameters as SSA numbers them.
func paramNames(sig *types.Signature) (names []string) {
	if recv := sig.Recv(); recv != nil {
		names = append(names, recv.Name())
	}
	for param := range sig.Params().Variables() {
		names = append(names, param.Name())
	}
	return names
}

// loopsOf lists the loops that the package's directives declare.
func (p *Package) loopsOf() []*contract.Loop {
	if l := p.prog.loops[p.Path]; l != nil {
		return []*contract.Loop{l}
	}
	return nil
}

// module returns the module of a package without loading it.
func (prog *Program) module(path string) string {
	if p := prog.packages[path]; p != nil {
		return p.Module
	}
	if prog.source != nil {
		return prog.source.Module(path)
	}
	if m, ok := prog.known.modules[path]; ok {
		return m
	}
	return path
}

// summary returns the summary of a function of any package, or nil.
func (prog *Program) summary(sym Sym, light bool) *Summary {
	if p := prog.Package(sym.Pkg); p != nil {
		if fn := p.fns[sym.Name]; fn != nil {
			return p.summary(fn, light)
		}
		if d := p.Directives[sym]; d != nil {
			return p.declared(d, sym, nil) // an interface method
		}
		return nil
	}
	return prog.factOf(sym)
}

// results returns what a function of another package returns, in terms of its
// parameters.
func (prog *Program) results(sym Sym) []Values {
	p := prog.Package(sym.Pkg)
	if p == nil {
		if s := prog.factOf(sym); s != nil {
			return s.Results
		}
		return nil
	}
	if fn := p.body(sym); fn != nil {
		return p.resultsOf(fn)
	}
	return nil
}

// resultsOf returns what fn returns, in terms of its parameters.
func (p *Package) resultsOf(fn *ssa.Function) []Values {
	n := fn.Signature.Results().Len()
	out := make([]Values, n)
	any := false
	for i := range n {
		if !relevant(fn.Signature.Results().At(i).Type()) {
			continue
		}
		e := p.evaluator()
		e.calls = []*ssa.Function{fn}
		e.returned(fn, i)
		out[i] = normalize(e.out)
		any = any || len(out[i]) > 0
	}
	if !any {
		return nil
	}
	return out
}

// method resolves a method of the concrete type sym. It returns the function
// that runs, or the location of the embedded interface that the method is
// promoted from.
func (prog *Program) method(typ Sym, name string) (fn Sym, embedded Value, ok bool) {
	if prog.contracts.Opaque(typ.Pkg) {
		return MethodSym(typ, name), Value{}, true
	}
	p := prog.Package(typ.Pkg)
	if p == nil {
		return prog.factMethod(typ, name)
	}
	return methodIn(p.unit.Types, typ, name)
}

// methodIn resolves a method of a type that pkg declares.
func methodIn(pkg *types.Package, typ Sym, name string) (fn Sym, embedded Value, ok bool) {
	bare, ptr := strings.CutPrefix(typ.Name, "*")
	obj, _ := pkg.Scope().Lookup(bare).(*types.TypeName)
	if obj == nil {
		// A type declared in a function: its methods are promoted, or it has none.
		return Sym{}, Value{}, false
	}
	t := obj.Type()
	if ptr {
		t = types.NewPointer(t)
	}
	return methodOf(t, name, pkg)
}

func methodOf(t types.Type, name string, pkg *types.Package) (fn Sym, embedded Value, ok bool) {
	o, path, _ := types.LookupFieldOrMethod(t, true, pkg, name)
	m, _ := o.(*types.Func)
	if m == nil {
		return Sym{}, Value{}, false
	}
	if !types.IsInterface(m.Signature().Recv().Type()) {
		return FuncSym(m), Value{}, true
	}
	// Promoted from an embedded interface: find the field that holds it.
	for _, i := range path[:max(len(path)-1, 0)] {
		s, _ := deref(t)
		st, isStruct := s.Underlying().(*types.Struct)
		if !isStruct {
			return Sym{}, Value{}, false
		}
		f := st.Field(i)
		embedded = Value{Op: Location, Sym: fieldSym(s, i), Iface: ifaceSym(f.Type())}
		t = f.Type()
	}
	return Sym{}, embedded, embedded.Sym != (Sym{})
}

// reachesLoop reports whether the package may register callbacks: it is, or
// imports, a package that declares a loop. Under facts every package is asked.
func (prog *Program) reachesLoop(path string) bool {
	if r, ok := prog.source.(interface{ ReachesLoop(string) bool }); ok {
		return r.ReachesLoop(path)
	}
	return true
}

// contractOf returns what the contracts say of a target, and whether they alone
// decide.
func (prog *Program) contractOf(t target) (f *contract.Func, opaque bool) {
	for _, name := range t.names {
		if f = prog.contracts.Func(name); f != nil {
			break
		}
	}
	if f == nil {
		f = prog.contracts.Func(t.sym.String())
	}
	return f, prog.contracts.Opaque(t.sym.Pkg)
}

// sortedKeys returns the keys of m in order.
func sortedKeys[V any](m map[Sym]V) []Sym {
	keys := make([]Sym, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, Sym.Compare)
	return keys
}
