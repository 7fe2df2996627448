package poolsaturation_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/loopvet/loopvet/analyzers/poolsaturation"
)

// A comment silences findings about pools as it does others.
func TestIgnore(t *testing.T) {
	analysistest.Run(t, moduleRoot(t), poolsaturation.Analyzer, "./testdata/poolsilence")
}
