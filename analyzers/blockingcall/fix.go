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
// by themselves, in a callback literal of the bundled runtime.
func addFixes(prog *effect.Program, findings []report.Finding, readFile func(string) ([]byte, error)) {
	if readFile == nil {
		readFile = os.ReadFile
	}
	for i := range findings {
		f := &findings[i]
		if !direct(f.Path) || len(f.Also) > 0 || f.Category == report.Reentry || !slices.Contains(offloaded, f.Kind) {
			continue
		}
		hop := f.Path[0]
		p := prog.Package(hop.Pos.Pkg)
		if p == nil || p.Unit().Incomplete {
			continue
		}
		u := p.Unit()
		f.Fix = fix.Offload(&fix.Package{
			Fset: u.Fset, Files: u.Files, Types: u.Types, Info: u.Info, ReadFile: readFile,
		}, unitFiles(u).pos(hop.Pos), hop.Callee)
	}
}

// direct reports whether a path is one call: that of a function which blocks by
// itself, or by what it is handed, as io.ReadAll does.
func direct(path []effect.Hop) bool {
	return !slices.ContainsFunc(path, func(h effect.Hop) bool { return h.Pos != path[0].Pos })
}

// suggested returns a fix as the drivers of analyzers know it.
func (x fileIndex) suggested(f *fix.Fix) []analysis.SuggestedFix {
	if f == nil {
		return nil
	}
	out := analysis.SuggestedFix{Message: f.Title}
	for _, e := range f.Edits {
		tf := x.fset.File(x.files[e.File].FileStart)
		out.TextEdits = append(out.TextEdits, analysis.TextEdit{Pos: tf.Pos(e.Start), End: tf.Pos(e.End), NewText: []byte(e.New)})
	}
	return []analysis.SuggestedFix{out}
}
