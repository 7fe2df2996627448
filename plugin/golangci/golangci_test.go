package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// The binaries under test, and the root of the repository.
var golangci, loopvet, root string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "golangci")
		if err == nil {
			defer os.RemoveAll(dir)
			err = build(dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func build(dir string) (err error) {
	if root, err = filepath.Abs("../.."); err != nil {
		return err
	}
	golangci, loopvet = filepath.Join(dir, "golangci-lint.exe"), filepath.Join(dir, "loopvet.exe")
	for _, cmd := range []*exec.Cmd{
		exec.Command("go", "build", "-o", golangci, "."),
		exec.Command("go", "build", "-C", root, "-o", loopvet, "./cmd/loopvet"),
	} {
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %v\n%s", cmd, err, out)
		}
	}
	return os.Setenv("LOOPVET_CACHE", filepath.Join(dir, "cache"))
}

// What golangci-lint is told: to show everything, and names of files from the
// working directory.
const config = `
version: "2"
run:
  relative-path-mode: wd
linters:
  default: none
  enable: [loopvet]
  settings:
    custom:
      loopvet:
        type: module
        settings: {}
issues: {max-issues-per-linter: 0, max-same-issues: 0, uniq-by-line: false}
`

// with returns the configuration with some settings, indented by ten spaces.
func with(settings string) string {
	return strings.Replace(config, "settings: {}", "settings:\n"+settings, 1)
}

// withProject is config with the contracts that .loopvet.yaml gives go vet and the
// command in dir, and that golangci-lint does not read.
func withProject(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, ".loopvet.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return config
	}
	if err != nil {
		t.Fatal(err)
	}
	const indent = "            "
	return with("          contracts: |\n" + indent + strings.ReplaceAll(string(text), "\n", "\n"+indent) + "\n")
}

// The analyzers of loopvet.
var analyzers = []string{"blockingcall", "poolsaturation"}

// A findings lists findings as "file:line:column: message", sorted.
type findings []string

// lint runs golangci-lint in dir, and returns what loopvet finds there.
func lint(t *testing.T, dir, config string, patterns ...string) findings {
	t.Helper()
	name := filepath.Join(t.TempDir(), "golangci.yml")
	if err := os.WriteFile(name, []byte(config), 0o666); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"run", "-c", name, "--allow-parallel-runners", "--output.json.path=stdout", "--show-stats=false"}, patterns...)
	var result struct {
		Issues []struct {
			FromLinter, Text string
			Pos              struct {
				Filename     string
				Line, Column int
			}
		}
		Report struct {
			Warnings []struct{ Tag, Text string }
			Error    string
		}
	}
	stdout, stderr := run(t, dir, golangci, args...)
	if err := json.Unmarshal(stdout, &result); err != nil {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	if len(result.Report.Warnings) > 0 || result.Report.Error != "" {
		t.Errorf("golangci-lint says: %+v", result.Report)
	}
	var found findings
	for _, i := range result.Issues {
		analyzer, text, _ := strings.Cut(i.Text, ": ")
		switch {
		case i.FromLinter == "loopvet" && slices.Contains(analyzers, analyzer):
			found = append(found, fmt.Sprintf("%s:%d:%d: %s", filepath.ToSlash(i.Pos.Filename), i.Pos.Line, i.Pos.Column, text))
		case i.FromLinter == "typecheck" || i.FromLinter == "loopvet":
			t.Errorf("%+v", i)
		}
	}
	slices.Sort(found)
	return found
}

