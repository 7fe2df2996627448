package callback

import (
	"cmp"
	"go/constant"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

// A Root is a function that runs on a loop.
type Root struct {
	effect.Registration
	Func   effect.Sym // the function, "" in Name when only a location is known
	Method string     // the callback method that it is, if any: "Update"
	Loop   *contract.Loop
	// Off is what switches the loop off, when the program does that.
	Off *contract.OffWhen
}

// Find returns the callbacks that p registers, in a fixed order, each function
// once for each loop. Those of loops that the program switches off are left out.
func Find(prog *effect.Program, p *effect.Package) []Root {
	return slices.DeleteFunc(FindAll(prog, p), func(r Root) bool { return r.Off != nil })
}

// FindAll is Find with the callbacks of loops that are switched off.
func FindAll(prog *effect.Program, p *effect.Package) []Root {
	f := finder{prog: prog, pkg: p, seen: map[string]bool{}}
	for _, r := range p.Register() {
		f.registered(r)
	}
	f.scan()
	f.fields()
	f.shapes()
	roots := f.roots
	for i := range roots {
		roots[i].Off = f.off(roots[i].Loop)
	}
	slices.SortStableFunc(roots, func(a, b Root) int {
		return cmp.Or(a.Func.Compare(b.Func), a.Pos.Compare(b.Pos), strings.Compare(a.Via, b.Via))
	})
	return roots
}

type finder struct {
	prog  *effect.Program
	pkg   *effect.Package
	seen  map[string]bool
	roots []Root
}

func (f *finder) add(r Root) {
	if r.Loop == nil {
		return
	}
	key := r.Func.String() + "|" + r.Loop.Name
	if r.Func == (effect.Sym{}) {
		key = r.Value.String() + "|" + r.Loop.Name + "|" + r.Pos.String()
	}
	if f.seen[key] {
		return
	}
	f.seen[key] = true
	f.roots = append(f.roots, r)
}

// registered takes over a function that was handed to a loop.
func (f *finder) registered(r effect.Registration) {
	f.add(FromRegistration(f.prog, r))
}

// FromRegistration returns the callback that a registration makes.
func FromRegistration(prog *effect.Program, r effect.Registration) Root {
	root := Root{Registration: r, Loop: prog.Loop(r.Loop)}
	if r.Value.Op == effect.Function {
		root.Func = r.Value.Sym
	}
	return root
}

// scan looks at every conversion: to an interface or a func type that a
// contract marks.
func (f *finder) scan() {
	interfaces := map[string]contract.Implements{}
	for _, im := range f.prog.Contracts().Implements() {
		interfaces[im.Interface] = im
	}
	for _, fn := range f.pkg.Functions() {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				switch instr := instr.(type) {
				case *ssa.MakeInterface:
					f.conversion(fn, instr, interfaces)
				case *ssa.ChangeType:
					f.funcType(fn, instr)
				}
			}
		}
	}
}

func (f *finder) conversion(fn *ssa.Function, mi *ssa.MakeInterface, interfaces map[string]contract.Implements) {
	iface, ok := effect.TypeSym(mi.Type())
	if !ok {
		return
	}
	im, ok := interfaces[iface.String()]
	if !ok {
		return
	}
	typ, ok := effect.TypeSym(mi.X.Type())
	if !ok {
		return
	}
	f.methods(typ, im.Methods, im.Loop, iface, f.pkg.Pos(mi.Pos()))
}

// methods makes callbacks of methods of a type.
func (f *finder) methods(typ effect.Sym, names []string, loop *contract.Loop, iface effect.Sym, at effect.Pos) {
	for _, name := range names {
		sym, ok := f.prog.Method(typ, name)
		if !ok || f.prog.Contracts().Opaque(sym.Pkg) {
			continue
		}
		f.add(Root{
			Registration: effect.Registration{
				Value: effect.Value{Op: effect.Function, Sym: sym}, Loop: loop.Name,
				Via: effect.MethodSym(iface, name).String(), In: effect.Sym{Pkg: f.pkg.Path}, Pos: at,
			},
			Func: sym, Method: name, Loop: loop,
		})
	}
}

func (f *finder) funcType(fn *ssa.Function, ct *ssa.ChangeType) {
	typ, ok := effect.TypeSym(ct.Type())
	if !ok {
		return
	}
	loop := f.prog.Contracts().FuncType(typ.String())
	if loop == nil {
		return
	}
	for _, v := range f.pkg.Eval(ct.X) {
		if v.Op != effect.Function {
			continue
		}
		f.add(Root{
			Registration: effect.Registration{Value: v, Loop: loop.Name, Via: typ.String(), In: effect.SSASym(fn), Pos: f.pkg.Pos(ct.Pos())},
			Func:         v.Sym, Loop: loop,
		})
	}
}

