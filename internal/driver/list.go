package driver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A pkg is one package of the program as the go command lists it. A package
// that is compiled again for a test is another pkg with the same path.
type pkg struct {
	ImportPath      string // with " [p.test]" when it is compiled for a test
	Dir             string
	Name            string
	ForTest         string
	Export          string
	BuildID         string
	Standard        bool
	DepOnly         bool
	GoFiles         []string
	CgoFiles        []string
	CompiledGoFiles []string
	IgnoredGoFiles  []string
	InvalidGoFiles  []string
	Imports         []string
	ImportMap       map[string]string
	Module          *module
	Error           *listError
	DepsErrors      []*listError

	path    string // ImportPath without the test it is compiled for
	index   int    // in graph.pkgs
	imports []*pkg
	words   wordSet
}

type module struct {
	Path, Version, Dir, GoVersion string
	Main                          bool
	Error                         *struct{ Err string }
}

type listError struct {
	ImportStack []string
	Pos, Err    string
}

const listFields = "ImportPath,Dir,Name,ForTest,Export,BuildID,Standard,DepOnly,GoFiles,CgoFiles,CompiledGoFiles," +
	"IgnoredGoFiles,InvalidGoFiles,Imports,ImportMap,Module,Error,DepsErrors"

// files returns the absolute names of the files that the package is built from
// as they were written, cgo's not yet translated.
func (p *pkg) files() []string {
	var out []string
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		out = append(out, name)
	}
	return out
}

// isTestMain reports whether p is the main package that the go command writes
// for a test.
func (p *pkg) isTestMain() bool {
	return p.Name == "main" && strings.HasSuffix(p.path, ".test") && slices.Contains(p.Imports, "testing/internal/testdeps")
}

func (p *pkg) modulePath() string {
	switch {
	case p.Standard:
		return "std"
	case p.Module != nil:
		return p.Module.Path
	}
	return ""
}

// A listing says what the go command is asked for.
type listing struct {
	dir      string
	tags     string
	tests    bool
	export   bool // compile what is not in the build cache
	env      []string
	patterns []string
}

// run lists the packages that the patterns name and all they import,
// dependencies first. Whatever the go command says beside that is returned as
// notes. It fails only when the go command does.
func (l listing) run(ctx context.Context) (pkgs []*pkg, notes []string, err error) {
	args := []string{"list", "-e", "-deps", "-pgo=off", "-buildvcs=false", "-json=" + listFields}
	if l.export {
		args = append(args, "-export", "-compiled") // compiled: the Go files that cgo writes
	}
	if l.tests {
		args = append(args, "-test")
	}
	if l.tags != "" {
		args = append(args, "-tags="+l.tags)
	}
	args = append(append(args, "--"), l.patterns...)
	cmd := command(ctx, l.dir, l.env, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	dec := json.NewDecoder(stdout)
	var decodeErr error
	for {
		p := new(pkg)
		if err := dec.Decode(p); err != nil {
			if err != io.EOF {
				decodeErr = err
				io.Copy(io.Discard, stdout)
			}
			break
		}
		p.path, _, _ = strings.Cut(p.ImportPath, " ")
		p.index = len(pkgs)
		pkgs = append(pkgs, p)
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	notes = goNotes(stderr.String())
	if err != nil {
		if len(notes) == 0 {
			return nil, nil, fmt.Errorf("go list: %v", err)
		}
		return nil, nil, errors.New(strings.Join(notes, "\n"))
	}
	return pkgs, notes, decodeErr
}

// command returns a go command. It is interrupted, not killed, so that it
// removes its temporary files.
func command(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	if len(env) > 0 {
		cmd.Env = append(os.Environ(), env...)
	}
	interruptible(cmd)
	return cmd
}

// goNotes returns what the go command has to say, without what it says of its
// progress and of packages that do not compile: those are reported one by one.
func goNotes(stderr string) []string {
	var notes []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		text, ok := strings.CutPrefix(line, "go: ")
		if ok && strings.HasPrefix(text, "downloading ") {
			continue
		}
		if line != "" {
			notes = append(notes, text)
		}
	}
	return notes
}

// An environment is what the go command says of itself and of the module.
type environment struct {
	GOMOD, GOWORK, GOOS, GOARCH, GOVERSION, GOFLAGS, GOEXPERIMENT, CGO_ENABLED string
}

func goEnv(ctx context.Context, dir string) (*environment, error) {
	cmd := command(ctx, dir, nil, "env", "-json", "GOMOD", "GOWORK", "GOOS", "GOARCH", "GOVERSION", "GOFLAGS", "GOEXPERIMENT", "CGO_ENABLED")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("the go command is not in PATH")
	}
	if err != nil {
		if notes := goNotes(stderr.String()); len(notes) > 0 {
			return nil, errors.New(strings.Join(notes, "\n"))
		}
		return nil, fmt.Errorf("go env: %v", err)
	}
	env := new(environment)
	return env, json.Unmarshal(out, env)
}

// root returns the directory whose .loopvet.yaml counts: that of the workspace,
// or else that of the main module. It is empty outside of modules.
func (e *environment) root() string {
	switch {
	case e.GOWORK != "" && e.GOWORK != "off":
		return filepath.Dir(e.GOWORK)
	case e.GOMOD != "" && e.GOMOD != os.DevNull:
		return filepath.Dir(e.GOMOD)
	}
	return ""
}

var positionRE = regexp.MustCompile(`^(.+?\.\w+):([0-9]+)(?::([0-9]+))?(?:: (.*))?$`)

// parsePosition splits "file:line:col: text". Relative names are taken from dir.
func parsePosition(s, dir string) (file string, line, col int, text string, ok bool) {
	m := positionRE.FindStringSubmatch(s)
	if m == nil {
		return "", 0, 0, "", false
	}
	file = m[1]
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	line, _ = strconv.Atoi(m[2])
	col, _ = strconv.Atoi(m[3])
	return file, line, col, m[4], true
}

// problems returns what the go command found wrong with p, one entry a line.
func (p *pkg) problems(dir string) []Problem {
	if p.Error == nil {
		return nil
	}
	var out []Problem
	for line := range strings.Lines(p.Error.Err) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "\t") && len(out) > 0 {
			continue
		}
		if file, n, col, text, ok := parsePosition(line, dir); ok && text != "" {
			out = append(out, Problem{File: file, Line: n, Column: col, Text: text})
			continue
		}
		prob := Problem{Text: strings.TrimSuffix(line, "; to add it:")}
		if file, n, col, _, ok := parsePosition(p.Error.Pos, dir); ok {
			prob.File, prob.Line, prob.Column = file, n, col
		} else if !strings.Contains(line, p.path) {
			prob.Text = p.path + ": " + prob.Text
		}
		out = append(out, prob)
	}
	return out
}
