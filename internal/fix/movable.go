package fix

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/tools/go/types/typeutil"
)

// A call that moves to a worker takes its operands along. Each of them must be
// read before, on the loop, or be something that no other callback changes
// meanwhile: this file decides which, and errs on the side of no.

// A hoist is an operand that is read before the work is queued.
type hoist struct {
	x     ast.Expr
	name  string
	other string // in case the name is taken: what the callee calls it
}

// movable reports whether the call may run on another goroutine, operands and
// all. A sleep stays, and so do functions of the program itself, which may use
// what belongs to the loop.
func (e *editor) movable() bool {
	if e.fn.Pkg() == nil || e.fn.Pkg() == e.Types || strings.HasPrefix(e.fn.Pkg().Path(), "github.com/loopvet/loopvet/runtime/") {
		return false
	}
	if e.fn.FullName() == "time.Sleep" {
		return true
	}
	_, ok := e.operands()
	return ok
}

// operands returns those operands of the call that are to be read before.
func (e *editor) operands() (hoists []hoist, ok bool) {
	var operand func(x ast.Expr, param string) bool
	operand = func(x ast.Expr, param string) bool {
		if e.safe(x) {
			return true
		}
		if t := e.Info.TypeOf(x); immutable(t, 0) || concurrent(t) {
			hoists = append(hoists, hoist{x, baseName(x, param), baseName(nil, param)})
			return true
		}
		// What is made out of operands may be made by the worker.
		switch x := ast.Unparen(x).(type) {
		case *ast.CallExpr:
			if !e.pure(x.Fun) {
				return false
			}
			for _, a := range x.Args {
				if !operand(a, "arg") {
					return false
				}
			}
			return true
		case *ast.UnaryExpr:
			_, lit := ast.Unparen(x.X).(*ast.CompositeLit)
			return lit && x.Op == token.AND && operand(x.X, param)
		case *ast.CompositeLit:
			for _, el := range x.Elts {
				if kv, ok := el.(*ast.KeyValueExpr); ok {
					if !isStruct(e.Info.TypeOf(x)) && !operand(kv.Key, "key") {
						return false
					}
					el = kv.Value
				}
				if !operand(el, "elem") {
					return false
				}
			}
			return true
		}
		return false
	}
	switch fun := ast.Unparen(e.call.Fun).(type) {
	case *ast.SelectorExpr:
		if s := e.Info.Selections[fun]; s != nil && (s.Kind() != types.MethodVal || !operand(fun.X, "recv")) {
			return nil, false
		}
	case *ast.Ident:
	default:
		return nil, false
	}
	params := e.fn.Signature().Params()
	for i, a := range e.call.Args {
		param := "arg"
		if i < params.Len() {
			param = params.At(i).Name()
		}
		if !operand(a, param) {
			return nil, false
		}
	}
	return hoists, true
}

// baseName returns a name for the value of x.
func baseName(x ast.Expr, base string) string {
	if p, ok := x.(*ast.ParenExpr); ok {
		x = p.X
	}
	switch x := x.(type) {
	case *ast.Ident:
		base = x.Name
	case *ast.SelectorExpr:
		base = x.Sel.Name
	}
	if r, n := utf8.DecodeRuneInString(base); unicode.IsUpper(r) {
		base = string(unicode.ToLower(r)) + base[n:]
	}
	if base == "" || base == "_" {
		return "arg"
	}
	return base
}

func isStruct(t types.Type) bool {
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// safe reports whether x has the same value on another goroutine and later, and
// that value is nobody else's.
func (e *editor) safe(x ast.Expr) bool {
	x = ast.Unparen(x)
	tv := e.Info.Types[x]
	if tv.Value != nil || tv.IsNil() || tv.IsType() {
		return true
	}
	switch x := x.(type) {
	case *ast.Ident:
		v, ok := e.Info.Uses[x].(*types.Var)
		if !ok || v.Parent() == e.Types.Scope() {
			return false
		}
		if immutable(v.Type(), 0) || concurrent(v.Type()) {
			return !e.once.changed[v]
		}
		return e.own(v)
	case *ast.SelectorExpr:
		if s := e.Info.Selections[x]; s != nil && s.Kind() == types.FieldVal {
			if id, ok := ast.Unparen(x.X).(*ast.Ident); ok {
				v, ok := e.Info.Uses[id].(*types.Var)
				return ok && e.own(v)
			}
		}
		return false
	case *ast.CallExpr:
		if !e.pure(x.Fun) {
			return false
		}
		return e.allSafe(x.Args)
	case *ast.CompositeLit:
		for _, el := range x.Elts {
			if kv, ok := el.(*ast.KeyValueExpr); ok {
				if !isStruct(e.Info.TypeOf(x)) && !e.safe(kv.Key) {
					return false
				}
				el = kv.Value
			}
			if !e.safe(el) {
				return false
			}
		}
		return true
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			_, ok := ast.Unparen(x.X).(*ast.CompositeLit)
			return ok && e.safe(x.X)
		}
		return x.Op != token.ARROW && e.safe(x.X)
	case *ast.BinaryExpr:
		return e.safe(x.X) && e.safe(x.Y)
	}
	return false
}

