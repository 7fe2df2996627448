package driver

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loopvet/loopvet/analyzers/poolsaturation"
	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/format"
	"github.com/loopvet/loopvet/internal/report"
)

// print writes the result and returns the exit code.
func (r *run) print(stdout io.Writer, res *result) int {
	if r.command == cmdWrite || r.command == cmdPrune {
		return r.saveBaseline(res)
	}
	out := r.output(res)
	findings, suppressed := out.Findings, out.Suppressed
	code := exitClean
	switch {
	case len(res.Problems) > 0:
		code = exitFailed
	case len(findings) > 0 && r.command == "":
		code = exitFindings
	}
	var err error
	switch {
	case r.command == "callbacks" && r.format == "json":
		err = out.CallbacksJSON(stdout)
	case r.command == "callbacks":
		err = out.CallbacksText(stdout)
	case r.diff:
		err = r.printDiff(stdout, out)
	default:
		err = out.Write(stdout, r.format, colors(stdout))
	}
	if err != nil {
		fmt.Fprintf(r.stderr, "loopvet: %v\n", err)
		return exitFailed
	}
	r.printProblems(res)
	if res.Packages > 0 && (len(findings) == 0 || r.command != "") {
		fmt.Fprintf(r.stderr, "loopvet: %s\n", r.summary(res, len(suppressed)))
	}
	return code
}

func (r *run) printProblems(res *result) {
	for _, p := range res.Problems {
		p.File = relative(r.dir, p.File)
		text := p.Error()
		if p.File == "" {
			text = "loopvet: " + text
		}
		fmt.Fprintln(r.stderr, text)
	}
}

// output returns what there is to say of a result today.
func (r *run) output(res *result) *format.Output {
	findings, suppressed := split(r.final(res))
	out := &format.Output{
		Dir:        r.dir,
		File:       r.file,
		Findings:   findings,
		Suppressed: suppressed,
		Callbacks:  res.Seen.Callbacks,
		Loops:      res.Seen.Loops,
		Unresolved: res.Seen.Unresolved,
		Excluded:   res.Excluded,
		Level:      levelName,
		Root:       workspace(r.dir),
		Version:    moduleVersion(),
		Categories: append(report.Categories(), poolsaturation.Rules()...),
		Explain:    explainCategory,
	}
	for _, p := range res.Problems {
		out.Errors = append(out.Errors, format.Error{File: relative(r.dir, p.File), Line: p.Line, Column: p.Column, Text: p.Text})
	}
	return out
}

// workspace returns the directory from which a build service names files: that
// of the repository where it says so, else that of the run.
func workspace(dir string) string {
	root := os.Getenv("GITHUB_WORKSPACE")
	if real, err := filepath.EvalSymlinks(root); err == nil && root != "" {
		if rel, err := filepath.Rel(real, dir); err == nil && filepath.IsLocal(rel) {
			return real
		}
	}
	return dir
}

// summary says what a run looked at, so that silence is not mistaken for
// blindness.
func (r *run) summary(res *result, suppressed int) string {
	parts := []string{
		count(len(res.Seen.Loops), "loop"),
		count(len(res.Seen.Callbacks), "callback"),
		count(res.Seen.Unresolved, "call") + " not resolved",
	}
	if res.Seen.Tasks > 0 {
		parts = slices.Insert(parts, 2, count(res.Seen.Tasks, "task"))
	}
	if res.Excluded > 0 {
		parts = append(parts, count(res.Excluded, "package")+" excluded by build constraints")
	}
	if r.changed.given {
		parts = append(parts, r.affectedText())
	}
	if suppressed > 0 {
		parts = append(parts, count(suppressed, "finding")+" suppressed")
	}
	text := strings.Join(parts, ", ")
	if len(res.Seen.Loops) == 0 && !r.changed.given {
		text += fmt.Sprintf(" in %s", count(res.Packages, "package"))
	}
	return text
}

// colors reports whether colour is welcome.
func colors(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == ""
}

// isGenerated reports whether a file says that a program wrote it.
func isGenerated(name string) bool {
	if name == "" {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly|parser.ParseComments)
	return err == nil && ast.IsGenerated(f)
}

// explainCategory returns what there is to say of a category, or "".
func explainCategory(name string) string {
	return cmp.Or(report.Explain(name), poolsaturation.Explain(name))
}

// explain returns what there is to say of an analyzer or a category.
func explain(name string) (string, error) {
	for _, a := range analyzers {
		if a.Name == name {
			return a.Doc, nil
		}
	}
	if text := explainCategory(name); text != "" {
		return text, nil
	}
	var names []string
	for _, a := range analyzers {
		names = append(names, a.Name)
	}
	names = append(names, report.Reentry)
	for _, k := range contract.Kinds() {
		names = append(names, string(k))
	}
	names = append(names, report.Ignore, report.Baseline, report.Directive)
	names = append(names, poolsaturation.Rules()...)
	return "", fmt.Errorf("nothing is called %q; there are %s", name, strings.Join(names, " "))
}
