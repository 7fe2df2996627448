package format

import (
	"encoding/json"
	"io"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// Staticcheck writes the findings as staticcheck -f json does: a JSON object on
// each line, with absolute file names. What could not be analysed has the code
// compile, as there, and is left out where it has no file: readers take it for
// granted that there is a line, and an end. The levels are error and warning,
// which also stands for info.
func (o *Output) Staticcheck(w io.Writer) error {
	type location struct {
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
	}
	type related struct {
		Location location `json:"location"`
		End      location `json:"end"`
		Message  string   `json:"message"`
	}
	type problem struct {
		Code     string    `json:"code"`
		Severity string    `json:"severity"`
		Location location  `json:"location"`
		End      location  `json:"end"`
		Message  string    `json:"message"`
		Related  []related `json:"related,omitempty"`
	}
	enc := json.NewEncoder(w)
	at := func(p effect.Pos) (start, end location) {
		name := o.File(p)
		if name == "" {
			name = p.File
		}
		return location{name, p.Line, p.Col}, location{name, p.Line, o.End(p)}
	}
	for _, e := range o.Errors {
		if e.File == "" {
			continue
		}
		place := location{absolute(o.Dir, e.File), max(e.Line, 1), max(e.Column, 1)}
		if err := enc.Encode(problem{"compile", "error", place, place, e.Text, nil}); err != nil {
			return err
		}
	}
	for _, f := range o.Findings {
		p := problem{Code: f.Category, Severity: "warning", Message: f.Message()}
		p.Location, p.End = at(f.SinkHop().Pos)
		if f.Level >= contract.Error {
			p.Severity = "error"
		}
		for _, h := range f.Path {
			if len(f.Path) > 1 {
				start, end := at(h.Pos)
				p.Related = append(p.Related, related{start, end, callee(&f, h)})
			}
		}
		if err := enc.Encode(p); err != nil {
			return err
		}
	}
	return nil
}

// callee names what a hop of a finding reaches.
func callee(f *report.Finding, h effect.Hop) string {
	return report.ShortCallee(h.Callee, f.Callback.Pkg)
}
