package driver

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/format"
	"github.com/loopvet/loopvet/internal/report"
)

// print writes the result and returns the exit code.
func (r *run) print(stdout io.Writer, res *result) int {
	findings, suppressed := split(r.judge(res))
	out := format.Output{
		Dir:        r.dir,
		File:       r.file,
		Findings:   findings,
		Suppressed: suppressed,
		Callbacks:  res.Seen.Callbacks,
		Loops:      res.Seen.Loops,
		Unresolved: res.Seen.Unresolved,
		Excluded:   res.Excluded,
		Level:      levelName,
	}
	for _, p := range res.Problems {
		out.Errors = append(out.Errors, format.Error{File: relative(r.dir, p.File), Line: p.Line, Column: p.Column, Text: p.Text})
	}
	code := exitClean
	switch {
	case len(res.Problems) > 0:
		code = exitFailed
	case len(findings) > 0 && r.command == "":
		code = exitFindings
	}
	var err error
	switch {
	case r.json && r.command == "callbacks":
		err = out.CallbacksJSON(stdout)
	case r.json:
		err = out.JSON(stdout)
	case r.command == "callbacks":
		err = out.CallbacksText(stdout)
	default:
		err = out.Text(stdout, colors(stdout))
	}
	if err != nil {
		fmt.Fprintf(r.stderr, "loopvet: %v\n", err)
		return exitFailed
	}
	for _, p := range res.Problems {
		p.File = relative(r.dir, p.File)
		text := p.Error()
		if p.File == "" {
			text = "loopvet: " + text
		}
		fmt.Fprintln(r.stderr, text)
	}
	if res.Packages > 0 && (len(findings) == 0 || r.command != "") {
		fmt.Fprintf(r.stderr, "loopvet: %s\n", r.summary(res, len(suppressed)))
	}
	return code
}

// summary says what a run looked at, so that silence is not mistaken for
// blindness.
func (r *run) summary(res *result, suppressed int) string {
	parts := []string{
		count(len(res.Seen.Loops), "loop"),
		count(len(res.Seen.Callbacks), "callback"),
		count(res.Seen.Unresolved, "call") + " not resolved",
	}
	if res.Excluded > 0 {
		parts = append(parts, count(res.Excluded, "package")+" excluded by build constraints")
	}
	if suppressed > 0 {
		parts = append(parts, count(suppressed, "finding")+" suppressed")
	}
	text := strings.Join(parts, ", ")
	if len(res.Seen.Loops) == 0 {
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

// explain returns what there is to say of an analyzer or a category.
func explain(name string) (string, error) {
	for _, a := range analyzers {
		if a.Name == name {
			return a.Doc, nil
		}
	}
	if text := report.Explain(name); text != "" {
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
	names = append(names, report.Ignore, report.Baseline)
	return "", fmt.Errorf("nothing is called %q; there are %s", name, strings.Join(names, " "))
}
