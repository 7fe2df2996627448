package poolsaturation_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/runtime/pool"
)

// stuckRE matches what package testing/synctest says of a bubble whose goroutines
// all wait, the Go runtime of such a program, and the test of package issues of a
// program whose pool never stops looking at the clock.
var stuckRE = regexp.MustCompile("deadlock: all goroutines in bubble are blocked|" +
	"all goroutines are asleep - deadlock!|deadlock: nothing has happened")

// TestDeadlocks runs the programs under testdata/deadlocks, each in a process of
// its own: those whose names begin with Deadlock deadlock, the bundled pool
// refuses those that begin with Refused, and those that begin with Corrected run
// to their end. The analyzer says the same of each.
func TestDeadlocks(t *testing.T) {
	dir := filepath.Join(moduleRoot(t), "testdata", "deadlocks")
	testPrograms(t, dir, ".", programs(t, dir))
	const below = "./testdata/deadlocks/"
	analysistest.Run(t, moduleRoot(t), certain, below+"selfwait", below+"cycle", below+"heldlock")
	// That goroutines and a channel are a pool is a guess, and so never an error.
	analysistest.Run(t, moduleRoot(t), at(contract.Warning), below+"handwritten")
}

// TestIssues does the same with what users of other pools reported.
func TestIssues(t *testing.T) {
	dir := libraries(t)
	testPrograms(t, dir, "./issues", programs(t, filepath.Join(dir, "issues")))
	analysistest.Run(t, dir, certain, "./issues")
}

// certain reports certain deadlocks only.
var certain = at(contract.Error)

// testPrograms runs the programs of the test package at pattern, below dir. It is
// built without cgo, whose threads would hide a deadlock from the Go runtime.
func testPrograms(t *testing.T, dir, pattern string, names []string) {
	binary := filepath.Join(t.TempDir(), "programs.test")
	build := exec.Command("go", "test", "-c", "-o", binary, pattern)
	build.Dir = dir
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			args := []string{"-test.run=^TestProgram$", "-test.timeout=0", "-program=" + name}
			if strings.HasPrefix(name, "heldlock.") {
				// A mutex may be let go from outside a bubble, so that who waits
				// for one does not count as blocked there.
				args = append(args, "-bubble=false")
			}
			out, err := exec.Command(binary, args...).CombinedOutput()
			_, program, _ := strings.Cut(name, ".")
			switch {
			case strings.HasPrefix(program, "Deadlock"):
				if err == nil || !stuckRE.Match(out) {
					t.Errorf("want a deadlock, got %v\n%s", err, out)
				}
			case strings.HasPrefix(program, "Refused"):
				if err == nil || !strings.Contains(string(out), pool.ErrDeadlock.Error()) {
					t.Errorf("want %q, got %v\n%s", pool.ErrDeadlock, err, out)
				}
			default:
				if err != nil {
					t.Errorf("want its end, got %v\n%s", err, out)
				}
			}
		})
	}
}

// programs returns the names of the programs below a directory. One that is wrong
// must want findings and have a corrected twin, which must want none.
func programs(t *testing.T, dir string) []string {
	var names []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			names = append(names, f.Name.Name+"."+fn.Name.Name)
			if wrong := !strings.HasPrefix(fn.Name.Name, "Corrected"); wrong != wants(f, fn) {
				t.Errorf("%s: %s wants findings: %v", fset.Position(fn.Pos()), fn.Name.Name, !wrong)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		twin := wrongRE.ReplaceAllString(name, ".Corrected")
		if !slices.Contains(names, twin) {
			t.Errorf("%s has no twin %s", name, twin)
		}
	}
	return names
}

var wrongRE = regexp.MustCompile(`\.(Deadlock|Refused)`)

// wants reports whether a function has comments that want findings.
func wants(f *ast.File, fn *ast.FuncDecl) bool {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if fn.Pos() <= c.Pos() && c.Pos() < fn.End() && strings.HasPrefix(c.Text, "// want ") {
				return true
			}
		}
	}
	return false
}
