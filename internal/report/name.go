package report

import (
	"path"
	"regexp"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

var (
	// A qualified name: the elements of an import path, and what follows.
	qualifiedRE = regexp.MustCompile(`(?:[\w.~-]+/)*[\w~-]+(?:\.[\w$·~-]+)+`)
	literalRE   = regexp.MustCompile(`^(.*?)(?:#[0-9]+)?\$[0-9].*$`)
	versionRE   = regexp.MustCompile(`^v[0-9]+$`)
)

// Shorten rewrites the full names in text for a reader in package home: other
// packages are named by the last element of their path, home is not named at
// all, and type arguments are left out.
func Shorten(text, home string) string {
	text = qualifiedRE.ReplaceAllStringFunc(dropTypeArgs(text), func(name string) string {
		i := strings.LastIndexByte(name, '.')
		pkg, rest := name[:i], name[i+1:]
		// A field has the name of its type before its own: Options.OnResize.
		if j := strings.LastIndexByte(pkg, '.'); j > strings.LastIndexByte(pkg, '/') && 'A' <= pkg[j+1] && pkg[j+1] <= 'Z' {
			pkg, rest = pkg[:j], name[j+1:]
		}
		switch {
		case strings.Contains(pkg, " "):
			return name
		case pkg == home:
			return rest
		}
		return packageName(pkg) + "." + rest
	})
	return text
}

// ShortCallee is Shorten for the name of a function, or a phrase.
func ShortCallee(name, home string) string {
	name = Shorten(name, home)
	if m := literalRE.FindStringSubmatch(name); m != nil {
		return "func literal in " + m[1]
	}
	return name
}

// ShortSym is ShortCallee for a symbol, whose package is known.
func ShortSym(s effect.Sym, home string) string {
	if s.Pkg == home {
		return ShortCallee(s.Name, "")
	}
	short := s
	short.Pkg = packageName(s.Pkg)
	return ShortCallee(short.String(), "")
}

// packageName returns the name of the package with that path: the one by which a
// contract imports it, or the one it most likely has. The package clause itself
// is not known under every driver, and all must say the same.
func packageName(importPath string) string {
	if name, ok := contract.PackageName(importPath); ok {
		return name
	}
	dir, base := path.Split(importPath)
	if versionRE.MatchString(base) && dir != "" {
		base = path.Base(dir)
	}
	if i := strings.IndexByte(base, '.'); i > 0 {
		base = base[:i] // yaml.v3, nats.go
	}
	base = strings.TrimPrefix(base, "go-")
	base = strings.TrimSuffix(base, "-go")
	if i := strings.LastIndexByte(base, '-'); i >= 0 {
		base = base[i+1:]
	}
	return base
}

// dropTypeArgs removes the bracketed lists that follow a name.
func dropTypeArgs(s string) string {
	if !strings.Contains(s, "[") {
		return s
	}
	var b strings.Builder
	depth := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '[' && (depth > 0 || i > 0 && isWord(s[i-1])):
			depth++
		case c == ']' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// isLiteral reports whether the symbol is a function literal.
func isLiteral(s effect.Sym) bool { return literalRE.MatchString(s.Name) }
