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
	if len(got) != len(o.Errors)+len(o.Findings) {
		t.Fatalf("%d lines", len(got))
	}
	if p := got[0]; p.Code != "compile" || p.Severity != "error" || p.Location != (location{filepath.Join(o.Dir, "bad.go"), 3, 4}) {
		t.Errorf("got %+v", p)
	}
	read := got[len(o.Errors)+1]
	if read.Code != "file" || read.Severity != "warning" || read.Location != (location{filepath.Join(o.Dir, "lib", "lib.go"), 5, 26}) ||
		read.Message != o.Findings[1].Message() {
		t.Errorf("got %+v", read)
	}
	if len(read.Related) != 3 || read.Related[1].Message != "lib.Load" || read.Related[1].Location != (location{filepath.Join(o.Dir, "app.go"), 12, 6}) {
		t.Errorf("got %+v", read.Related)
	}
	for i, severity := range []string{"warning", "warning", "error", "warning", "warning"} {
		if p := got[len(o.Errors)+i]; p.Severity != severity {
			t.Errorf("%s has severity %s", p.Message, p.Severity)
		}
	}
	if n := strings.Count(written(t, o, "staticcheck", false), "\n"); n != len(got) {
		t.Errorf("%d lines for %d objects", n, len(got))
	}
}
