package blockingcall_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
)

// TestLibraries runs programs on well-known event loops. They are a module of
// their own, for their libraries are none of ours.
func TestLibraries(t *testing.T) {
	if testing.Short() {
		t.Skip("six libraries, and all that they import")
	}
	dir := filepath.Join(moduleRoot(t), "testdata", "libs")
	cmd := exec.Command("go", "mod", "download")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the libraries cannot be downloaded: %v\n%s", err, out)
	}
	t.Run("native", func(t *testing.T) {
		analysistest.Run(t, dir, blockingcall.Analyzer, "./...")
	})
	t.Run("js", func(t *testing.T) {
		t.Setenv("GOOS", "js")
		t.Setenv("GOARCH", "wasm")
		analysistest.Run(t, dir, blockingcall.Analyzer, "./js")
	})
}
