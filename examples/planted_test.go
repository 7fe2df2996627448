package examples

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A look is one run of the linter on a copy of the repository: where, and at what. More
// than one module is a workspace.
type look struct {
	dir      string
	modules  []string
	patterns []string
}

var looks = []look{
	{dir: "examples", patterns: []string{"./..."}},
	{dir: "examples/files", patterns: []string{"./..."}},
	{dir: "examples/script", patterns: []string{"./..."}},
	{
		dir:      ".",
		modules:  []string{".", "./runtime/loopotel", "./runtime/loopsql", "./runtime/looptty", "./runtime/loopwatch"},
		patterns: []string{"./runtime/...", "./runtime/loopotel", "./runtime/loopsql", "./runtime/looptty", "./runtime/loopwatch"},
	},
}

// A bug is a statement that blocks, planted behind a line of a file that is there once.
type bug struct {
	file, after string
	calls       string // the package that is imported for it, as planted
	statement   string
	want        string // what the finding says of it
}

var bugs = []bug{
	{"examples/chat/main.go", "func (c *client) said(line string) {", "time",
		"planted.Sleep(planted.Second)", "time.Sleep blocks the event loop (sleep)"},
	{"examples/files/keeper.go", "func (k *keeper) list(x *loophttp.Exchange) {", "os",
		"planted.ReadDir(k.dir)", "os.ReadDir blocks the event loop (file)"},
	{"examples/files/index.go", "failed = cmp.Or(failed, err)", "database/sql",
		`new(planted.DB).Ping()`, "(*sql.DB).Ping blocks the event loop (db)"},
	{"examples/script/host.go", `h.give(to, "exit", func(c goja.FunctionCall) goja.Value {`, "net",
		`planted.LookupHost("x")`, "net.LookupHost blocks the event loop (dns)"},
	{"examples/script/files.go", "names := make([]any, len(entries))", "os",
		`planted.ReadFile("x")`, "os.ReadFile blocks the event loop (file)"},
	{"examples/served/main.go", "order := s.book.Place(string(item))", "os",
		`planted.Remove("x")`, "os.Remove blocks the event loop (file)"},

	{"runtime/loop/partition.go", "func (d *computationDriver) Arrived() {", "time",
		"planted.Sleep(planted.Second)", "time.Sleep blocks the event loop (sleep)"},
	{"runtime/loopdns/resolver.go", "func (d *driver) Arrived() {", "net",
		`planted.LookupHost("x")`, "net.LookupHost blocks the event loop (dns)"},
	{"runtime/loopexec/process.go", "func (d *driver) Arrived() {", "os/exec",
		`planted.Command("x").Run()`, "(*exec.Cmd).Run blocks the event loop (exec)"},
	{"runtime/loopfs/read.go", "func (s *ReadStream) fill() {", "os",
		`planted.Remove("x")`, "os.Remove blocks the event loop (file)"},
	{"runtime/loophttp/server.go", "func (d *exchangeDriver) Arrived() {", "net/http",
		`planted.Get("x")`, "http.Get blocks the event loop (net)"},
	{"runtime/loopio/pipe.go", "func (p *pipe) take(b []byte, err error) {", "os",
		`planted.Remove("x")`, "os.Remove blocks the event loop (file)"},
	{"runtime/loopnet/conn.go", "func (d *connDriver) Arrived() {", "net",
		`planted.Dial("x", "y")`, "net.Dial blocks the event loop (net)"},
	{"runtime/loopsql/db.go", "func (d *dbDriver) Arrived() {", "database/sql",
		"new(planted.DB).Ping()", "(*sql.DB).Ping blocks the event loop (db)"},
	{"runtime/looptty/tty.go", "func (d *driver) Arrived() {", "os",
		`planted.Remove("x")`, "os.Remove blocks the event loop (file)"},
	{"runtime/loopwatch/watcher.go", "func (d *driver) Arrived() {", "os",
		`planted.Stat("x")`, "os.Stat blocks the event loop (file-meta)"},
	// These two call back for others only: what is planted is a callback, and a task.
	{"runtime/looptest/looptest.go", "func until(t testing.TB, l *loop.Loop, wait func()) {", "os",
		`l.Post(func() { planted.Remove("x") })`, "os.Remove blocks the event loop (file)"},
	{"runtime/pool/pool.go", "func (p *Pool) queueOf(t *Task) *queue {", "context",
		"f := func(ctx planted.Context) (a, b error) { return }; " +
			"Go(planted.TODO(), p, func(ctx planted.Context) (a, b error) { return Go(ctx, p, f).Wait(ctx) })",
		"(*Future).Wait waits for a task of its own pool (pool-selfwait)"},
}

