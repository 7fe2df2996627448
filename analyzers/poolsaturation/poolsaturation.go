package poolsaturation

import (
	_ "embed"
	"go/token"
	"strings"
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
		Name:     "poolsaturation",
		Doc:      docOf(doc, "poolsaturation"),
		URL:      "https://pkg.go.dev/github.com/loopvet/loopvet/analyzers/poolsaturation",
		Requires: []*analysis.Analyzer{blocking},
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
	findings, _ := Check(p.Program(), []string{p.Path}, opts)
	for _, f := range report.Merge(report.Silence(findings, time.Now())) {
		pos := place(p, &f)
		if f.Suppressed != nil || !pos.IsValid() || p.Generated(pos) {
			continue
		}
		pass.Report(analysis.Diagnostic{
			Pos: pos, Category: f.Category, Message: f.Message(),
			URL: "https://pkg.go.dev/github.com/loopvet/loopvet/analyzers/poolsaturation",
		})
	}
}

// place returns where in the package a finding is shown.
func place(p *effect.Package, f *report.Finding) token.Pos {
	for _, at := range f.Places(p.Path) {
		if pos := p.Token(at); pos.IsValid() {
			return pos
		}
	}
	return token.NoPos
}

// docOf returns the documentation of an analyzer from its package's doc
// comment: what stands below the heading "# Analyzer NAME", to the next one.
func docOf(src, name string) string {
	_, text, ok := strings.Cut(src, "# Analyzer "+name+"\n")
	if !ok {
		return name
	}
	text, _, _ = strings.Cut(text, "*/")
	text, _, _ = strings.Cut(text, "\n# Analyzer ")
	return strings.TrimSpace(text)
}
