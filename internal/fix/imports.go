package fix

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"

	"golang.org/x/tools/go/ast/astutil"
)

// importEdits returns the edits that add the imports that are missing and drop
// the one that is not needed any more. What every fix of the file needs is one
// edit, and each further import is one: two fixes of one file then make the same
// edits, and a driver that applies both makes them once.
func (e *editor) importEdits() ([]Edit, bool) {
	var edits []Edit
	var always, more []string
	for _, path := range e.imports {
		if path == "context" || path == loopPath {
			always = append(always, path)
		} else {
			more = append(more, path)
		}
	}
	slices.Sort(always)
	sets := [][]string{always}
	for _, path := range more {
		sets = append(sets, []string{path})
	}
	for _, paths := range sets {
		if len(paths) == 0 {
			continue
		}
		ed, ok := e.importEdit(func(fset *token.FileSet, f *ast.File) bool {
			for _, path := range paths {
				astutil.AddImport(fset, f, path)
			}
			return true
		})
		if !ok {
			return nil, false
		}
		for _, other := range edits {
			if ed.Start <= other.End && other.Start <= ed.End {
				return nil, false // the two would depend on each other
			}
		}
		edits = append(edits, ed)
	}
	if e.drop {
		ed, ok := e.importEdit(func(fset *token.FileSet, f *ast.File) bool {
			return astutil.DeleteImport(fset, f, "time")
		})
		if !ok {
			return nil, false
		}
		edits = append(edits, ed)
	}
	return edits, true
}

// importEdit returns the smallest edit that changes the imports as change does.
func (e *editor) importEdit(change func(*token.FileSet, *ast.File) bool) (Edit, bool) {
	end := e.file.Name.End()
	for _, d := range e.file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			end = max(end, g.End())
		}
	}
	offset := e.tok.Offset(end)
	if i := bytes.IndexByte(e.src[offset:], '\n'); i >= 0 {
		offset += i + 1
	}
	head := e.src[:offset]
	print := func(change func(*token.FileSet, *ast.File) bool) []byte {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "", head, parser.ParseComments)
		if err != nil || !change(fset, f) {
			return nil
		}
		var b bytes.Buffer
		if err := format.Node(&b, fset, f); err != nil {
			return nil
		}
		return b.Bytes()
	}
	was := print(func(*token.FileSet, *ast.File) bool { return true })
	is := print(change)
	if was == nil || is == nil {
		return Edit{}, false
	}
	// The change is made to the source as it is: where that differs from what
	// gofmt would print, it must differ elsewhere.
	pre := 0
	for pre < len(was) && pre < len(is) && was[pre] == is[pre] {
		pre++
	}
	// An edit that begins with a whole line is easier to read, and to merge.
	pre = bytes.LastIndexByte(was[:pre], '\n') + 1
	suf := 0
	for suf < len(was)-pre && suf < len(is)-pre && was[len(was)-1-suf] == is[len(is)-1-suf] {
		suf++
	}
	if !bytes.HasPrefix(head, was[:pre]) || !bytes.HasSuffix(head, was[len(was)-suf:]) {
		return Edit{}, false
	}
	return Edit{Start: pre, End: len(head) - suf, New: string(is[pre : len(is)-suf])}, pre <= len(head)-suf
}