// vet runs go vet with loopvet in dir.
func vet(t *testing.T, dir string, patterns ...string) findings {
	t.Helper()
	stdout, stderr := run(t, dir, "go", append([]string{"vet", "-vettool=" + loopvet, "-json"}, patterns...)...)
	if len(bytes.TrimSpace(stdout)) == 0 {
		stdout = regexp.MustCompile(`(?m)^#.*$`).ReplaceAll(stderr, nil) // before Go 1.26
	}
	var found findings
	for dec := json.NewDecoder(bytes.NewReader(stdout)); dec.More(); {
		var result map[string]map[string][]struct{ Posn, Message string }
		if err := dec.Decode(&result); err != nil {
			t.Fatalf("%v\n%s", err, stdout)
		}
		for _, byAnalyzer := range result {
			for _, name := range analyzers {
				for _, d := range byAnalyzer[name] {
					file := strings.TrimPrefix(strings.TrimPrefix(d.Posn, dir), string(filepath.Separator))
					found = append(found, filepath.ToSlash(file)+": "+d.Message)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// standalone runs the command in dir.
func standalone(t *testing.T, dir string, patterns ...string) findings {
	t.Helper()
	var result struct {
		Findings []struct {
			Message  string
			Position struct {
				File         string
				Line, Column int
			}
		}
		Errors []struct{ Text string }
	}
	stdout, stderr := run(t, dir, loopvet, append([]string{"-f", "json"}, patterns...)...)
	if err := json.Unmarshal(stdout, &result); err != nil {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	if len(result.Errors) > 0 {
		t.Errorf("%v", result.Errors)
	}
	var found findings
	for _, f := range result.Findings {
		p := f.Position
		found = append(found, fmt.Sprintf("%s:%d:%d: %s", filepath.ToSlash(p.File), p.Line, p.Column, f.Message))
	}
	slices.Sort(found)
	return found
}

var (
	placeRE = regexp.MustCompile(`^\S+:\d+:\d+: `)
	// What the standalone command alone can count: it joins callbacks and ways
	// that the others see in different packages.
	countsRE = regexp.MustCompile(`; also by way of \S+:\d+( and \d+ more)?| \(and \d+ more (callback|task)s?\)`)
)

// messages returns the findings without what differs between drivers: one that
// sees a package at a time puts a finding on the call that leaves it, and tells
// what is wrong with directives in whatever package it is asked about.
func (f findings) messages() findings {
	var out findings
	for _, s := range f {
		if strings.Contains(s, "//loopvet:") {
			continue
		}
		out = append(out, countsRE.ReplaceAllString(placeRE.ReplaceAllString(s, ""), ""))
	}
	slices.Sort(out)
	return out
}

// same reports what is in one of two sorted lists only, as often as it is.
func same(t *testing.T, want, got findings) {
	t.Helper()
	for len(want) > 0 || len(got) > 0 {
		switch {
		case len(got) == 0 || len(want) > 0 && want[0] < got[0]:
			t.Errorf("missing: %s", want[0])
			want = want[1:]
		case len(want) == 0 || got[0] < want[0]:
			t.Errorf("not expected: %s", got[0])
			got = got[1:]
		default:
			want, got = want[1:], got[1:]
		}
	}
}

// run runs a command whose exit code 1 only says that it found something.
func run(t *testing.T, dir, name string, args ...string) (stdout, stderr []byte) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	if err := cmd.Run(); err != nil {
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() > 2 {
			t.Fatalf("%v: %v\n%s", cmd, err, errs.Bytes())
		}
	}
	return out.Bytes(), errs.Bytes()
}

// TestSameFindings holds that golangci-lint, go vet and the command find the
// same in all test data, whether golangci-lint has seen it before or not.
func TestSameFindings(t *testing.T) {
	for _, test := range []struct {
		name, dir, pattern string
		env                []string
		atLeast            int
	}{
		{"own", root, "./testdata/src/...", nil, 400},
		{"pools", root, "./testdata/pool/...", nil, 50},
		{"libraries", filepath.Join(root, "testdata", "libs"), "./...", nil, 50},
		{"browser", filepath.Join(root, "testdata", "libs"), "./js", []string{"GOOS=js", "GOARCH=wasm"}, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("GOLANGCI_LINT_CACHE", t.TempDir())
			for _, kv := range test.env {
				key, value, _ := strings.Cut(kv, "=")
				t.Setenv(key, value)
			}
			want := vet(t, test.dir, test.pattern)
			if len(want) < test.atLeast {
				t.Errorf("go vet finds %d only", len(want))
			}
			config := withProject(t, test.dir)
			cold := lint(t, test.dir, config, test.pattern)
			same(t, want, cold)
			same(t, cold, lint(t, test.dir, config, test.pattern))

			// The command does not look at packages whose only pools are written
			// by hand.
			if test.name == "pools" {
				return
			}
			// The command looks at syscall/js whatever it is told to build for.
			own := standalone(t, test.dir, test.pattern)
			if test.name == "libraries" {
				own = slices.DeleteFunc(own, func(s string) bool { return strings.HasPrefix(s, "js/") })
			}
			same(t, own.messages(), cold.messages())
		})
	}
}

// TestFactsFromCache holds that findings which rest on other packages survive
// golangci-lint's cache of facts: when only the importer is named, when another
// linter makes it read dependencies again (golangci-lint issue 6807), and when a
// dependency is edited.
func TestFactsFromCache(t *testing.T) {
	t.Setenv("GOLANGCI_LINT_CACHE", t.TempDir())
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	const blocking = "package store\n\nimport \"os\"\n\nfunc Load() { os.ReadFile(\"x\") }\n"
	const main = "package main\n\nimport \"example.com/app/bus\"\nimport \"example.com/app/orders\"\n\nfunc main() { bus.Post(orders.Show) }\n"
	const harmless = "package store\n\nfunc Load() {}\n"
	write("go.mod", "module example.com/app\n\ngo 1.26\n")
	write("orders/orders.go", "package orders\n\nimport \"example.com/app/store\"\n\nfunc Show() { store.Load() }\n")
	write("bus/bus.go", "package bus\n\nvar queue []func()\n\n//loopvet:loop fn\nfunc Post(fn func()) { queue = append(queue, fn) }\n")
	write("store/store.go", blocking)

	want := findings{"main.go:6:15: os.ReadFile blocks the event loop (file): callback of bus.Post -> Show -> store.Load -> os.ReadFile"}
	for i, step := range []struct {
		what, store, config string
		want                findings
	}{
		{"nothing cached", blocking, config, want},
		{"all cached", blocking, config, want},
		{"a linter more", blocking, strings.Replace(config, "[loopvet]", "[loopvet, govet]", 1), want},
		{"a linter more, cached", blocking, strings.Replace(config, "[loopvet]", "[loopvet, govet]", 1), want},
		{"a dependency edited", harmless, config, nil},
		{"and back", blocking, config, want},
	} {
		write("store/store.go", step.store)
		// A comment makes golangci-lint look at the main package again, so that
		// what it knows of the others comes from its cache of facts.
		write("main.go", main+strings.Repeat("// edited\n", i))
		t.Run(step.what, func(t *testing.T) { same(t, step.want, lint(t, dir, step.config, ".")) })
	}
}

// TestSettings holds that the contracts and the other settings reach the
// analyzers, with the names in them unharmed, and that an edit of them is seen
// although the code is in the cache.
func TestSettings(t *testing.T) {
	t.Setenv("GOLANGCI_LINT_CACHE", t.TempDir())
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/app\n\ngo 1.26\n",
		"main.go": `package main

import (
	"os"
	"time"
)

type Bus struct{ handlers []func() }

func (b *Bus) Subscribe(handler func()) { b.handlers = append(b.handlers, handler) }

func main() { new(Bus).Subscribe(handle) }

func handle() {
	os.Remove("lock")
	time.Sleep(2 * time.Millisecond)
	WarmUp()
}

func WarmUp() {}
`,
		"main_test.go": `package main

import "net/http"

func get() { http.Get("") }

func start() { new(Bus).Subscribe(get) }
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const (
		text = "          contracts: |\n            module: example.com/app\n            loop: order bus\n            callbacks:\n" +
			"              - {func: (*example.com/app.Bus).Subscribe, arg: 0}\n            blocks:\n              example.com/app.WarmUp: net\n"
		list = "          contracts:\n            - module: example.com/app\n              loop: order bus\n              callbacks:\n" +
			"                - {func: (*example.com/app.Bus).Subscribe, arg: 0}\n              blocks:\n                example.com/app.WarmUp: net\n"
		remove = "main.go:15:2: os.Remove blocks the event loop (file): callback of (*Bus).Subscribe -> handle -> os.Remove"
		sleep  = "main.go:16:2: time.Sleep blocks the event loop (sleep): callback of (*Bus).Subscribe -> handle -> time.Sleep"
		warmUp = "main.go:17:2: WarmUp blocks the event loop (net): callback of (*Bus).Subscribe -> handle -> WarmUp"
		get    = "main_test.go:5:14: http.Get blocks the event loop (net): callback of (*Bus).Subscribe -> get -> http.Get"
	)
	for _, step := range []struct {
		name, config string
		want         findings
	}{
		{"none", config, nil},
		{"contracts as text", with(text), findings{remove, sleep, warmUp}},
		{"contracts as a list", with(list), findings{remove, sleep, warmUp}},
		{"kinds", with(text + "          kinds: [net]\n"), findings{warmUp}},
		{"budget", with(text + "          budget: 5ms\n"), findings{remove, warmUp}},
		{"budget, all levels", with(text + "          budget: 5ms\n          level: info\n"), findings{remove, sleep, warmUp}},
		{"tests", with(text + "          tests: true\n"), findings{remove, sleep, warmUp, get}},
		{"none again", config, nil},
	} {
		t.Run(step.name, func(t *testing.T) { same(t, step.want, lint(t, dir, step.config, "./...")) })
	}
	t.Run("mistakes", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "golangci.yml")
		if err := os.WriteFile(name, []byte(with("          level: loud\n          contracts: |\n            blokcs: {}\n")), 0o666); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(golangci, "run", "-c", name, "--allow-parallel-runners", dir).CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte(`level "loud"`)) || !bytes.Contains(out, []byte("contracts:1: ")) {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// TestFix holds that golangci-lint makes the same edits as go fix.
func TestFix(t *testing.T) {
	t.Setenv("GOLANGCI_LINT_CACHE", t.TempDir())
	const before = `package main

import (
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

func start(l *loop.Loop) {
	l.NextTick(func() {
		data, err := os.ReadFile("index.html")
		show(data, err)
	})
}

func show(data []byte, err error) {}

func main() {}
`
	var after [2]string
	for i := range after {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"go.mod": "module example.com/app\n\ngo 1.26.0\n\nrequire github.com/loopvet/loopvet v0.0.0\n\n" +
				"replace github.com/loopvet/loopvet => " + filepath.ToSlash(root) + "\n",
			"main.go":      before,
			"golangci.yml": config,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		var out []byte
		if i == 0 {
			_, out = run(t, dir, "go", "fix", "-fixtool="+loopvet, ".")
		} else {
			out, _ = run(t, dir, golangci, "run", "-c", "golangci.yml", "--allow-parallel-runners", "--fix", ".")
		}
		data, err := os.ReadFile(filepath.Join(dir, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		if after[i] = string(data); after[i] == before {
			t.Errorf("nothing is edited: %s", out)
		}
	}
	if after[0] != after[1] {
		t.Errorf("go fix leaves\n%s\ngolangci-lint --fix leaves\n%s", after[0], after[1])
	}
}

// TestCustom builds what .custom-gcl.yml says with "golangci-lint custom", which
// clones golangci-lint. What it gets is the module that this one requires.
func TestCustom(t *testing.T) {
	if testing.Short() {
		t.Skip("builds golangci-lint once more")
	}
	command := func(dir, name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	module, version := required(t)
	clone := filepath.Join(t.TempDir(), "golangci-lint")
	if err := os.CopyFS(clone, os.DirFS(module)); err != nil {
		t.Fatal(err)
	}
	command(clone, "git", "init", "-q")
	command(clone, "git", "add", "-Af", ".")
	command(clone, "git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", version)
	command(clone, "git", "tag", version)
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "url."+clone+".insteadOf")
	t.Setenv("GIT_CONFIG_VALUE_0", "https://github.com/golangci/golangci-lint.git")
	dir := t.TempDir()
	command(".", golangci, "custom", "--destination", dir, "--name", "custom-gcl")

	t.Setenv("GOLANGCI_LINT_CACHE", t.TempDir())
	want := lint(t, root, config, "./testdata/src/basic")
	built := golangci
	defer func() { golangci = built }()
	golangci = filepath.Join(dir, "custom-gcl")
	if runtime.GOOS == "windows" {
		golangci += ".exe"
	}
	same(t, want, lint(t, root, config, "./testdata/src/basic"))
}

// required returns the directory and the version of golangci-lint's module.
func required(t *testing.T) (dir, version string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", "github.com/golangci/golangci-lint/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	version, dir, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	return dir, version
}

// TestExamples checks the two files that docs/golangci.md shows against
// golangci-lint's own schemas, and that the first works.
func TestExamples(t *testing.T) {
	dir, _ := required(t)
	schemas := filepath.Join(dir, "jsonschema")
	for name, schema := range map[string]string{
		".golangci.yml":   "golangci.jsonschema.json",
		".custom-gcl.yml": "custom-gcl.jsonschema.json",
	} {
		s, err := jsonschema.NewCompiler().Compile(filepath.Join(schemas, schema))
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := yaml.Unmarshal(data, &v); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("GOLANGCI_LINT_CACHE", t.TempDir())
	data, err := os.ReadFile(".golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	if got := lint(t, root, string(data), "./testdata/src/basic"); len(got) == 0 {
		t.Error("the example finds nothing")
	}
	doc, err := os.ReadFile(filepath.Join(root, "docs", "golangci.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(doc, data) {
		t.Error("docs/golangci.md does not show .golangci.yml as it is")
	}
}
