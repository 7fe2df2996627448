package contract

import (
	"os"
	"strings"
	"testing"
)

// The examples of the manual are contracts, and its tables name what there is.
func TestDocs(t *testing.T) {
	data, err := os.ReadFile("../../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	n := 0
	for rest := text; ; n++ {
		_, after, ok := strings.Cut(rest, "```yaml\n")
		if !ok {
			break
		}
		example, after, ok := strings.Cut(after, "```")
		if !ok {
			t.Fatal("an example does not end")
		}
		if _, err := Parse("contracts.md", []byte(example)); err != nil {
			t.Error(err)
		}
		rest = after
	}
	if n < 2 {
		t.Errorf("%d examples", n)
	}
	for _, k := range kinds {
		if !strings.Contains(text, "| `"+string(k)+"` |") {
			t.Errorf("kind %s is not in the table", k)
		}
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile("parse.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(src), "func (p *parser) contract(")
	body, _, _ = strings.Cut(body, "\n}\n")
	keys := 0
	for line := range strings.Lines(body) {
		// The handlers of a contract's keys stand two tabs deep.
		rest, ok := strings.CutPrefix(line, "\t\t\"")
		if !ok || !strings.Contains(rest, "\":") || !strings.Contains(rest, "func(") && !strings.Contains(rest, "part(") {
			continue
		}
		key, _, _ := strings.Cut(rest, "\"")
		keys++
		if !strings.Contains(text, "`"+key+"`") {
			t.Errorf("key %s is not in docs/contracts.md", key)
		}
		if !strings.Contains(string(doc), "//	"+key) {
			t.Errorf("key %s is not in doc.go", key)
		}
	}
	if keys < 25 {
		t.Errorf("found %d keys only", keys)
	}
}
