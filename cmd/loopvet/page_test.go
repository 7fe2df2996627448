package main

import (
	"flag"
	"fmt"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/analyzers/poolsaturation"
)

var update = flag.Bool("update", false, "write docs/command.md and docs/analyzers.md")

// TestPages checks that the pages in docs that are made of doc comments say what
// these say.
func TestPages(t *testing.T) {
	for name, want := range map[string]string{"command.md": commandPage(t), "analyzers.md": analyzersPage(t)} {
		page := filepath.Join("..", "..", "docs", name)
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
			t.Errorf("docs/%s is out of date; go test ./cmd/loopvet -run TestPages -update writes it", name)
		}
	}
}

// commandPage returns the manual as a page. In it flags and variables are tables.
func commandPage(t *testing.T) string {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	return "# The command\n\n" + markdown(file.Doc.Text())
}

func analyzersPage(t *testing.T) string {
	var page strings.Builder
	page.WriteString("# The analyzers\n\n" +
		"loopvet is two analyzers for drivers of [golang.org/x/tools/go/analysis](https://pkg.go.dev/golang.org/x/tools/go/analysis).\n" +
		"`loopvet -explain NAME` prints the same.\n")
	for _, a := range []*analysis.Analyzer{blockingcall.Analyzer, poolsaturation.Analyzer} {
		title, text, ok := strings.Cut(a.Doc, "\n")
		title, short, named := strings.Cut(title, ": ")
		if !ok || !named || title != a.Name {
			t.Fatalf("the documentation of %s does not begin with its name and what it is for", a.Name)
		}
		fmt.Fprintf(&page, "\n## %s\n\n%s%s. Package [%s](%s).\n", a.Name, strings.ToUpper(short[:1]), short[1:],
			strings.TrimPrefix(a.URL, "https://pkg.go.dev/"), a.URL)
		// The rules have sections of their own on their page.
		general, _, rules := strings.Cut(text, "\n\n"+poolsaturation.Categories()[0]+": ")
		page.WriteString("\n" + markdown(general))
		if !rules {
			page.WriteString("\nIts categories are on [a page of their own](findings.md).\n")
			continue
		}
		page.WriteString("\nIts rules, each with a wrong and a right form:\n\n")
		for _, rule := range poolsaturation.Categories() {
			fmt.Fprintf(&page, "- [%s](poolsaturation.md#%s)\n", rule, rule)
		}
	}
	return page.String()
}

var pageRE = regexp.MustCompile(`\bdocs/([\w-]+\.md)`)

// markdown returns the text of a doc comment as Markdown for a page in docs. The
// names of other pages there become links.
func markdown(text string) string {
	doc := new(comment.Parser).Parse(text)
	printer := &comment.Printer{HeadingLevel: 2, HeadingID: func(*comment.Heading) string { return "" }}
	var out []string
	for _, block := range doc.Content {
		if code, ok := block.(*comment.Code); ok {
			if rows := terms(code.Text); rows != nil {
				out = append(out, "| | |\n|---|---|\n"+strings.Join(rows, ""))
				continue
			}
		}
		out = append(out, string(printer.Markdown(&comment.Doc{Content: []comment.Block{block}})))
	}
	return pageRE.ReplaceAllString(strings.Join(out, "\n"), "[docs/$1]($1)")
}

// terms returns the rows of a table made of a text in which each term stands on
// a line of its own above what is said of it, further in, or nil if the text is
// not of that form.
func terms(text string) (rows []string) {
	term, said := "", []string(nil)
	flush := func() {
		cell := strings.ReplaceAll(strings.Join(said, " "), "|", `\|`)
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", term, cell))
	}
	for line := range strings.Lines(text) {
		inner, further := strings.CutPrefix(line, "\t")
		switch {
		case further && term != "":
			said = append(said, strings.TrimSpace(inner))
			continue
		case further || term != "" && said == nil:
			return nil
		case term != "":
			flush()
		}
		term, said = strings.TrimSpace(line), nil
	}
	if said == nil {
		return nil
	}
	flush()
	return rows
}
