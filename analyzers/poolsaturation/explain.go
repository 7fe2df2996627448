package poolsaturation

import (
	"strings"

	"github.com/loopvet/loopvet/internal/report"
)

// rulePrefix begins each category, and each rule's part of the documentation.
const rulePrefix = "pool-"

// Categories returns the categories of findings, in the order in which the
// documentation explains them.
func Categories() []string {
	var names []string
	for _, part := range parts()[1:] {
		name, _, _ := strings.Cut(part, ":")
		names = append(names, name)
	}
	return names
}

// Explain returns what the documentation says of a category, or "" when there is
// no such category.
func Explain(category string) string {
	for _, part := range parts()[1:] {
		if text, ok := strings.CutPrefix(part, category+": "); ok {
			return category + "\n\n" + strings.ToUpper(text[:1]) + text[1:]
		}
	}
	return ""
}

// Page returns the documentation as Markdown: docs/poolsaturation.md.
func Page() string {
	var b strings.Builder
	intro := parts()[0]
	_, intro, _ = strings.Cut(intro, "\n\n")
	b.WriteString("# Tasks that deadlock, occupy or flood a worker pool\n\n" + intro + "\n")
	for _, category := range Categories() {
		b.WriteString("\n## " + Explain(category) + "\n")
	}
	return b.String()
}

// parts returns the introduction of the analyzer's documentation and then what it
// says of each rule.
func parts() []string {
	text := report.Doc(doc, "poolsaturation")
	var out []string
	for {
		i := strings.Index(text, "\n\n"+rulePrefix)
		if i < 0 {
			return append(out, text)
		}
		out = append(out, text[:i])
		text = text[i+2:]
	}
}
