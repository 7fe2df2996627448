package report

import (
	_ "embed"
	"strings"
)

//go:embed findings.md
var findings string

// Manual is the address of the page that explains the categories.
const Manual = docs + "findings.md"

// Explain returns the text on a category of finding, or "" when there is none.
// The page docs/findings.md is made of the same text.
func Explain(category string) string {
	_, text, ok := strings.Cut(findings, "\n## "+category+"\n")
	if !ok {
		return ""
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return category + "\n\n" + strings.TrimSpace(text)
}

// Categories returns the categories of findings, as the page lists them.
func Categories() []string {
	var out []string
	for line := range strings.Lines(findings) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			out = append(out, strings.TrimSpace(name))
		}
	}
	return out
}

// Doc returns the documentation of an analyzer from the source of its package's
// doc comment: what stands below the heading "# Analyzer NAME", to the next one.
func Doc(src, name string) string {
	_, text, ok := strings.Cut(src, "# Analyzer "+name+"\n")
	if !ok {
		return name
	}
	text, _, _ = strings.Cut(text, "*/")
	text, _, _ = strings.Cut(text, "\n# Analyzer ")
	return strings.TrimSpace(text)
}
