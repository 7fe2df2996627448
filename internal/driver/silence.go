package driver

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"sync"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/internal/directive"
	"github.com/loopvet/loopvet/internal/report"
)

// A comment silences findings, or would if there were any.
type comment struct {
	directive.Ignore
	Used bool
}

// comments returns the comments in the roots that silence findings, sorted, and
// says which of them are used. A package that cannot reach a loop has some too,
// so that all are parsed, and only parsed. Generated files have none: nothing is
// reported there.
func (r *run) comments(g *graph, used []directive.Ignore) []comment {
	var mu sync.Mutex
	var out []comment
	parallel(r.j, g.roots, func(p *pkg) {
		if !p.silences() {
			return
		}
		for _, name := range p.files() {
			src, err := os.ReadFile(name)
			if err != nil || !directive.Mentions(string(src)) {
				continue
			}
			fset := token.NewFileSet()
			f, _ := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
			if f == nil || ast.IsGenerated(f) {
				continue
			}
			for _, i := range directive.Ignores(fset, f, p.path) {
				c := comment{i, slices.ContainsFunc(used, i.Is)}
				mu.Lock()
				out = append(out, c)
				mu.Unlock()
			}
		}
	})
	slices.SortFunc(out, func(a, b comment) int { return a.Compare(b.Ignore) })
	return out
}

// mergeComments adds the comments that another pass has seen.
func mergeComments(to, from []comment) []comment {
	for _, c := range from {
		if i := slices.IndexFunc(to, func(o comment) bool { return o.Is(c.Ignore) }); i >= 0 {
			to[i].Used = to[i].Used || c.Used
		} else {
			to = append(to, c)
		}
	}
	return to
}

// judge returns the findings of a result as they are today, sorted and not yet
// merged: which of them are silenced, and what is wrong with the comments that do
// it. Where something could not be analysed, a comment may be of use there.
func (r *run) judge(res *result) []report.Finding {
	var own, used []directive.Ignore
	for _, c := range res.Comments {
		if !r.isAffected(c.Pkg) {
			continue
		}
		own = append(own, c.Ignore)
		if c.Used {
			used = append(used, c.Ignore)
		}
	}
	findings := report.Silence(res.Findings, r.now)
	findings = append(findings, blockingcall.OfComments(own, used, len(res.Problems) > 0, r.set, r.options(), r.now)...)
	findings = slices.DeleteFunc(findings, func(f report.Finding) bool { return !r.concerns(&f) })
	slices.SortFunc(findings, report.Compare)
	return findings
}

// split parts what is reported from what is not.
func split(findings []report.Finding) (active, suppressed []report.Finding) {
	for _, f := range findings {
		if f.Suppressed == nil {
			active = append(active, f)
		} else {
			suppressed = append(suppressed, f)
		}
	}
	return active, suppressed
}
