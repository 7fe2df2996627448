package format

import (
	"encoding/json"
	"io"

	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// The JSON form, see docs/json.md. Fields are added, never changed.
type (
	jsonPosition struct {
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
	}
	jsonCallback struct {
		Name         string `json:"name"`
		File         string `json:"file"`
		Line         int    `json:"line"`
		Column       int    `json:"column"`
		Registration string `json:"registration"`
		Loop         string `json:"loop"`
	}
	jsonHop struct {
		Func   string `json:"func"`
		Callee string `json:"callee"`
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
		Edge   string `json:"edge"`
	}
	jsonFinding struct {
		Category    string       `json:"category"`
		Level       string       `json:"level"`
		Kind        string       `json:"kind"`
		May         bool         `json:"may"`
		Message     string       `json:"message"`
		Fingerprint string       `json:"fingerprint"`
		URL         string       `json:"url"`
		Position    jsonPosition `json:"position"`
		Callback    jsonCallback `json:"callback"`
		Path        []jsonHop    `json:"path"`
		Sink        int          `json:"sink"`
		Holder      []jsonHop    `json:"holder,omitempty"`
		Must        []jsonHop    `json:"must,omitempty"`
		Started     int          `json:"started,omitempty"`
		Workers     int          `json:"workers,omitempty"`
		Others      int          `json:"others"`
		Also        [][]jsonHop  `json:"also,omitempty"`
		Fixes       []jsonFix    `json:"fixes,omitempty"`
		// Suppression is there in suppressed findings only.
		Suppression *jsonSuppression `json:"suppression,omitempty"`
	}
	jsonSuppression struct {
		Kind   string `json:"kind"`
		Reason string `json:"reason"`
		File   string `json:"file"`
		Line   int    `json:"line"`
	}
	jsonPoint struct {
		Offset int `json:"offset"`
		Line   int `json:"line"`
		Column int `json:"column"`
	}
	jsonEdit struct {
		File  string    `json:"file"`
		Start jsonPoint `json:"start"`
		End   jsonPoint `json:"end"`
		New   string    `json:"new"`
	}
	jsonFix struct {
		Title string     `json:"title"`
		Edits []jsonEdit `json:"edits"`
	}
	jsonSeen struct {
		Loops      []string `json:"loops"`
		Callbacks  int      `json:"callbacks"`
		Unresolved int      `json:"unresolved"`
		Excluded   int      `json:"excluded"`
	}
)

// JSON writes the findings as one JSON value.
func (o *Output) JSON(w io.Writer) error {
	return o.encode(w, struct {
		Version    int           `json:"version"`
		Findings   []jsonFinding `json:"findings"`
		Suppressed []jsonFinding `json:"suppressed"`
		Errors     []Error       `json:"errors"`
		Seen       jsonSeen      `json:"seen"`
	}{1, o.findings(o.Findings), o.findings(o.Suppressed), o.errors(), o.seen()})
}

func (o *Output) findings(list []report.Finding) []jsonFinding {
	findings := []jsonFinding{}
	for _, f := range list {
		j := jsonFinding{
			Category:    f.Category,
			Level:       o.Level(f.Level),
			Kind:        string(f.Kind),
			May:         f.May,
			Message:     f.Message(),
			Fingerprint: f.Fingerprint(),
			URL:         f.URL(),
			Position:    o.position(f.SinkHop().Pos),
			Callback:    o.jsonCallback(report.Callback{Name: f.Callback, Pos: f.CallbackPos, Registration: f.Registration, Loop: f.LoopName()}),
			Path:        o.hops(f.Path),
			Sink:        f.Sink,
			Holder:      o.hops(f.Holder),
			Must:        o.hops(f.Must),
			Started:     f.Started,
			Workers:     f.Workers,
			Others:      f.Others,
			Also:        o.paths(f.Also),
			Fixes:       o.fixes(&f),
		}
		if s := f.Suppressed; s != nil {
			j.Suppression = &jsonSuppression{s.Kind, s.Reason, o.file(s.At), s.At.Line}
		}
		findings = append(findings, j)
	}
	return findings
}

// CallbacksJSON writes the callbacks as one JSON value.
func (o *Output) CallbacksJSON(w io.Writer) error {
	callbacks := []jsonCallback{}
	for _, c := range o.Callbacks {
		callbacks = append(callbacks, o.jsonCallback(c))
	}
	return o.encode(w, struct {
		Version   int            `json:"version"`
		Callbacks []jsonCallback `json:"callbacks"`
		Errors    []Error        `json:"errors"`
		Seen      jsonSeen       `json:"seen"`
	}{1, callbacks, o.errors(), o.seen()})
}

func (o *Output) encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "\t")
	return enc.Encode(v)
}

func (o *Output) position(p effect.Pos) jsonPosition {
	return jsonPosition{o.file(p), p.Line, p.Col}
}

func (o *Output) jsonCallback(c report.Callback) jsonCallback {
	return jsonCallback{c.Name.String(), o.file(c.Pos), c.Pos.Line, c.Pos.Col, c.Registration, c.Loop}
}

func (o *Output) hops(path []effect.Hop) []jsonHop {
	var out []jsonHop
	for _, h := range path {
		out = append(out, jsonHop{h.In.String(), h.Callee, o.file(h.Pos), h.Pos.Line, h.Pos.Col, h.Edge.String()})
	}
	return out
}

func (o *Output) paths(paths [][]effect.Hop) [][]jsonHop {
	var out [][]jsonHop
	for _, p := range paths {
		out = append(out, o.hops(p))
	}
	return out
}

// fixes returns the fix of a finding, if it has one that fits its file as it is.
func (o *Output) fixes(f *report.Finding) []jsonFix {
	var edits []jsonEdit
	for _, e := range o.Edits(f) {
		src := o.source(e.File)
		if src == nil {
			return nil
		}
		line, col, ok := src.position(e.Start)
		endLine, endCol, endOK := src.position(e.End)
		if !ok || !endOK {
			return nil
		}
		edits = append(edits, jsonEdit{relative(o.Dir, e.File), jsonPoint{e.Start, line, col}, jsonPoint{e.End, endLine, endCol}, e.New})
	}
	if edits == nil {
		return nil
	}
	return []jsonFix{{f.Fix.Title, edits}}
}

func (o *Output) errors() []Error { return append([]Error{}, o.Errors...) }

func (o *Output) seen() jsonSeen {
	return jsonSeen{append([]string{}, o.Loops...), len(o.Callbacks), o.Unresolved, o.Excluded}
}
