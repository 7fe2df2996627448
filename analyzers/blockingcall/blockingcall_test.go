package blockingcall_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
)

func moduleRoot(t *testing.T) string {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, moduleRoot(t), blockingcall.Analyzer, "./testdata/src/...")
}

// TestTwins checks that each idea which expects findings has lines beside them
// that must be silent, and counts both. It reads all of the test data, so that
// the go command's cache of test results knows what TestAnalyzer depends on.
func TestTwins(t *testing.T) {
	var (
		wantRE = regexp.MustCompile("// want ([^\n]*)")
		textRE = regexp.MustCompile("`[^`]*`|\"(?:[^\"\\\\]|\\\\.)*\"")
		okRE   = regexp.MustCompile(`// ok\b`)
	)
	type count struct{ wants, oks int }
	ideas := map[string]*count{} // by directory: src/kinds, options/info
	total := new(count)
	dir := filepath.Join(moduleRoot(t), "testdata")
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		elems := strings.Split(filepath.ToSlash(rel), "/")
		if elems[0] == "fix" {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		idea := strings.Join(elems[:2], "/")
		if ideas[idea] == nil {
			ideas[idea] = new(count)
		}
		for _, c := range []*count{ideas[idea], total} {
			for _, m := range wantRE.FindAllStringSubmatch(string(data), -1) {
				if !strings.HasPrefix(m[1], "package:") {
					c.wants += len(textRE.FindAllString(m[1], -1))
				}
			}
			c.oks += len(okRE.FindAllString(string(data), -1))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for idea, c := range ideas {
		if c.wants > 0 && c.oks == 0 {
			t.Errorf("testdata/%s expects %d findings, and silence nowhere", idea, c.wants)
		}
	}
	t.Logf("%d expected findings, %d lines that must be silent", total.wants, total.oks)
	if total.wants < 150 || total.oks < 150 {
		t.Errorf("%d expected findings and %d lines that must be silent, want 150 of each", total.wants, total.oks)
	}
}
