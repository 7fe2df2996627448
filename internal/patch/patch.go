package patch

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"

	"github.com/rogpeppe/go-internal/diff"
	"golang.org/x/tools/go/ast/astutil"
)

// An Edit replaces the bytes from Start to End of a file with New.
type Edit struct {
	File       string // as it is opened
	Start, End int
	New        string
}

// A Set is a number of edits that do not overlap. The zero value is empty.
type Set struct {
	edits map[string][]Edit // by file
	fixes int
}

// Add adds the edits of one fix and reports whether it did: none is added when
// one of them overlaps an edit of another fix. The very same edit, of the
// imports, may belong to several fixes.
func (s *Set) Add(edits []Edit) bool {
	for i, a := range edits {
		for j, b := range edits {
			if i != j && overlap(a, b) {
				return false
			}
		}
		for _, b := range s.edits[a.File] {
			if a != b && overlap(a, b) {
				return false
			}
		}
	}
	if len(edits) == 0 {
		return false
	}
	if s.edits == nil {
		s.edits = map[string][]Edit{}
	}
	fresh := false
	for _, e := range edits {
		if !slices.Contains(s.edits[e.File], e) {
			s.edits[e.File] = append(s.edits[e.File], e)
			fresh = true
		}
	}
	if fresh {
		s.fixes++
	}
	return true
}

// Fixes returns how many different fixes are in the set.
func (s *Set) Fixes() int { return s.fixes }

// overlap reports whether the result would depend on which edit is made first.
func overlap(a, b Edit) bool {
	return a.File == b.File && (a.Start < b.End && b.Start < a.End || a.Start == b.Start)
}

// A File is a file before and after the edits.
type File struct {
	Name     string
	Old, New []byte
}

// Files returns the files that the edits change, sorted by name. The new text
// is formatted and has no imports that the edits left without a use. ReadFile
// returns what a file holds; nil stands for os.ReadFile.
func (s *Set) Files(readFile func(string) ([]byte, error)) ([]File, error) {
	if readFile == nil {
		readFile = os.ReadFile
	}
	var files []File
	for name, edits := range s.edits {
		old, err := readFile(name)
		if err != nil {
			return nil, err
		}
		text, err := apply(old, edits)
		if err != nil {
			return nil, fmt.Errorf("%s: %v", name, err)
		}
		text, err = tidy(old, text)
		if err != nil {
			return nil, fmt.Errorf("%s: the fixes do not fit: %v", name, err)
		}
		files = append(files, File{name, old, text})
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return files, nil
}

// apply makes edits that do not overlap.
func apply(src []byte, edits []Edit) ([]byte, error) {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > len(src) {
			return nil, fmt.Errorf("the file has changed since it was analysed")
		}
		out.Write(src[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.Write(src[at:])
	return out.Bytes(), nil
}

// tidy formats text, which was made from old, and drops the imports that only
// old makes use of. Lines end as those of old do.
func tidy(old, text []byte) ([]byte, error) {
	fset := token.NewFileSet()
	was, err := parser.ParseFile(fset, "", old, 0)
	if err != nil {
		return nil, err
	}
	is, err := parser.ParseFile(fset, "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var unused []*ast.ImportSpec
	for _, spec := range is.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err == nil && astutil.UsesImport(was, path) && !astutil.UsesImport(is, path) {
			unused = append(unused, spec)
		}
	}
	for _, spec := range unused {
		name := ""
		if spec.Name != nil {
			name = spec.Name.Name
		}
		path, _ := strconv.Unquote(spec.Path.Value)
		astutil.DeleteNamedImport(fset, is, name, path)
	}
	if len(unused) > 0 {
		var b bytes.Buffer
		if err := format.Node(&b, fset, is); err != nil {
			return nil, err
		}
		text = b.Bytes()
	} else if text, err = format.Source(text); err != nil {
		return nil, err
	}
	if n := bytes.Count(old, []byte("\n")); n > 0 && bytes.Count(old, []byte("\r\n")) == n {
		text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	}
	return text, nil
}

// Diff returns the change as a unified diff with the name of the file, or
// nothing when there is none.
func (f *File) Diff(name string) []byte {
	d := diff.Diff("a/"+name, f.Old, "b/"+name, f.New)
	// The line before the header names no command that could be run again.
	_, d, _ = bytes.Cut(d, []byte("\n"))
	return d
}

// Write writes the new text to the file, which keeps its mode.
func (f *File) Write() error {
	out, err := os.OpenFile(f.Name, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = out.Write(f.New)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}
