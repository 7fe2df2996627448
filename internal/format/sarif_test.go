package format

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/loopvet/loopvet/internal/report"
)

func sarifLog(t *testing.T, o *Output) *sarif.Run {
	t.Helper()
	text := written(t, o, "sarif", false)
	log, err := sarif.FromString(text, sarif.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Validate(); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("version %s, %d runs", log.Version, len(log.Runs))
	}
	return log.Runs[0]
}

// The output follows the published schema, which the library has in it, and the
// check can fail.
func TestSARIFSchema(t *testing.T) {
	o := sample(t)
	sarifLog(t, o)
	sarifLog(t, &Output{Dir: o.Dir, File: o.File, Level: o.Level})
	text := written(t, o, "sarif", false)
	for _, change := range [][2]string{
		{`"level": "warning"`, `"level": "loud"`},
		{`"importance": "essential"`, `"importance": "high"`},
		{`"startLine": 7`, `"startLine": 0`},
		{`"kind": "inSource"`, `"kind": "comment"`},
	} {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("no %s", change[0])
		}
		log, err := sarif.FromString(strings.ReplaceAll(text, change[0], change[1]))
		if err == nil && log.Validate() == nil {
			t.Errorf("%s is valid", change[1])
		}
	}
}

func TestSARIF(t *testing.T) {
	o := sample(t)
	run := sarifLog(t, o)

	// Rules: one for each category, with its page.
	rules := run.Tool.Driver.Rules
	for _, category := range report.Categories() {
		found := false
		for _, r := range rules {
			if *r.ID == category {
				found = true
				if !strings.HasSuffix(*r.HelpURI, "findings.md#"+category) || r.Help == nil || *r.Help.Text == "" || !strings.HasSuffix(*r.ShortDescription.Text, ".") {
					t.Errorf("rule %+v", r)
				}
			}
		}
		if !found {
			t.Errorf("no rule for %s", category)
		}
	}
	results := run.Results
	if len(results) != len(o.Findings)+len(o.Suppressed) {
		t.Fatalf("%d results", len(results))
	}
	for _, r := range results {
		if *rules[r.RuleIndex].ID != *r.RuleID {
			t.Errorf("%s has the rule %s", *r.RuleID, *rules[r.RuleIndex].ID)
		}
	}

	// The place, in UTF-16 code units: é and 中 are one, 😀 is two.
	remove := results[0]
	at := remove.Locations[0].PhysicalLocation
	if *at.ArtifactLocation.URI != "app.go" || *at.ArtifactLocation.URIBaseID != "%SRCROOT%" || *at.Region.StartLine != 7 || *at.Region.StartColumn != 16 || *at.Region.EndColumn != 16+len("os.Remove") {
		t.Errorf("got %s %+v", *at.ArtifactLocation.URI, *at.Region.StartColumn)
	}

	// The fix, which replaces done() on line 8.
	if len(remove.Fixes) != 1 || *remove.Fixes[0].Description.Text != o.Findings[0].Fix.Title {
		t.Fatalf("got %+v", remove.Fixes)
	}
	change := remove.Fixes[0].ArtifactChanges
	if len(change) != 1 || len(change[0].Replacements) != 2 || *change[0].ArtifactLocation.URI != "app.go" {
		t.Fatalf("got %+v", change)
	}
	region := change[0].Replacements[1].DeletedRegion
	if *region.StartLine != 8 || *region.StartColumn != 3 || *region.EndLine != 8 || *region.EndColumn != 9 ||
		*change[0].Replacements[1].InsertedContent.Text != "work(context.Background())" {
		t.Errorf("got %d:%d-%d:%d", *region.StartLine, *region.StartColumn, *region.EndLine, *region.EndColumn)
	}

	// The path, and the further way.
	read := results[1]
	if len(read.CodeFlows) != 2 || len(read.CodeFlows[0].ThreadFlows) != 1 {
		t.Fatalf("%d code flows", len(read.CodeFlows))
	}
	var steps []string
	for _, l := range read.CodeFlows[0].ThreadFlows[0].Locations {
		steps = append(steps, *l.Location.PhysicalLocation.ArtifactLocation.URI+" "+*l.Location.Message.Text+" "+l.Importance)
	}
	if got := strings.Join(steps, "|"); got != "app.go done important|app.go lib.Load important|lib/lib.go os.ReadFile essential" {
		t.Errorf("steps %s", got)
	}
	// The lock's holder is another thread.
	if flows := results[2].CodeFlows[0].ThreadFlows; len(flows) != 2 || *flows[1].Message.Text != "meanwhile the lock is held" {
		t.Errorf("%d thread flows", len(flows))
	}
	for i, level := range []string{"warning", "warning", "error", "note"} {
		if results[i].Level != level {
			t.Errorf("result %d has level %s", i, results[i].Level)
		}
	}

	// Suppressions.
	in, out := results[len(o.Findings)].Suppressions, results[len(o.Findings)+1].Suppressions
	if len(in) != 1 || *in[0].Kind != "inSource" || *in[0].Justification != "for <now>" || *in[0].Location.PhysicalLocation.Region.StartLine != 7 {
		t.Errorf("got %+v", in)
	}
	if len(out) != 1 || *out[0].Kind != "external" || out[0].Justification != nil || out[0].Location != nil {
		t.Errorf("got %+v", out)
	}
	if results[0].Suppressions != nil {
		t.Error("an active finding is suppressed")
	}

	// What could not be analysed.
	inv := run.Invocations[0]
	if *inv.ExecutionSuccessful || len(inv.ToolExecutionNotifications) != 2 || *inv.ToolExecutionNotifications[0].Message.Text != "undefined: x" {
		t.Errorf("got %+v", inv)
	}
}

