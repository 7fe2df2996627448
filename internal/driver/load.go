package driver

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

// A loader type-checks packages from source when they are asked for, against
// the export data of what they import. It implements effect.Source.
//
// Packages may be loaded ahead, side by side. What makes that safe: a types
// package is complete before it is handed to the type checker, and reading more
// export data adds to incomplete packages only. So one lock around the reading
// is enough, provided that nobody looks into the incomplete ones; that is why
// the imports of imported packages are cleared.
type loader struct {
	graph     *graph
	near      []bool // see graph.gate
	contracts *contract.Set
	fset      *token.FileSet
	sizes     types.Sizes
	loaded    func(path string) // called for each package that is loaded; may be nil
	stopped   func() bool       // reports whether nobody waits for the result any more; may be nil
	running   *sync.WaitGroup   // of the goroutines that load ahead

	mu       sync.Mutex // guards all below
	worlds   map[string]*world
	jobs     map[*pkg]*job
	problems map[*pkg][]Problem
	mention  map[[2]string][]string
	above    map[*pkg][]bool
}

// A job is the loading of one package.
type job struct {
	once  sync.Once
	unit  *effect.Unit
	err   error
	taken bool // the unit was handed out, and is not kept; guarded by loader.mu
}

// A world is a set of packages that may import each other. All packages of a
// program share one, but for those that are compiled for a test.
type world struct {
	mu    sync.Mutex // guards types, and the packages in it while they are read
	types map[string]*types.Package
}

func newLoader(g *graph, near []bool, contracts *contract.Set, goarch string) *loader {
	return &loader{
		graph:     g,
		near:      near,
		contracts: contracts,
		fset:      token.NewFileSet(),
		running:   new(sync.WaitGroup),
		sizes:     types.SizesFor("gc", goarch),
		worlds:    map[string]*world{},
		jobs:      map[*pkg]*job{},
		problems:  map[*pkg][]Problem{},
		mention:   map[[2]string][]string{},
		above:     map[*pkg][]bool{},
	}
}

var _ effect.Source = (*loader)(nil)

// Module returns the module path of a package.
func (l *loader) Module(path string) string {
	if p := l.graph.byPath[path]; p != nil {
		return p.modulePath()
	}
	return ""
}

// ReachesLoop reports whether the package may have callbacks.
func (l *loader) ReachesLoop(path string) bool {
	p := l.graph.byPath[path]
	return p != nil && l.near[p.index]
}

// Declares reports whether directives may stand in the package's source.
func (l *loader) Declares(path string) bool {
	p := l.graph.byPath[path]
	return p != nil && !l.contracts.Opaque(path) && p.hasDirective()
}

// Mentioning returns the packages that are pkg or import it, and in whose source
// name occurs, if there is one. Packages of opaque modules are left out, for
// nobody reads them.
func (l *loader) Mentioning(pkgPath, name string) []string {
	key := [2]string{pkgPath, name}
	l.mu.Lock()
	out, ok := l.mention[key]
	l.mu.Unlock()
	if ok {
		return out
	}
	if p := l.graph.byPath[pkgPath]; p != nil {
		set := map[string]bool{}
		for _, q := range append([]*pkg{p}, l.graph.importers[p.index]...) {
			if l.graph.byPath[q.path] == q && !set[q.path] && !l.contracts.Opaque(q.path) && (name == "" || q.mentions(name)) {
				set[q.path] = true
				out = append(out, q.path)
			}
		}
		slices.Sort(out)
	}
	l.mu.Lock()
	l.mention[key] = out
	l.mu.Unlock()
	return out
}

// Joined reports whether some package is, or imports, both a and b.
func (l *loader) Joined(a, b string) bool {
	p, q := l.graph.byPath[a], l.graph.byPath[b]
	if p == nil || q == nil {
		return false
	}
	x, y := l.ancestors(p), l.ancestors(q)
	for i := range x {
		if x[i] && y[i] {
			return true
		}
	}
	return false
}

func (l *loader) ancestors(p *pkg) []bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.above[p] == nil {
		l.above[p] = l.graph.ancestors(p)
	}
	return l.above[p]
}

// errStopped is the error of a load that nobody waits for.
var errStopped = errors.New("stopped")

