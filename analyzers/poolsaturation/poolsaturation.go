package poolsaturation

import (
	_ "embed"
	"go/token"
	"slices"
	"time"

	"golang.org/x/tools/go/analysis"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

//go:embed doc.go
var doc string

// Analyzer reports tasks that deadlock, occupy or flood a worker pool, under the
// contracts that come with loopvet.
var Analyzer = New(blockingcall.Analyzer, Options{})

// New returns an analyzer that reads packages as blocking does, an analyzer that
// package blockingcall made, and works under the same contracts.
func New(blocking *analysis.Analyzer, opts Options) *analysis.Analyzer {
	return &analysis.Analyzer{
		Name:      "poolsaturation",
		Doc:       report.Doc(doc, "poolsaturation"),
		URL:       "https://pkg.go.dev/github.com/loopvet/loopvet/analyzers/poolsaturation",
		Requires:  []*analysis.Analyzer{blocking},
		FactTypes: []analysis.Fact{new(waits)},
		Run: func(pass *analysis.Pass) (any, error) {
			if p, ok := pass.ResultOf[blocking].(*effect.Package); ok && p != nil {
				run(pass, p, opts)
			}
			return nil, nil
		},
	}
}

func run(pass *analysis.Pass, p *effect.Package, opts Options) {
	opts.Raw = true
	var imported []edge
	for _, dep := range pass.Pkg.Imports() {
		var w waits
		if pass.ImportPackageFact(dep, &w) {
			imported = append(imported, w.Edges...)
		}
	}
	findings, _, edges := check(p.Program(), []string{p.Path}, opts, unique(imported))
	if out := exported(edges); len(out) > 0 && pass.Pkg.Name() != "main" {
		pass.ExportPackageFact(&waits{out})
	}
	for _, f := range report.Merge(report.Silence(findings, time.Now())) {
		pos := place(p, &f, pass.Files[0].Name.Pos())
		if f.Suppressed != nil || !pos.IsValid() || p.Generated(pos) {
			continue
		}
		pass.Report(analysis.Diagnostic{
			Pos: pos, Category: f.Category, Message: f.Message(),
			URL: "https://pkg.go.dev/github.com/loopvet/loopvet/analyzers/poolsaturation",
		})
	}
}

// unique returns the edges without those that came by way of two packages.
func unique(edges []edge) []edge {
	var out []edge
	for _, e := range edges {
		if !slices.ContainsFunc(out, func(o edge) bool {
			return o.In == e.In && o.Task == e.Task && slices.Equal(o.Path, e.Path)
		}) {
			out = append(out, e)
		}
	}
	return out
}

// place returns where in the package a finding is shown: in the best of its
// places there, or, for a wait in an imported package that this one makes a cycle
// of, at the package clause; NoPos for what the packages it imports report.
func place(p *effect.Package, f *report.Finding, clause token.Pos) token.Pos {
	for _, at := range f.Places(p.Path) {
		if pos := p.Token(at); pos.IsValid() {
			return pos
		}
	}
	if f.Says == report.OtherPool {
		return clause
	}
	return token.NoPos // found where its lines are
}
