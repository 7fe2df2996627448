package fix

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/types/typeutil"
)

// loopPath is the import path of the bundled runtime.
const loopPath = "github.com/loopvet/loopvet/runtime/loop"

// Applies reports whether a package may have something to fix: whether it
// imports the bundled runtime.
func Applies(pkg *types.Package) bool {
	return slices.ContainsFunc(pkg.Imports(), func(p *types.Package) bool { return p.Path() == loopPath })
}

// A Package is one package, parsed and type-checked without errors.
type Package struct {
	Fset  *token.FileSet
	Files []*ast.File
	Types *types.Package
	Info  *types.Info
	// ReadFile returns what a file of the package held when it was parsed.
	ReadFile func(name string) ([]byte, error)
}

// A Fix is a change of one file.
type Fix struct {
	Title string
	Edits []Edit // sorted; they do not overlap
}

// An Edit replaces the bytes from Start to End of a file with New.
type Edit struct {
	File       string // base name within the package
	Start, End int
	New        string
}

// registrations are the methods of *loop.Loop that take a callback which may be
// cut in two. A watcher is called in every turn and would queue work without
// end; what settles a promise, or closes a handle, must be through when it
// returns.
var registrations = map[string]bool{
	"Post": true, "NextTick": true, "QueueMicrotask": true, "SetImmediate": true,
	"SetTimeout": true, "SetInterval": true,
	"NewTimer": true, "NewAsync": true, "NewSignal": true,
}

// Offload returns the fix for the call of a function, named as
// [types.Func.FullName] does, at pos: the start of the call or of its
// selector. It returns nil when the call is not in the plain form.
func Offload(pkg *Package, pos token.Pos, callee string) *Fix {
	e := newEditor(pkg, pos, callee)
	if e == nil || !e.plain() || !e.movable() {
		return nil
	}
	if callee == "time.Sleep" {
		return e.timer()
	}
	return e.work()
}

// An editor holds one call and what stands around it.
type editor struct {
	*Package
	file *ast.File
	tok  *token.File
	src  []byte
	decl ast.Decl // that holds the call

	call  *ast.CallExpr
	fn    *types.Func // what is called
	stmt  ast.Stmt    // of the literal's body
	cond  *ast.IfStmt // stmt, when it is an if statement with the call in front
	lhs   []ast.Expr  // what the results go to
	how   token.Token // := or =
	lit   *ast.FuncLit
	at    int             // index of stmt in the literal's body
	reg   *ast.CallExpr   // that the literal is handed to
	scope *types.Scope    // at stmt
	loop  string          // the expression of the loop
	used  map[string]bool // names that occur in the declaration
	once  *finality

	imports []string // paths to add
	drop    bool     // the import of time
}

// newEditor finds the call, and returns nil when it is not there or the file
// cannot be edited.
func newEditor(pkg *Package, pos token.Pos, callee string) *editor {
	e := &editor{Package: pkg}
	for _, f := range pkg.Files {
		if f.FileStart <= pos && pos < f.FileEnd {
			e.file = f
		}
	}
	if e.file == nil || !pos.IsValid() {
		return nil
	}
	e.tok = pkg.Fset.File(e.file.FileStart)
	// A file that was made from another one is not the one to edit.
	if e.tok == nil || pkg.Fset.Position(pos).Filename != e.tok.Name() || pkg.Fset.Position(pos).Line != pkg.Fset.PositionFor(pos, false).Line {
		return nil
	}
	for _, spec := range e.file.Imports {
		if spec.Path.Value == `"C"` {
			return nil
		}
	}
	src, err := pkg.ReadFile(e.tok.Name())
	if err != nil || len(src) != e.tok.Size() {
		return nil
	}
	e.src = src
	for _, d := range e.file.Decls {
		if d.Pos() <= pos && pos < d.End() {
			e.decl = d
		}
	}
	if e.decl == nil {
		return nil
	}
	path := pathTo(e.decl, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return false
		}
		at := c.Fun.Pos() == pos
		if sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr); ok {
			at = at || sel.Sel.Pos() == pos
		}
		fn, ok := typeutil.Callee(pkg.Info, c).(*types.Func)
		return at && ok && fn.Origin().FullName() == callee
	})
	if path == nil || !e.place(path) {
		return nil
	}
	e.used = map[string]bool{}
	ast.Inspect(e.decl, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			// A name behind a dot hides nothing.
			ast.Inspect(sel.X, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					e.used[id.Name] = true
				}
				return true
			})
			return false
		}
		if id, ok := n.(*ast.Ident); ok {
			e.used[id.Name] = true
		}
		return true
	})
	e.once = newFinality(pkg.Info, e.decl)
	return e
}