// Load returns the package with that path, type-checked from source. It returns
// nil for a package that is not of the program or has no Go files.
func (l *loader) Load(path string) (*effect.Unit, error) {
	p := l.graph.byPath[path]
	if p == nil || path == "unsafe" || len(p.GoFiles)+len(p.CgoFiles) == 0 {
		return nil, nil
	}
	for {
		if l.stopped != nil && l.stopped() {
			return nil, errStopped
		}
		j := l.job(p)
		l.work(p, j)
		if unit, ok := l.take(j); ok {
			return unit, j.err
		}
		l.mu.Lock()
		if l.jobs[p] == j {
			delete(l.jobs, p) // once more: the unit was for somebody else
		}
		l.mu.Unlock()
	}
}

func (l *loader) job(p *pkg) *job {
	l.mu.Lock()
	defer l.mu.Unlock()
	j := l.jobs[p]
	if j == nil {
		j = new(job)
		l.jobs[p] = j
	}
	return j
}

// take returns the unit of a finished job, the first time it is asked.
func (l *loader) take(j *job) (*effect.Unit, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if j.taken {
		return nil, false
	}
	unit := j.unit
	j.unit, j.taken = nil, true
	return unit, true
}

func (l *loader) work(p *pkg, j *job) {
	j.once.Do(func() {
		defer func() {
			if r := recover(); r != nil {
				j.unit, j.err = nil, &panicError{what: "loading " + p.path, value: r, stack: debug.Stack()}
			}
		}()
		if l.loaded != nil {
			l.loaded(p.path)
		}
		j.unit, j.err = l.check(p)
	})
}

// ahead loads the packages on j goroutines until done is closed. A package that
// is asked for in the meantime is waited for, or loaded by who asks.
func (l *loader) ahead(j int, pkgs []*pkg, done <-chan struct{}) {
	next := make(chan *pkg)
	go func() {
		defer close(next)
		for _, p := range pkgs {
			select {
			case next <- p:
			case <-done:
				return
			}
		}
	}()
	for range j {
		l.running.Go(func() {
			for p := range next {
				if len(p.GoFiles)+len(p.CgoFiles) > 0 {
					l.work(p, l.job(p))
				}
			}
		})
	}
}

// check parses and type-checks p.
func (l *loader) check(p *pkg) (*effect.Unit, error) {
	var problems []Problem
	files, errs := l.parse(p, parser.ParseComments|parser.SkipObjectResolution)
	for _, err := range errs {
		problems = append(problems, problemsOf(err)...)
	}
	if len(files) == 0 {
		l.report(p, problems)
		return nil, fmt.Errorf("%s: no file could be parsed", p.path)
	}
	info := &types.Info{
		Types:        map[ast.Expr]types.TypeAndValue{},
		Defs:         map[*ast.Ident]types.Object{},
		Uses:         map[*ast.Ident]types.Object{},
		Implicits:    map[ast.Node]types.Object{},
		Instances:    map[*ast.Ident]types.Instance{},
		Scopes:       map[ast.Node]*types.Scope{},
		Selections:   map[*ast.SelectorExpr]*types.Selection{},
		FileVersions: map[*ast.File]string{},
	}
	var bad []token.Pos
	cfg := l.config(p)
	cfg.Importer = &importer{l, l.world(p), p}
	cfg.Error = func(err error) {
		problems = append(problems, problemsOf(err)...)
		if terr, ok := errors.AsType[types.Error](err); ok {
			bad = append(bad, terr.Pos)
		}
	}
	tpkg, _ := cfg.Check(p.path, l.fset, files, info)
	unit := &effect.Unit{
		Fset: l.fset, Files: files, Types: tpkg, Info: info,
		Module:     p.modulePath(),
		Incomplete: len(problems) > 0,
	}
	if unit.Incomplete {
		dropBroken(unit, bad)
	}
	l.report(p, problems)
	return unit, nil
}

