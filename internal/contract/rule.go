package contract

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"go.yaml.in/yaml/v4"
)

// A Rule is what a project's file says of findings by the file that they stand
// in and by their kind.
type Rule struct {
	Path    string   // a pattern; empty for every file
	Kinds   []string // kinds and other categories; nil for all
	Level   Level    // what findings are ranked as; Off where they are excluded
	Exclude bool
	Reason  string
	File    string // the file that the rule stands in
	Line    int
}

// A Subject is what rules tell findings apart by.
type Subject struct {
	Pkg, File string // the package, and the base name of the file in it
	Category  string
	Kind      Kind
}

// Excluded returns the first rule by which a finding is not to be reported, or
// nil.
func (s *Set) Excluded(of Subject) *Rule {
	for i := range s.rules {
		if r := &s.rules[i]; r.Exclude && r.matches(s.mains, of) {
			return r
		}
	}
	return nil
}

// Severity returns the rule that ranks a finding, the last of several, or nil.
func (s *Set) Severity(of Subject) *Rule {
	for i := len(s.rules) - 1; i >= 0; i-- {
		if r := &s.rules[i]; !r.Exclude && r.matches(s.mains, of) {
			return r
		}
	}
	return nil
}

func (r *Rule) matches(mains []string, of Subject) bool {
	if r.Kinds != nil && !slices.Contains(r.Kinds, of.Category) && !slices.Contains(r.Kinds, string(of.Kind)) {
		return false
	}
	if r.Path == "" {
		return true
	}
	// The external test of a package lies in its directory.
	pkg := of.Pkg
	if strings.HasSuffix(of.File, "_test.go") {
		pkg = strings.TrimSuffix(pkg, "_test")
	}
	if r.matchesFile(path.Join(pkg, of.File)) {
		return true
	}
	for _, m := range mains {
		if rest, ok := strings.CutPrefix(pkg, m); ok && (rest == "" || rest[0] == '/') && r.matchesFile(path.Join(strings.TrimPrefix(rest, "/"), of.File)) {
			return true
		}
	}
	return false
}

// matchesFile reports whether the pattern matches a file or a directory that it
// lies in.
func (r *Rule) matchesFile(name string) bool {
	return doublestar.MatchUnvalidated(r.Path, name) || doublestar.MatchUnvalidated(r.Path+"/**", name)
}

// Categories that are no kinds. Those of other analyzers begin with poolPrefix.
var (
	categories = []string{"reentry", "ignore"}
	poolPrefix = "pool-"
)

// rules parses the keys exclude and severity.
func (p *parser) rules(n *yaml.Node, exclude bool) (out []Rule) {
	what := "severity"
	if exclude {
		what = "exclude"
	}
	for _, item := range p.items(n, what) {
		r := Rule{Exclude: exclude, File: p.file, Line: item.Line}
		if exclude && item.Kind == yaml.ScalarNode {
			if r.Path = p.glob(item, what); r.Path != "" {
				out = append(out, r)
			}
			continue
		}
		before := len(p.errs)
		handlers := map[string]func(k, v *yaml.Node){
			"path":  func(_, v *yaml.Node) { r.Path = p.glob(v, "path") },
			"kinds": func(_, v *yaml.Node) { r.Kinds = p.categories(v) },
		}
		if exclude {
			handlers["reason"] = func(_, v *yaml.Node) { r.Reason = p.str(v, "reason") }
		} else {
			handlers["level"] = func(_, v *yaml.Node) {
				if r.Level = levels[v.Value]; r.Level == Off && v.Value != "off" {
					p.errorf(v, "level: want error, warning, info or off, not %s", describe(v))
				}
				r.Exclude = v.Value == "off"
			}
		}
		if !p.mapping(item, handlers) || len(p.errs) > before {
			continue
		}
		switch {
		case exclude && r.Path == "":
			p.errorf(item, "exclude: want a path")
		case !exclude && r.Level == Off && !r.Exclude:
			p.errorf(item, "severity: want a level")
		case !exclude && r.Path == "" && r.Kinds == nil:
			p.errorf(item, "severity: want a path or kinds; for all there is the flag -level")
		default:
			out = append(out, r)
		}
	}
	return out
}

// glob parses a pattern of paths.
func (p *parser) glob(n *yaml.Node, what string) string {
	text := strings.TrimPrefix(p.str(n, what), "./")
	switch {
	case text == "":
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
			p.errorf(n, "%s: want a path", what)
		}
	case strings.HasPrefix(text, "/"):
		p.errorf(n, "%s: %q begins with a slash; paths are relative to the module's root", what, text)
	case strings.Contains(text, `\`):
		p.errorf(n, `%s: %q: elements of a path are separated by / on every system`, what, text)
	case !doublestar.ValidatePattern(text):
		p.errorf(n, "%s: %q is no pattern, such as internal/gen/** or **/*_gen.go", what, text)
	default:
		return strings.TrimSuffix(text, "/")
	}
	return ""
}

// categories parses a list of kinds and of other categories.
func (p *parser) categories(n *yaml.Node) []string {
	out := []string{}
	for _, item := range oneOrMore(n) {
		switch name := p.str(item, "kinds"); {
		case name == "":
		case Kind(name).Valid(), slices.Contains(categories, name), strings.HasPrefix(name, poolPrefix):
			out = append(out, name)
		default:
			p.errorf(item, "kinds: no kind or category is called %q", name)
		}
	}
	if len(out) == 0 && len(oneOrMore(n)) == 0 {
		p.errorf(n, "kinds: want at least one")
	}
	return out
}
