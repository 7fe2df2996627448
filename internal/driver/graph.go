package driver

import (
	"slices"
	"strings"
	"sync"

	"github.com/loopvet/loopvet/internal/contract"
)

// A graph is the import graph of a program.
type graph struct {
	pkgs      []*pkg // dependencies first
	byID      map[string]*pkg
	byPath    map[string]*pkg // what Load loads for a path
	importers [][]*pkg        // by index
	roots     []*pkg          // what the patterns name, without test mains and what a test variant replaces
	mains     []string        // paths of the main modules, sorted
}

// newGraph links the packages of a listing. With tests, the package that is
// compiled for its own test stands for the package.
func newGraph(pkgs []*pkg) *graph {
	g := &graph{
		pkgs:      pkgs,
		byID:      make(map[string]*pkg, len(pkgs)),
		byPath:    make(map[string]*pkg, len(pkgs)),
		importers: make([][]*pkg, len(pkgs)),
	}
	for _, p := range pkgs {
		g.byID[p.ImportPath] = p
	}
	for _, p := range pkgs {
		for _, id := range p.Imports {
			if mapped, ok := p.ImportMap[id]; ok {
				id = mapped
			}
			if dep := g.byID[id]; dep != nil && dep != p {
				p.imports = append(p.imports, dep)
				g.importers[dep.index] = append(g.importers[dep.index], p)
			}
		}
		if p.isTestMain() {
			continue
		}
		own := p.ForTest == "" || p.ForTest == p.path || p.path == p.ForTest+"_test"
		if own && (g.byPath[p.path] == nil || p.ForTest != "") {
			g.byPath[p.path] = p
		}
		if p.Module != nil && p.Module.Main {
			g.mains = append(g.mains, p.Module.Path)
		}
	}
	for _, p := range pkgs {
		if !p.DepOnly && !p.isTestMain() && g.byPath[p.path] == p {
			g.roots = append(g.roots, p)
		}
	}
	slices.SortFunc(g.roots, func(a, b *pkg) int { return strings.Compare(a.path, b.path) })
	slices.Sort(g.mains)
	g.mains = slices.Compact(g.mains)
	return g
}

// parallel calls f for each package, on j goroutines.
func parallel(j int, pkgs []*pkg, f func(*pkg)) {
	work := make(chan *pkg)
	var wg sync.WaitGroup
	for range max(1, min(j, len(pkgs))) {
		wg.Go(func() {
			for p := range work {
				f(p)
			}
		})
	}
	for _, p := range pkgs {
		work <- p
	}
	close(work)
	wg.Wait()
}

// gate returns, by index, which packages may have callbacks or tasks: a package
// that names a registration symbol of a library it imports, or what makes a pool
// there, or in whose source a directive stands, and all that import such
// a package. Their own functions may reach the loop or pool through it. With
// byHand, all packages of the main modules may make pools of their own. The go
// command lists dependencies first, so that one pass is enough.
func (g *graph) gate(contracts *contract.Set, byHand bool, j int) []bool {
	names, pools := contracts.RegistrationNames(), contracts.PoolNames()
	near := make([]bool, len(g.pkgs))
	parallel(j, g.pkgs, func(p *pkg) {
		near[p.index] = registers(p, names, contracts) || g.nearMain(p, contracts) && p.names(pools, contracts) ||
			byHand && contracts.Main(p.modulePath())
	})
	for _, p := range g.pkgs {
		for _, dep := range p.imports {
			if near[dep.index] {
				near[p.index] = true
				break
			}
		}
	}
	return near
}

// nearMain reports whether p is of a main module or imported by a package of one.
// What other dependencies do with pools is their own affair.
func (g *graph) nearMain(p *pkg, contracts *contract.Set) bool {
	return contracts.Main(p.modulePath()) || slices.ContainsFunc(g.importers[p.index], func(q *pkg) bool { return contracts.Main(q.modulePath()) })
}

func registers(p *pkg, names map[string][]string, contracts *contract.Set) bool {
	return p.names(names, contracts) || !contracts.Opaque(p.path) && p.hasDirective()
}

// names reports whether the package names one of the symbols, listed by package,
// of its own or of what it imports.
func (p *pkg) names(symbols map[string][]string, contracts *contract.Set) bool {
	if contracts.Opaque(p.path) {
		return false
	}
	return slices.ContainsFunc(symbols[p.path], p.mentions) ||
		slices.ContainsFunc(p.imports, func(dep *pkg) bool { return slices.ContainsFunc(symbols[dep.path], p.mentions) })
}

// candidates returns the roots that may have callbacks.
func (g *graph) candidates(near []bool) []*pkg {
	var out []*pkg
	for _, p := range g.roots {
		if near[p.index] {
			out = append(out, p)
		}
	}
	return out
}

// ancestors returns, by index, the package and all that import it, however
// indirectly.
func (g *graph) ancestors(p *pkg) []bool {
	seen := make([]bool, len(g.pkgs))
	seen[p.index] = true
	// Importers come after what they import.
	for _, q := range g.pkgs[p.index+1:] {
		for _, dep := range q.imports {
			if seen[dep.index] {
				seen[q.index] = true
				break
			}
		}
	}
	return seen
}

// closure returns the packages and all they import, in the graph's order.
func (g *graph) closure(of []*pkg) []*pkg {
	seen := make([]bool, len(g.pkgs))
	var visit func(*pkg)
	visit = func(p *pkg) {
		if seen[p.index] {
			return
		}
		seen[p.index] = true
		for _, dep := range p.imports {
			visit(dep)
		}
	}
	for _, p := range of {
		visit(p)
	}
	var out []*pkg
	for _, p := range g.pkgs {
		if seen[p.index] {
			out = append(out, p)
		}
	}
	return out
}
