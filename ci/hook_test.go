package ci_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// A box is a directory in which commands run with their own environment.
type box struct {
	dir string
	env []string
}

// try runs a command and returns what it prints.
func (b box) try(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	// git in a hook tells its children about its own repository.
	outer := slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "GIT_") })
	cmd.Dir, cmd.Env = b.dir, append(outer, b.env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (b box) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := b.try(name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

func (b box) write(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.Join(b.dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(text), 0o666)); err != nil {
		t.Fatal(err)
	}
}

// The environment of git, without the configuration of who runs the tests.
var gitEnv = []string{
	"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
	"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
}

const (
	busFile = `package bus

type Bus struct{ queue []func() }

// Post runs fn on the bus.
//
//loopvet:loop fn
func (b *Bus) Post(fn func()) { b.queue = append(b.queue, fn) }
`
	mainFile = `package main

import "example.com/app/bus"

func main() { new(bus.Bus).Post(handle) }
`
	goodFile = `package main

func handle() {}
`
	oldFile = `package old

import (
	"os"

	"example.com/app/bus"
)

func Start(b *bus.Bus) { b.Post(func() { os.Remove("old") }) }
`
	badFile = `package main

import "os"

func handle() { os.Remove("lock") }
`
)

// TestHook makes commits in a repository that has the hook: a good one passes,
// a bad one is stopped. What was bad before, and is not affected, stops the hook
// for all packages only. The hook is installed from this working tree by
// pre-commit itself, and brings one command and only the modules it is made of.
func TestHook(t *testing.T) {
	if os.Getenv("LOOPVET_FULL") == "" {
		t.Skip("installs loopvet from scratch: LOOPVET_FULL=1")
	}
	if _, err := exec.LookPath("pre-commit"); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	source := box{t.TempDir(), gitEnv}
	files := box{dir: root}.run(t, "git", "ls-files", "-co", "--exclude-standard", "-z")
	for name := range strings.SplitSeq(strings.TrimRight(files, "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		source.write(t, name, string(data))
	}
	source.run(t, "git", "init", "-q")
	source.run(t, "git", "add", "-A")
	source.run(t, "git", "commit", "-q", "-m", "working tree")
	rev := source.run(t, "git", "rev-parse", "HEAD")

	// The modules come from those already downloaded, if they are there.
	local := filepath.ToSlash(box{dir: root}.run(t, "go", "env", "GOMODCACHE"))
	modules := t.TempDir()
	t.Cleanup(func() { box{dir: modules, env: []string{"GOMODCACHE=" + modules}}.try("go", "clean", "-modcache") })
	home := t.TempDir()
	app := box{t.TempDir(), append([]string{
		"PRE_COMMIT_HOME=" + home, "LOOPVET_CACHE=" + t.TempDir(), "GOWORK=", "GOFLAGS=", "GOMODCACHE=" + modules,
		"GOPROXY=file:///" + strings.TrimPrefix(local, "/") + "/cache/download|" + box{dir: root}.run(t, "go", "env", "GOPROXY"),
	}, gitEnv...)}
	app.write(t, "go.mod", "module example.com/app\n\ngo 1.26\n")
	app.write(t, "main.go", mainFile)
	app.write(t, "handle.go", goodFile)
	app.write(t, "bus/bus.go", busFile)
	app.write(t, ".pre-commit-config.yaml", "repos:\n  - repo: "+source.dir+"\n    rev: "+rev+"\n    hooks:\n      - id: loopvet\n"+
		"      - id: loopvet-full\n        stages: [manual]\n")
	app.write(t, "old/old.go", oldFile)
	app.run(t, "git", "init", "-q")
	app.run(t, "git", "add", "old", "bus", "go.mod")
	app.run(t, "git", "commit", "-q", "-m", "before")
	app.run(t, "git", "add", ".")
	app.run(t, "pre-commit", "validate-config")
	source.run(t, "pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")
	app.run(t, "pre-commit", "install")

	if out := app.run(t, "git", "commit", "-m", "good"); !regexp.MustCompile(`(?m)^loopvet\.+Passed$`).MatchString(out) {
		t.Errorf("a good commit:\n%s", out)
	}
	head := app.run(t, "git", "rev-parse", "HEAD")

	app.write(t, "handle.go", badFile)
	out, err := app.try("git", "commit", "-a", "-m", "bad")
	if err == nil || !strings.Contains(out, "handle.go:5:17: os.Remove blocks the event loop (file): ") {
		t.Errorf("a bad commit: %v\n%s", err, out)
	}
	if strings.Contains(out, "old.go") {
		t.Errorf("what the commit does not affect is reported:\n%s", out)
	}
	if now := app.run(t, "git", "rev-parse", "HEAD"); now != head {
		t.Error("a bad commit was made")
	}

	app.write(t, "handle.go", goodFile+"\n// Not much.\n")
	start := time.Now()
	app.run(t, "git", "commit", "-a", "-m", "good again")
	t.Logf("the second good commit takes %d ms, the hook included", time.Since(start).Milliseconds())

	app.write(t, "README.md", "An app.\n")
	app.run(t, "git", "add", "README.md")
	if out := app.run(t, "git", "commit", "-m", "no code"); !regexp.MustCompile(`(?m)^loopvet\.+\(no files to check\)Skipped$`).MatchString(out) {
		t.Errorf("a commit without code:\n%s", out)
	}

	out, err = app.try("pre-commit", "run", "--hook-stage", "manual", "--all-files", "loopvet-full")
	if err == nil || strings.Count(out, " blocks the event loop") != 1 || !strings.Contains(out, "old.go:9:42: os.Remove blocks") {
		t.Errorf("all packages: %v\n%s", err, out)
	}

	bin, err := filepath.Glob(filepath.Join(home, "repo*", "golangenv-*", "bin", "*"))
	if err != nil {
		t.Fatal(err)
	}
	name := "loopvet"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if len(bin) != 1 || filepath.Base(bin[0]) != name {
		t.Errorf("the hook installs %q, want loopvet only", bin)
	}
	needed := strings.Fields(box{dir: root}.run(t, "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./cmd/loopvet"))
	// pre-commit builds all packages of the module, and so the plugin, whose
	// only dependency is one file.
	needed = append(needed, "github.com/golangci/plugin-module-register")
	for _, path := range downloaded(t, modules) {
		if !slices.Contains(needed, path) {
			t.Errorf("the hook downloads %s", path)
		}
	}
}

// downloaded returns the paths of the modules in a module cache whose code is
// there, and not only the go.mod.
func downloaded(t *testing.T, cache string) []string {
	t.Helper()
	root := filepath.Join(cache, "cache", "download")
	var paths []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".zip" {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(filepath.Dir(name)))
		// A capital is written as an exclamation mark and a small letter.
		path := regexp.MustCompile(`!.`).ReplaceAllStringFunc(filepath.ToSlash(rel), func(s string) string { return strings.ToUpper(s[1:]) })
		paths = append(paths, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Error("nothing was downloaded: is the module cache elsewhere?")
	}
	return paths
}
