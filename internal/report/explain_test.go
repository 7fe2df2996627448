package report

import (
	"flag"
	"os"
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
