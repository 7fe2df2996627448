package contract

import (
	"strings"
	"testing"
)

const ruled = `
exclude:
  - internal/gen
  - "**/*_mock.go"
  - {path: legacy/**, kinds: [file, reentry], reason: goes away in March}
severity:
  - {kinds: [console], level: warning}
  - {path: cmd/**, level: info}
  - {path: cmd/keep, kinds: file, level: error}
  - {path: tools/*.go, level: off}
  - {path: example.com/other/**, level: info}
contracts:
  - module: example.com/lib
    blocks: {example.com/lib.F: file}
`

func TestRules(t *testing.T) {
	cfg, err := Parse("rules.yaml", []byte(ruled))
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Contracts) != 1 || len(cfg.Rules) != 8 {
		t.Errorf("%d contracts, %d rules", len(cfg.Contracts), len(cfg.Rules))
	}
	s := new(Set).With(cfg).ForMain("example.com/m", "example.com/m/sub")
	for _, test := range []struct {
		pkg, file, category string
		kind                Kind
		excluded, severity  int // the line of the rule, or 0
	}{
		{"example.com/m", "main.go", "file", File, 0, 0},
		{"example.com/m", "main.go", "console", Console, 0, 7},
		{"example.com/m/internal/gen", "a.go", "net", Net, 3, 0},
		{"example.com/m/internal/gen/deep", "a.go", "net", Net, 3, 0},
		{"example.com/m/internal/general", "a.go", "net", Net, 0, 0},
		{"example.com/m/x/internal/gen", "a.go", "net", Net, 0, 0},
		{"example.com/m/sub/internal/gen", "a.go", "net", Net, 3, 0},
		{"example.com/m/a/b", "c_mock.go", "net", Net, 4, 0},
		{"example.com/m", "c_mock.go", "net", Net, 4, 0},
		{"example.com/m/legacy", "a.go", "file", File, 5, 0},
		{"example.com/m/legacy", "a.go", "reentry", Wait, 5, 0},
		{"example.com/m/legacy", "a.go", "net", Net, 0, 0},
		{"example.com/m/cmd/x", "a.go", "file", File, 0, 8},
		{"example.com/m/cmd/x", "a.go", "console", Console, 0, 8}, // the last that matches
		{"example.com/m/cmd/keep", "a.go", "file", File, 0, 9},
		{"example.com/m/cmd/keep", "a.go", "net", Net, 0, 8},
		{"example.com/m/tools", "a.go", "net", Net, 10, 0},
		{"example.com/m/tools/x", "a.go", "net", Net, 0, 0},
		{"example.com/other/p", "a.go", "net", Net, 0, 11}, // by the import path
		{"example.com/mm/internal/gen", "a.go", "net", Net, 0, 0},
		{"example.com/m/internal/gen_test", "a_test.go", "net", Net, 3, 0},
	} {
		of := Subject{test.pkg, test.file, test.category, test.kind}
		if got := lineOf(s.Excluded(of)); got != test.excluded {
			t.Errorf("%v: excluded by line %d, want %d", of, got, test.excluded)
		}
		if got := lineOf(s.Severity(of)); got != test.severity {
			t.Errorf("%v: ranked by line %d, want %d", of, got, test.severity)
		}
	}
	if r := s.Severity(Subject{"example.com/m/cmd/keep", "a.go", "file", File}); r.Level != Error || r.File != "rules.yaml" {
		t.Errorf("got %+v", r)
	}
	if r := s.Excluded(Subject{"example.com/m/legacy", "a.go", "file", File}); r.Reason != "goes away in March" {
		t.Errorf("got %+v", r)
	}
	// A set that is added to keeps its rules, and the later ones count.
	more, err := Parse("more.yaml", []byte("severity: [{kinds: [console], level: error}]"))
	if err != nil {
		t.Fatal(err)
	}
	if r := s.With(more).Severity(Subject{"example.com/m", "main.go", "console", Console}); r == nil || r.Level != Error {
		t.Errorf("got %+v", r)
	}
	if s.With(more).Fingerprint() == s.Fingerprint() {
		t.Error("rules do not change the fingerprint")
	}
}

func lineOf(r *Rule) int {
	if r == nil {
		return 0
	}
	return r.Line
}

func TestRuleErrors(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{"exclude: internal/gen", "f.yaml:1: exclude: want a list"},
		{"exclude:\n  - 'a[b'", `f.yaml:2: exclude: "a[b" is no pattern`},
		{"exclude:\n  - /etc", `f.yaml:2: exclude: "/etc" begins with a slash`},
		{"exclude:\n  - 'a\\b'", `f.yaml:2: exclude: "a\\b": elements of a path are separated by /`},
		{"exclude:\n  - ''", "f.yaml:2: exclude: want a path"},
		{"exclude:\n  - 7", `f.yaml:2: exclude: want a string, not "7"`},
		{"exclude:\n  - [a]", "f.yaml:2: want a mapping, not a list"},
		{"exclude:\n  - {reason: x}", "f.yaml:2: exclude: want a path"},
		{"exclude:\n  - {path: x, level: info}", `f.yaml:2: unknown key "level"`},
		{"severity:\n  - x", `f.yaml:2: want a mapping, not "x"`},
		{"severity:\n  - {path: x}", "f.yaml:2: severity: want a level"},
		{"severity:\n  - {level: info}", "f.yaml:2: severity: want a path or kinds"},
		{"severity:\n  - {path: x, level: loud}", `f.yaml:2: level: want error, warning, info or off, not "loud"`},
		{"severity:\n  - {kinds: [floppy], level: info}", `f.yaml:2: kinds: no kind or category is called "floppy"`},
		{"severity:\n  - {kinds: [], level: info}", "f.yaml:2: kinds: want at least one"},
		{"severity:\n  - {kind: file, level: info}", `f.yaml:2: unknown key "kind", did you mean kinds?`},
		{"exclude: [a]\nexclude: [b]", `f.yaml:2: key "exclude" stands twice`},
		{"module: example.com/m\nexclude: [a]", "f.yaml:1: module stands beside contracts, exclude, severity"},
		{"exclude: [a]\nbudget: 1ms", `f.yaml:2: unknown key "budget"`},
	} {
		_, err := Parse("f.yaml", []byte(test.src))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want %s", test.src, err, test.want)
		}
	}
}
