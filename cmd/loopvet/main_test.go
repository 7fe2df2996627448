package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"loopvet": main})
}

// TestScripts runs testdata/script: each file there explains one feature. They
// need no network, and share the build cache of who runs them.
func TestScripts(t *testing.T) {
	out, err := exec.Command("go", "env", "GOCACHE", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	env := strings.Split(strings.TrimSpace(string(out)), "\n")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"damage": damage, "sarif": validSARIF, "editor": editor},
		Setup: func(e *testscript.Env) error {
			path := e.Getenv("PATH")
			for _, kv := range [][2]string{
				{"GOCACHE", env[0]},
				{"PATH", path + string(os.PathListSeparator) + filepath.Join(env[1], "bin")},
				{"GOPATH", filepath.Join(e.WorkDir, ".gopath")},
				{"GOPROXY", "off"},
				{"GOFLAGS", ""},
				{"GOWORK", ""},
				{"GOTOOLCHAIN", "local"},
				{"LOOPVET_CACHE", filepath.Join(e.WorkDir, ".cache")},
				{"ROOT", root},
				{"VETTOOL", filepath.Join(filepath.SplitList(path)[0], "loopvet")},
			} {
				e.Setenv(kv[0], kv[1])
			}
			for _, kv := range e.Vars {
				name, _, _ := strings.Cut(kv, "=")
				names, _ := e.Values["names"].([]string)
				e.Values["names"] = append(names, name)
			}
			return nil
		},
	})
}

// damage overwrites the data of every entry in loopvet's cache.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	n := 0
	ts.Check(filepath.WalkDir(ts.Getenv("LOOPVET_CACHE"), func(name string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, "-d") {
			n++
			return os.WriteFile(name, []byte("damaged"), 0o666)
		}
		return err
	}))
	if n == 0 {
		ts.Fatalf("the cache is empty")
	}
}

// validSARIF checks a file against the published schema.
func validSARIF(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sarif file")
	}
	log, err := sarif.FromString(ts.ReadFile(args[0]), sarif.WithStrictValidation())
	ts.Check(err)
	ts.Check(log.Validate())
}
