package report

import (
	"strings"
	"testing"
	"time"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
)

var (
	january  = time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC)
	february = time.Date(2027, 2, 15, 0, 0, 0, 0, time.UTC)
)

// What a comment silences is a finding of its own, apart from what reaches the
// same line by another way; when the comment has expired, they are one.
func TestSilence(t *testing.T) {
	quiet, loud := at("a$1", 50, "os.ReadFile"), at("b$1", 50, "example.com/app.x", "os.ReadFile")
	quiet.Ignores = []directive.Ignore{{Pkg: "example.com/app", File: "app.go", Line: 50, Col: 9, Reason: "small", Until: "2027-01-31"}}
	merged := Merge([]Finding{quiet, loud})
	if len(merged) != 2 {
		t.Fatalf("merged into %d", len(merged))
	}
	silenced := func(now time.Time) (active, suppressed []Finding) {
		for _, f := range Merge(Silence(merged, now)) {
			if f.Suppressed == nil {
				active = append(active, f)
			} else {
				suppressed = append(suppressed, f)
			}
		}
		return active, suppressed
	}
	active, suppressed := silenced(january)
	if len(active) != 1 || active[0].Callback.Name != "b$1" || active[0].Others != 0 {
		t.Errorf("in January, %+v is active", active)
	}
	if len(suppressed) != 1 || suppressed[0].Suppressed.Reason != "small" || suppressed[0].Suppressed.Kind != Ignore || suppressed[0].Suppressed.At.Col != 9 {
		t.Errorf("in January, %+v is suppressed", suppressed)
	}
	active, suppressed = silenced(february)
	if len(active) != 1 || active[0].Callback.Name != "a$1" || active[0].Others != 1 || len(suppressed) != 0 {
		t.Errorf("in February, %+v is active, %+v suppressed", active, suppressed)
	}
	if merged[0].Suppressed != nil || len(merged[0].Ignores)+len(merged[1].Ignores) != 1 {
		t.Error("the argument was changed")
	}
}

func TestOfIgnore(t *testing.T) {
	i := directive.Ignore{Pkg: "example.com/app", File: "app.go", Line: 7, Col: 3, Verb: "//loopvet:ignore", In: "T.m", Reason: "small"}
	if _, ok := OfIgnore(i, true, january); ok {
		t.Error("a comment that is used is a finding")
	}
	f, ok := OfIgnore(i, false, january)
	if !ok || f.Message() != "//loopvet:ignore silences nothing: small" || f.Level != contract.Warning || !strings.HasSuffix(f.URL(), "#ignore") {
		t.Errorf("got %+v", f)
	}
	moved := i
	moved.Line, moved.Col = 70, 1
	if g, _ := OfIgnore(moved, false, january); g.Fingerprint() != f.Fingerprint() {
		t.Error("the fingerprint depends on the line")
	}
	for _, change := range []func(*directive.Ignore){
		func(i *directive.Ignore) { i.In = "T.n" },
		func(i *directive.Ignore) { i.Reason = "large" },
		func(i *directive.Ignore) { i.Pkg = "example.com/other" },
	} {
		other := i
		change(&other)
		if g, _ := OfIgnore(other, false, january); g.Fingerprint() == f.Fingerprint() {
			t.Errorf("%+v has the fingerprint of %+v", other, i)
		}
	}
	// Two on one line are two findings.
	other := i
	other.Reason = "large"
	g, _ := OfIgnore(other, false, january)
	if got := Merge([]Finding{f, g}); len(got) != 2 {
		t.Errorf("merged into %d", len(got))
	}
}

func TestOfBaseline(t *testing.T) {
	f := OfBaseline("/m/base.txt", 12, "file: a -> b")
	if f.Category != Baseline || f.SinkHop().Pos.Line != 12 || !strings.HasPrefix(f.Message(), "matches nothing: file: a -> b;") {
		t.Errorf("got %+v", f)
	}
	moved, other := OfBaseline("/m/base.txt", 13, "file: a -> b"), OfBaseline("/m/base.txt", 12, "file: a -> c")
	if moved.Fingerprint() != f.Fingerprint() || other.Fingerprint() == f.Fingerprint() {
		t.Error("the fingerprint is not that of the entry")
	}
}
