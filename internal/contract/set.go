package contract

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed contracts/*.yaml
var embedded embed.FS

var builtin = sync.OnceValue(func() *Set {
	names, err := embedded.ReadDir("contracts")
	if err != nil {
		panic(err) // the directory is in the binary
	}
	var configs []*Config
	for _, n := range names {
		data, err := embedded.ReadFile(path.Join("contracts", n.Name()))
		if err != nil {
			panic(err)
		}
		c, err := Parse(n.Name(), data)
		if err != nil {
			panic(err) // a test parses every file
		}
		configs = append(configs, c)
	}
	return newSet(configs, nil)
})

// Builtin returns the contracts that come with loopvet: the standard library
// and well-known modules. They are parsed once, on the first call.
func Builtin() *Set { return builtin() }

// A Set is the contracts in force for one run. It does not change, and may be
// used by several goroutines at once.
type Set struct {
	configs []*Config
	mains   []string

	modules    map[string]bool // opaque or not, by module path, aliases included
	funcs      map[string]*Func
	patterns   map[string][]patternEntry // by module
	vars       map[string]Kind
	funcTypes  map[string]*Loop
	fields     map[string]*Loop
	implements []Implements
	shapes     []Shape
	offs       []OffWhen
	names      map[string][]string
	loops      []*Loop
	rules      []Rule

	mu      sync.Mutex
	matched map[string]*Func // what patterns gave, guarded by mu
	tracked map[string]bool  // see poolTypes, guarded by mu
	limited map[string]bool  // as tracked
}

type patternEntry struct {
	pat   pattern
	entry *entry // of facetBlocks or facetNonblocking
}

// With returns the contracts of s and, after them, those of configs: where two
// speak of the same symbol in the same way, the later one is right.
func (s *Set) With(configs ...*Config) *Set {
	return newSet(slices.Concat(s.configs, configs), s.mains)
}

// ForMain returns the set for a run on the given main modules (several in a
// workspace): their packages are never opaque, so that a contract for them adds
// to what their source says and does not hide it.
func (s *Set) ForMain(modules ...string) *Set {
	return newSet(s.configs, modules)
}

func newSet(configs []*Config, mains []string) *Set {
	mains = slices.Clone(mains)
	slices.Sort(mains)
	s := &Set{
		configs:   configs,
		mains:     slices.Compact(mains),
		modules:   map[string]bool{},
		funcs:     map[string]*Func{},
		patterns:  map[string][]patternEntry{},
		vars:      map[string]Kind{},
		funcTypes: map[string]*Loop{},
		fields:    map[string]*Loop{},
		names:     map[string][]string{},
		matched:   map[string]*Func{},
	}
	for _, cfg := range configs {
		s.rules = append(s.rules, cfg.Rules...)
		for _, c := range cfg.Contracts {
			for _, mod := range append([]string{c.Module}, c.Aliases...) {
				s.add(c, mod)
			}
		}
	}
	for _, list := range s.names {
		slices.Sort(list)
	}
	for pkg, list := range s.names {
		s.names[pkg] = slices.Compact(list)
	}
	slices.SortStableFunc(s.implements, func(a, b Implements) int { return strings.Compare(a.Interface, b.Interface) })
	slices.SortStableFunc(s.offs, func(a, b OffWhen) int {
		return cmp.Or(strings.Compare(a.Call, b.Call), strings.Compare(a.Field, b.Field), a.Arg-b.Arg, strings.Compare(a.Value, b.Value))
	})
	return s
}

// add adds contract c under the module path mod, one of its aliases or its own.
func (s *Set) add(c *Contract, mod string) {
	// What a contract says of its own module moves to the alias; what it says
	// of other modules stays.
	pkg := func(p string) string {
		if mod != c.Module && inModule(p, c.Module) {
			return mod + strings.TrimPrefix(p, c.Module)
		}
		return p
	}
	typ := func(t string) string {
		if mod == c.Module {
			return t
		}
		return qualifierRE.ReplaceAllStringFunc(t, func(q string) string {
			return pkg(strings.TrimSuffix(q, ".")) + "."
		})
	}
	var loop *Loop
	if c.Loop != nil {
		loop = s.loop(*c.Loop, cmp.Or(c.loopModule, mod))
	}
	// A module is opaque when some contract for it says so.
	s.modules[mod] = s.modules[mod] || !c.Open

	register := func(p, name string) { s.names[p] = append(s.names[p], name) }
	for i := range c.entries {
		e := &c.entries[i]
		if e.pat != nil {
			pat := *e.pat
			if mod != c.Module {
				if rest, ok := strings.CutPrefix(pat.text, c.Module); ok {
					pat = compilePattern(mod + rest)
				}
			}
			if e.facet != facetSilent {
				s.patterns[mod] = append(s.patterns[mod], patternEntry{pat: pat, entry: e})
			}
			continue
		}
		sym := e.sym
		sym.Pkg = pkg(sym.Pkg)
		switch e.facet {
		case facetVar:
			s.vars[sym.dotted()] = e.kind
		case facetFuncType:
			s.funcTypes[sym.String()] = loop
			register(sym.Pkg, sym.Type)
		case facetField:
			s.fields[sym.dotted()] = loop
			register(sym.Pkg, sym.Name)
		case facetInterface:
			register(sym.Pkg, sym.Type)
			for _, m := range e.methods {
				register(sym.Pkg, m)
			}
		case facetSilent:
		default:
			key := sym.String()
			f := s.funcs[key]
			if f == nil {
				f = &Func{Symbol: key}
				s.funcs[key] = f
			}
			e.apply(f, c, loop, typ)
			if e.facet == facetOnLoop {
				register(sym.Pkg, sym.Name)
			}
		}
	}
	for _, im := range c.impls {
		im.Interface, im.Loop = typ(im.Interface), loop
		s.implements = append(s.implements, im)
	}
	for _, sh := range c.shapes {
		m := map[string]Signature{}
		for name, sig := range sh.Methods {
			var out Signature
			for _, t := range sig.Params {
				out.Params = append(out.Params, typ(t))
			}
			for _, t := range sig.Results {
				out.Results = append(out.Results, typ(t))
			}
			m[name] = out
		}
		sh.Methods, sh.Loop = m, loop
		s.shapes = append(s.shapes, sh)
		for name := range m {
			for _, p := range shapePackages(m) {
				register(p, name)
			}
		}
	}
	for _, o := range c.offs {
		if sym, ok := splitFullName(o.Call); ok {
			sym.Pkg = pkg(sym.Pkg)
			o.Call = sym.String()
		}
		if sym, err := parseSymbol(o.Field, fieldForm, nil); err == nil {
			sym.Pkg = pkg(sym.Pkg)
			o.Field = sym.dotted()
		}
		o.Loop = loop
		s.offs = append(s.offs, o)
	}
}

// loop returns the loop of that module and name, of which there is one in a
// set: contracts that name the same one speak of the same goroutine.
func (s *Set) loop(l Loop, module string) *Loop {
	l.Module = module
	for _, old := range s.loops {
		if old.Module != l.Module || old.Name != l.Name {
			continue
		}
		if l.Budget != 0 {
			old.Budget = l.Budget
		}
		if l.Tolerates != nil {
			old.Tolerates = l.Tolerates
		}
		if l.Deadlocks != nil {
			old.Deadlocks = l.Deadlocks
		}
		if l.StrictIn != nil {
			old.StrictIn = l.StrictIn
		}
		old.Offload = cmp.Or(l.Offload, old.Offload)
		return old
	}
	s.loops = append(s.loops, &l)
	return &l
}

// shapePackages returns the packages whose types a shape names.
func shapePackages(m map[string]Signature) []string {
	set := map[string]bool{}
	for _, sig := range m {
		for _, t := range slices.Concat(sig.Params, sig.Results) {
			for _, q := range qualifierRE.FindAllString(t, -1) {
				set[strings.TrimSuffix(q, ".")] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// apply writes what e says into f.
func (e *entry) apply(f *Func, c *Contract, loop *Loop, typ func(string) string) {
	switch e.facet {
	case facetBlocks:
		f.Blocks = slices.Clone(e.blocks)
		f.Nonblocking = false
	case facetHere:
		f.Here = e.args
	case facetOnLoop:
		f.OnLoop, f.Loop = e.args, loop
	case facetOnWorker:
		f.OnWorker = e.args
	case facetElsewhere:
		f.Elsewhere = e.args
	case facetLeaves:
		f.Leaves = e.args
	case facetCalls:
		f.Calls = e.calls
	case facetReturns:
		for _, r := range e.returns {
			r.Type = typ(r.Type)
			f.addReturn(r)
		}
	case facetOption, facetMakes, facetUnlessMade:
		e.applyMade(f, typ)
	case facetPool:
		f.Pool = e.pool
	case facetReentrant:
		f.Reentrant, f.ReentrantMay, f.Loop = true, e.may, loop
	case facetNonblocking:
		f.Nonblocking, f.Blocks, f.Reentrant, f.ReentrantMay = true, nil, false, false
	}
	if f.Source == "" {
		f.Source = e.source
	}
	if c.evidence != "" {
		f.Evidence = c.evidence
	}
}

// addReturn merges r into what f says of the same result, in a slice of its own.
func (f *Func) addReturn(r Return) {
	f.Returns = slices.Clone(f.Returns)
	for i := range f.Returns {
		old := &f.Returns[i]
		if old.Result != r.Result {
			continue
		}
		if r.Carries != nil {
			old.Carries = r.Carries
		}
		old.Type = cmp.Or(r.Type, old.Type)
		old.Kind = cmp.Or(r.Kind, old.Kind)
		return
	}
	f.Returns = append(f.Returns, r)
	slices.SortFunc(f.Returns, func(a, b Return) int { return a.Result - b.Result })
}

// Func returns what the contracts say of a function or method, named as
// types.Func.FullName names its origin, or nil when they say nothing. The
// result is shared: it must not be changed.
func (s *Set) Func(fullName string) *Func {
	name := stripTypeParams(fullName)
	f := s.funcs[name]
	s.mu.Lock()
	m, ok := s.matched[name]
	s.mu.Unlock()
	if ok {
		return m
	}
	m = f
	if sym, ok := splitFullName(name); ok {
		m = f.matched(name, sym, s.patternsFor(sym.Pkg))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.matched[name] = m
	return m
}

// matched returns f with what the patterns that match it say, if any; f may be nil.
func (f *Func) matched(name string, sym symbol, patterns []patternEntry) *Func {
	if len(patterns) == 0 {
		return f
	}
	// A symbol that is written out counts for more than a pattern.
	if f != nil && (len(f.Blocks) > 0 || f.Nonblocking || f.Reentrant) {
		return f
	}
	m, dotted := f, sym.dotted()
	for _, p := range patterns {
		if !p.pat.match(dotted) {
			continue
		}
		switch {
		case m == nil:
			m = &Func{Symbol: name, Source: p.entry.source}
		case m == f:
			c := *f
			m = &c
		}
		if p.entry.facet == facetBlocks {
			m.Blocks, m.Nonblocking = p.entry.blocks, false
		} else {
			m.Blocks, m.Nonblocking = nil, true
		}
	}
	return m
}

// patternsFor returns the patterns of the modules that pkgPath may belong to,
// in the order of the contracts.
func (s *Set) patternsFor(pkgPath string) []patternEntry {
	if inModule(pkgPath, std) {
		return s.patterns[std]
	}
	var out []patternEntry
	for p := pkgPath; ; {
		if list := s.patterns[p]; list != nil && inModule(pkgPath, p) {
			out = append(out, list...)
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			return out
		}
		p = p[:i]
	}
}

// Var returns the kind of a read or write through a package variable
// ("os.Stdout") or a field ("net/http.Response.Body").
func (s *Set) Var(sym string) (Kind, bool) {
	k, ok := s.vars[sym]
	return k, ok
}

// FuncType returns the loop that runs functions converted to the named func
// type ("pkg.T"), or nil.
func (s *Set) FuncType(sym string) *Loop { return s.funcTypes[sym] }

// Field returns the loop that runs functions stored in the field
// ("pkg.T.Field"), or nil.
func (s *Set) Field(sym string) *Loop { return s.fields[sym] }

// Implements returns the interfaces whose implementations are callbacks, sorted
// by interface.
func (s *Set) Implements() []Implements { return s.implements }

// Shapes returns the shapes in the order of the contracts.
func (s *Set) Shapes() []Shape { return s.shapes }

// OffWhens returns the calls and assignments that switch a loop off, sorted.
func (s *Set) OffWhens() []OffWhen { return s.offs }

// Loops returns all loops, in the order of the contracts.
func (s *Set) Loops() []*Loop { return s.loops }

// RegistrationNames returns, for each import path, the names that a file which
// registers a callback there must contain: of functions, methods to implement,
// func types, fields. The map is shared: it must not be changed.
func (s *Set) RegistrationNames() map[string][]string { return s.names }

// Opaque reports whether the contracts alone decide what the functions of a
// package do: true for the standard library and for each module that has a
// contract, false for the main modules.
func (s *Set) Opaque(pkgPath string) bool {
	for _, m := range s.mains {
		if inModule(pkgPath, m) {
			return false
		}
	}
	if inModule(pkgPath, std) {
		return true
	}
	for p := pkgPath; ; {
		if opaque, ok := s.modules[p]; ok && inModule(pkgPath, p) {
			return opaque
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			return false
		}
		p = p[:i]
	}
}

// Main reports whether a module is one of the main modules.
func (s *Set) Main(module string) bool { return slices.Contains(s.mains, module) }

// Fingerprint returns a hash of all that decides the answers of s. It does not
// depend on where the files lie.
func (s *Set) Fingerprint() string {
	h := sha256.New()
	for _, c := range s.configs {
		h.Write(c.sum[:])
	}
	h.Write([]byte("\x00" + strings.Join(s.mains, "\x00")))
	return hex.EncodeToString(h.Sum(nil))
}

// std is the module of the contracts of the standard library.
const std = "std"

// stdHeads are the first elements of the import paths of the standard library.
// A main module may be named without a dot, so that a dot alone does not tell.
var stdHeads = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, h := range bytes.Fields([]byte(`
		archive bufio bytes cmp compress container context crypto database debug embed encoding errors expvar
		flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp
		runtime simd slices sort strconv strings structs sync syscall testing text time unicode unique unsafe
		vendor weak`)) {
		m[string(h)] = true
	}
	return m
})

// inModule reports whether a package belongs to a module by its path alone: it
// lies at or below the module's path, and not in another major version.
func inModule(pkgPath, module string) bool {
	if module == std {
		head, _, _ := strings.Cut(pkgPath, "/")
		return stdHeads()[head]
	}
	rest, ok := strings.CutPrefix(pkgPath, module)
	if !ok || rest == "" {
		return ok
	}
	if rest[0] != '/' {
		return false
	}
	elem, _, _ := strings.Cut(rest[1:], "/")
	return !isMajor(elem)
}

// isMajor reports whether elem is the element of a module path that names a
// major version: v2, v3 and so on.
func isMajor(elem string) bool {
	if len(elem) < 2 || elem[0] != 'v' || elem[1] == '0' || elem == "v1" {
		return false
	}
	return strings.Trim(elem[1:], "0123456789") == ""
}
