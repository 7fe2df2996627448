package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"
)

// A resolver gives packages as the compiler of one module and GOOS sees them.
// They are type-checked from source without function bodies, for contracts name
// unexported types too (net.conn has the methods of net.TCPConn), and nothing is
// compiled.
type resolver struct {
	fset *token.FileSet
	list map[string]*listed
	done map[string]*types.Package
}

type listed struct {
	ImportPath, Dir   string
	GoFiles, CgoFiles []string
	ImportMap         map[string]string
	Standard          bool
	Error             *struct{ Err string }
}

var (
	errOffline = errors.New("modules cannot be downloaded")
	offlineRE  = regexp.MustCompile(`dial tcp|no such host|module lookup disabled|connection refused`)
)

// library returns a resolver for a module under testdata, or skips the test
// where its modules cannot be downloaded.
func library(t *testing.T, get func() (*resolver, error)) *resolver {
	t.Helper()
	r, err := get()
	if errors.Is(err, errOffline) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// newResolver lists patterns and all they import in dir.
func newResolver(dir string, env []string, patterns ...string) (*resolver, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-deps", "-json=ImportPath,Dir,GoFiles,CgoFiles,ImportMap,Standard,Error"}, patterns...)...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off"), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %v\n%s", err, stderr.Bytes())
	}
	r := &resolver{fset: token.NewFileSet(), list: map[string]*listed{}, done: map[string]*types.Package{}}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Error != nil && offlineRE.MatchString(p.Error.Err) {
			return nil, errOffline
		}
		r.list[p.ImportPath] = &p
	}
	return r, nil
}

func (r *resolver) resolve(path string) (*types.Package, error) {
	if p, ok := r.done[path]; ok {
		return p, nil
	}
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	l := r.list[path]
	if l == nil {
		return nil, fmt.Errorf("not listed")
	}
	var files []*ast.File
	for _, name := range append(l.GoFiles, l.CgoFiles...) {
		f, err := goparser.ParseFile(r.fset, filepath.Join(l.Dir, name), nil, goparser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	conf := types.Config{
		IgnoreFuncBodies: true,
		FakeImportC:      true,
		Error:            func(error) {}, // a file may lack what an assembler gives
		Importer: importerFunc(func(p string) (*types.Package, error) {
			if m := l.ImportMap[p]; m != "" {
				p = m
			}
			return r.resolve(p)
		}),
	}
	p, _ := conf.Check(path, r.fset, files, nil)
	r.done[path] = p
	return p, nil
}

type importerFunc func(string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

// stdResolver is the standard library of linux; syscall/js comes from js.
var stdResolver = sync.OnceValues(func() (*resolver, error) {
	r, err := newResolver(".", []string{"GOOS=linux", "GOARCH=amd64"}, "std")
	if err != nil {
		return nil, err
	}
	js, err := newResolver(".", []string{"GOOS=js", "GOARCH=wasm"}, "syscall/js")
	if err != nil {
		return nil, err
	}
	p, err := js.resolve("syscall/js")
	if err != nil {
		return nil, err
	}
	r.done["syscall/js"] = p
	return r, nil
})

// publicStd returns the paths of the standard library that programs import.
func (r *resolver) publicStd() []string {
	var paths []string
	for path, l := range r.list {
		if l.Standard && !strings.HasPrefix(path, "vendor/") && !strings.Contains("/"+path+"/", "/internal/") && path != "unsafe" {
			paths = append(paths, path)
		}
	}
	paths = append(paths, "syscall/js")
	sort.Strings(paths)
	return paths
}

// builtinOf returns the built-in contracts of one module.
func builtinOf(t *testing.T, keep func(module string) bool) *Set {
	t.Helper()
	var configs []*Config
	for _, cfg := range Builtin().configs {
		for _, c := range cfg.Contracts {
			if keep(c.Module) {
				configs = append(configs, &Config{Name: cfg.Name, Contracts: []*Contract{c}})
			}
		}
	}
	return newSet(configs, nil)
}

func TestStdSymbolsResolve(t *testing.T) {
	r, err := stdResolver()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range builtinOf(t, func(m string) bool { return m == std }).Validate(r.resolve) {
		t.Error(err)
	}
}
