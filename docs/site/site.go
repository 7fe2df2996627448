package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// A group is a part of the navigation. Its pages are files of the repository, or
// the names of pages that are generated.
type group struct {
	Title string
	names []string
}

// groups is the navigation, in order.
var groups = []group{
	{"Start", []string{"docs/README.md", "docs/start.md", "docs/migrating.md", "docs/limits.md"}},
	{"Findings", []string{"docs/findings.md", "docs/poolsaturation.md", "docs/why.md", "docs/silence.md", "docs/baseline.md"}},
	{"Where it runs", []string{"docs/drivers.md", "docs/editors.md", "docs/golangci.md", "docs/pre-commit.md", "docs/nogo.md"}},
	{"Reference", []string{"docs/command.md", "docs/contracts.md", librariesPage, standardPage, "docs/formats.md", "docs/json.md", "docs/analyzers.md", "docs/performance.md"}},
	{"Runtime", []string{"docs/runtime.md"}},
	{"Project", []string{"docs/dependencies.md", "CONTRIBUTING.md", "CHANGELOG.md"}},
}

const (
	home          = "docs/README.md"
	librariesPage = "libraries.html"
	standardPage  = "standard-library.html"
	// hosted is where files are that are no pages of the site.
	hosted = "https://github.com/loopvet/loopvet/"
)

// A page is a page of the site.
type page struct {
	Source   string // in the repository, from its root; empty for generated pages
	Name     string // of the file that is written
	Title    string
	TitleID  string
	Headings []heading // of the second level, for the table of contents
	Body     template.HTML

	src     []byte
	doc     ast.Node
	anchors map[string]bool
}

type heading struct{ ID, Text string }

// Short is the title as the navigation has it.
func (p *page) Short() string {
	if short, ok := shorts[p.Name]; ok {
		return short
	}
	return p.Title
}

// shorts are the titles, in the navigation, of pages whose own is too long for it.
var shorts = map[string]string{
	"index.html":          "What it is",
	"start.html":          "Five minutes",
	"migrating.html":      "Migrating",
	"findings.html":       "Categories",
	"poolsaturation.html": "Worker pools",
	"baseline.html":       "Baseline",
	"nogo.html":           "Bazel, build farms",
	"drivers.html":        "Drivers",
	"json.html":           "JSON",
	"command.html":        "Commands and flags",
	librariesPage:         "Known libraries",
	standardPage:          "Standard library",
}

var (
	//go:embed page.html
	pageHTML string
	//go:embed style.css
	styleCSS []byte

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
)

// build returns the files of the site of a repository by name.
func build(repo fs.FS) (map[string][]byte, error) {
	s := &site{repo: repo, bySource: map[string]*page{}, byName: map[string]*page{}}
	if err := s.load(); err != nil {
		return nil, err
	}
	for _, p := range s.pages {
		if p.doc == nil {
			continue
		}
		s.link(p)
		body, err := render(p.src, p.doc)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Source, err)
		}
		p.Body = body
	}
	if len(s.problems) > 0 {
		return nil, errors.Join(s.problems...)
	}
	files := map[string][]byte{"style.css": styleCSS}
	for i, p := range s.pages {
		data := struct {
			*page
			Groups     []shown
			Prev, Next *page
			Edit       string
		}{page: p, Groups: s.groups}
		if i > 0 {
			data.Prev = s.pages[i-1]
		}
		if i+1 < len(s.pages) {
			data.Next = s.pages[i+1]
		}
		if p.Source != "" {
			data.Edit = hosted + "blob/main/" + p.Source
		}
		var out bytes.Buffer
		if err := pageTemplate.Execute(&out, data); err != nil {
			return nil, err
		}
		files[p.Name] = out.Bytes()
	}
	return files, nil
}

// A site is what is known while it is made.
type site struct {
	repo     fs.FS
	pages    []*page // in the order of the navigation
	groups   []shown
	bySource map[string]*page
	byName   map[string]*page
	problems []error
}

// shown is a group of the navigation, with its pages.
type shown struct {
	Title string
	Pages []*page
}

