package blockingcall_test

import (
	"go/token"
	"go/types"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
)

// golangci-lint analyses packages of which build constraints leave no file, and looks
// at the first file whenever a fact is exported.
func TestAPackageWithoutFilesHasNoFacts(t *testing.T) {
	pass := &analysis.Pass{
		Analyzer:          blockingcall.Analyzer,
		Fset:              token.NewFileSet(),
		Pkg:               types.NewPackage("example.com/e2e", "e2e"),
		TypesInfo:         new(types.Info),
		Report:            func(d analysis.Diagnostic) { t.Errorf("reported: %s", d.Message) },
		ImportPackageFact: func(*types.Package, analysis.Fact) bool { return false },
		ExportPackageFact: func(f analysis.Fact) { t.Errorf("exported: %v", f) },
	}
	if _, err := blockingcall.Analyzer.Run(pass); err != nil {
		t.Error(err)
	}
}
