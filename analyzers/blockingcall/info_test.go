package blockingcall_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/internal/contract"
)

// TestInfo runs the packages under testdata/info at the lowest level, which
// tells of the console, of linear work and of waits that a loop tolerates.
func TestInfo(t *testing.T) {
	analysistest.Run(t, moduleRoot(t), blockingcall.New(builtin, blockingcall.Options{Level: contract.Info}), "./testdata/info/...")
}