func (e *editor) allSafe(xs []ast.Expr) bool {
	for _, x := range xs {
		if !e.safe(x) {
			return false
		}
	}
	return true
}

// pure reports whether a call of fun makes something new out of its arguments:
// a conversion, or a function of the standard library.
func (e *editor) pure(fun ast.Expr) bool {
	if tv := e.Info.Types[fun]; tv.IsType() {
		// Of a slice or a pointer the conversion is the same thing again; the
		// argument is looked at as well.
		return true
	}
	switch obj := typeutil.Callee(e.Info, &ast.CallExpr{Fun: fun}).(type) {
	case *types.Builtin:
		switch obj.Name() {
		case "len", "cap", "make", "new", "min", "max":
			return true
		}
	case *types.Func:
		return isStdFunc(obj)
	}
	return false
}

// isStdFunc reports whether fn is a function, not a method, of the standard
// library.
func isStdFunc(fn *types.Func) bool {
	if fn.Pkg() == nil || fn.Signature().Recv() != nil {
		return false
	}
	first, _, _ := strings.Cut(fn.Pkg().Path(), "/")
	return !strings.Contains(first, ".")
}

// own reports whether a variable belongs to this run of the callback alone: it
// is a parameter of the literal, or made in it, and has not been given away
// before the call.
func (e *editor) own(v *types.Var) bool {
	if v == nil || v.Pos() < e.lit.Pos() || v.Pos() >= e.lit.End() || e.once.changed[v] || e.captured(v) {
		return false
	}
	if v.Pos() < e.lit.Body.Pos() {
		return !e.given(v)
	}
	made := false
	for _, s := range e.lit.Body.List[:e.at] {
		a, ok := s.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE {
			continue
		}
		for i, x := range a.Lhs {
			id, ok := x.(*ast.Ident)
			if !ok || e.Info.Defs[id] != v {
				continue
			}
			rhs := a.Rhs[0]
			if len(a.Rhs) == len(a.Lhs) {
				rhs = a.Rhs[i]
			}
			made = e.makes(rhs)
		}
	}
	return made && !e.given(v)
}

// makes reports whether x is a new value.
func (e *editor) makes(x ast.Expr) bool {
	x = ast.Unparen(x)
	if u, ok := x.(*ast.UnaryExpr); ok && u.Op == token.AND {
		x = ast.Unparen(u.X)
	}
	var parts []ast.Expr
	switch x := x.(type) {
	case *ast.CallExpr:
		if !e.pure(x.Fun) {
			return false
		}
		parts = x.Args
	case *ast.CompositeLit:
		for _, el := range x.Elts {
			if kv, ok := el.(*ast.KeyValueExpr); ok {
				el = kv.Value
			}
			parts = append(parts, el)
		}
	default:
		return false
	}
	for _, p := range parts {
		if t := e.Info.TypeOf(p); !e.safe(p) && !immutable(t, 0) && !concurrent(t) {
			return false
		}
	}
	return true
}

// given reports whether a statement in front of the call hands a variable on:
// anything but a field, an element, a method, or an argument of a function of
// the standard library. It also reports that it is given something which others
// have.
func (e *editor) given(v *types.Var) (given bool) {
	for _, s := range e.lit.Body.List[:e.at] {
		if a, ok := s.(*ast.AssignStmt); ok && a.Tok != token.DEFINE {
			for i, x := range a.Lhs {
				if e.mentions(x, v) && (len(a.Lhs) != len(a.Rhs) || !e.fits(a.Rhs[i])) {
					return true
				}
			}
		}
		var stack []ast.Node
		ast.Inspect(s, func(n ast.Node) bool {
			if n == nil {
				stack = stack[:len(stack)-1]
				return true
			}
			if id, ok := n.(*ast.Ident); ok && e.Info.Uses[id] == v && len(stack) > 0 {
				switch p := stack[len(stack)-1].(type) {
				case *ast.SelectorExpr, *ast.IndexExpr, *ast.StarExpr:
				case *ast.BinaryExpr: // a comparison
				case *ast.CallExpr:
					if !e.pure(p.Fun) {
						given = true
					}
				default:
					given = true
				}
			}
			stack = append(stack, n)
			return true
		})
	}
	return given
}