// fields takes over what is stored in fields that a contract marks.
func (f *finder) fields() {
	for _, loc := range f.pkg.Locations() {
		loop := f.prog.Contracts().Field(loc.String())
		if loop == nil {
			continue
		}
		for _, r := range f.pkg.Stored(loc) {
			if r.Value.Op == effect.Function {
				r.Loop, r.Via = loop.Name, loc.String()
				f.add(Root{Registration: r, Func: r.Value.Sym, Loop: loop})
			}
		}
	}
}

// shapes takes over the types that imitate an interface without meeting it.
func (f *finder) shapes() {
	scope := f.pkg.Unit().Types.Scope()
	for _, shape := range f.prog.Contracts().Shapes() {
		for _, name := range scope.Names() {
			obj, ok := scope.Lookup(name).(*types.TypeName)
			if !ok || obj.IsAlias() || types.IsInterface(obj.Type()) {
				continue
			}
			if !hasShape(obj.Type(), shape, f.pkg.Unit().Types) {
				continue
			}
			typ, ok := effect.TypeSym(types.NewPointer(obj.Type()))
			if !ok {
				continue
			}
			f.methods(typ, shape.Callback, shape.Loop, effect.Sym{Pkg: shape.Loop.Module, Name: "Model"}, f.pkg.Pos(obj.Pos()))
		}
	}
}

func hasShape(t types.Type, shape contract.Shape, pkg *types.Package) bool {
	for name, want := range shape.Methods {
		o, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, pkg, name)
		m, ok := o.(*types.Func)
		if !ok || !matches(m.Signature().Params(), want.Params) || !matches(m.Signature().Results(), want.Results) {
			return false
		}
	}
	return true
}

func matches(tuple *types.Tuple, want []string) bool {
	if tuple.Len() != len(want) {
		return false
	}
	for i, w := range want {
		if w != "_" && types.TypeString(types.Unalias(tuple.At(i).Type()), nil) != w && types.TypeString(tuple.At(i).Type(), nil) != w {
			return false
		}
	}
	return true
}

// off returns what switches a loop off, if the program does that, as far as is
// known here.
func (f *finder) off(loop *contract.Loop) *contract.OffWhen {
	for _, o := range f.prog.Contracts().OffWhens() {
		if o.Loop != loop && (o.Loop == nil || o.Loop.Name != loop.Name) {
			continue
		}
		if o.Call != "" && f.calls(o) {
			return &o
		}
	}
	return nil
}

// calls reports whether the program makes a call that switches a loop off.
func (f *finder) calls(o contract.OffWhen) bool {
	sym := parseSym(o.Call)
	name := sym.Name[strings.LastIndexByte(sym.Name, '.')+1:]
	for _, p := range f.prog.Known(f.pkg.Path, sym.Pkg, name) {
		for _, call := range p.Calls(sym) {
			arg := o.Arg
			if strings.HasPrefix(sym.Name, "(") {
				arg++
			}
			if arg < len(call.Args) {
				if c, ok := call.Args[arg].(*ssa.Const); ok && c.Value != nil && constantString(c.Value) == o.Value {
					return true
				}
			}
		}
	}
	return false
}

func constantString(v constant.Value) string { return v.ExactString() }

// parseSym reads a full name, as types.Func.FullName writes it.
func parseSym(full string) effect.Sym {
	star := ""
	if rest, ok := strings.CutPrefix(full, "(*"); ok {
		star, full = "(*", rest
	} else if rest, ok := strings.CutPrefix(full, "("); ok {
		star, full = "(", rest
	}
	slash := strings.LastIndexByte(full, '/') + 1
	dot := strings.IndexByte(full[slash:], '.')
	if dot < 0 {
		return effect.Sym{Name: star + full}
	}
	// A dot in the last element of a path belongs to it when more follow:
	// gopkg.in/yaml.v3.Unmarshal.
	end := slash + dot
	if star == "" {
		if last := strings.LastIndexByte(full, '.'); last > end {
			end = last
		}
	} else if close := strings.IndexByte(full, ')'); close > 0 {
		end = strings.LastIndexByte(full[:close], '.')
	}
	return effect.Sym{Pkg: full[:end], Name: star + full[end+1:]}
}