// load reads all pages.
func (s *site) load() error {
	listed := map[string]bool{}
	for _, g := range groups {
		show := shown{Title: g.Title}
		for _, name := range g.names {
			listed[name] = true
			p, err := s.read(name)
			if err != nil {
				return err
			}
			show.Pages = append(show.Pages, p)
		}
		s.groups = append(s.groups, show)
	}
	all, err := fs.Glob(s.repo, "docs/*.md")
	if err != nil {
		return err
	}
	more := shown{Title: "More"}
	for _, name := range all {
		if listed[name] {
			continue
		}
		p, err := s.read(name)
		if err != nil {
			return err
		}
		more.Pages = append(more.Pages, p)
	}
	if len(more.Pages) > 0 {
		s.groups = append(s.groups, more)
	}
	for _, g := range s.groups {
		s.pages = append(s.pages, g.Pages...)
	}
	return nil
}

// read reads or generates the page of that name in groups.
func (s *site) read(name string) (*page, error) {
	var p *page
	switch name {
	case librariesPage, standardPage:
		var err error
		if p, err = contractsPage(s.repo, name); err != nil {
			return nil, err
		}
	default:
		src, err := fs.ReadFile(s.repo, name)
		if err != nil {
			return nil, err
		}
		p = &page{Source: name, Name: strings.ToLower(strings.TrimSuffix(path.Base(name), ".md")) + ".html", src: src}
		if name == home {
			p.Name = "index.html"
		}
		p.doc = markdown.Parser().Parse(text.NewReader(src))
		p.readHeadings()
		if p.Title == "" {
			return nil, fmt.Errorf("%s: no title", name)
		}
		s.bySource[name] = p
	}
	if s.byName[p.Name] != nil {
		return nil, fmt.Errorf("%s: another page is called %s", name, p.Name)
	}
	s.byName[p.Name] = p
	return p, nil
}

// readHeadings gives each heading the name that it has on GitHub, and keeps the
// title, which the template shows, and what belongs in the table of contents.
func (p *page) readHeadings() {
	p.anchors = map[string]bool{}
	var next ast.Node
	for node := p.doc.FirstChild(); node != nil; node = next {
		next = node.NextSibling()
		h, ok := node.(*ast.Heading)
		if !ok {
			continue
		}
		words := plain(h, p.src)
		id := slug(words, p.anchors)
		p.anchors[id] = true
		h.SetAttributeString("id", []byte(id))
		switch {
		case h.Level == 1 && p.Title == "":
			p.Title, p.TitleID = words, id
			p.doc.RemoveChild(p.doc, h)
		case h.Level == 2:
			p.Headings = append(p.Headings, heading{id, words})
		}
	}
}

// link turns links to files of the repository into links of the site. It keeps
// those that lead nowhere as problems.
func (s *site) link(p *page) {
	ast.Walk(p.doc, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		l, ok := node.(*ast.Link)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		to, err := s.resolve(p, string(l.Destination))
		if err != nil {
			s.problems = append(s.problems, fmt.Errorf("%s: %s: %w", p.Source, l.Destination, err))
		}
		l.Destination = []byte(to)
		return ast.WalkContinue, nil
	})
}

// resolve returns what a link on p to dest is on the site.
func (s *site) resolve(p *page, dest string) (string, error) {
	file, anchor, _ := strings.Cut(dest, "#")
	own := ""
	for _, prefix := range []string{hosted + "blob/main/", hosted + "tree/main/"} {
		if rest, ok := strings.CutPrefix(file, prefix); ok {
			own = rest
		}
	}
	switch {
	case own != "":
		file = path.Clean(own)
	case strings.Contains(file, ":"):
		return dest, nil // elsewhere
	case file == "":
		file = p.Source
	case s.byName[file] != nil && s.byName[file].Source == "":
		return dest, nil // a page that is generated
	default:
		file = path.Join(path.Dir(p.Source), file)
	}
	to := s.bySource[file]
	if file == "README.md" && anchor == "" {
		to = s.bySource[home]
	}
	if to == nil {
		info, err := fs.Stat(s.repo, file)
		switch {
		case err != nil:
			return "", errors.New("no such file")
		case info.IsDir():
			return hosted + "tree/main/" + file, nil
		}
		return hosted + "blob/main/" + strings.TrimSuffix(file+"#"+anchor, "#"), nil
	}
	if anchor != "" && !to.anchors[anchor] {
		return "", errors.New("no such heading")
	}
	if to == p && anchor != "" {
		return "#" + anchor, nil
	}
	return strings.TrimSuffix(to.Name+"#"+anchor, "#"), nil
}
