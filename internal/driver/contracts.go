package driver

import (
	"errors"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
)

// configName is the file with a project's own contracts.
const configName = ".loopvet.yaml"

// loadContracts returns the contracts in force: those built in, those in root's
// .loopvet.yaml if there is a root and it has one, and those of the given files,
// which are taken from dir. The latter two are own. Names in errors are relative
// to dir.
func loadContracts(root, dir string, files []string) (set *contract.Set, own []*contract.Config, err error) {
	var errs []error
	read := func(name string, optional bool) {
		data, err := os.ReadFile(name)
		if err != nil {
			if !optional || !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
			return
		}
		c, err := contract.Parse(relative(dir, name), data)
		if err != nil {
			errs = append(errs, err)
			return
		}
		own = append(own, c)
	}
	if root != "" {
		read(filepath.Join(root, configName), true)
	}
	for _, name := range files {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		read(name, false)
	}
	if len(errs) > 0 {
		return nil, nil, errors.Join(errs...)
	}
	set = contract.Builtin()
	if len(own) > 0 {
		set = set.With(own...)
	}
	return set, own, nil
}

// validate checks that every symbol which the contracts name exists, as far as
// its package is part of the program.
func (l *loader) validate(own []*contract.Config) error {
	if len(own) == 0 {
		return nil
	}
	const absent = "not part of the program"
	// A world of its own: packages of the main modules are read from source, for
	// export data lacks what is not exported.
	w := &world{types: map[string]*types.Package{}}
	w.mu.Lock()
	defer w.mu.Unlock()
	errs := new(contract.Set).With(own...).Validate(func(path string) (*types.Package, error) {
		p := l.graph.byID[path]
		if p == nil || len(p.GoFiles)+len(p.CgoFiles) == 0 {
			return nil, errors.New(absent)
		}
		var data []byte
		if p.Module == nil || !p.Module.Main {
			data, _ = readExport(p.Export)
		}
		return l.imported(w, p, data), nil
	})
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return strings.HasSuffix(err.Error(), absent) })...)
}

// relative returns name as seen from dir when it lies below it, and name
// otherwise.
func relative(dir, name string) string {
	if rel, err := filepath.Rel(dir, name); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return name
}

// moduleRoot finds, without the go command, the directory whose .loopvet.yaml
// counts for what lies in dir: see environment.root.
func moduleRoot(dir string) string {
	switch work := os.Getenv("GOWORK"); {
	case work == "off":
	case work != "":
		return filepath.Dir(work)
	default:
		if d := above(dir, "go.work"); d != "" {
			return d
		}
	}
	return above(dir, "go.mod")
}

// above returns dir or the nearest directory above it that has a file of that
// name.
func above(dir, name string) string {
	for {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}
