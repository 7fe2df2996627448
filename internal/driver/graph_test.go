package driver

import (
	"slices"
	"testing"
)

// testGraph returns the graph of packages that are given as "path: imports".
func testGraph(edges ...[]string) *graph {
	var pkgs []*pkg
	for i, e := range edges {
		pkgs = append(pkgs, &pkg{ImportPath: e[0], path: e[0], Name: "p", index: i, Imports: e[1:], GoFiles: []string{"p.go"}})
	}
	return newGraph(pkgs)
}

func TestJoined(t *testing.T) {
	g := testGraph([]string{"a"}, []string{"b"}, []string{"c"}, []string{"d", "a", "b"}, []string{"main", "d"})
	l := newLoader(g, make([]bool, len(g.pkgs)), nil, "amd64")
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"a", "b", true}, {"a", "a", true}, {"a", "c", false}, {"c", "main", false}, {"a", "main", true}, {"a", "nowhere", false},
	} {
		if got := l.Joined(tt.a, tt.b); got != tt.want {
			t.Errorf("Joined(%s, %s) = %t", tt.a, tt.b, got)
		}
		if got := l.Joined(tt.b, tt.a); got != tt.want {
			t.Errorf("Joined(%s, %s) = %t", tt.b, tt.a, got)
		}
	}
}

// A package that is compiled for its own test stands for the package; one that
// is compiled again for somebody else's does not.
func TestVariants(t *testing.T) {
	pkg1 := func(id, path, forTest, name string, imports ...string) *pkg {
		return &pkg{ImportPath: id, path: path, ForTest: forTest, Name: name, Imports: imports}
	}
	pkgs := []*pkg{
		pkg1("a", "a", "", "a"),
		pkg1("b", "b", "", "b", "a"),
		pkg1("a [a.test]", "a", "a", "a"),
		pkg1("b [a.test]", "b", "a", "b", "a [a.test]"),
		pkg1("a_test [a.test]", "a_test", "a", "a_test", "b [a.test]"),
		pkg1("a.test", "a.test", "", "main", "testing/internal/testdeps", "a [a.test]", "a_test [a.test]"),
	}
	for i, p := range pkgs {
		p.index = i
	}
	g := newGraph(pkgs)
	var roots []string
	for _, p := range g.roots {
		roots = append(roots, p.ImportPath)
	}
	if want := []string{"a [a.test]", "a_test [a.test]", "b"}; !slices.Equal(roots, want) {
		t.Errorf("roots are %q, want %q", roots, want)
	}
	if deps := g.byID["a_test [a.test]"].imports; len(deps) != 1 || deps[0].ImportPath != "b [a.test]" {
		t.Errorf("imports of the external test are %v", deps)
	}
}
