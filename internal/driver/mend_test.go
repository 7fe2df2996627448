package driver

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loopvet/loopvet/internal/fix"
)

// mended gives the one finding of a module a fix, applies it, and returns what
// that leaves and prints.
func mended(t *testing.T, old, new string, mode os.FileMode) (before, after, stdout, stderr string, code int) {
	t.Helper()
	dir := writeModule(t, map[string]string{
		"ev/ev.go": "package ev\n\n//loopvet:loop fn\nfunc Post(fn func()) {}\n",
		"a/a.go":   "package a\n\nimport (\n\t\"os\"\n\n\t\"example.com/m/ev\"\n)\n\nfunc init() { ev.Post(func() { os.Remove(\"x\") }) }\n",
	})
	t.Setenv("LOOPVET_CACHE", "off")
	name := filepath.Join(dir, "a", "a.go")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseFlags([]string{"-C", dir, "-fix", "./..."})
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	r := &run{config: c, stderr: &errs, start: time.Now(), now: time.Now(), collector: newCollector()}
	res, ok := r.result(t.Context())
	if !ok || len(res.Findings) != 1 {
		t.Fatalf("%d findings; %s", len(res.Findings), errs.String())
	}
	at := strings.Index(string(data), old)
	res.Findings[0].Fix = &fix.Fix{Title: "Do it otherwise", Edits: []fix.Edit{{File: "a.go", Start: at, End: at + len(old), New: new}}}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	code = r.mend(t.Context(), &out, res)
	is, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), string(is), out.String(), errs.String(), code
}

func TestMend(t *testing.T) {
	_, after, stdout, stderr, code := mended(t, `os.Remove("x")`, "println(1)", 0o666)
	if code != exitClean || !strings.Contains(after, "println(1)") || strings.Contains(after, `"os"`) {
		t.Errorf("exit code %d, the file is %s", code, after)
	}
	if stdout != "" || !strings.Contains(stderr, "loopvet: applied 1 fix in 1 file\n") {
		t.Errorf("printed %q %q", stdout, stderr)
	}
}

// What does not compile is put back, and the findings stay.
func TestMendUndo(t *testing.T) {
	before, after, stdout, stderr, code := mended(t, `os.Remove("x")`, "missing()", 0o666)
	if code != exitFindings || after != before {
		t.Errorf("exit code %d, the file is %s", code, after)
	}
	if !strings.Contains(stdout, "os.Remove blocks") || !strings.Contains(stderr, "was undone: a/a.go:") || !strings.Contains(stderr, "loopvet: applied 0 fixes\n") {
		t.Errorf("printed %q %q", stdout, stderr)
	}
}

// A file that does not parse with its fixes is not written.
func TestMendBroken(t *testing.T) {
	before, after, _, stderr, code := mended(t, `os.Remove("x")`, "os.Remove(", 0o666)
	if code != exitFailed || after != before || !strings.Contains(stderr, "the fixes do not fit") {
		t.Errorf("exit code %d, printed %q", code, stderr)
	}
}

func TestMendReadOnly(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root writes what it likes")
	}
	before, after, _, stderr, code := mended(t, `os.Remove("x")`, "println(1)", 0o444)
	if code != exitFailed || after != before || !strings.Contains(stderr, "permission denied") {
		t.Errorf("exit code %d, printed %q", code, stderr)
	}
}
