package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A listed is a package as go list -json describes it.
type listed struct {
	ImportPath, Dir   string
	GoFiles, Imports  []string
	ImportMap         map[string]string
	Standard, DepOnly bool
	Module            *struct{ Path, Version, GoVersion string }
	facts, found      string // a file, and findings as JSON
}

// TestHermetic runs loopvet as a build farm does: on each package in a process
// of its own, in a directory that holds the package's files, the facts of its
// direct imports and nothing else, without an environment. It finds what the
// standalone command finds, and what one such process writes does not depend on
// where it ran.
func TestHermetic(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a process for each of some hundred packages")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(t.TempDir(), "loopvet.exe")
	if out, err := exec.Command("go", "build", "-o", tool, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("LOOPVET_CACHE", t.TempDir())
	t.Setenv("CGO_ENABLED", "0")
	std := map[string]*listed{}
	own := []string{
		"./testdata/src/chain/...", "./testdata/src/joined/...", "./testdata/src/wrappers/...", "./testdata/src/registry", "./testdata/src/flow/...",
	}
	for _, test := range []struct {
		name, dir string
		patterns  []string
		modules   bool // what Bazel's nogo does not tell an analyzer
		full      bool
		atLeast   int
	}{
		{"own", root, own, true, false, 20},
		{"without modules", root, own, false, true, 20},
		{"library", filepath.Join(root, "testdata", "libs"), []string{"./paho"}, true, true, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.full && os.Getenv("LOOPVET_FULL") == "" {
				t.Skip("takes a minute: LOOPVET_FULL=1")
			}
			want := standalone(t, test.dir, tool, test.patterns)
			if len(want) < test.atLeast {
				t.Errorf("the command finds %d only", len(want))
			}
			first := farm(t, test.dir, tool, test.patterns, test.modules, std)
			differ(t, withoutDirectives(want), withoutDirectives(diagnostics(t, first)))
			second := farm(t, test.dir, tool, test.patterns, test.modules, std)
			for i, p := range first {
				if !p.Standard && !bytes.Equal(read(t, p.facts), read(t, second[i].facts)) {
					t.Errorf("two processes write different facts of %s", p.ImportPath)
				}
			}
		})
	}
}

// farm runs the tool on the packages and on all that they import, and returns
// them, imports first. Packages of the standard library that std has are not run
// again.
func farm(t *testing.T, dir, tool string, patterns []string, modules bool, std map[string]*listed) []*listed {
	t.Helper()
	args := append([]string{"list", "-deps", "-json=ImportPath,Dir,GoFiles,Imports,ImportMap,Standard,DepOnly,Module"}, patterns...)
	stdout, _ := output(t, dir, "go", args)
	var pkgs []*listed
	byPath := map[string]*listed{}
	farm, err := os.MkdirTemp(filepath.Dir(tool), "farm")
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(bytes.NewReader(stdout)); ; {
		p := new(listed)
		if err := dec.Decode(p); err == io.EOF {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath == "unsafe" {
			continue
		}
		if known := std[p.ImportPath]; known != nil {
			p = known
		} else {
			if !modules {
				p.Module = nil
			}
			p.run(t, tool, filepath.Join(farm, strconv.Itoa(len(pkgs))), byPath)
		}
		if p.Standard {
			std[p.ImportPath] = p
		}
		byPath[p.ImportPath] = p
		pkgs = append(pkgs, p)
	}
}

// run makes the directory of a package and runs the tool there.
func (p *listed) run(t *testing.T, tool, unit string, done map[string]*listed) {
	t.Helper()
	p.facts = filepath.Join(unit, "facts")
	if err := os.Mkdir(unit, 0o777); err != nil {
		t.Fatal(err)
	}
	// What a build system that speaks the protocol of go vet writes.
	cfg := map[string]any{
		"ID": p.ImportPath, "Compiler": "gc", "ImportPath": p.ImportPath, "GoVersion": "go1.26",
		"GoFiles": p.GoFiles, "VetxOnly": p.DepOnly, "VetxOutput": "facts",
	}
	if p.Module != nil {
		cfg["ModulePath"], cfg["ModuleVersion"], cfg["GoVersion"] = p.Module.Path, p.Module.Version, "go"+p.Module.GoVersion
	}
	imports, facts := map[string]string{}, map[string]string{}
	for i, path := range p.Imports {
		source := path
		for short, long := range p.ImportMap {
			if long == path {
				source = short
			}
		}
		imports[source] = path
		if dep := done[path]; dep != nil {
			facts[path] = fmt.Sprintf("import%d", i)
			write(t, filepath.Join(unit, facts[path]), read(t, dep.facts))
		}
	}
	cfg["ImportMap"], cfg["PackageVetx"] = imports, facts
	for _, name := range p.GoFiles {
		write(t, filepath.Join(unit, name), read(t, filepath.Join(p.Dir, name)))
	}
	data, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(unit, "unit.cfg"), data)

	cmd := exec.Command(tool, "-json", "unit.cfg")
	cmd.Dir, cmd.Env = unit, []string{}
	if runtime.GOOS == "windows" {
		cmd.Env = append(cmd.Env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", p.ImportPath, err, errs.Bytes())
	}
	p.found = string(out)
}

// diagnostics returns the findings of the packages, as vet and standalone do.
func diagnostics(t *testing.T, pkgs []*listed) []string {
	t.Helper()
	var found []string
	for _, p := range pkgs {
		if p.found == "" {
			continue
		}
		var result map[string]map[string][]struct{ Category, Message string }
		if err := json.Unmarshal([]byte(p.found), &result); err != nil {
			t.Fatalf("%s: %v\n%s", p.ImportPath, err, p.found)
		}
		for _, analyzer := range result[p.ImportPath] {
			for _, d := range analyzer {
				found = append(found, d.Category+": "+countsRE.ReplaceAllString(d.Message, ""))
			}
		}
	}
	slices.Sort(found)
	return found
}

// withoutDirectives leaves out what is wrong with directives. It is a finding
// of the package that has them, whether or not it has callbacks; the standalone
// command looks at packages that may have some only.
func withoutDirectives(found []string) []string {
	return slices.DeleteFunc(found, func(s string) bool { return strings.HasPrefix(s, "directive: ") })
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}
