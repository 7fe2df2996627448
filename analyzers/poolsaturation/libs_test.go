package poolsaturation_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/loopvet/loopvet/internal/contract"
)

// libraries returns the directory of the module with programs on other
// libraries' pools, when they can be had.
func libraries(t *testing.T) string {
	if testing.Short() {
		t.Skip("six libraries, and all that they import")
	}
	dir := filepath.Join(moduleRoot(t), "testdata", "poollibs")
	cmd := exec.Command("go", "mod", "download")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the libraries cannot be downloaded: %v\n%s", err, out)
	}
	return dir
}

// TestLibraries runs programs on well-known pools. They are a module of their
// own, for their libraries are none of ours.
func TestLibraries(t *testing.T) {
	dir := libraries(t)
	analysistest.Run(t, dir, at(contract.Info), "./...")
}
