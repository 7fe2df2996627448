package effect

// Writes to what several functions share: captured variables and fields.

import (
	"strings"

	"golang.org/x/tools/go/ssa"
)

// A Write is a store, under no mutex, to a variable that is captured or to a
// field of what is captured or given.
type Write struct {
	Path     []Hop // the last hop is the write
	Name     string
	Of       *ssa.Alloc // the variable, when it is a local one
	Variable Sym        // the field or package variable
	Instr    ssa.Instruction
}

// Pos returns the place of the write.
func (w *Write) Pos() Pos { return w.Path[len(w.Path)-1].Pos }

// maxWriteDepth bounds how deep the calls of a function are followed to writes.
const maxWriteDepth = 3

// Writes returns the writes of fn to what it shares, and those of the functions
// of the package that it calls under no mutex, to fields and package variables.
func (p *Package) Writes(fn *ssa.Function) []Write {
	return p.writes(fn, map[*ssa.Function]bool{}, 0)
}

func (p *Package) writes(fn *ssa.Function, seen map[*ssa.Function]bool, depth int) []Write {
	if seen[fn] || depth > maxWriteDepth {
		return nil
	}
	seen[fn] = true
	var out []Write
	w := &walker{prog: p.prog, pkg: p, fn: fn, sym: SSASym(fn), module: p.Module}
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			if len(w.heldAt(instr)) > 0 {
				continue
			}
			switch instr := instr.(type) {
			case *ssa.Store:
				out = append(out, p.write(w.sym, instr, instr.Addr)...)
			case *ssa.MapUpdate:
				if m, ok := instr.Map.(*ssa.UnOp); ok {
					out = append(out, p.write(w.sym, instr, m.X)...)
				}
			case *ssa.Call:
				callee := instr.Common().StaticCallee()
				if callee == nil {
					continue
				}
				body := p.body(SSASym(callee))
				if d := p.Directives[SSASym(callee)]; body == nil || d != nil && d.LoopOnly {
					continue
				}
				hop := Hop{In: w.sym, Pos: p.CallPos(instr), Callee: SSASym(callee).String()}
				for _, deep := range p.writes(body, seen, depth+1) {
					if deep.Variable != (Sym{}) {
						deep.Path = append([]Hop{hop}, deep.Path...)
						out = append(out, deep)
					}
				}
			}
		}
	}
	return out
}

// write returns the write that an instruction is to what is at addr, or to the
// map there, if it is one that others may see.
func (p *Package) write(in Sym, st ssa.Instruction, addr ssa.Value) []Write {
	wr := Write{Instr: st}
	switch addr := addr.(type) {
	case *ssa.FreeVar:
		wr.Of, wr.Name = captured(addr), addr.Name()
	case *ssa.Alloc:
		if addr.Heap {
			wr.Of, wr.Name = addr, addr.Comment
		}
	case *ssa.Global:
		wr.Variable, wr.Name = globalSym(addr), addr.Name()
	case *ssa.FieldAddr:
		if !local(addr.X) {
			wr.Variable = fieldSym(addr.X.Type(), addr.Field)
			wr.Name = wr.Variable.Name[strings.LastIndexByte(wr.Variable.Name, '.')+1:]
		}
	}
	if wr.Of == nil && wr.Variable == (Sym{}) || !st.Pos().IsValid() {
		return nil
	}
	wr.Path = []Hop{{In: in, Pos: p.pos(st.Pos()), Callee: wr.Name, Edge: Primitive}}
	return []Write{wr}
}

// captured returns the variable that a literal captures as v, or nil.
func captured(v *ssa.FreeVar) *ssa.Alloc {
	for range 8 {
		mc := makeClosureOf(v.Parent())
		if mc == nil {
			return nil
		}
		for i, fv := range v.Parent().FreeVars {
			if fv != v || i >= len(mc.Bindings) {
				continue
			}
			switch b := mc.Bindings[i].(type) {
			case *ssa.Alloc:
				return b
			case *ssa.FreeVar:
				v = b
			default:
				return nil
			}
		}
	}
	return nil
}

// local reports whether v is made in its function and is no captured variable.
func local(v ssa.Value) bool {
	for range 8 {
		switch x := v.(type) {
		case *ssa.FieldAddr:
			v = x.X
		case *ssa.IndexAddr:
			v = x.X
		case *ssa.Alloc, *ssa.Call, *ssa.Extract:
			return true
		default:
			return false
		}
	}
	return false
}

// Function returns the function of p with that symbol, or nil.
func (p *Package) Function(sym Sym) *ssa.Function {
	if sym.Pkg != p.Path {
		return nil
	}
	return p.fns[sym.Name]
}

// CallPos returns the place that a call is shown at.
func (p *Package) CallPos(call *ssa.Call) Pos { return p.pos(p.callPos(call.Pos())) }