func (l *loader) report(p *pkg, problems []Problem) {
	// What the compiler accepted is not broken, whatever the type checker says
	// of code that cgo wrote.
	if len(problems) == 0 || p.Export != "" {
		return
	}
	// Of what follows from a broken import, nothing is said.
	isImport := func(prob Problem) bool { return strings.HasPrefix(prob.Text, couldNotImport) }
	if slices.ContainsFunc(problems, isImport) {
		problems = slices.DeleteFunc(problems, func(prob Problem) bool { return !isImport(prob) })
	}
	if n := len(problems) - maxProblems; n > 0 {
		last := problems[maxProblems-1]
		problems = append(problems[:maxProblems:maxProblems], Problem{last.File, last.Line, last.Column + 1, fmt.Sprintf("and %d more in this package", n)})
	}
	l.mu.Lock()
	l.problems[p] = problems
	l.mu.Unlock()
}

// maxProblems bounds the problems of one package that are shown, as the
// compiler does.
const maxProblems = 10

// couldNotImport is how the type checker begins to complain of an import.
const couldNotImport = "could not import "

// config returns a type checker's configuration for p, without an importer.
func (l *loader) config(p *pkg) *types.Config {
	cfg := &types.Config{Sizes: l.sizes}
	if p.Module != nil && p.Module.GoVersion != "" {
		cfg.GoVersion = "go" + p.Module.GoVersion
	}
	if len(p.CgoFiles) > 0 && len(p.CompiledGoFiles) == 0 {
		cfg.FakeImportC = true
	}
	return cfg
}

// parse parses the files that the compiler sees.
func (l *loader) parse(p *pkg, mode parser.Mode) (files []*ast.File, errs []error) {
	names := p.files()
	if len(p.CgoFiles) > 0 && len(p.CompiledGoFiles) > 0 {
		names = nil
		for _, name := range p.CompiledGoFiles {
			if !filepath.IsAbs(name) {
				name = filepath.Join(p.Dir, name)
			}
			if filepath.Ext(name) == ".go" || filepath.IsAbs(name) && !strings.HasSuffix(name, ".s") {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		f, err := parser.ParseFile(l.fset, name, src, mode)
		if err != nil {
			errs = append(errs, err)
		}
		if f != nil && f.Name != nil && f.Name.Name != "" {
			files = append(files, f)
		}
	}
	return files, errs
}

// problemsOf turns what parser and type checker report into problems. Errors
// that follow from a broken import are left to that import.
func problemsOf(err error) []Problem {
	switch err := err.(type) {
	case scanner.ErrorList:
		var out []Problem
		for _, e := range err {
			out = append(out, Problem{e.Pos.Filename, e.Pos.Line, e.Pos.Column, e.Msg})
		}
		return out
	case types.Error:
		pos := err.Fset.Position(err.Pos)
		return []Problem{{pos.Filename, pos.Line, pos.Column, strings.TrimSpace(err.Msg)}}
	case *os.PathError:
		return []Problem{{File: err.Path, Text: err.Err.Error()}}
	}
	return []Problem{{Text: err.Error()}}
}

// dropBroken removes the bodies of functions that cannot be relied on: those
// with an error in them, and those that use something whose type is not known.
func dropBroken(unit *effect.Unit, bad []token.Pos) {
	for _, file := range unit.Files {
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			broken := slices.ContainsFunc(bad, func(pos token.Pos) bool { return fn.Pos() <= pos && pos <= fn.End() })
			if broken || usesInvalid(unit.Info, fn) {
				fn.Body = nil
			}
		}
	}
	unit.Info.InitOrder = slices.DeleteFunc(unit.Info.InitOrder, func(init *types.Initializer) bool {
		for _, v := range init.Lhs {
			if isInvalid(v.Type()) {
				return true
			}
		}
		return usesInvalid(unit.Info, init.Rhs)
	})
}

// usesInvalid reports whether something in n has a type that is not known, or
// was not even looked at because of an error.
func usesInvalid(info *types.Info, n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok || found {
			return !found
		}
		if tv, ok := info.Types[e]; ok {
			found = isInvalid(tv.Type)
			return !found
		}
		switch e := e.(type) {
		case *ast.Ident:
			// The name in a selector or a declaration has an object instead.
			_, def := info.Defs[e]
			switch obj := info.Uses[e].(type) {
			case nil:
				found = !def && e.Name != "_"
			case *types.Var, *types.Const, *types.Func, *types.TypeName:
				found = isInvalid(obj.Type())
			}
		case *ast.CallExpr, *ast.SelectorExpr, *ast.CompositeLit, *ast.FuncLit:
			found = true
		}
		return !found
	})
	return found
}

