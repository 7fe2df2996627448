package effect

import (
	"go/token"
	"go/types"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// FuncSym returns the symbol of a declared function or method, with the type
// arguments of a generic one left out.
func FuncSym(f *types.Func) Sym {
	f = f.Origin()
	sym := Sym{Name: f.Name()}
	if f.Pkg() != nil {
		sym.Pkg = f.Pkg().Path()
	}
	if recv := f.Signature().Recv(); recv != nil {
		t, ptr := deref(recv.Type())
		name := "interface"
		if obj := typeName(t); obj != nil {
			name = obj.Name()
			if obj.Pkg() == nil {
				sym.Pkg = "" // error.Error
			}
		}
		if ptr {
			name = "*" + name
		}
		sym.Name = "(" + name + ")." + sym.Name
	}
	return sym
}

// SSASym returns the symbol of an ssa function.
func SSASym(fn *ssa.Function) Sym {
	fn = origin(fn)
	if parent := fn.Parent(); parent != nil {
		sym := SSASym(parent)
		sym.Name += strings.TrimPrefix(fn.Name(), parent.Name())
		return sym
	}
	// Functions called init, of which a package may have many, are told apart by
	// go/ssa's names for them: init#1.
	if obj, ok := fn.Object().(*types.Func); ok && !strings.HasPrefix(fn.Name(), "init#") {
		return FuncSym(obj)
	}
	sym := Sym{Name: fn.Name()}
	if fn.Pkg != nil {
		sym.Pkg = fn.Pkg.Pkg.Path()
	}
	return sym
}

// origin returns the generic function that fn instantiates, or fn.
func origin(fn *ssa.Function) *ssa.Function {
	if o := fn.Origin(); o != nil {
		return o
	}
	return fn
}

func deref(t types.Type) (types.Type, bool) {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return types.Unalias(p.Elem()), true
	}
	return types.Unalias(t), false
}

// typeName returns the declared name of a defined type, or nil.
func typeName(t types.Type) *types.TypeName {
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Origin().Obj()
	}
	return nil
}

// TypeSym returns the symbol of a defined type or a pointer to one ("*T"), and
// whether it has one.
func TypeSym(t types.Type) (Sym, bool) {
	t, ptr := deref(t)
	obj := typeName(t)
	if obj == nil {
		return Sym{}, false
	}
	sym := Sym{Name: obj.Name()}
	if obj.Pkg() != nil {
		sym.Pkg = obj.Pkg().Path()
	}
	if obj.Parent() != nil && obj.Pkg() != nil && obj.Parent() != obj.Pkg().Scope() {
		// A type declared inside a function: its line tells it from others.
		sym.Name += "·local"
	}
	if ptr {
		sym.Name = "*" + sym.Name
	}
	return sym, true
}

// fieldSym returns the symbol of field i of the struct type t.
func fieldSym(t types.Type, i int) Sym {
	t, _ = deref(t)
	st, ok := t.Underlying().(*types.Struct)
	if !ok || i >= st.NumFields() {
		return Sym{}
	}
	f := st.Field(i)
	if sym, ok := TypeSym(t); ok {
		sym.Name += "." + f.Name()
		return sym
	}
	// An anonymous struct is known by the names of its fields.
	names := make([]string, st.NumFields())
	for j := range names {
		names[j] = st.Field(j).Name()
	}
	sym := Sym{Name: "struct{" + strings.Join(names, ",") + "}." + f.Name()}
	if f.Pkg() != nil {
		sym.Pkg = f.Pkg().Path()
	}
	return sym
}

// MethodSym returns the symbol that a method would have if the type sym itself
// declared it.
func MethodSym(typ Sym, method string) Sym {
	return Sym{typ.Pkg, "(" + typ.Name + ")." + method}
}

// pos returns the place of p in package-relative form.
func (p *Package) pos(at token.Pos) Pos {
	if !at.IsValid() {
		return Pos{Pkg: p.Path}
	}
	position := p.unit.Fset.Position(at)
	return Pos{Pkg: p.Path, File: filepath.Base(position.Filename), Line: position.Line, Col: position.Column}
}

// wide are the interfaces that too many types implement for a conversion to
// tell anything: calls on them are resolved by flow only.
func wide(iface Sym) bool {
	switch iface.Pkg {
	case "", "io", "fmt", "sort", "encoding", "context", "hash", "flag", "container/heap", "reflect", "testing", "iter", "errors":
		return true
	}
	return false
}

// structField returns field i of the struct type t.
func structField(t types.Type, i int) *types.Var {
	return t.Underlying().(*types.Struct).Field(i)
}

// elemOf returns what a pointer points to.
func elemOf(t types.Type) types.Type {
	e, _ := deref(t)
	return e
}
