package contract

import (
	"fmt"
	"go/ast"
	"go/importer"
	goparser "go/parser"
	"go/token"
	"go/types"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestBuiltinParses(t *testing.T) {
	names, err := embedded.ReadDir("contracts")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		data, err := embedded.ReadFile("contracts/" + n.Name())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(n.Name(), data); err != nil {
			t.Error(err)
		}
	}
}

// A symbol that two built-in files describe in the same way would silently take
// the later one.
func TestBuiltinHasNoDuplicates(t *testing.T) {
	seen := map[string]string{}
	for _, cfg := range Builtin().configs {
		for _, c := range cfg.Contracts {
			for _, e := range c.entries {
				if e.facet == facetSilent || e.facet == facetReturns || e.facet == facetMakes || e.facet == facetUnlessMade {
					continue
				}
				key := fmt.Sprint(e.facet, " ", e.sym)
				if e.pat != nil {
					key = fmt.Sprint(e.facet, " ", e.pat.text)
				}
				if at, ok := seen[key]; ok {
					t.Errorf("%s: %s is also at %s", e.source, key, at)
				}
				seen[key] = e.source
			}
		}
	}
}

// What a contract names must lie in its module: another module's functions are
// described by that module's contract, which aliases and Opaque go by.
func TestBuiltinSpeaksOfItsModule(t *testing.T) {
	for _, cfg := range Builtin().configs {
		for _, c := range cfg.Contracts {
			for _, e := range c.entries {
				// A library may make the pools of another in its own way.
				if e.pat == nil && e.facet != facetUnlessMade && !inModule(e.sym.Pkg, c.Module) {
					t.Errorf("%s: %s is not in module %s", e.source, e.sym, c.Module)
				}
			}
		}
	}
}

func TestStdHeads(t *testing.T) {
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if !Builtin().Opaque(path) {
			t.Errorf("%s is not taken for the standard library", path)
		}
	}
}

func TestOpaque(t *testing.T) {
	set := Builtin().With(mustParse(t, "module: example.com/mine\nopaque: false\n---\nmodule: example.com/theirs\n"))
	for path, want := range map[string]bool{
		"os":                                       true,
		"net/http/internal":                        true,
		"vendor/golang.org/x/net/idna":             true,
		"github.com/rivo/tview":                    true,
		"github.com/derailed/tview":                true,
		"github.com/charmbracelet/bubbletea":       true,
		"github.com/charmbracelet/bubbletea/v2":    false,
		"github.com/panjf2000/gnet":                false,
		"github.com/panjf2000/gnet/v2/pkg/logging": true,
		"golang.org/x/crypto/bcrypt":               false,
		"k8s.io/client-go/util/retry":              true,
		"example.com/mine/sub":                     false,
		"example.com/theirs/sub":                   true,
		"example.com/theirssub":                    false,
		"myprogram/net":                            false,
	} {
		if got := set.Opaque(path); got != want {
			t.Errorf("Opaque(%q) = %v", path, got)
		}
	}
	own := set.ForMain("github.com/rivo/tview", "net")
	if own.Opaque("github.com/rivo/tview") || own.Opaque("net/http") || !own.Opaque("os") {
		t.Error("a main module is opaque")
	}
	if own.Func("(*github.com/rivo/tview.Application).Draw") == nil {
		t.Error("the contract of a main module is gone")
	}
}

func mustParse(t *testing.T, text string) *Config {
	t.Helper()
	cfg, err := Parse("user.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestWith(t *testing.T) {
	base := Builtin()
	user := mustParse(t, `
module: std
blocks: {os.Getpid: file, os.ReadFile: file info}
nonblocking: ["net.Dial*"]
`)
	set := base.With(user)
	if base.Func("os.Getpid") != nil || len(set.Func("os.Getpid").Blocks) != 1 {
		t.Error("With does not add, or changes what it was called on")
	}
	if set.Func("os.ReadFile").Blocks[0].Level != Info || base.Func("os.ReadFile").Blocks[0].Level != Off {
		t.Error("the later contract does not count")
	}
	// A symbol that is written out counts for more than a later pattern.
	if len(set.Func("net.DialTimeout").Blocks) != 1 {
		t.Error("a pattern hides a written symbol")
	}
	loops := len(base.Loops())
	if more := base.With(mustParse(t, "module: github.com/rivo/tview\nloop: tview application\ncallbacks: [{func: github.com/rivo/tview.Escape}]\n")); len(more.Loops()) != loops ||
		more.Func("github.com/rivo/tview.Escape").Loop != more.Func("(*github.com/rivo/tview.Application).Draw").Loop {
		t.Error("a contract that names a built-in loop makes another")
	}
}

func TestFingerprint(t *testing.T) {
	a, b := mustParse(t, "module: a.b/c\n"), mustParse(t, "module: a.b/d\n")
	seen := map[string]bool{}
	for _, s := range []*Set{Builtin(), Builtin().With(a), Builtin().With(b), Builtin().With(a, b), Builtin().ForMain("a.b/c")} {
		if seen[s.Fingerprint()] || len(s.Fingerprint()) != 64 {
			t.Error("two sets have one fingerprint")
		}
		seen[s.Fingerprint()] = true
	}
	renamed, err := Parse("/elsewhere/x.yaml", []byte("module: a.b/c\n"))
	if err != nil {
		t.Fatal(err)
	}
	if Builtin().With(a).Fingerprint() != Builtin().With(renamed).Fingerprint() {
		t.Error("the fingerprint depends on where a file lies")
	}
}

// The answers do not depend on map order: ten sets from the same files are equal.
func TestDeterministic(t *testing.T) {
	first := newSet(Builtin().configs, nil)
	for range 10 {
		s := newSet(Builtin().configs, nil)
		if !reflect.DeepEqual(s.names, first.names) || !reflect.DeepEqual(s.funcs, first.funcs) || !reflect.DeepEqual(s.shapes, first.shapes) ||
			!reflect.DeepEqual(s.implements, first.implements) || !reflect.DeepEqual(s.offs, first.offs) {
			t.Fatal("two sets from the same files differ")
		}
	}
	for pkg, names := range first.names {
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Errorf("names of %s are not sorted: %q", pkg, names)
		}
	}
}