func isInvalid(t types.Type) bool {
	if t == nil {
		return true
	}
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return t.Kind() == types.Invalid
	case *types.Pointer:
		return isInvalid(t.Elem())
	case *types.Slice:
		return isInvalid(t.Elem())
	case *types.Array:
		return isInvalid(t.Elem())
	case *types.Chan:
		return isInvalid(t.Elem())
	case *types.Map:
		return isInvalid(t.Key()) || isInvalid(t.Elem())
	case *types.Tuple:
		for i := range t.Len() {
			if isInvalid(t.At(i).Type()) {
				return true
			}
		}
	case *types.Signature:
		return isInvalid(t.Params()) || isInvalid(t.Results())
	case *types.Named:
		b, ok := t.Underlying().(*types.Basic) // no further: a type may contain itself
		return ok && b.Kind() == types.Invalid
	}
	return false
}

func (l *loader) world(p *pkg) *world {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.worlds[p.ForTest]
	if w == nil {
		w = &world{types: map[string]*types.Package{}}
		l.worlds[p.ForTest] = w
	}
	return w
}

// An importer imports packages on behalf of one that is type-checked.
type importer struct {
	l    *loader
	w    *world
	from *pkg
}

func (im *importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	id := path
	if mapped, ok := im.from.ImportMap[path]; ok {
		id = mapped
	}
	dep := im.l.graph.byID[id]
	if dep == nil {
		return nil, fmt.Errorf("package %s is not in the listing", id)
	}
	if dep.Error != nil && len(dep.GoFiles)+len(dep.CgoFiles) == 0 {
		text, _, _ := strings.Cut(dep.Error.Err, "\n")
		return nil, errors.New(text)
	}
	var data []byte
	if dep.Export != "" {
		im.w.mu.Lock()
		t := im.w.types[dep.path]
		done := t != nil && t.Complete()
		im.w.mu.Unlock()
		if done {
			return t, nil
		}
		data, _ = readExport(dep.Export) // outside of the lock
	}
	im.w.mu.Lock()
	defer im.w.mu.Unlock()
	return im.l.imported(im.w, dep, data), nil
}

// readExport returns the export data in the file that the go command names.
func readExport(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, err
	}
	if lr, ok := r.(*io.LimitedReader); ok { // how long it is is known
		data := make([]byte, lr.N)
		_, err := io.ReadFull(lr, data)
		return data, err
	}
	return io.ReadAll(r)
}

// imported returns the types of p, from its export data or, where there is none
// (it is broken, or something that it imports is), from its source. The world
// is locked.
func (l *loader) imported(w *world, p *pkg, data []byte) *types.Package {
	if t := w.types[p.path]; t != nil && t.Complete() {
		return t
	}
	if data != nil {
		if t, err := gcexportdata.Read(io.LimitReader(bytes.NewReader(data), int64(len(data))), l.fset, w.types, p.path); err == nil {
			t.SetImports(nil)
			return t
		}
		// Written by another version of Go than this binary can read.
		delete(w.types, p.path)
	}
	files, _ := l.parse(p, parser.SkipObjectResolution)
	cfg := l.config(p)
	cfg.IgnoreFuncBodies = true
	cfg.Error = func(error) {}
	cfg.Importer = importerFunc(func(path string) (*types.Package, error) {
		if path == "unsafe" {
			return types.Unsafe, nil
		}
		id := path
		if mapped, ok := p.ImportMap[path]; ok {
			id = mapped
		}
		dep := l.graph.byID[id]
		if dep == nil || dep == p || len(dep.GoFiles)+len(dep.CgoFiles) == 0 {
			return nil, fmt.Errorf("no package %s", id)
		}
		var data []byte
		if dep.Export != "" {
			data, _ = readExport(dep.Export)
		}
		return l.imported(w, dep, data), nil
	})
	t, _ := cfg.Check(p.path, l.fset, files, nil)
	t.SetImports(nil)
	t.MarkComplete()
	w.types[p.path] = t
	return t
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }
