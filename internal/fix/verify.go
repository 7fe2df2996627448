package fix

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

func (e *editor) calleeOf(call *ast.CallExpr) *types.Func {
	return typeutil.Callee(e.Info, call).(*types.Func)
}

// compiles reports whether the declaration compiles once the edits are made.
// All others are checked without their bodies: what a fix may break is inside
// the declaration, except for imports, and those are counted elsewhere.
func (e *editor) compiles(edits []Edit) bool {
	fset := token.NewFileSet()
	for _, f := range e.Files {
		if tf := e.Fset.File(f.FileStart); tf != nil && f != e.file {
			fset.AddExistingFiles(tf)
		}
	}
	file, err := parser.ParseFile(fset, e.tok.Name(), Apply(e.src, edits), parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	index := 0
	for i, d := range e.file.Decls {
		if d == e.decl {
			index = len(e.file.Decls) - i
		}
	}
	if index > len(file.Decls) { // counted from the end: imports may have been added
		return false
	}
	decl := file.Decls[len(file.Decls)-index]

	var files []*ast.File
	for _, f := range e.Files {
		if f == e.file {
			f = file
		}
		files = append(files, withoutBodies(f, decl))
	}
	failed := false
	conf := types.Config{
		GoVersion:   e.Types.GoVersion(),
		FakeImportC: true,
		Importer:    e.importer(),
		Error: func(err error) {
			var te types.Error
			if !errors.As(err, &te) || decl.Pos() <= te.Pos && te.Pos <= decl.End() {
				failed = true
			}
		},
	}
	conf.Check(e.Types.Path(), fset, files, nil)
	return !failed
}

// withoutBodies returns f with the bodies of functions left out, except that of
// keep and of those that must have one.
func withoutBodies(f *ast.File, keep ast.Decl) *ast.File {
	out := *f
	out.Decls = nil
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && d != keep && fn.Body != nil {
			bare := *fn
			bare.Body = &ast.BlockStmt{Lbrace: fn.Body.Lbrace, Rbrace: fn.Body.Rbrace}
			d = &bare
		}
		out.Decls = append(out.Decls, d)
	}
	return &out
}

// An importer knows the packages that a package imports, and the two that a fix
// may add.
type importer map[string]*types.Package

func (m importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := m[path]; p != nil {
		return p, nil
	}
	return nil, errors.New("not imported")
}

func (e *editor) importer() types.Importer {
	m := importer{}
	loop := e.loopPackage()
	m[loop.Path()] = loop
	if f, ok := e.loopFunc("QueueFunc"); ok {
		if named, ok := types.Unalias(f.Signature().Params().At(0).Type()).(*types.Named); ok {
			m["context"] = contextOf(named.Obj())
		}
	}
	for _, p := range e.Types.Imports() {
		if m[p.Path()] == nil || p.Scope().Lookup("Background") != nil {
			m[p.Path()] = p
		}
	}
	for _, f := range e.Files {
		for _, spec := range f.Imports {
			if name := e.Info.PkgNameOf(spec); name != nil {
				m[spec.Path.Value[1:len(spec.Path.Value)-1]] = name.Imported()
			}
		}
	}
	return m
}

// contextOf returns package context with what a fix needs of it. One that is
// known by the imports of another package may have been read in part.
func contextOf(typ *types.TypeName) *types.Package {
	if typ.Pkg().Scope().Lookup("Background") != nil {
		return typ.Pkg()
	}
	p := types.NewPackage("context", "context")
	p.Scope().Insert(typ)
	result := types.NewTuple(types.NewParam(token.NoPos, p, "", typ.Type()))
	p.Scope().Insert(types.NewFunc(token.NoPos, p, "Background", types.NewSignatureType(nil, nil, nil, nil, result, false)))
	p.MarkComplete()
	return p
}