func TestValidate(t *testing.T) {
	const src = `package p
import "time"
type base struct{}
func (base) Close() {}
type T struct { base; F func(); N int }
func (*T) Read(b []byte) {}
type G[E any] struct{}
func (G[E]) Get(f func(E)) {}
type I interface { Do(f func()) }
type Fn func()
var V int
func Sleep(d time.Duration) int { return 0 }
func Any(v any, fs ...func()) {}
`
	fset := token.NewFileSet()
	f, err := goparser.ParseFile(fset, "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := (&types.Config{Importer: importer.ForCompiler(fset, "source", nil)}).Check("x.y/p", fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	resolve := func(path string) (*types.Package, error) {
		switch path {
		case "x.y/p":
			return pkg, nil
		case "x.y/absent":
			return nil, nil
		}
		return nil, fmt.Errorf("no such package")
	}
	errs := newSet([]*Config{mustParse(t, `module: x.y/p
imports: {p: x.y/p}
loop: l
callbacks:
  - implements: p.I
    methods: [Do, Redo]
  - functype: [p.Fn, p.T]
  - field: [p.T.F, p.T.N, p.T.X]
  - func: (p.I).Do
blocks:
  p.Sleep: {kind: sleep, bound: 0}
  p.Any: {kind: sleep, bound: 0}
  (*p.T).Read: file
  (p.T).Read: file
  (*p.T).Close: file
  (p.base).Close: file
  (*p.I).Do: wait
  (p.G).Get: cpu
  p.Gone: file
  x.y/q.F: file
  x.y/q.G: file
  x.y/absent.F: file
here:
  (p.G).Get: 0
  p.Any: [0, 1]
  p.Sleep: [0, 1]
calls: {p.Sleep: 3.Read}
returns: {p.Sleep: {result: 1, carries: 0}}
vars: {p.V: file, p.W: file, p.T.N: file}
nonblocking: ["p.*", "(p.T).*", "(p.U).*"]
`)}, nil).Validate(resolve)
	var got []string
	for _, err := range errs {
		got = append(got, err.Error())
	}
	want := []string{
		"user.yaml:5: x.y/p.I has no method Redo",
		"user.yaml:7: x.y/p.T is not a func type",
		"user.yaml:8: field x.y/p.T.N cannot hold a func",
		"user.yaml:8: x.y/p.T.X is not a field",
		"user.yaml:12: argument 0 of x.y/p.Any is not a time.Duration",
		"user.yaml:14: (x.y/p.T).Read is (*x.y/p.T).Read",
		"user.yaml:15: (*x.y/p.T).Close is (x.y/p.base).Close",
		"user.yaml:17: (*x.y/p.I).Do is a method of an interface: write it without the star",
		"user.yaml:19: x.y/p.Gone is not a function",
		"user.yaml:20: package x.y/q: no such package",
		"user.yaml:26: argument 0 of x.y/p.Sleep cannot hold a func",
		"user.yaml:26: x.y/p.Sleep has no argument 1",
		"user.yaml:27: x.y/p.Sleep has no argument 3",
		"user.yaml:28: x.y/p.Sleep has no result 1",
		"user.yaml:29: x.y/p.W is not a variable",
		"user.yaml:30: x.y/p.U is not a type",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestStripTypeParams(t *testing.T) {
	for in, want := range map[string]string{
		"(*sync/atomic.Pointer[T]).Load": "(*sync/atomic.Pointer).Load",
		"(a/b.M[K, V[int]]).Get":         "(a/b.M).Get",
		"os.ReadFile":                    "os.ReadFile",
		"(a.T[":                          "(a.T",
	} {
		if got := stripTypeParams(in); got != want {
			t.Errorf("%q gives %q", in, got)
		}
	}
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pat, name string
		want      bool
	}{
		{"net/http.*", "net/http.Get", true},
		{"net/http.*", "(*net/http.Client).Do", true},
		{"net/http.*", "net/http/httptest.New", false},
		{"(*net/http.Client).*", "(*net/http.Client).Do", true},
		{"(net/http.Client).*", "(*net/http.Client).Do", true},
		{"(net/http.Client).*", "(*net/http.ClientConn).Do", false},
		{"(a.b/**.*Interface).Get", "(a.b/c/v1.PodInterface).Get", true},
		{"(a.b/**.*Interface).Get", "(a.b/c/v1.PodInterface).GetLogs", false},
	} {
		p, err := parsePattern(c.pat, nil)
		if err != nil {
			t.Fatal(err)
		}
		sym, ok := splitFullName(c.name)
		if !ok || p.match(sym.dotted()) != c.want {
			t.Errorf("%s matches %s: %v", c.pat, c.name, !c.want)
		}
	}
}