// Fingerprints stay when lines move, and differ for findings that differ.
func TestSARIFFingerprints(t *testing.T) {
	prints := func(o *Output) []string {
		var out []string
		for _, r := range sarifLog(t, o).Results {
			out = append(out, r.PartialFingerprints[sarifFingerprint])
		}
		return out
	}
	o := sample(t)
	was := prints(o)
	for i := range o.Findings {
		for j := range o.Findings[i].Path {
			o.Findings[i].Path[j].Pos.Line++
		}
	}
	is := prints(o)
	seen := map[string]bool{}
	for i := range was {
		if was[i] != is[i] || was[i] == "" {
			t.Errorf("result %d: %q became %q", i, was[i], is[i])
		}
		if seen[was[i]] {
			t.Errorf("%s is there twice", was[i])
		}
		seen[was[i]] = true
	}
	// The two suppressed ones are the same finding: their order tells them apart.
	if n := len(was); strings.TrimSuffix(was[n-2], ":1") != strings.TrimSuffix(was[n-1], ":2") {
		t.Errorf("%s and %s", was[n-2], was[n-1])
	}
}

// A file outside of the repository has an absolute address, and names are escaped.
func TestSARIFPlaces(t *testing.T) {
	o := sample(t)
	o.Errors = []Error{{File: filepath.Join(filepath.Dir(o.Dir), "out of it.go"), Line: 1, Text: "x"}, {File: "a b#?%.go", Line: 1, Text: "x"}, {File: "c:d.go", Line: 1, Text: "x"}}
	var got []string
	for _, n := range sarifLog(t, o).Invocations[0].ToolExecutionNotifications {
		got = append(got, *n.Locations[0].PhysicalLocation.ArtifactLocation.URI)
	}
	if !strings.HasPrefix(got[0], "file:///") || !strings.HasSuffix(got[0], "/out%20of%20it.go") {
		t.Errorf("got %s", got[0])
	}
	if got[1] != "a%20b%23%3F%25.go" || got[2] != "./c:d.go" {
		t.Errorf("got %q", got[1:])
	}
}
