package format

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestStaticcheck(t *testing.T) {
	o := sample(t)
	type location struct {
		File         string
		Line, Column int
	}
	type problem struct {
		Code, Severity, Message string
		Location, End           location
		Related                 []struct {
			Location, End location
			Message       string
		}
	}
	var got []problem
	dec := json.NewDecoder(strings.NewReader(written(t, o, "staticcheck", false)))
	dec.DisallowUnknownFields()
	for dec.More() {
		var p problem
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		got = append(got, p)
	}
	errors := len(o.Errors) - 1 // the other has no place
	if len(got) != errors+len(o.Findings) {
		t.Fatalf("%d lines", len(got))
	}
	if p := got[0]; p.Code != "compile" || p.Severity != "error" || p.Location != (location{filepath.Join(o.Dir, "bad.go"), 3, 4}) {
		t.Errorf("got %+v", p)
	}
	read := got[errors+1]
	if read.Code != "file" || read.Severity != "warning" || read.Location != (location{filepath.Join(o.Dir, "lib", "lib.go"), 5, 26}) ||
		read.End != (location{read.Location.File, 5, 26 + len("os.ReadFile")}) || read.Message != o.Findings[1].Message() {
		t.Errorf("got %+v", read)
	}
	if len(read.Related) != 3 || read.Related[1].Message != "lib.Load" || read.Related[1].Location != (location{filepath.Join(o.Dir, "app.go"), 12, 6}) {
		t.Errorf("got %+v", read.Related)
	}
	for i, severity := range []string{"warning", "warning", "error", "warning", "warning"} {
		if p := got[errors+i]; p.Severity != severity {
			t.Errorf("%s has severity %s", p.Message, p.Severity)
		}
	}
	// A reader such as nvim-lint subtracts one from every number.
	for _, p := range got {
		if p.Location.Line < 1 || p.Location.Column < 1 || p.End.Line < p.Location.Line || p.End.Column < p.Location.Column {
			t.Errorf("from %+v to %+v", p.Location, p.End)
		}
	}
	if n := strings.Count(written(t, o, "staticcheck", false), "\n"); n != len(got) {
		t.Errorf("%d lines for %d objects", n, len(got))
	}
}
