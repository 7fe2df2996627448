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
// compile, as there. The levels are error and warning, which also stands for info.
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
	at := func(p effect.Pos) location {
		name := o.File(p)
		if name == "" {
			name = p.File
		}
		return location{name, p.Line, p.Col}
	}
	for _, e := range o.Errors {
		place := location{absolute(o.Dir, e.File), e.Line, e.Column}
		if err := enc.Encode(problem{"compile", "error", place, location{}, e.Text, nil}); err != nil {
			return err
		}
	}
	for _, f := range o.Findings {
		p := problem{Code: f.Category, Severity: "warning", Location: at(f.SinkHop().Pos), Message: f.Message()}
		if f.Level >= contract.Error {
			p.Severity = "error"
		}
		for _, h := range f.Path {
			if len(f.Path) > 1 {
				p.Related = append(p.Related, related{Location: at(h.Pos), Message: callee(&f, h)})
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
