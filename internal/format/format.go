package format

import (
	"fmt"
	"path/filepath"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// An Output is all that a run has to say, and how places are named in it.
type Output struct {
	Dir   string                  // files below it are named relative to it
	File  func(effect.Pos) string // the absolute name of the file of a place, or ""
	Level func(contract.Level) string

	Findings   []report.Finding
	Suppressed []report.Finding // known, and not reported
	Callbacks  []report.Callback
	Errors     []Error
	Loops      []string
	Unresolved int
	Excluded   int
}

// An Error is something that could not be analysed.
type Error struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

func (o *Output) file(p effect.Pos) string {
	name := o.File(p)
	if name == "" {
		return p.File
	}
	if rel, err := filepath.Rel(o.Dir, name); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return name
}

func (o *Output) place(p effect.Pos) string {
	return fmt.Sprintf("%s:%d:%d", o.file(p), p.Line, p.Col)
}
