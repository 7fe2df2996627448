package blockingcall_test

import (
	"bytes"
	"cmp"
	"flag"
	"go/format"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/txtar"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
)

var update = flag.Bool("update", false, "write the golden files of the fixes")

// TestFixes compares what the fixes make of the packages under testdata/fix with
// their golden files. Then it applies them all at once and analyses the result:
// it compiles, and the findings are gone.
func TestFixes(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	const pattern = "./testdata/fix/..."
	var quiet ignoring
	var run analysistest.Testing = t
	if *update {
		run = &quiet
	}
	left := map[string]int{} // findings without a fix, by file
	edits := map[string][]edit{}
	golden := map[string]map[string][]edit{}
	for _, res := range analysistest.RunWithSuggestedFixes(run, root, blockingcall.Analyzer, pattern) {
		fset := res.Action.Package.Fset
		for _, d := range res.Action.Diagnostics {
			name := fset.File(d.Pos).Name()
			if len(d.SuggestedFixes) == 0 {
				left[name]++
			}
			for _, f := range d.SuggestedFixes {
				if golden[name] == nil {
					golden[name] = map[string][]edit{}
				}
				for _, e := range f.TextEdits {
					file := fset.File(e.Pos)
					e := edit{file.Offset(e.Pos), file.Offset(e.End), string(e.NewText)}
					edits[name] = add(edits[name], e)
					golden[name][f.Message] = add(golden[name][f.Message], e)
				}
			}
		}
	}
	if *update {
		for name, sections := range golden {
			writeGolden(t, name, sections)
		}
	}
	for name, sections := range golden {
		ar, err := txtar.ParseFile(name + ".golden")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			if sections[f.Name] == nil {
				t.Errorf("%s: no fix has the title %q", name, f.Name)
			}
		}
		if len(ar.Files) != len(sections) {
			t.Errorf("%s.golden has %d titles, want %d", name, len(ar.Files), len(sections))
		}
	}

	overlay := map[string][]byte{}
	for name, es := range edits {
		src := apply(t, name, es)
		overlay[name] = src
		if was := apply(t, name, nil); isFormatted(was) && !isFormatted(src) {
			t.Errorf("%s is not formatted after its fixes:\n%s", name, src)
		}
	}
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Dir: root, Overlay: overlay}, pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pkgs {
		for _, err := range p.Errors {
			t.Errorf("after the fixes: %v", err)
		}
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{blockingcall.Analyzer}, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range graph.Roots {
		for _, d := range act.Diagnostics {
			at := act.Package.Fset.Position(d.Pos)
			left[at.Filename]--
			if len(d.SuggestedFixes) > 0 && act.Package.Name != "twice" {
				t.Errorf("after the fixes: %s: one more", at)
			}
		}
	}
	for name, n := range left {
		if n != 0 {
			t.Errorf("after the fixes: %s has %d findings too many", name, -n)
		}
	}
}

type ignoring struct{}

func (*ignoring) Errorf(string, ...any) {}

type edit struct {
	start, end int
	text       string
}

// add adds an edit that is not there yet, in order.
func add(edits []edit, e edit) []edit {
	if slices.Contains(edits, e) {
		return edits
	}
	edits = append(edits, e)
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	return edits
}

func apply(t *testing.T, name string, edits []edit) []byte {
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	at := 0
	for _, e := range edits {
		if e.start < at {
			t.Fatalf("%s: fixes overlap at %q", name, e.text)
		}
		out = append(append(out, src[at:e.start]...), e.text...)
		at = e.end
	}
	return append(out, src[at:]...)
}

func isFormatted(src []byte) bool {
	out, err := format.Source(src)
	return err == nil && bytes.Equal(src, out)
}

func writeGolden(t *testing.T, name string, sections map[string][]edit) {
	ar := new(txtar.Archive)
	for title, edits := range sections {
		ar.Files = append(ar.Files, txtar.File{Name: title, Data: apply(t, name, edits)})
	}
	slices.SortFunc(ar.Files, func(a, b txtar.File) int { return cmp.Compare(a.Name, b.Name) })
	if err := os.WriteFile(name+".golden", txtar.Format(ar), 0o666); err != nil {
		t.Fatal(err)
	}
}