// pathTo returns the nodes from root to the first node that is wanted.
func pathTo(root ast.Node, want func(ast.Node) bool) (path []ast.Node) {
	var stack []ast.Node
	ast.Inspect(root, func(n ast.Node) bool {
		if path != nil {
			return false
		}
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		if want(n) {
			path = append(path, stack...)
		}
		return path == nil
	})
	return path
}

// place reads the way to the call: a statement of the body of a literal that is
// handed to the runtime. It reports whether that is where the call stands.
func (e *editor) place(path []ast.Node) bool {
	next := func() ast.Node {
		for len(path) > 0 {
			n := path[len(path)-1]
			path = path[:len(path)-1]
			if _, ok := n.(*ast.ParenExpr); !ok {
				return n
			}
		}
		return nil
	}
	e.call = next().(*ast.CallExpr)
	e.fn = typeutil.Callee(e.Info, e.call).(*types.Func)
	n := next()
	switch n := n.(type) {
	case *ast.ExprStmt:
		e.stmt = n
	case *ast.AssignStmt:
		if len(n.Rhs) != 1 || n.Tok != token.DEFINE && n.Tok != token.ASSIGN || ast.Unparen(n.Rhs[0]) != e.call {
			return false
		}
		e.stmt, e.lhs, e.how = n, n.Lhs, n.Tok
	default:
		return false
	}
	n = next()
	if cond, ok := n.(*ast.IfStmt); ok {
		if cond.Init != e.stmt {
			return false
		}
		e.stmt, e.cond = cond, cond
		n = next()
	}
	body, ok := n.(*ast.BlockStmt)
	if !ok {
		return false
	}
	e.lit, ok = next().(*ast.FuncLit)
	if !ok || e.lit.Body != body {
		return false
	}
	for i, s := range body.List {
		if s == e.stmt {
			e.at = i
		}
	}
	e.reg, ok = next().(*ast.CallExpr)
	return ok
}

// plain reports whether the literal is a callback of the bundled runtime that
// may end where the call stands and go on elsewhere.
func (e *editor) plain() bool {
	if res := e.lit.Type.Results; res != nil && len(res.List) > 0 {
		return false
	}
	if e.scope = e.Types.Scope().Innermost(e.stmt.Pos()); e.scope == nil {
		return false
	}
	if !e.findLoop() {
		return false
	}
	if !e.lhsLocal() {
		return false
	}
	for _, s := range e.lit.Body.List[:e.at] {
		if e.holds(s) {
			return false
		}
	}
	for _, c := range e.file.Comments {
		end := e.stmt.End()
		if e.cond != nil {
			end = e.cond.Cond.Pos()
		}
		if e.stmt.Pos() <= c.Pos() && c.End() <= end && !(e.call.Pos() <= c.Pos() && c.End() <= e.call.End()) {
			return false // a comment that would be lost
		}
	}
	return !e.leaks()
}

// holds reports whether a statement in front of the call must not be torn from
// what follows: it defers something to the end of the callback, or takes a
// lock, or is the target of a jump.
func (e *editor) holds(s ast.Stmt) (held bool) {
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.DeferStmt, *ast.LabeledStmt:
			held = true
		case *ast.CallExpr:
			if fn, ok := typeutil.Callee(e.Info, n).(*types.Func); ok {
				switch fn.Name() {
				case "Lock", "RLock", "TryLock", "TryRLock":
					held = true
				}
			}
		}
		return !held
	})
	return held
}

