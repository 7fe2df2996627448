package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

// An Output is all that a run has to say, and how places are named in it.
type Output struct {
	Dir   string                  // files below it are named relative to it
	File  func(effect.Pos) string // the absolute name of the file of a place, or ""
	Level func(contract.Level) string

	Findings   []Finding
	Suppressed []Finding // known, and not reported
	Callbacks  []Callback
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

// Text writes the findings, a line each, in colour or not.
func (o *Output) Text(w io.Writer, color bool) error {
	b := bufio.NewWriter(w)
	for _, f := range o.Findings {
		place, text := o.place(f.SinkHop().Pos), f.Message()
		if color {
			place = "\x1b[1m" + place + "\x1b[0m"
			if f.Level >= contract.Error {
				text = "\x1b[31m" + text + "\x1b[0m"
			}
		}
		fmt.Fprintf(b, "%s: %s\n", place, text)
	}
	return b.Flush()
}

// CallbacksText writes the callbacks, a line each.
func (o *Output) CallbacksText(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, c := range o.Callbacks {
		fmt.Fprintf(b, "%s: %s: %s (%s)\n", o.place(c.Pos), o.callback(c), shorten(c.Registration, c.Pos.Pkg), c.Loop)
	}
	return b.Flush()
}

func (o *Output) callback(c Callback) string {
	if c.Name.Name == "" {
		return "a function value"
	}
	return shortSym(c.Name, c.Pos.Pkg)
}

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
		Others      int          `json:"others"`
		Also        [][]jsonHop  `json:"also,omitempty"`
		// Suppression is there in suppressed findings only.
		Suppression *jsonSuppression `json:"suppression,omitempty"`
	}
	jsonSuppression struct {
		Kind   string `json:"kind"`
		Reason string `json:"reason"`
		File   string `json:"file"`
		Line   int    `json:"line"`
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

func (o *Output) findings(list []Finding) []jsonFinding {
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
			Callback:    o.jsonCallback(Callback{f.Callback, f.CallbackPos, f.Registration, loopName(f.Loop)}),
			Path:        o.hops(f.Path),
			Sink:        f.Sink,
			Holder:      o.hops(f.Holder),
			Others:      f.Others,
			Also:        o.paths(f.Also),
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

func (o *Output) jsonCallback(c Callback) jsonCallback {
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

func (o *Output) errors() []Error { return append([]Error{}, o.Errors...) }

func (o *Output) seen() jsonSeen {
	return jsonSeen{append([]string{}, o.Loops...), len(o.Callbacks), o.Unresolved, o.Excluded}
}
