package driver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

// writeModule writes a module of files to a temporary directory, with go.mod.
func writeModule(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if _, ok := files["go.mod"]; !ok {
		files["go.mod"] = "module example.com/m\n\ngo 1.26\n"
	}
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func list(t *testing.T, dir string, tests bool) *graph {
	t.Helper()
	pkgs, _, err := listing{dir: dir, tests: tests, export: true, patterns: []string{"./..."}}.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return newGraph(pkgs)
}

func testLoader(t *testing.T, g *graph) *loader {
	set := contract.Builtin().ForMain(g.mains...)
	return newLoader(g, g.gate(set, false, 2), set, "amd64")
}

// manyPackages is a module whose packages import each other and much of std.
func manyPackages() map[string]string {
	std := []string{"net/http", "go/types", "encoding/json", "text/template", "database/sql", "os/exec", "crypto/tls", "testing"}
	files := map[string]string{
		"ev/ev.go": "package ev\n\n//loopvet:loop fn\nfunc Post(fn func()) {}\n",
	}
	for i := range 16 {
		var b strings.Builder
		fmt.Fprintf(&b, "package p%d\n\nimport (\n\t\"os\"\n\t\"example.com/m/ev\"\n\t_ %q\n\tx %q\n", i, std[i%len(std)], std[(i+3)%len(std)])
		if i > 0 {
			fmt.Fprintf(&b, "\t\"example.com/m/p%d\"\n", (i-1)/2)
		}
		fmt.Fprintf(&b, ")\n\ntype T[X any] struct{ x X }\n\nfunc (t *T[X]) F() { os.Remove(\"lock\") }\n\nfunc init() { ev.Post(func() {\n")
		if i > 0 {
			fmt.Fprintf(&b, "\tnew(p%d.T[int]).F()\n", (i-1)/2)
		}
		fmt.Fprintf(&b, "\tnew(T[string]).F()\n}) }\n")
		// A use of the import, whatever it is.
		use := map[string]string{"net/http": "Client", "go/types": "Config", "encoding/json": "Decoder", "text/template": "Template",
			"database/sql": "DB", "os/exec": "Cmd", "crypto/tls": "Config", "testing": "B"}[std[(i+3)%len(std)]]
		fmt.Fprintf(&b, "\nvar V *x.%s\n", use)
		files[fmt.Sprintf("p%d/p.go", i)] = b.String()
	}
	return files
}

// Packages are loaded side by side while the first of them are looked at: this
// is for the race detector.
func TestLoadSideBySide(t *testing.T) {
	g := list(t, writeModule(t, manyPackages()), false)
	l := testLoader(t, g)
	done := make(chan struct{})
	defer close(done)
	l.ahead(4, g.roots, done)
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			roots := slices.Clone(g.roots)
			if i == 1 {
				slices.Reverse(roots)
			}
			for _, p := range roots {
				unit, err := l.Load(p.path)
				if err != nil {
					t.Error(err)
					return
				}
				if unit.Incomplete {
					t.Errorf("%s is incomplete: %v", p.path, l.problems[p])
				}
				prog := effect.NewProgram(effect.Config{Contracts: l.contracts})
				if _, err := prog.Add(unit); err != nil {
					t.Error(err)
				}
				for _, q := range unit.Types.Imports() {
					for _, name := range q.Scope().Names() {
						_ = types.ObjectString(q.Scope().Lookup(name), nil)
					}
				}
			}
		})
	}
	wg.Wait()
}

// The number of threads and the cache change nothing in what is printed.
func TestSameOutput(t *testing.T) {
	dir := writeModule(t, manyPackages())
	t.Setenv("LOOPVET_CACHE", t.TempDir())
	var want string
	for i, args := range [][]string{{"-j", "1"}, {}, {"-j", "8"}, {"-j", "1"}} {
		if i == 2 {
			t.Setenv("LOOPVET_CACHE", "off")
		}
		var stdout, stderr bytes.Buffer
		code := Main(context.Background(), append(args, "-C", dir, "-f", "json", "./..."), &stdout, &stderr)
		if code != exitFindings {
			t.Fatalf("exit code %d, %s", code, &stderr)
		}
		if i == 0 {
			want = stdout.String()
		}
		if got := stdout.String(); got != want {
			t.Errorf("run %d: got %s\nwant %s", i, got, want)
		}
	}
}

