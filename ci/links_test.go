package ci

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
)

// TestLinks checks that the links between the repository's own pages, and from
// its source to its pages, lead somewhere. Those to other hosts are not tried.
func TestLinks(t *testing.T) {
	problems, links := brokenLinks(os.DirFS(".."))
	for _, p := range problems {
		t.Error(p)
	}
	if links < 80 {
		t.Errorf("found %d links only", links)
	}
}

// TestBrokenLinks checks that what does not lead anywhere is told, and nothing else.
func TestBrokenLinks(t *testing.T) {
	repo := fstest.MapFS{
		"README.md": {Data: []byte("# Top\n\n[a](docs/a.md) [b](docs/b.md) [c](docs/a.md#two-words) [d](docs/a.md#three)\n" +
			"[e](#top) [f](#bottom) ![g](g.png) [h](https://example.com/x.md#y) [i](mailto:x@example.com) [j](../other)\n\n" +
			"`[k](k.md)`\n\n    [l](l.md)\n\n```\n[m](m.md)\n```\n\n[n]: n.md\n")},
		"docs/a.md": {Data: []byte("# A\n\n## Two words\n\n## Two words\n\n### `x.Y` and [a link](../docs), too!\n\n" +
			"[a](../README.md) [b](#two-words-1) [c](#two-words-2) [d](#xy-and-a-link-too) [e](../docs)\n" +
			"[f](https://github.com/loopvet/loopvet/blob/main/docs/a.md#a) [g](https://github.com/loopvet/loopvet/blob/main/docs/z.md)\n")},
		"x.go":            {Data: []byte("// See docs/a.md and docs/c.md,\n// https://github.com/loopvet/loopvet/blob/main/docs/a.md#none.\n")},
		"testdata/bad.md": {Data: []byte("[a](nowhere)\n")},
		".git/bad.md":     {Data: []byte("[a](nowhere)\n")},
	}
	want := []string{
		"README.md:14: n.md: no such file",
		"README.md:3: docs/a.md#three: no such heading",
		"README.md:3: docs/b.md: no such file",
		"README.md:4: #bottom: no such heading",
		"README.md:4: ../other: outside of the repository",
		"README.md:4: g.png: no such file",
		"docs/a.md:10: docs/z.md: no such file",
		"docs/a.md:9: #two-words-2: no such heading",
		"x.go:1: docs/c.md: no such file",
		"x.go:2: docs/a.md#none: no such heading",
	}
	if got, _ := brokenLinks(repo); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

var (
	headingRE   = regexp.MustCompile(`^#{1,6} +(.*?) *#*$`)
	codeRE      = regexp.MustCompile("`[^`]*`")
	inlineRE    = regexp.MustCompile(`\]\(([^()\s]+)(?: +"[^"]*")?\)`)
	definedRE   = regexp.MustCompile(`^ {0,3}\[[^\]]+\]: +(\S+)`)
	linkTextRE  = regexp.MustCompile(`!?\[([^\]]*)\]\([^()]*\)`)
	hostedRE    = regexp.MustCompile(`https://github\.com/loopvet/loopvet/(?:blob|tree)/main/([\w./-]*[\w/](?:#[\w-]+)?)`)
	mentionedRE = regexp.MustCompile(`(?:^|[\s("])(docs/[\w-]+\.md(?:#[\w-]+)?)`)
)

// brokenLinks returns what is wrong with the links in the pages of a repository
// and in its other text files, sorted, and the number of links that it looked
// at. Names of files begin at the root.
func brokenLinks(repo fs.FS) (problems []string, links int) {
	pages := map[string][]string{} // the anchors of a page
	type link struct {
		file   string
		line   int
		target string // as it is written
		path   string // from the root
	}
	var all []link
	add := func(file string, line int, target string) {
		if hosted := hostedRE.FindStringSubmatch(target); hosted != nil {
			all = append(all, link{file, line, hosted[1], "/" + hosted[1]})
		} else if !strings.Contains(target, ":") {
			all = append(all, link{file, line, target, target})
		}
	}
	err := fs.WalkDir(repo, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := path.Base(name); base == "testdata" || base == "node_modules" || base != "." && base != ".github" && strings.HasPrefix(base, ".") {
				return fs.SkipDir
			}
			return nil
		}
		ext := path.Ext(name)
		// The source of docs/findings.md has links that are right where its copy is,
		// and tests speak of pages that are made up.
		if !slices.Contains([]string{".md", ".go", ".yaml", ".yml"}, ext) || name == "internal/report/findings.md" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		data, err := fs.ReadFile(repo, name)
		if err != nil {
			return err
		}
		if ext == ".md" {
			text := prose(string(data))
			pages[name] = anchors(text)
			for i, line := range text {
				line = codeRE.ReplaceAllString(line, "")
				for _, m := range inlineRE.FindAllStringSubmatch(line, -1) {
					add(name, i+1, m[1])
				}
				if m := definedRE.FindStringSubmatch(line); m != nil {
					add(name, i+1, m[1])
				}
			}
			return nil
		}
		for i, line := range strings.Split(string(data), "\n") {
			for _, m := range hostedRE.FindAllString(line, -1) {
				add(name, i+1, m)
			}
			for _, m := range mentionedRE.FindAllStringSubmatch(line, -1) {
				all = append(all, link{name, i + 1, m[1], "/" + m[1]})
			}
		}
		return nil
	})
	if err != nil {
		return []string{err.Error()}, 0
	}
	for _, l := range all {
		file, anchor, _ := strings.Cut(l.path, "#")
		switch {
		case strings.HasPrefix(file, "/"):
			file = strings.TrimPrefix(path.Clean(file), "/")
		case file == "":
			file = l.file
		default:
			file = path.Join(path.Dir(l.file), file)
		}
		what := ""
		if file == ".." || strings.HasPrefix(file, "../") {
			what = "outside of the repository"
		} else if _, err := fs.Stat(repo, file); err != nil {
			what = "no such file"
		} else if anchor != "" && !slices.Contains(pages[file], anchor) {
			what = "no such heading"
		}
		if what != "" {
			problems = append(problems, fmt.Sprintf("%s:%d: %s: %s", l.file, l.line, l.target, what))
		}
	}
	slices.Sort(problems)
	return problems, len(all)
}

// prose returns the lines of a page, with those of code left empty.
func prose(text string) []string {
	lines := strings.Split(text, "\n")
	fenced, blank, indented := false, true, false
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		isFence := strings.HasPrefix(strings.TrimLeft(line, " "), "```")
		isCode := strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t")
		indented = isCode && (blank || indented) && !fenced
		blank = strings.TrimSpace(line) == ""
		if isFence || fenced || indented {
			line = ""
		}
		if isFence {
			fenced = !fenced
		}
		lines[i] = line
	}
	return lines
}

// anchors returns the names that GitHub gives to a page's headings: letters,
// digits, hyphens and underscores of the text, in lower case, with hyphens for
// spaces, and a number for those that are there already.
func anchors(lines []string) []string {
	var out []string
	for _, line := range lines {
		m := headingRE.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, linkTextRE.ReplaceAllString(m[1], "$1"))
		unique := name
		for n := 1; slices.Contains(out, unique); n++ {
			unique = fmt.Sprintf("%s-%d", name, n)
		}
		out = append(out, unique)
	}
	return out
}
