package blockingcall

import (
	"os"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/fix"
	"github.com/loopvet/loopvet/internal/report"
)

// offloaded are the kinds that a worker may wait for in the loop's place. A lock
// or a channel may be held by the loop itself, and what never ends would keep a
// worker for good.
var offloaded = []contract.Kind{
	contract.Sleep, contract.File, contract.FileMeta, contract.Net, contract.DNS,
	contract.Exec, contract.DB, contract.CPU,
}

// addFixes gives a fix to the findings that have one: those of calls that block
// by themselves, in a callback literal of the bundled runtime. Fixes do not
// overlap: go fix applies none of a package where two do. The first of several
// in one callback comes first, and the next one with the next run.
func addFixes(prog *effect.Program, findings []report.Finding, readFile func(string) ([]byte, error)) {
	if readFile == nil {
		readFile = os.ReadFile
	}
	made := map[string][]fix.Edit{} // by package
	for i := range findings {
		f := &findings[i]
		if !direct(f.Path) || len(f.Also) > 0 || f.Category == report.Reentry || !slices.Contains(offloaded, f.Kind) {
			continue
		}
		hop := f.Path[0]
		p := prog.Package(hop.Pos.Pkg)
		if p == nil || p.Unit().Incomplete || p.Unit().Info == nil {
			continue
		}
		u := p.Unit()
		offload := fix.Offload(&fix.Package{
			Fset: u.Fset, Files: u.Files, Types: u.Types, Info: u.Info, ReadFile: readFile,
		}, p.Token(hop.Pos), hop.Callee)
		if offload == nil || overlap(made[hop.Pos.Pkg], offload.Edits) {
			continue
		}
		f.Fix = offload
		made[hop.Pos.Pkg] = append(made[hop.Pos.Pkg], offload.Edits...)
	}
}

// overlap reports whether an edit of one list conflicts with one of the other.
// The same edit twice, of the imports, is one.
func overlap(made, edits []fix.Edit) bool {
	return slices.ContainsFunc(edits, func(a fix.Edit) bool {
		return slices.ContainsFunc(made, func(b fix.Edit) bool {
			return a != b && a.File == b.File && (a.Start < b.End && b.Start < a.End || a.Start == b.Start)
		})
	})
}

// direct reports whether a path is one call: that of a function which blocks by
// itself, or by what it is handed, as io.ReadAll does.
func direct(path []effect.Hop) bool {
	return !slices.ContainsFunc(path, func(h effect.Hop) bool { return h.Pos != path[0].Pos })
}

// suggested returns a fix as the drivers of analyzers know it.
func suggested(p *effect.Package, f *fix.Fix) []analysis.SuggestedFix {
	if f == nil {
		return nil
	}
	out := analysis.SuggestedFix{Message: f.Title}
	for _, e := range f.Edits {
		tf := p.Unit().Fset.File(p.Token(effect.Pos{Pkg: p.Path, File: e.File, Line: 1}))
		out.TextEdits = append(out.TextEdits, analysis.TextEdit{Pos: tf.Pos(e.Start), End: tf.Pos(e.End), NewText: []byte(e.New)})
	}
	return []analysis.SuggestedFix{out}
}
