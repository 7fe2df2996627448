package fix

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// findLoop finds the expression of the loop that the literal is registered
// with: the receiver of the registration, or an argument of it. It reports
// whether the expression means the same inside the literal.
func (e *editor) findLoop() bool {
	fn, ok := typeutil.Callee(e.Info, e.reg).(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Pkg().Path() != loopPath {
		return false
	}
	var x ast.Expr
	var embedded string
	recv := fn.Signature().Recv()
	switch {
	case recv == nil:
		if fn.Name() != "QueueWork" && fn.Name() != "QueueFunc" || len(e.reg.Args) < 4 || ast.Unparen(e.reg.Args[3]) != e.lit {
			return false
		}
		x = e.reg.Args[1]
	case isLoop(recv.Type()):
		sel, ok := ast.Unparen(e.reg.Fun).(*ast.SelectorExpr)
		if !ok || !registrations[fn.Name()] || !slices.ContainsFunc(e.reg.Args, func(a ast.Expr) bool { return ast.Unparen(a) == e.lit }) {
			return false
		}
		s := e.Info.Selections[sel]
		if s == nil || s.Kind() != types.MethodVal {
			return false
		}
		x = sel.X
		t := s.Recv()
		for _, i := range s.Index()[:len(s.Index())-1] {
			if p, ok := types.Unalias(t).Underlying().(*types.Pointer); ok {
				t = p.Elem()
			}
			st, ok := t.Underlying().(*types.Struct)
			if !ok {
				return false
			}
			embedded += "." + st.Field(i).Name()
			t = st.Field(i).Type()
		}
		if !isLoop(t) {
			return false
		}
	default:
		return false
	}
	if embedded == "" && !isLoop(e.Info.TypeOf(x)) || !e.stable(x) {
		return false
	}
	e.loop = e.text(x) + embedded
	return !e.assigned(e.loop)
}

func isLoop(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	return ok && isNamed(p.Elem(), loopPath, "Loop")
}

func isNamed(t types.Type, pkg, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == pkg
}

// stable reports whether x is a variable, or a field of one, of the same name
// at the statement.
func (e *editor) stable(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		obj := e.Info.Uses[x]
		switch obj.(type) {
		case *types.Var, *types.PkgName:
			return e.lookup(x.Name) == obj
		}
	case *ast.SelectorExpr:
		if v, ok := e.Info.Uses[x.Sel].(*types.Var); ok && v != nil {
			return e.stable(x.X)
		}
	}
	return false
}

// assigned reports whether the literal assigns an expression of that text.
func (e *editor) assigned(text string) (found bool) {
	ast.Inspect(e.lit.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for _, x := range a.Lhs {
				found = found || e.text(x) == text
			}
		}
		return !found
	})
	return found
}

// lookup returns what a name means at the statement.
func (e *editor) lookup(name string) types.Object {
	_, obj := e.scope.LookupParent(name, e.stmt.Pos())
	return obj
}

// context returns the name of the context to hand to the work: one that the
// call uses, or the nearest; "" when there is none.
func (e *editor) context() string {
	for _, a := range e.call.Args {
		if id, ok := ast.Unparen(a).(*ast.Ident); ok {
			if v, ok := e.Info.Uses[id].(*types.Var); ok && isNamed(v.Type(), "context", "Context") && v.Parent() != e.Types.Scope() {
				return id.Name
			}
		}
	}
	for s := e.scope; s != nil && s != e.Types.Scope(); s = s.Parent() {
		names := s.Names()
		if i := slices.Index(names, "ctx"); i > 0 {
			names = append([]string{"ctx"}, names...)
		}
		for _, name := range names {
			v, ok := s.Lookup(name).(*types.Var)
			if ok && name != "_" && isNamed(v.Type(), "context", "Context") && e.lookup(name) == v && !e.endsEarly(v) {
				return name
			}
		}
	}
	return ""
}

// endsEarly reports whether a context is cancelled when the function that makes
// it returns, and that function does not run the loop: it has ended by the time
// the callback runs.
func (e *editor) endsEarly(ctx *types.Var) bool {
	var cancel types.Object
	ast.Inspect(e.decl, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == 2 {
			if id, ok := a.Lhs[0].(*ast.Ident); ok && (e.Info.Defs[id] == ctx || e.Info.Uses[id] == ctx) {
				if id, ok := a.Lhs[1].(*ast.Ident); ok {
					cancel = e.Info.ObjectOf(id)
				}
			}
		}
		return true
	})
	if cancel == nil {
		return false
	}
	deferred, runs := false, false
	ast.Inspect(e.decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			deferred = deferred || e.mentions(n, cancel)
		case *ast.CallExpr:
			if fn, ok := typeutil.Callee(e.Info, n).(*types.Func); ok && fn.Pkg() != nil && fn.Pkg().Path() == loopPath {
				runs = runs || fn.Name() == "Run" || fn.Name() == "RunOnce"
			}
		}
		return true
	})
	return deferred && !runs
}

// qualifier returns the name by which the file knows a package, to be followed
// by a dot, and adds an import when it may. It reports whether there is one.
func (e *editor) qualifier(pkg *types.Package) (string, bool) {
	if pkg == e.Types {
		return "", true
	}
	for _, spec := range e.file.Imports {
		p := e.Info.PkgNameOf(spec)
		if p == nil || p.Imported().Path() != pkg.Path() || p.Name() == "_" || p.Name() == "." {
			continue
		}
		return p.Name(), e.lookup(p.Name()) == p
	}
	path := pkg.Path()
	first, _, _ := strings.Cut(path, "/")
	if path != loopPath && (strings.Contains(first, ".") || strings.Contains("/"+path+"/", "/internal/")) {
		return "", false
	}
	if e.lookup(pkg.Name()) != nil {
		return "", false
	}
	// Somewhere in the file the name may mean something else that a
	// file-wide import does not change; in the package it may not.
	if e.Types.Scope().Lookup(pkg.Name()) != nil {
		return "", false
	}
	if !slices.Contains(e.imports, path) {
		e.imports = append(e.imports, path)
	}
	return pkg.Name(), true
}

// typeText writes a type as the file would. It reports whether it can.
func (e *editor) typeText(t types.Type) (string, bool) {
	ok := true
	s := types.TypeString(t, func(p *types.Package) string {
		name, found := e.qualifier(p)
		ok = ok && found
		return name
	})
	return s, ok
}

// fresh returns a name that is free, and takes it.
func (e *editor) fresh(base string) string {
	if !token.IsIdentifier(base) && !token.IsKeyword(base) {
		base = "v"
	}
	name := base
	for i := 2; !e.free(name); i++ {
		name = base + strconv.Itoa(i)
	}
	e.used[name] = true
	return name
}

// free reports whether a name may be declared: it does not occur in the
// declaration, and would hide nothing.
func (e *editor) free(name string) bool {
	return token.IsIdentifier(name) && !e.used[name] && e.lookup(name) == nil
}

// text returns the source of a node.
func (e *editor) text(n ast.Node) string { return e.between(n.Pos(), n.End()) }

func (e *editor) between(from, to token.Pos) string {
	return string(e.src[e.tok.Offset(from):e.tok.Offset(to)])
}
