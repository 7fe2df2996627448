package blockingcall_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/internal/contract"
)

func builtin() (*contract.Set, error) { return contract.Builtin(), nil }

// TestOptions runs the packages under testdata/options, each with the option
// that it is named after.
func TestOptions(t *testing.T) {
	for name, opts := range map[string]blockingcall.Options{
		"info":   {Level: contract.Info},
		"errors": {Level: contract.Error},
		"kinds":  {Kinds: []contract.Kind{contract.Net, contract.DNS}},
		"budget": {Budget: 50 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			analysistest.Run(t, moduleRoot(t), blockingcall.New(builtin, opts), "./testdata/options/"+name)
		})
	}
}

// TestContracts runs a package that uses a library described in a file.
func TestContracts(t *testing.T) {
	root := moduleRoot(t)
	name := filepath.Join(root, "testdata", "options", "contracts", "contracts.yaml")
	load := func() (*contract.Set, error) {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c, err := contract.Parse(name, data)
		if err != nil {
			return nil, err
		}
		return contract.Builtin().With(c), nil
	}
	analysistest.Run(t, root, blockingcall.New(load, blockingcall.Options{}), "./testdata/options/contracts/app")
}

// TestTests checks that findings in _test.go files are dropped unless they are
// asked for, whether the callback or what blocks stands there.
func TestTests(t *testing.T) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Dir: moduleRoot(t), Tests: true}, "./testdata/options/tests")
	if err != nil {
		t.Fatal(err)
	}
	for tests, want := range map[bool][]string{false: nil, true: {"tests.go:6", "tests_test.go:13"}} {
		graph, err := checker.Analyze([]*analysis.Analyzer{blockingcall.New(builtin, blockingcall.Options{Tests: tests})}, pkgs, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, act := range graph.Roots {
			for _, d := range act.Diagnostics {
				at := act.Package.Fset.Position(d.Pos)
				got = append(got, filepath.Base(at.Filename)+":"+strconv.Itoa(at.Line))
			}
		}
		slices.Sort(got)
		if !slices.Equal(slices.Compact(got), want) {
			t.Errorf("with Tests %v: findings at %v, want %v", tests, got, want)
		}
	}
}
