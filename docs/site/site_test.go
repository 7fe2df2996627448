package main

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"github.com/loopvet/loopvet/internal/contract"
)

// TestSite makes the site of the repository and checks each file: its elements
// are closed in order, it has a title and one heading of the first level, all
// links lead to a file and a place in it, nothing is loaded from elsewhere, and
// the navigation names every page, the one that is shown as such.
func TestSite(t *testing.T) {
	out := t.TempDir()
	if err := run(filepath.Join("..", ".."), out); err != nil {
		t.Fatal(err)
	}
	pages := map[string]*parsed{}
	names, err := filepath.Glob(filepath.Join(out, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p := new(parsed)
		if base := filepath.Base(name); strings.HasSuffix(base, ".html") {
			if p = parse(data); len(p.problems) > 0 {
				t.Errorf("%s: %s", base, strings.Join(p.problems, "; "))
			}
		}
		pages[filepath.Base(name)] = p
	}
	if len(pages) < 20 {
		t.Errorf("%d files only", len(pages))
	}
	links := 0
	titles := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		p := pages[name]
		if name == "style.css" {
			continue
		}
		if other := titles[p.title]; p.title == "" || other != "" {
			t.Errorf("%s: the title %q is that of %q too", name, p.title, other)
		}
		titles[p.title] = name
		if p.headings != 1 {
			t.Errorf("%s: %d headings of the first level", name, p.headings)
		}
		for _, l := range p.links {
			if strings.HasPrefix(l, "https://") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(l, "#")
			if file == "" {
				file = name
			}
			if to := pages[file]; to == nil || anchor != "" && !slices.Contains(to.ids, anchor) {
				t.Errorf("%s: the link %s leads nowhere", name, l)
			}
		}
		for other := range pages {
			if other != "style.css" && !slices.Contains(p.nav, other) {
				t.Errorf("%s: %s is not in the navigation", name, other)
			}
		}
		if p.current != name {
			t.Errorf("%s: the navigation shows %q as this page", name, p.current)
		}
		if !slices.Equal(p.loads, []string{"data:,", "style.css"}) {
			t.Errorf("%s: loads %q", name, p.loads)
		}
	}
	if links < 500 {
		t.Errorf("%d links only", links)
	}
}

// A parsed page is what the tests want to know of a file.
type parsed struct {
	title, current         string
	headings               int
	ids, links, nav, loads []string
	problems               []string
}

// parse reads a file by its tokens, and tells what a browser would have to mend.
func parse(data []byte) *parsed {
	p := new(parsed)
	z := html.NewTokenizer(bytes.NewReader(data))
	var open []string
	void := []string{"meta", "link", "br", "hr", "img", "input"}
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				p.problems = append(p.problems, z.Err().Error())
			}
			if len(open) > 0 {
				p.problems = append(p.problems, "not closed: "+strings.Join(open, " "))
			}
			return p
		case html.CommentToken:
			p.problems = append(p.problems, "a comment: "+string(z.Text())) // what is left of HTML in Markdown
		case html.TextToken:
			if len(open) > 0 && open[len(open)-1] == "title" {
				p.title = string(z.Text())
			}
		case html.StartTagToken:
			token := z.Token()
			p.element(token, open)
			if !slices.Contains(void, token.Data) {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				p.problems = append(p.problems, "</"+name+"> closes "+strings.Join(open, " "))
				return p
			}
			open = open[:len(open)-1]
		}
	}
}

func (p *parsed) element(token html.Token, open []string) {
	attr := map[string]string{}
	for _, a := range token.Attr {
		attr[a.Key] = a.Val
	}
	// These end a paragraph, whatever closes it.
	if slices.Contains(open, "p") && slices.Contains([]string{"p", "div", "ul", "ol", "dl", "table", "pre", "h1", "h2", "h3", "details"}, token.Data) {
		p.problems = append(p.problems, token.Data+" in a paragraph")
	}
	if id, ok := attr["id"]; ok {
		if id == "" || slices.Contains(p.ids, id) {
			p.problems = append(p.problems, "another element has the id "+id)
		}
		p.ids = append(p.ids, id)
	}
	switch token.Data {
	case "h1":
		p.headings++
	case "a":
		p.links = append(p.links, attr["href"])
		if slices.Contains(open, "nav") {
			p.nav = append(p.nav, attr["href"])
			if attr["aria-current"] == "page" {
				p.current = attr["href"]
			}
		}
	case "link":
		p.loads = append(p.loads, attr["href"])
	case "script", "img", "iframe", "style":
		p.loads = append(p.loads, token.Data+" "+attr["src"])
	}
}