// finding matches what is found in a line: the file, the line, and what it is.
var finding = regexp.MustCompile(`(?m)^(\S+:\d+):\d+: (.*? \([a-z-]+\))`)

// The linter finds a bug that is planted in a copy of each example and of each part of the
// runtime, and nothing else but the two of stalled. loopotel has no callbacks.
func TestABugPlantedAnywhereIsFoundAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	loopvet := filepath.Join(dir, "loopvet")
	if out, err := exec.Command("go", "build", "-C", "..", "-o", loopvet, "./cmd/loopvet").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	tree := filepath.Join(dir, "copy")
	copyTree(t, tree)
	for _, l := range looks {
		var want []string
		for _, b := range bugs {
			if b.dir() == l.dir {
				want = append(want, b.plant(t, tree)+": "+b.want)
			}
		}
		cmd := exec.Command(loopvet, l.patterns...)
		cmd.Dir = filepath.Join(tree, l.dir)
		cmd.Env = append(os.Environ(), "GOWORK=off")
		if l.modules != nil {
			write(t, filepath.Join(cmd.Dir, "go.work"), "go 1.26.0\nuse (\n"+strings.Join(l.modules, "\n")+"\n)\n")
			cmd.Env = append(os.Environ(), "GOWORK=")
		}
		var complaints strings.Builder
		cmd.Stderr = &complaints
		out, err := cmd.Output()
		if cmd.ProcessState.ExitCode() != 1 { // there are findings, and all could be analysed
			t.Errorf("loopvet in %s: %v\n%s%s", l.dir, err, out, &complaints)
			continue
		}
		var got, stalled []string
		for _, m := range finding.FindAllStringSubmatch(string(out), -1) {
			if text := filepath.ToSlash(filepath.Join(l.dir, m[1])) + ": " + m[2]; strings.HasPrefix(text, "examples/stalled/") {
				stalled = append(stalled, text)
			} else {
				got = append(got, text)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("in %s are found\n%s\nwant\n%s", l.dir, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if (l.dir == "examples") != (len(stalled) == 2) {
			t.Errorf("in %s, these are found in stalled: %s", l.dir, stalled)
		}
	}
}

// copyTree copies the runtime and the examples without their tests, and what their modules
// need.
func copyTree(t *testing.T, to string) {
	t.Helper()
	repository := os.DirFS("..")
	for _, root := range []string{"go.mod", "go.sum", ".loopvet.yaml", "runtime", "examples"} {
		err := fs.WalkDir(repository, root, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			case entry.IsDir() || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			text, err := fs.ReadFile(repository, name)
			write(t, filepath.Join(to, name), string(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// dir returns where the linter is run to find the bug.
func (b bug) dir() string {
	dir := "."
	for _, l := range looks {
		if strings.HasPrefix(b.file, l.dir+"/") && len(l.dir) > len(dir) {
			dir = l.dir
		}
	}
	return dir
}

// plant plants the bug in the copy, and returns the file and the line that it is in.
func (b bug) plant(t *testing.T, tree string) string {
	t.Helper()
	path := filepath.Join(tree, b.file)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	at := -1
	for i, line := range lines {
		if strings.HasPrefix(line, "package ") { // lines keep their numbers
			lines[i] += fmt.Sprintf("; import planted %q", b.calls)
		}
		if strings.TrimSpace(line) == b.after {
			if at >= 0 {
				t.Fatalf("%s has this line twice: %s", b.file, b.after)
			}
			at = i
			if !strings.HasSuffix(line, "{") {
				lines[i] += ";"
			}
			lines[i] += " " + b.statement
		}
	}
	if at < 0 {
		t.Fatalf("%s has no such line: %s", b.file, b.after)
	}
	write(t, path, strings.Join(lines, "\n"))
	return fmt.Sprintf("%s:%d", b.file, at+1)
}
