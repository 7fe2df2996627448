package effect_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"sync"
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

// The standard library is type-checked from source, once for all tests.
var (
	fset     = token.NewFileSet()
	importMu sync.Mutex
	std      = importer.ForCompiler(fset, "source", nil)
)

// imports knows the packages of a test beside the standard library.
type imports map[string]*types.Package

func (m imports) Import(path string) (*types.Package, error) {
	if p := m[path]; p != nil {
		return p, nil
	}
	return std.Import(path)
}

// typeCheck makes a unit of a source text, the package with that path.
func typeCheck(t testing.TB, path, src string, known imports) *effect.Unit {
	t.Helper()
	importMu.Lock()
	defer importMu.Unlock()
	file, err := parser.ParseFile(fset, path+".go", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Instances: map[*ast.Ident]types.Instance{},
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Scopes: map[ast.Node]*types.Scope{}, FileVersions: map[*ast.File]string{},
	}
	pkg, err := (&types.Config{Importer: known}).Check(path, fset, []*ast.File{file}, info)
	if err != nil {
		t.Fatal(err)
	}
	return &effect.Unit{Fset: fset, Files: []*ast.File{file}, Types: pkg, Info: info, Module: "example.com/m"}
}

// export returns the fact of a package that imports those with these facts.
func export(t testing.TB, unit *effect.Unit, facts map[string]*effect.Fact) *effect.Fact {
	t.Helper()
	prog := effect.NewProgram(effect.Config{Contracts: contract.Builtin()})
	for path, f := range facts {
		if err := prog.Import(path, f); err != nil {
			t.Fatal(err)
		}
	}
	p, err := prog.Add(unit)
	if err != nil {
		t.Fatal(err)
	}
	p.Register()
	return p.Export()
}

// factOf returns the fact of one package that imports the standard library only.
func factOf(t testing.TB, src string) *effect.Fact {
	t.Helper()
	return export(t, typeCheck(t, "p", src, nil), nil)
}

// summaries are those of all functions of a package, by name.
type summaries map[string]*effect.Summary

// summarize returns the summaries of one package, p, with its imports.
func summarize(t testing.TB, unit *effect.Unit, facts map[string]*effect.Fact) summaries {
	t.Helper()
	prog := effect.NewProgram(effect.Config{Contracts: contract.Builtin()})
	for path, f := range facts {
		if err := prog.Import(path, f); err != nil {
			t.Fatal(err)
		}
	}
	p, err := prog.Add(unit)
	if err != nil {
		t.Fatal(err)
	}
	p.Register()
	return p.Summaries()
}

// of says what a function does, and nothing if it does nothing.
func (all summaries) of(name string) string {
	if s := all[name]; s != nil {
		return s.String()
	}
	return ""
}

func encode(t testing.TB, f *effect.Fact) []byte {
	t.Helper()
	data, err := f.GobEncode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t testing.TB, data []byte) *effect.Fact {
	t.Helper()
	f := new(effect.Fact)
	if err := f.GobDecode(data); err != nil {
		t.Fatal(fmt.Errorf("GobDecode: %w", err))
	}
	if err := f.Load(); err != nil {
		t.Fatal(fmt.Errorf("Load: %w", err))
	}
	return f
}
