package driver

import (
	"bytes"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A dir is a directory with Go files that a build for this platform leaves out.
type dir struct {
	path  string
	files []string // base names
	whole bool     // no file is left, so that the package does not exist
}

// isExcluded reports whether build constraints leave nothing of p.
func (p *pkg) isExcluded() bool {
	return len(p.GoFiles)+len(p.CgoFiles) == 0 && len(p.IgnoredGoFiles) > 0
}

// excludedDirs returns the directories with files that build constraints
// exclude: those of the graph's roots, and those below the patterns in which
// nothing is left, which the go command does not list at all.
func excludedDirs(g *graph, base string, patterns []string) []dir {
	var out []dir
	known := map[string]bool{}
	for _, p := range g.roots {
		known[p.Dir] = true
		if len(p.IgnoredGoFiles) > 0 {
			out = append(out, dir{p.Dir, p.IgnoredGoFiles, p.isExcluded()})
		}
	}
	for _, pattern := range patterns {
		root, ok := strings.CutSuffix(filepath.ToSlash(pattern), "/...")
		if !ok || !build.IsLocalImport(root) && !filepath.IsAbs(root) || strings.Contains(root, "...") {
			continue
		}
		if !filepath.IsAbs(root) {
			root = filepath.Join(base, filepath.FromSlash(root))
		}
		filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return nil
			}
			if path != root {
				name := d.Name()
				if name == "testdata" || name == "vendor" || name == "node_modules" || name[0] == '.' || name[0] == '_' {
					return filepath.SkipDir
				}
				if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && !known[path] {
					return filepath.SkipDir // another module, and not one of the workspace
				}
			}
			if known[path] {
				return nil
			}
			known[path] = true
			if files := sources(path); len(files) > 0 {
				out = append(out, dir{path, files, true})
			}
			return nil
		})
	}
	slices.SortFunc(out, func(a, b dir) int { return strings.Compare(a.path, b.path) })
	return out
}

// sources returns the Go files in a directory that are not tests.
func sources(path string) []string {
	entries, _ := os.ReadDir(path)
	var files []string
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name[0] != '.' && name[0] != '_' && e.Type().IsRegular() {
			files = append(files, name)
		}
	}
	return files
}

// wantsJS reports whether some excluded file is part of a build for the
// browser and imports syscall/js, the one loop that lives on a platform of its
// own.
func wantsJS(dirs []dir, tags string) bool {
	ctxt := build.Default
	ctxt.GOOS, ctxt.GOARCH, ctxt.CgoEnabled = "js", "wasm", false
	ctxt.BuildTags = strings.FieldsFunc(tags, func(r rune) bool { return r == ',' || r == ' ' })
	for _, d := range dirs {
		for _, name := range d.files {
			if !importsJS(filepath.Join(d.path, name)) {
				continue
			}
			if match, err := ctxt.MatchFile(d.path, name); err == nil && match {
				return true
			}
		}
	}
	return false
}

const jsPackage = "syscall/js"

func importsJS(name string) bool {
	src, err := os.ReadFile(name)
	if err != nil || !bytes.Contains(src, []byte(jsPackage)) {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly|parser.SkipObjectResolution)
	if f == nil || err != nil && len(f.Imports) == 0 {
		return false
	}
	for _, spec := range f.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil && path == jsPackage {
			return true
		}
	}
	return false
}
