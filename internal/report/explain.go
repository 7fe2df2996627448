package report

import (
	_ "embed"
	"strings"
)

//go:embed findings.md
var findings string

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
