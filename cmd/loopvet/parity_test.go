package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"testing"
)

// What only one of the drivers knows: the standalone command joins callbacks
// and ways that a vet tool sees in different packages.
var countsRE = regexp.MustCompile(`; also by way of \S+:\d+( and \d+ more)?| \(and \d+ more (callback|task)s?\)`)

// TestParity holds that the standalone command and a vet tool find the same in
// the test data, in whatever order it is named, from the caches and not.
func TestParity(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command, and runs it under go vet")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(t.TempDir(), "loopvet")
	if runtime.GOOS == "windows" {
		tool += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", tool, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("LOOPVET_CACHE", t.TempDir())

	patterns := []string{
		"./testdata/src/basic", "./testdata/src/joined/...", "./testdata/src/chain/...", "./testdata/src/wrappers/...",
		"./testdata/src/closures", "./testdata/src/reentry", "./testdata/src/locks", "./testdata/src/selects", "./testdata/src/flows", "./testdata/src/registry", "./testdata/src/own", "./testdata/src/ifaces",
		"./testdata/pool/selfwait", "./testdata/pool/cycle", "./testdata/pool/forever", "./testdata/pool/heldlock", "./testdata/pool/affinity", "./testdata/pool/twopools/...", "./testdata/pool/generics",
		"./testdata/src/silence/...", "./testdata/poolsilence",
	}
	backwards := slices.Clone(patterns)
	slices.Reverse(backwards)
	want := standalone(t, root, tool, patterns)
	if len(want) < 50 {
		t.Errorf("%d findings only", len(want))
	}
	for _, run := range []struct {
		name     string
		find     func(t *testing.T, root, tool string, patterns []string) []string
		patterns []string
	}{
		{"standalone, cached", standalone, patterns},
		{"standalone, backwards", standalone, backwards},
		{"vet", vet, patterns},
		{"vet, cached", vet, patterns},
		{"vet, backwards", vet, backwards},
	} {
		t.Run(run.name, func(t *testing.T) {
			differ(t, want, run.find(t, root, tool, run.patterns))
		})
	}
	t.Run("standalone, no cache", func(t *testing.T) {
		t.Setenv("LOOPVET_CACHE", "off")
		differ(t, want, standalone(t, root, tool, backwards))
	})
}

// differ reports what is in one of two sorted lists only, as often as it is.
func differ(t *testing.T, want, got []string) {
	t.Helper()
	for len(want) > 0 || len(got) > 0 {
		switch {
		case len(got) == 0 || len(want) > 0 && want[0] < got[0]:
			t.Errorf("missing: %s", want[0])
			want = want[1:]
		case len(want) == 0 || got[0] < want[0]:
			t.Errorf("more than the first run: %s", got[0])
			got = got[1:]
		default:
			want, got = want[1:], got[1:]
		}
	}
}

func standalone(t *testing.T, root, tool string, patterns []string) []string {
	t.Helper()
	var result struct {
		Findings []struct{ Category, Message string }
		Errors   []struct{ Text string }
	}
	stdout, _ := output(t, root, tool, append([]string{"-f", "json"}, patterns...))
	if err := json.Unmarshal(stdout, &result); err != nil {
		t.Fatalf("%v\n%s", err, stdout)
	}
	if len(result.Errors) > 0 {
		t.Fatalf("errors: %v", result.Errors)
	}
	var found []string
	for _, f := range result.Findings {
		found = append(found, f.Category+": "+countsRE.ReplaceAllString(f.Message, ""))
	}
	slices.Sort(found)
	return found
}

func vet(t *testing.T, root, tool string, patterns []string) []string {
	t.Helper()
	stdout, stderr := output(t, root, "go", append([]string{"vet", "-vettool=" + tool, "-json"}, patterns...))
	data := stdout
	if len(bytes.TrimSpace(data)) == 0 {
		data = stderr // where go vet writes it before Go 1.26
	}
	// An object a package, between comments on older releases.
	data = regexp.MustCompile(`(?m)^#.*$`).ReplaceAll(data, nil)
	var found []string
	for dec := json.NewDecoder(bytes.NewReader(data)); dec.More(); {
		var result map[string]map[string][]struct{ Category, Message string }
		if err := dec.Decode(&result); err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		for _, analyzers := range result {
			for _, diagnostics := range analyzers {
				for _, d := range diagnostics {
					found = append(found, d.Category+": "+countsRE.ReplaceAllString(d.Message, ""))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// output runs a command that fails only in that it finds something.
func output(t *testing.T, dir, name string, args []string) (stdout, stderr []byte) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = dir, &out, &errs, os.Environ()
	if err := cmd.Run(); err != nil {
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Fatalf("%s: %v\n%s", name, err, errs.Bytes())
		}
	}
	return out.Bytes(), errs.Bytes()
}