// lhsLocal reports whether what the call's results are assigned to is seen by
// the rest of the literal alone.
func (e *editor) lhsLocal() bool {
	for _, x := range e.lhs {
		id, ok := ast.Unparen(x).(*ast.Ident)
		if !ok {
			return false
		}
		obj := e.Info.Uses[id]
		if id.Name == "_" || obj == nil {
			continue // new
		}
		if obj.Pos() < e.lit.Pos() || obj.Pos() >= e.lit.End() || e.captured(obj) {
			return false
		}
	}
	return true
}

// captured reports whether a literal in front of the call mentions a variable.
func (e *editor) captured(obj types.Object) (found bool) {
	for _, s := range e.lit.Body.List[:e.at] {
		ast.Inspect(s, func(n ast.Node) bool {
			if lit, ok := n.(*ast.FuncLit); ok {
				found = found || e.mentions(lit, obj)
				return false
			}
			return !found
		})
	}
	return found
}

func (e *editor) mentions(root ast.Node, obj types.Object) (found bool) {
	ast.Inspect(root, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && e.Info.Uses[id] == obj {
			found = true
		}
		return !found
	})
	return found
}

// leaks reports whether the rest of the literal assigns a variable of the
// function around it that is used after the registration: it would be assigned
// later than before. It also reports names that the if form's variables, whose
// scope grows, would hide.
func (e *editor) leaks() (leak bool) {
	late := map[types.Object]bool{}
	target := func(x ast.Expr) {
		if id, ok := ast.Unparen(x).(*ast.Ident); ok {
			if v, ok := e.Info.Uses[id].(*types.Var); ok && v.Parent() != e.Types.Scope() && v.Pos() < e.lit.Pos() {
				late[v] = true
			}
		}
	}
	for _, s := range e.lit.Body.List[e.at:] {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, x := range n.Lhs {
					target(x)
				}
			case *ast.IncDecStmt:
				target(n.X)
			}
			return true
		})
	}
	ast.Inspect(e.decl, func(n ast.Node) bool {
		if n == e.lit {
			return false
		}
		if id, ok := n.(*ast.Ident); ok && id.Pos() > e.reg.Pos() && late[e.Info.Uses[id]] {
			leak = true
		}
		return !leak
	})
	if e.cond == nil {
		return leak
	}
	return leak || slices.ContainsFunc(e.lhs, func(x ast.Expr) bool { return e.hides(ast.Unparen(x).(*ast.Ident)) })
}

// hides reports whether a variable of the if form, which the rest of the literal
// will see too, means something else there: another variable, or one that is
// declared anew and is not just the same thing again.
func (e *editor) hides(name *ast.Ident) (hidden bool) {
	if name.Name == "_" {
		return false
	}
	obj := e.Info.ObjectOf(name)
	for _, s := range e.lit.Body.List[e.at+1:] {
		ast.Inspect(s, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || id.Name != name.Name {
				return !hidden
			}
			if used := e.Info.Uses[id]; used != nil && used != obj && used.Pos() < s.Pos() && used.Parent() != e.Info.Scopes[e.lit.Type] && !isField(used) {
				hidden = true
			}
			if used := e.Info.Uses[id]; used != nil && used.Pos() < e.stmt.Pos() && !isField(used) {
				hidden = true
			}
			if def := e.Info.Defs[id]; def != nil && def.Parent() == e.Info.Scopes[e.lit.Type] {
				hidden = hidden || !types.Identical(def.Type(), obj.Type()) || inLiteral(e.cond, name.Name)
			}
			return !hidden
		})
	}
	return hidden
}

// inLiteral reports whether a function literal under n has an identifier of that
// name.
func inLiteral(n ast.Node, name string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok {
			ast.Inspect(lit, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && id.Name == name {
					found = true
				}
				return !found
			})
		}
		return !found
	})
	return found
}

func isField(obj types.Object) bool {
	v, ok := obj.(*types.Var)
	return ok && v.IsField()
}
