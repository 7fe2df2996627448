package effect_test

import (
	"os"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

// With no contracts at all, every package of the standard library is read from
// source like any other, and none of them may upset the analysis.
func TestStandardLibraryWithoutItsTable(t *testing.T) {
	// Everything, at the cost of minutes, in the long form of the gate.
	pattern, packagesWanted, summariesWanted := "net/http", 150, 20000
	if os.Getenv("LOOPVET_FULL") != "" {
		pattern, packagesWanted, summariesWanted = "std", 300, 60000
	}
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedModule,
	}, pattern)
	if err != nil {
		t.Fatal(err)
	}
	nothing := new(contract.Set).ForMain("std")
	facts := map[string][]byte{}
	total, functions := 0, 0
	packages.Visit(pkgs, nil, func(p *packages.Package) {
		if len(p.Errors) > 0 || p.Types == nil || p.PkgPath == "unsafe" {
			return
		}
		prog := effect.NewProgram(effect.Config{Contracts: nothing})
		for _, imp := range p.Imports {
			data, ok := facts[imp.PkgPath]
			if !ok {
				continue
			}
			var f effect.Fact
			if err := f.GobDecode(data); err != nil {
				t.Fatalf("%s: %v", imp.PkgPath, err)
			}
			if err := prog.Import(imp.PkgPath, &f); err != nil {
				t.Fatal(err)
			}
		}
		q, err := prog.Add(&effect.Unit{Fset: p.Fset, Files: p.Syntax, Types: p.Types, Info: p.TypesInfo, Module: "std"})
		if err != nil {
			t.Errorf("%s: %v", p.PkgPath, err)
			return
		}
		q.Register()
		fact := q.Export()
		data, err := fact.GobEncode()
		if err != nil {
			t.Fatalf("%s: %v", p.PkgPath, err)
		}
		facts[p.PkgPath] = data
		functions += len(fact.Funcs)
		total += len(data)
	})
	if len(facts) < packagesWanted || functions < summariesWanted {
		t.Errorf("read %d packages with %d summaries, want more", len(facts), functions)
	}
	t.Logf("%d packages, %d summaries, %d KB of facts", len(facts), functions, total>>10)
}
