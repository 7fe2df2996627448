package blockingcall

import (
	_ "embed"
	"go/token"
	"reflect"
	"time"

	"golang.org/x/tools/go/analysis"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

//go:embed doc.go
var doc string

// Analyzer reports calls that block an event loop, under the contracts that
// come with loopvet.
var Analyzer = New(func() (*contract.Set, error) { return contract.Builtin(), nil }, Options{})

// New returns an analyzer that works under the contracts that load returns. It
// reports, at warning and above unless opts say otherwise, one package at a
// time: what it needs to know of other packages are facts. Its result is the
// package as other analyzers of loopvet read it, nil where nobody does.
func New(load func() (*contract.Set, error), opts Options) *analysis.Analyzer {
	return &analysis.Analyzer{
		Name:       "blockingcall",
		Doc:        report.Doc(doc, "blockingcall"),
		URL:        "https://pkg.go.dev/github.com/loopvet/loopvet/analyzers/blockingcall",
		FactTypes:  []analysis.Fact{new(effect.Fact)},
		ResultType: reflect.TypeFor[*effect.Package](),
		Run: func(pass *analysis.Pass) (any, error) {
			set, err := load()
			if err != nil {
				return nil, err
			}
			return run(pass, set, opts)
		},
	}
}

func run(pass *analysis.Pass, set *contract.Set, opts Options) (*effect.Package, error) {
	module := pass.Pkg.Path()
	if pass.Module != nil && pass.Module.Path != "" {
		module = pass.Module.Path
		set = set.ForMain(module)
	}
	// Some drivers run on packages of which the build leaves no file.
	if len(pass.Files) == 0 || set.Opaque(pass.Pkg.Path()) {
		return nil, nil
	}
	prog := effect.NewProgram(effect.Config{Contracts: set, Pools: true})
	for _, dep := range pass.Pkg.Imports() {
		var f effect.Fact
		if pass.ImportPackageFact(dep, &f) {
			if err := prog.Import(dep.Path(), &f); err != nil {
				return nil, err
			}
		}
	}
	unit := &effect.Unit{
		Fset: pass.Fset, Files: pass.Files, Types: pass.Pkg, Info: pass.TypesInfo,
		Module: module, Incomplete: len(pass.TypeErrors) > 0,
	}
	p, err := prog.Add(unit)
	if err != nil {
		return nil, err
	}
	opts.ReadFile = pass.ReadFile
	c := check(prog, []string{pass.Pkg.Path()}, opts)
	for _, f := range append(report.Merge(report.Silence(c.merged, time.Now())), c.comments(p)...) {
		pos := place(p, &f, pass.Files[0].Name.Pos())
		if f.Suppressed != nil || !pos.IsValid() || p.Generated(pos) {
			continue
		}
		pass.Report(analysis.Diagnostic{
			Pos: pos, Category: f.Category, Message: f.Message(),
			URL:            "https://pkg.go.dev/github.com/loopvet/loopvet/analyzers/blockingcall",
			SuggestedFixes: suggested(p, f.Fix),
		})
	}
	pass.ExportPackageFact(p.Export(c.open...))
	return p, nil
}

// place returns where in the package a finding is shown: in the best of its
// places there, or, for a callback of an imported package that this one
// completes, at the package clause.
func place(p *effect.Package, f *report.Finding, clause token.Pos) token.Pos {
	for _, at := range f.Places(p.Path) {
		if pos := p.Token(at); pos.IsValid() {
			return pos
		}
	}
	return clause
}
