package directive_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The manual names every directive, and every directive that it names exists.
func TestDocs(t *testing.T) {
	manual, err := os.ReadFile("../../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile("directive.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(src), "func (p *parser) directive(")
	body, _, _ = strings.Cut(body, "\n}\n")
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\tcase "([a-z]+)":`).FindAllStringSubmatch(body, -1) {
		known[m[1]] = true
		if !strings.Contains(string(manual), "| `//loopvet:"+m[1]) {
			t.Errorf("directive %s is not in docs/contracts.md", m[1])
		}
	}
	if len(known) < 14 {
		t.Errorf("found %d directives only", len(known))
	}
	for _, m := range regexp.MustCompile(`//loopvet:([a-z]+)`).FindAllStringSubmatch(string(manual), -1) {
		if !known[m[1]] {
			t.Errorf("docs/contracts.md speaks of %s", m[0])
		}
	}
}