// TestParse checks that the test sees what is wrong with a page.
func TestParse(t *testing.T) {
	for page, want := range map[string]string{
		`<p>a</p><br>`:                 "",
		`<p><b>a</p></b>`:              "</p> closes p b",
		`<div><p>a</p>`:                "not closed: div",
		`<p>a<ul></ul></p>`:            "ul in a paragraph",
		`<a id="x"></a><b id="x"></b>`: "another element has the id x",
		`<!-- raw -->`:                 "a comment:  raw ",
	} {
		if got := strings.Join(parse([]byte(page)).problems, "; "); got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}

// repository returns a small repository with these pages besides those that the
// navigation names.
func repository(pages map[string]string) fstest.MapFS {
	repo := fstest.MapFS{
		"action.yml":                   {Data: []byte("name: x\n")},
		"cmd/loopvet/doc.go":           {Data: []byte("package main\n")},
		contractFiles + "/std-a.yaml":  {Data: []byte("# About a.\nmodule: std\nblocks:\n  os.Open: [may file info, {kind: wait, bound: 1}]\n")},
		contractFiles + "/others.yaml": {Data: []byte("- module: example.com/b\n  opaque: false\n  blocks: {example.com/b.F: lock}\n- module: example.com/c\n  nonblocking: [example.com/c.G]\n")},
	}
	for _, g := range groups {
		for _, name := range g.names {
			if strings.HasSuffix(name, ".md") {
				repo[name] = &fstest.MapFile{Data: []byte("# Page " + name + "\n\n## Part\n")}
			}
		}
	}
	for name, text := range pages {
		repo[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return repo
}

// TestLinks checks what links become.
func TestLinks(t *testing.T) {
	files, err := build(repository(map[string]string{"docs/extra.md": "# Extra\n\n## `x.Y`, again\n\n## x.Y again\n\n" +
		"[1](why.md) [2](why.md#part) [3](#xy-again-1) [4](../cmd/loopvet/doc.go) [5](../cmd) [6](../CONTRIBUTING.md#part) [7](../README.md)\n" +
		"[8](https://github.com/loopvet/loopvet/blob/main/docs/why.md#part) [9](https://example.com/why.md) [10](libraries.html)\n", "README.md": "# Top\n"}))
	if err != nil {
		t.Fatal(err)
	}
	got := parse(files["extra.html"])
	for _, want := range []string{
		"why.html", "why.html#part", "#xy-again-1", hosted + "blob/main/cmd/loopvet/doc.go", hosted + "tree/main/cmd",
		"contributing.html#part", "index.html", "https://example.com/why.md", "libraries.html",
	} {
		if !slices.Contains(got.links, want) {
			t.Errorf("no link to %s", want)
		}
	}
	if !slices.Contains(got.nav, "extra.html") {
		t.Error("a page that the navigation does not name is not at its end")
	}
}

// TestProblems checks that what is wrong with pages is told, and all links that
// lead nowhere are.
func TestProblems(t *testing.T) {
	for _, test := range []struct {
		pages map[string]string
		want  string
	}{
		{map[string]string{"docs/why.md": "# Why\n\n[a](nowhere.md) [b](silence.md#none)\n", "docs/x.md": "# X\n\n[c](../nowhere/x.go)\n"},
			"docs/why.md: nowhere.md: no such file\ndocs/why.md: silence.md#none: no such heading\ndocs/x.md: ../nowhere/x.go: no such file"},
		{map[string]string{"docs/why.md": "Why\n"}, "docs/why.md: no title"},
		{map[string]string{"docs/libraries.md": "# Libraries\n"}, "docs/libraries.md: another page is called libraries.html"},
		{map[string]string{contractFiles + "/bad.yaml": "module: x\nblock: {}\n"}, contractFiles + "/bad.yaml:2: "},
	} {
		if _, err := build(repository(test.pages)); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// TestContracts checks that the tables say what the contracts do.
func TestContracts(t *testing.T) {
	l, err := readContracts(repository(nil))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, lib := range l {
		for _, table := range lib.Tables {
			for _, row := range table.Rows {
				cells := []string{lib.Module}
				for _, c := range row {
					cells = append(cells, c.Text)
				}
				rows = append(rows, strings.Join(cells, "|"))
			}
		}
	}
	want := []string{
		"example.com/b|example.com/b.F|lock|blocks|off",
		"example.com/c|example.com/c.G",
		"std|os.Open|file|may block|info|",
		"std|os.Open|wait|blocks|warning|for at most argument 1",
	}
	if !slices.Equal(rows, want) {
		t.Errorf("got %q, want %q", rows, want)
	}
	if about := l[2].About; !slices.Equal(about, []string{"About a."}) {
		t.Errorf("about: %q", about)
	}
	// In those that come with loopvet, every effect has a kind and a level.
	if l, err = readContracts(os.DirFS(filepath.Join("..", ".."))); err != nil {
		t.Fatal(err)
	}
	effects := 0
	for _, lib := range l {
		for _, table := range lib.Tables {
			if table.Title != "Blocks" {
				continue
			}
			for _, row := range table.Rows {
				effects++
				if !contract.Kind(row[1].Text).Valid() || row[3].Text == "" {
					t.Errorf("%s: %v", lib.File, row)
				}
			}
		}
	}
	if effects < 1000 {
		t.Errorf("%d effects only", effects)
	}
}

func TestColour(t *testing.T) {
	for _, test := range []struct{ lang, code, want string }{
		{"go", "// WRONG: x\nif a < \"b\" {\n", `<span class="wrong">// WRONG: x</span>` + "\n" + `<span class="key">if</span> a &lt; <span class="str">&#34;b&#34;</span> {` + "\n"},
		{"go", "x <- '", "x &lt;- " + `<span class="str">&#39;</span>`},
		{"", "a < b\n", "a &lt; b\n"},
		{"", "--- a\n+++ b\n-x\n+y\n z\n", `<span class="del">--- a</span>` + "\n" + `<span class="ins">+++ b</span>` + "\n" +
			`<span class="del">-x</span>` + "\n" + `<span class="ins">+y</span>` + "\n z\n"},
		{"yaml", "# a\nb: c # d\n", `<span class="com"># a</span>` + "\nb: c # d\n"},
	} {
		if got := colour(test.code, test.lang); got != test.want {
			t.Errorf("%q as %q: got %q, want %q", test.code, test.lang, got, test.want)
		}
	}
}