// fits reports whether the value of x may be kept by what moves to a worker.
func (e *editor) fits(x ast.Expr) bool {
	if u, ok := ast.Unparen(x).(*ast.UnaryExpr); ok && u.Op == token.AND {
		if id, ok := ast.Unparen(u.X).(*ast.Ident); ok {
			obj := e.Info.Uses[id]
			return obj != nil && e.lit.Pos() <= obj.Pos() && obj.Pos() < e.lit.End() && !e.captured(obj)
		}
	}
	t := e.Info.TypeOf(x)
	return e.safe(x) || e.makes(x) || immutable(t, 0) || concurrent(t) || isStdStream(e.Info, x)
}

// isStdStream reports whether x is os.Stdin, os.Stdout or os.Stderr.
func isStdStream(info *types.Info, x ast.Expr) bool {
	sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v, ok := info.Uses[sel.Sel].(*types.Var)
	return ok && v.Pkg() != nil && v.Pkg().Path() == "os" && strings.HasPrefix(v.Name(), "Std")
}

// immutable reports whether a value of the type shares nothing that changes.
func immutable(t types.Type, depth int) bool {
	if t == nil || depth > 5 {
		return false
	}
	if isNamed(t, "time", "Time") {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() != types.UnsafePointer && u.Kind() != types.Invalid
	case *types.Array:
		return immutable(u.Elem(), depth+1)
	case *types.Struct:
		if hasLock(t) {
			return false
		}
		for f := range u.Fields() {
			if !immutable(f.Type(), depth+1) {
				return false
			}
		}
		return true
	}
	return false
}

// hasLock reports whether values of the type must not be copied.
func hasLock(t types.Type) bool {
	if _, ok := types.Unalias(t).(*types.Named); !ok {
		return false
	}
	obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, nil, "Lock")
	return obj != nil
}

// concurrentTypes may be used by several goroutines at once, in any order.
var concurrentTypes = map[string]bool{
	"context.Context":    true,
	"*database/sql.DB":   true,
	"*database/sql.Stmt": true,
	"*net/http.Client":   true,
	"*net.Dialer":        true,
	"*net.Resolver":      true,
	"*os.Root":           true,
	"*regexp.Regexp":     true,
	"*time.Location":     true,
	"embed.FS":           true,
	"error":              true,
}

func concurrent(t types.Type) bool {
	return t != nil && concurrentTypes[types.TypeString(types.Unalias(t), nil)]
}

// finality knows which variables of a declaration are assigned after they are
// declared, or have their address taken.
type finality struct {
	changed map[types.Object]bool
}

func newFinality(info *types.Info, decl ast.Decl) *finality {
	f := &finality{map[types.Object]bool{}}
	change := func(x ast.Expr) {
		for {
			switch y := ast.Unparen(x).(type) {
			case *ast.Ident:
				if obj := info.Uses[y]; obj != nil {
					f.changed[obj] = true
				}
				return
			case *ast.SelectorExpr: // of a struct the field is part of the variable
				if _, ptr := info.TypeOf(y.X).Underlying().(*types.Pointer); ptr {
					return
				}
				x = y.X
			case *ast.IndexExpr:
				if _, array := info.TypeOf(y.X).Underlying().(*types.Array); !array {
					return
				}
				x = y.X
			default:
				return
			}
		}
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				change(x)
			}
		case *ast.IncDecStmt:
			change(n.X)
		case *ast.RangeStmt:
			if n.Key != nil {
				change(n.Key)
			}
			if n.Value != nil {
				change(n.Value)
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				change(n.X)
			}
		case *ast.SelectorExpr:
			// A method with a pointer receiver takes the address.
			if s := info.Selections[n]; s != nil && s.Kind() == types.MethodVal {
				if recv := s.Obj().(*types.Func).Signature().Recv(); recv != nil {
					_, ptr := recv.Type().Underlying().(*types.Pointer)
					if _, has := s.Recv().Underlying().(*types.Pointer); ptr && !has {
						change(n.X)
					}
				}
			}
		}
		return true
	})
	return f
}
