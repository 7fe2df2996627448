package blockingcall

import (
	"slices"
	"time"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// comments returns the findings about the comments of p that silence findings.
// Importers may still find what one silences; so it is said to silence nothing
// in a program, and elsewhere only when nothing that may block is reached from
// its lines. What silences findings about worker pools is another analyzer's.
func (c *checker) comments(p *effect.Package) []report.Finding {
	var own []directive.Ignore
	for _, f := range p.Unit().Files {
		own = append(own, directive.Ignores(p.Unit().Fset, f, p.Path)...)
	}
	if len(own) == 0 {
		return nil // and what every function does need not be known
	}
	used := append(slices.Clone(c.seen.Silencing), p.Operated()...)
	if p.Unit().Types.Name() != "main" {
		used = append(used, p.Touched()...)
	}
	return OfComments(own, used, p.Unit().Incomplete, c.prog.Contracts(), c.opts, time.Now())
}

// OfComments returns the findings about comments that silence findings. Used are
// those that silence something; of an incomplete package it is not known. They
// have no kind, so that a run that picks kinds has none of them.
func OfComments(own, used []directive.Ignore, incomplete bool, set *contract.Set, opts Options, now time.Time) []report.Finding {
	var out []report.Finding
	for _, i := range own {
		f, ok := report.OfIgnore(i, incomplete || slices.ContainsFunc(used, i.Is), now)
		if ok && opts.Admit(set, &f) {
			out = append(out, f)
		}
	}
	return out
}
