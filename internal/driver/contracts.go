package driver

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loopvet/loopvet/internal/contract"
)

// configName is the file with a project's own contracts.
const configName = ".loopvet.yaml"

// loadContracts returns the contracts in force: those built in, those in root's
// .loopvet.yaml if there is a root and it has one, and those of the given files,
// which are taken from dir. Names in errors are relative to dir.
func loadContracts(root, dir string, files []string) (*contract.Set, error) {
	var configs []*contract.Config
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
		configs = append(configs, c)
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
		return nil, errors.Join(errs...)
	}
	set := contract.Builtin()
	if len(configs) > 0 {
		set = set.With(configs...)
	}
	return set, nil
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
