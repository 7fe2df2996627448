package poolsaturation_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/analyzers/poolsaturation"
	"github.com/loopvet/loopvet/internal/contract"
)

// at returns the analyzer with the lowest level that it reports.
func at(level contract.Level) *analysis.Analyzer {
	return poolsaturation.New(blockingcall.Analyzer, poolsaturation.Options{Level: level, Pools: true})
}

// TestAnalyzer runs the packages under testdata/pool at the lowest level, at
// which every rule speaks.
func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, moduleRoot(t), at(contract.Info), "./testdata/pool/...")
}

// TestLevels runs packages whose names are the lowest level that is reported.
func TestLevels(t *testing.T) {
	for name, level := range map[string]contract.Level{"error": contract.Error, "warning": contract.Warning} {
		t.Run(name, func(t *testing.T) {
			analysistest.Run(t, moduleRoot(t), at(level), "./testdata/poollevels/"+name)
		})
	}
}

// TestTwins checks that each rule has findings and, beside them, lines that must
// be silent, and counts both: eight of each on the bundled pool. On others it is
// two findings of each rule that makes sense there.
// It reads all of the test data, so that the go command's cache of test results
// knows what TestAnalyzer depends on.
func TestTwins(t *testing.T) {
	rules := strings.Fields("selfwait cycle forever fanout kernel partition heldlock affinity")
	for _, rule := range rules {
		wants, oks := count(t, filepath.Join("pool", rule), rule)
		t.Logf("%s: %d findings, %d lines that must be silent", rule, wants, oks)
		if wants < 8 || oks < 8 {
			t.Errorf("testdata/pool/%s expects %d findings and silence on %d lines, want 8 of each", rule, wants, oks)
		}
	}
	for _, lib := range strings.Fields("errgroup semaphore ants pond conc workerpool tunny") {
		for _, rule := range strings.Fields("selfwait fanout forever heldlock") {
			if lib == "semaphore" && rule != "selfwait" || lib == "tunny" && rule == "fanout" {
				continue // it runs nothing; Process waits for each
			}
			wants, oks := count(t, filepath.Join("poollibs", lib), rule)
			if wants < 2 || oks < 8 {
				t.Errorf("testdata/poollibs/%s expects %d findings of %s, want 2, and silence on %d lines, want 8", lib, wants, rule, oks)
			}
		}
	}
}

var (
	wantRE = regexp.MustCompile("// want ([^\n]*)")
	okRE   = regexp.MustCompile(`// ok\b`)
)

// count returns how often the files below a directory of the test data want a
// finding of a rule, and how many of their lines must be silent.
func count(t *testing.T, dir, rule string) (wants, oks int) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(moduleRoot(t), "testdata", dir), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		data, err := os.ReadFile(name)
		for _, m := range wantRE.FindAllSubmatch(data, -1) {
			if strings.Contains(string(m[1]), "pool-"+rule) || strings.Contains(string(m[1]), rule+")") {
				wants++
			}
		}
		oks += len(okRE.FindAll(data, -1))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return wants, oks
}
