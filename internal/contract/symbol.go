package contract

import (
	"fmt"
	"go/token"
	"regexp"
	"strings"
)

// A form is the kind of thing that a symbol must name.
type form int

const (
	funcForm  form = iota // pkg.F, (pkg.T).M, (*pkg.T).M
	typeForm              // pkg.T
	fieldForm             // pkg.T.F
	varForm               // pkg.V or pkg.T.F
)

var formHelp = [...]string{
	funcForm:  `a function, such as os.ReadFile, (*os.File).Read or (net.Conn).Read`,
	typeForm:  `a type, such as net/http.HandlerFunc`,
	fieldForm: `a field, such as net/http.Server.ConnState`,
	varForm:   `a variable or field, such as os.Stdout or net/http.Response.Body`,
}

// A symbol is a parsed name. Type is empty for package-level functions and
// variables; Name is empty for types.
type symbol struct {
	Pkg, Type, Name string
	Ptr             bool
}

func (s symbol) String() string {
	switch {
	case s.Type == "":
		return s.Pkg + "." + s.Name
	case s.Name == "":
		return s.Pkg + "." + s.Type
	case s.Ptr:
		return "(*" + s.Pkg + "." + s.Type + ")." + s.Name
	}
	return "(" + s.Pkg + "." + s.Type + ")." + s.Name
}

// dotted is String without parentheses and pointers: the form that fields have
// and that patterns are matched against.
func (s symbol) dotted() string {
	d := s.Pkg
	if s.Type != "" {
		d += "." + s.Type
	}
	if s.Name != "" {
		d += "." + s.Name
	}
	return d
}

var (
	pathRE = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.~+-]*(/[A-Za-z0-9_~+-][A-Za-z0-9_.~+-]*)*$`)
	parens = regexp.MustCompile(`^\((\*?)([^()*]+)\)\.([^().*]+)$`)
)

// splitPath cuts s after the import path, which ends at the n-th dot from the
// right in its last element.
func splitPath(s string, n int) (path string, names []string, ok bool) {
	slash := strings.LastIndexByte(s, '/') + 1
	parts := strings.Split(s[slash:], ".")
	if len(parts) < n+1 {
		return "", nil, false
	}
	cut := len(parts) - n
	return s[:slash] + strings.Join(parts[:cut], "."), parts[cut:], true
}

// parseSymbol parses text as a symbol of the given form, with the package names
// of imports in place of import paths.
func parseSymbol(text string, want form, imports map[string]string) (symbol, error) {
	bad := func() (symbol, error) {
		return symbol{}, fmt.Errorf("%q does not name %s", text, formHelp[want])
	}
	var s symbol
	switch want {
	case funcForm:
		if m := parens.FindStringSubmatch(text); m != nil {
			path, names, ok := splitPath(m[2], 1)
			if !ok {
				return bad()
			}
			s = symbol{Pkg: path, Type: names[0], Name: m[3], Ptr: m[1] == "*"}
			break
		}
		path, names, ok := splitPath(text, 1)
		if !ok {
			return bad()
		}
		s = symbol{Pkg: path, Name: names[0]}
	case typeForm:
		path, names, ok := splitPath(text, 1)
		if !ok {
			return bad()
		}
		s = symbol{Pkg: path, Type: names[0]}
	case fieldForm:
		path, names, ok := splitPath(text, 2)
		if !ok {
			return bad()
		}
		s = symbol{Pkg: path, Type: names[0], Name: names[1]}
	case varForm:
		// os.Stdout has one name after its path, net/http.Response.Body two.
		if path, names, ok := splitPath(text, 2); ok && token.IsExported(names[0]) {
			s = symbol{Pkg: path, Type: names[0], Name: names[1]}
			break
		}
		path, names, ok := splitPath(text, 1)
		if !ok {
			return bad()
		}
		s = symbol{Pkg: path, Name: names[0]}
	}
	if full, ok := imports[s.Pkg]; ok {
		s.Pkg = full
	}
	if !pathRE.MatchString(s.Pkg) || s.Type != "" && !token.IsIdentifier(s.Type) || s.Name != "" && !token.IsIdentifier(s.Name) {
		return bad()
	}
	return s, nil
}

// A pattern stands for every symbol whose dotted form it matches: * is any run
// of characters within one element of the import path and what follows it, **
// any run at all. "net/http.*" is a whole package, "(net/http.Client).*" every
// method of a type, pointer or not.
type pattern struct {
	text string // dotted
	re   *regexp.Regexp
}

func isPattern(text string) bool {
	return strings.Contains(strings.Replace(text, "(*", "(", 1), "*")
}

var patternRE = regexp.MustCompile(`^[A-Za-z0-9_.~+*/-]+$`)

func parsePattern(text string, imports map[string]string) (pattern, error) {
	t := text
	if strings.HasPrefix(t, "(") {
		t = strings.TrimPrefix(strings.TrimPrefix(t, "("), "*")
		head, tail, ok := strings.Cut(t, ").")
		if !ok || strings.ContainsAny(tail, "/.") {
			return pattern{}, fmt.Errorf("%q is not a pattern, such as net/http.* or (net/http.Client).*", text)
		}
		t = head + "." + tail
	}
	if !patternRE.MatchString(t) || !strings.Contains(t, ".") {
		return pattern{}, fmt.Errorf("%q is not a pattern, such as net/http.* or (net/http.Client).*", text)
	}
	if name, rest, ok := strings.Cut(t, "."); ok {
		if full, ok := imports[name]; ok {
			t = full + "." + rest
		}
	}
	return compilePattern(t), nil
}

func compilePattern(dotted string) pattern {
	var re strings.Builder
	re.WriteString("^")
	for i, part := range strings.Split(dotted, "**") {
		if i > 0 {
			re.WriteString(".*")
		}
		for j, p := range strings.Split(part, "*") {
			if j > 0 {
				re.WriteString("[^/]*")
			}
			re.WriteString(regexp.QuoteMeta(p))
		}
	}
	re.WriteString("$")
	return pattern{text: dotted, re: regexp.MustCompile(re.String())}
}

func (p pattern) match(dotted string) bool { return p.re.MatchString(dotted) }

// stripTypeParams removes the type parameters that FullName prints for the
// receiver of a generic method: contracts are written without them.
func stripTypeParams(name string) string {
	for {
		i := strings.IndexByte(name, '[')
		if i < 0 {
			return name
		}
		depth, j := 0, i
		for ; j < len(name); j++ {
			switch name[j] {
			case '[':
				depth++
			case ']':
				depth--
			}
			if depth == 0 {
				break
			}
		}
		if j == len(name) {
			return name[:i]
		}
		name = name[:i] + name[j+1:]
	}
}

// splitFullName parses what types.Func.FullName printed; it never fails on
// those, and reports false for anything else.
func splitFullName(name string) (symbol, bool) {
	s, err := parseSymbol(stripTypeParams(name), funcForm, nil)
	return s, err == nil
}