func TestMentioning(t *testing.T) {
	g := list(t, writeModule(t, map[string]string{
		"a/a.go": "package a\n\nfunc Word() {}\n",
		"b/b.go": "package b\n\nimport \"example.com/m/a\"\n\nfunc F() { a.Word() }\n",
		"c/c.go": "package c\n\nimport _ \"example.com/m/a\"\n\nvar s = \"Word\"\n",
		"d/d.go": "package d\n\nimport \"example.com/m/b\"\n\nfunc Word() { b.F() }\n",
	}), false)
	l := testLoader(t, g)
	if got, want := l.Mentioning("example.com/m/a", "Word"), []string{"example.com/m/a", "example.com/m/b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := l.Mentioning("os", "Word"); len(got) != 0 {
		t.Errorf("got %q for a package of the standard library", got)
	}
}

// What has an error in it, or a type that is not known, is not there to be
// analysed; the rest is.
func TestBrokenBodies(t *testing.T) {
	g := list(t, writeModule(t, map[string]string{
		"a/a.go": `package a

import "os"

type bad struct{ f missing }

type rec func(rec) *rec

var v = missing2()

var f = func() int { missing4(); return len("x") }

func good(r rec) { os.Remove("x"); label: for { break label } }

func direct() { missing3() }

func indirect(b bad) { _ = b.f }

func variable() { _ = v }

func caller() { f() }

func param(m missing) { os.Remove("x") }
`,
	}), false)
	l := testLoader(t, g)
	unit, err := l.Load("example.com/m/a")
	if err != nil {
		t.Fatal(err)
	}
	if !unit.Incomplete || len(l.problems[g.roots[0]]) == 0 {
		t.Error("the errors went unnoticed")
	}
	prog := effect.NewProgram(effect.Config{Contracts: l.contracts})
	p, err := prog.Add(unit)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, fn := range p.Functions() {
		if fn.Blocks != nil && fn.Name() != "init" {
			got = append(got, fn.Name())
		}
	}
	slices.Sort(got)
	if want := []string{"caller", "good"}; !slices.Equal(got, want) {
		t.Errorf("functions with a body: %q, want %q", got, want)
	}
}

// A dependency without export data is read from source.
func TestBrokenDependency(t *testing.T) {
	g := list(t, writeModule(t, map[string]string{
		"a/a.go": "package a\n\ntype T struct{ N int }\n\nfunc New() *T { return missing() }\n",
		"b/b.go": "package b\n\nimport \"example.com/m/a\"\n\nfunc F() *a.T { return a.New() }\n",
		"c/c.go": "package c\n\nimport (\n\t\"example.com/m/a\"\n\t\"example.com/m/b\"\n)\n\nvar n = b.F().N + a.New().N\n",
	}), false)
	l := testLoader(t, g)
	unit, err := l.Load("example.com/m/c")
	if err != nil {
		t.Fatal(err)
	}
	if unit.Incomplete {
		t.Errorf("incomplete: %v", l.problems)
	}
}

// A run that nobody waits for loads nothing more.
func TestLoadStopped(t *testing.T) {
	g := list(t, writeModule(t, map[string]string{"a/a.go": "package a\n"}), false)
	l := testLoader(t, g)
	stopped := false
	l.stopped = func() bool { return stopped }
	if unit, err := l.Load("example.com/m/a"); unit == nil || err != nil {
		t.Fatalf("%v, %v", unit, err)
	}
	stopped = true
	if unit, err := l.Load("example.com/m/a"); unit != nil || !errors.Is(err, errStopped) {
		t.Errorf("%v, %v", unit, err)
	}
}
