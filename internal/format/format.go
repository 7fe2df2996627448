package format

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/patch"
	"github.com/loopvet/loopvet/internal/report"
)

// An Output is all that a run has to say, and how places are named in it. It is
// for one goroutine.
type Output struct {
	Dir     string                  // files below it are named relative to it
	Root    string                  // the same for what build services read; Dir if empty
	File    func(effect.Pos) string // the absolute name of the file of a place, or ""
	Level   func(contract.Level) string
	Version string // of loopvet
	// Categories are those that findings may have, and Explain what there is to
	// say of one.
	Categories []string
	Explain    func(category string) string

	Findings   []report.Finding
	Suppressed []report.Finding // known, and not reported
	Callbacks  []report.Callback
	Errors     []Error
	Loops      []string
	Unresolved int
	Excluded   int

	sources map[string]*source // by absolute name
}

// An Error is something that could not be analysed.
type Error struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

// formats are the ways to write the findings. Color says whether there is a
// terminal that shows it.
var formats = []struct {
	name  string
	write func(o *Output, w io.Writer, color bool) error
}{
	{"text", (*Output).Text},
	{"stylish", (*Output).Stylish},
	{"json", func(o *Output, w io.Writer, _ bool) error { return o.JSON(w) }},
	{"sarif", func(o *Output, w io.Writer, _ bool) error { return o.SARIF(w) }},
	{"github", func(o *Output, w io.Writer, _ bool) error { return o.GitHub(w) }},
	{"staticcheck", func(o *Output, w io.Writer, _ bool) error { return o.Staticcheck(w) }},
	{"html", func(o *Output, w io.Writer, _ bool) error { return o.HTML(w) }},
}

// Names returns the names of the formats.
func Names() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Write writes the findings in the format of that name, in colour if the format
// has any.
func (o *Output) Write(w io.Writer, name string, color bool) error {
	for _, f := range formats {
		if f.name == name {
			return f.write(o, w, color)
		}
	}
	return fmt.Errorf("no format is called %q; there are %s", name, strings.Join(Names(), " "))
}

// file returns the name of the file of a place for a reader in Dir.
func (o *Output) file(p effect.Pos) string {
	if name := o.File(p); name != "" {
		return relative(o.Dir, name)
	}
	return p.File
}

// relative returns the name of a file as it is seen from dir, if it lies below.
func relative(dir, name string) string {
	if rel, err := filepath.Rel(dir, name); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return name
}

func (o *Output) place(p effect.Pos) string {
	return fmt.Sprintf("%s:%d:%d", o.file(p), p.Line, p.Col)
}

// End returns the column behind the name at a place, which is that of the place
// when there is none or the source is not at hand.
func (o *Output) End(p effect.Pos) int {
	return p.Col + word(o.source(o.File(p)).line(p.Line), p.Col)
}

// fromRoot is file for a build service, and whether the file lies below Root.
// Slashes part its elements.
func (o *Output) fromRoot(name string) (string, bool) {
	root := o.Root
	if root == "" {
		root = o.Dir
	}
	if name == "" {
		return "", false
	}
	rel := relative(root, absolute(o.Dir, name))
	return filepath.ToSlash(rel), !filepath.IsAbs(rel)
}

// Edits returns the edits of a finding's fix with the files that they are in, or
// nil when there is no fix, or its file is not known.
func (o *Output) Edits(f *report.Finding) []patch.Edit {
	if f.Fix == nil {
		return nil
	}
	var edits []patch.Edit
	for _, e := range f.Fix.Edits {
		name := o.File(effect.Pos{Pkg: f.SinkHop().Pos.Pkg, File: e.File, Line: 1})
		if name == "" {
			return nil
		}
		edits = append(edits, patch.Edit{File: name, Start: e.Start, End: e.End, New: e.New})
	}
	return edits
}

// number returns "1 finding" or "2 findings".
func number(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// absolute returns the name of a file that is seen from dir.
func absolute(dir, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
