package driver

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loopvet/loopvet/internal/baseline"
	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/report"
)

// baselineName is the file that is written when none is named.
const baselineName = "loopvet-baseline.txt"

// baselinePath returns the absolute name of the baseline.
func (r *run) baselinePath() string {
	name := r.baseline
	if name == "" {
		name = baselineName
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.dir, name)
}

// readBaseline reads the baseline; with optional, it returns nil when there is
// no such file.
func (r *run) readBaseline(optional bool) (*baseline.Baseline, error) {
	name := r.baselinePath()
	data, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && optional:
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: no such baseline; loopvet baseline write makes one", relative(r.dir, name))
	case err != nil:
		return nil, err
	}
	return baseline.Parse(relative(r.dir, name), data)
}

// final returns the findings of a result as they are shown.
func (r *run) final(res *result) []report.Finding { return report.Merge(r.all(res)) }

// all returns the findings of a result, judged and compared with what is known.
func (r *run) all(res *result) []report.Finding {
	all := r.judge(res)
	if r.old != nil {
		all = r.known(r.old, all, res)
	}
	return all
}

// known marks the findings that the baseline has as suppressed, and adds those
// about its entries that match nothing.
func (r *run) known(b *baseline.Baseline, findings []report.Finding, res *result) []report.Finding {
	matched := b.Apply(findings, r.baselinePath())
	for _, e := range b.Stale(matched, r.covered(res)) {
		findings = append(findings, report.OfBaseline(r.baselinePath(), e.Line, e.String()))
	}
	return findings
}

// saveBaseline does what the baseline commands are for, and returns the exit code.
func (r *run) saveBaseline(res *result) int {
	r.printProblems(res)
	if err := r.writeBaseline(r.judge(res), res); err != nil {
		fmt.Fprintf(r.stderr, "loopvet: %v\n", err)
		return exitFailed
	}
	if len(res.Problems) > 0 {
		return exitFailed
	}
	return exitClean
}

// writeBaseline writes the file, with the findings that are reported or, when
// pruning, without the entries that match nothing.
func (r *run) writeBaseline(findings []report.Finding, res *result) error {
	prune := r.command == cmdPrune
	old, err := r.readBaseline(!prune)
	if err != nil {
		return err
	}
	covered := r.covered(res)
	now := baseline.Replace(old, findings, covered)
	if prune {
		now = old.Prune(old.Apply(findings, ""), covered)
	}
	name := r.baselinePath()
	data := now.Bytes()
	if have, err := os.ReadFile(name); err != nil || !bytes.Equal(have, data) {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			return err
		}
	}
	text := fmt.Sprintf("%s has %s", relative(r.dir, name), count(total(now), "finding"))
	if prune {
		text += fmt.Sprintf(", %d fewer", total(old)-total(now))
	}
	fmt.Fprintf(r.stderr, "loopvet: %s\n", text)
	return nil
}

func total(b *baseline.Baseline) int {
	n := 0
	for _, e := range b.Entries {
		n += e.Count
	}
	return n
}

// covered returns a function that reports whether the run would have found what
// an entry of the baseline stands for, if it were still there.
func (r *run) covered(res *result) func(baseline.Entry) bool {
	if len(res.Problems) > 0 {
		return func(baseline.Entry) bool { return false }
	}
	return func(e baseline.Entry) bool {
		if e.Level < r.level || len(r.kinds) > 0 && !slices.Contains(r.kinds, e.Kind) && !slices.Contains(r.kinds, contract.Kind(e.Category)) || e.Test && !r.tests {
			return false
		}
		root := slices.ContainsFunc(r.graphs, func(g *graph) bool {
			return slices.ContainsFunc(g.roots, func(p *pkg) bool { return p.path == e.Package })
		})
		if !root || !r.isAffected(e.Package) {
			return false
		}
		// What the packages on the way store in each other is known only where
		// all of them are, with all their files.
		for _, name := range e.Path[:len(e.Path)-1] {
			p, word := r.packageOf(name)
			if p == nil || p.leftOut(word) {
				return false
			}
		}
		return true
	}
}

// packageOf returns the package of the function with that full name, as far as
// the run has it, and the last identifier of the name. An import path may have
// dots in its last element, so that all ways to cut it are tried.
func (r *run) packageOf(full string) (*pkg, string) {
	name := strings.TrimLeft(full, "(*")
	start := strings.LastIndexByte(name, '/') + 1
	for i := start; i < len(name); i++ {
		if name[i] != '.' {
			continue
		}
		for _, g := range r.graphs {
			if p := g.byPath[name[:i]]; p != nil {
				word, _, _ := strings.Cut(name[strings.LastIndexByte(name, '.')+1:], "$")
				return p, word
			}
		}
	}
	return nil, ""
}

// leftOut reports whether a file of the package that build constraints leave out
// may declare a function of that name.
func (p *pkg) leftOut(name string) bool {
	for _, file := range p.IgnoredGoFiles {
		src, err := os.ReadFile(filepath.Join(p.Dir, file))
		if err != nil {
			continue
		}
		found := false
		scanWords(src, func(word []byte) { found = found || string(word) == name })
		if found {
			return true
		}
	}
	return false
}
