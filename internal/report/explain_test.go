package report

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
)

var update = flag.Bool("update", false, "write docs/findings.md")

func TestExplain(t *testing.T) {
	for _, k := range contract.Kinds() {
		if text := Explain(string(k)); !strings.HasPrefix(text, string(k)+"\n") || strings.Contains(text, "\n## ") {
			t.Errorf("Explain(%q) = %q", k, text)
		}
	}
	for _, category := range []string{Reentry, Ignore, Baseline, Directive} {
		if Explain(category) == "" {
			t.Errorf("%s is not explained", category)
		}
	}
	if text := Explain("nonsense"); text != "" {
		t.Errorf("Explain(nonsense) = %q", text)
	}
}

// The page in docs is a copy, so that it can be read and linked to there.
func TestPage(t *testing.T) {
	const page = "../../docs/findings.md"
	if *update {
		if err := os.WriteFile(page, []byte(findings), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != findings {
		t.Errorf("%s is out of date; go test ./internal/report -update writes it", page)
	}
}

// TestExamples checks that the code that the page shows is test data of the
// analyzer: what is wrong in package wrong, where a finding is expected in it,
// and what is right in package right. Kinds that are of level info, and
// categories that are not of a call, have none.
func TestExamples(t *testing.T) {
	comment := regexp.MustCompile(` // (want|ok).*`)
	source := map[string]string{}
	for _, name := range []string{"wrong", "right"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "src", "categories", name, name+".go"))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(data), "// want `"); (n > 0) != (name == "wrong") {
			t.Errorf("package %s expects %d findings", name, n)
		}
		source[name] = squeeze(comment.ReplaceAllString(string(data), ""))
	}
	without := []contract.Kind{contract.Console, contract.GC}
	for _, k := range contract.Kinds() {
		_, wrong, shown := strings.Cut(Explain(string(k)), "// WRONG")
		wrong, right, both := strings.Cut(wrong, "// RIGHT")
		if slices.Contains(without, k) == shown {
			t.Errorf("%s has an example: %v", k, shown)
		}
		if !shown {
			continue
		}
		if !both {
			t.Errorf("%s has no right form", k)
		}
		for name, code := range map[string]string{"wrong": wrong, "right": right} {
			_, code, _ = strings.Cut(code, "\n") // what is left of the comment
			for part := range strings.SplitSeq(code, "\n\n") {
				if part = squeeze(part); !strings.Contains(source[name], part) {
					t.Errorf("%s: package %s has not:\n%s", k, name, part)
				}
			}
		}
	}
}

// squeeze returns the lines of a text that are not empty, without indentation.
func squeeze(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
