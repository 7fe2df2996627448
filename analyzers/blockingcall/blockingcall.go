package blockingcall

import (
	_ "embed"
	"go/ast"
	"go/token"
	"path/filepath"
	"strings"
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
// time: what it needs to know of other packages are facts.
func New(load func() (*contract.Set, error), opts Options) *analysis.Analyzer {
	return &analysis.Analyzer{
		Name:      "blockingcall",
		Doc:       docOf(doc, "blockingcall"),
		URL:       "https://pkg.go.dev/github.com/loopvet/loopvet/analyzers/blockingcall",
		FactTypes: []analysis.Fact{new(effect.Fact)},
		Run: func(pass *analysis.Pass) (any, error) {
			set, err := load()
			if err != nil {
				return nil, err
			}
			return nil, run(pass, set, opts)
		},
	}
}

func run(pass *analysis.Pass, set *contract.Set, opts Options) error {
	module := pass.Pkg.Path()
	if pass.Module != nil && pass.Module.Path != "" {
		module = pass.Module.Path
		set = set.ForMain(module)
	}
	if set.Opaque(pass.Pkg.Path()) {
		return nil
	}
	prog := effect.NewProgram(effect.Config{Contracts: set})
	for _, dep := range pass.Pkg.Imports() {
		var f effect.Fact
		if pass.ImportPackageFact(dep, &f) {
			prog.Import(dep.Path(), &f)
		}
	}
	unit := &effect.Unit{
		Fset: pass.Fset, Files: pass.Files, Types: pass.Pkg, Info: pass.TypesInfo,
		Module: module, Incomplete: len(pass.TypeErrors) > 0,
	}
	p, err := prog.Add(unit)
	if err != nil {
		return err
	}
	for _, problem := range p.Problems {
		pass.Report(analysis.Diagnostic{Pos: problem.Pos, Category: "directive", Message: problem.Text})
	}
	opts.ReadFile = pass.ReadFile
	c := check(prog, []string{pass.Pkg.Path()}, opts)
	files := unitFiles(unit)
	for _, f := range append(report.Merge(report.Silence(c.merged, time.Now())), c.comments(p)...) {
		pos := files.place(f, pass.Pkg.Path(), pass.Files[0].Name.Pos())
		if f.Suppressed != nil || !pos.IsValid() || files.generated(pos) {
			continue
		}
		pass.Report(analysis.Diagnostic{
			Pos: pos, Category: f.Category, Message: f.Message(),
			URL:            "https://pkg.go.dev/github.com/loopvet/loopvet/analyzers/blockingcall",
			SuggestedFixes: files.suggested(f.Fix),
		})
	}
	pass.ExportPackageFact(p.Export(c.open...))
	return nil
}

// place returns where in this package a finding is shown: at its line or the
// call that leads there; else where the callback is, or is registered; else, for
// a callback of an imported package that this one completes, at the package
// clause.
func (x fileIndex) place(f report.Finding, pkg string, clause token.Pos) token.Pos {
	for _, p := range []effect.Pos{leaving(f, pkg).Pos, f.CallbackPos, f.RegistrationPos} {
		if pos := x.pos(p); pos.IsValid() {
			return pos
		}
	}
	return clause
}

// leaving returns the hop at which a finding stands for a driver that sees one
// package only: the sink, or the call by which the path leaves the package.
func leaving(f report.Finding, pkg string) effect.Hop {
	if f.SinkHop().Pos.Pkg == pkg {
		return f.SinkHop()
	}
	hop := f.Path[0]
	for _, h := range f.Path {
		if h.Pos.Pkg != pkg {
			break
		}
		hop = h
	}
	return hop
}

// A fileIndex turns package-relative places back into positions.
type fileIndex struct {
	fset  *token.FileSet
	files map[string]*ast.File
	pkg   string
}

func unitFiles(u *effect.Unit) fileIndex {
	x := fileIndex{u.Fset, map[string]*ast.File{}, u.Types.Path()}
	for _, f := range u.Files {
		x.files[filepath.Base(u.Fset.Position(f.Pos()).Filename)] = f
	}
	return x
}

func (x fileIndex) pos(p effect.Pos) token.Pos {
	f := x.files[p.File]
	if f == nil || p.Pkg != x.pkg {
		return token.NoPos
	}
	tf := x.fset.File(f.FileStart)
	// Lines of cgo files are those of the source they were made from.
	if tf == nil || p.Line < 1 || p.Line > tf.LineCount() {
		return token.NoPos
	}
	return tf.LineStart(p.Line) + token.Pos(max(p.Col-1, 0))
}

func (x fileIndex) generated(pos token.Pos) bool {
	for _, f := range x.files {
		if f.FileStart <= pos && pos < f.FileEnd {
			return ast.IsGenerated(f)
		}
	}
	return false
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
