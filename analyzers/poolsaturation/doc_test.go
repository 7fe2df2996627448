package poolsaturation_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/analyzers/poolsaturation"
)

var update = flag.Bool("update", false, "write docs/poolsaturation.md")

func moduleRoot(t *testing.T) string {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// TestPage checks that the page in docs, to be read and linked to there, says
// what doc.go does.
func TestPage(t *testing.T) {
	const page = "../../docs/poolsaturation.md"
	want := poolsaturation.Page()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is out of date; go test ./analyzers/poolsaturation -update writes it", page)
	}
}

func TestExplain(t *testing.T) {
	want := []string{
		"pool-selfwait", "pool-cycle", "pool-heldlock", "pool-forever", "pool-fanout", "pool-kernel", "pool-partition", "pool-affinity",
	}
	if got := poolsaturation.Categories(); !slices.Equal(got, want) {
		t.Errorf("Categories() = %q, want %q", got, want)
	}
	for _, category := range want {
		text := poolsaturation.Explain(category)
		if !strings.HasPrefix(text, category+"\n\n") || strings.Count(text, "// WRONG") != 1 || strings.Count(text, "// RIGHT") != 1 {
			t.Errorf("Explain(%q) = %q", category, text)
		}
		if !strings.Contains(poolsaturation.Page(), "\n## "+category+"\n") {
			t.Errorf("the page has no section %s", category)
		}
	}
	if text := poolsaturation.Explain("pool"); text != "" {
		t.Errorf("Explain(pool) = %q", text)
	}
}

// TestManual checks that the code that the documentation shows is test data: line
// by line what the functions of package manual that are named after the rule do.
func TestManual(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(moduleRoot(t), "testdata", "pool", "manual", "manual.go"))
	if err != nil {
		t.Fatal(err)
	}
	comment := regexp.MustCompile(` // (want|ok).*`)
	source := squeeze(comment.ReplaceAllString(string(data), ""))
	for _, category := range poolsaturation.Categories() {
		_, wrong, _ := strings.Cut(poolsaturation.Explain(category), "// WRONG")
		wrong, right, _ := strings.Cut(wrong, "// RIGHT")
		rule := strings.TrimPrefix(category, "pool-")
		for name, code := range map[string]string{rule + "Wrong": wrong, rule + "Right": right} {
			_, code, _ = strings.Cut(code, "\n")
			_, body, ok := strings.Cut(source, "func "+name+"(")
			body, _, _ = strings.Cut(body, "\nfunc ")
			if code = squeeze(code); !ok || code == "" || !strings.Contains(body, code) {
				t.Errorf("package manual has not, in %s:\n%s", name, code)
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
