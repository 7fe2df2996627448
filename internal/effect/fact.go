package effect

// A Fact is what a package exports to the packages that import it.
type Fact struct {
	Module  string
	Modules map[string]string // of the packages that paths mention
	Funcs   map[Sym]*Summary
}

// AFact marks Fact as a fact of go/analysis.
func (*Fact) AFact() {}

func (prog *Program) factOf(sym Sym) *Summary {
	if f := prog.facts[sym.Pkg]; f != nil {
		return f.Funcs[sym]
	}
	return nil
}

func (prog *Program) factMethod(typ Sym, name string) (Sym, Value, bool) {
	return Sym{}, Value{}, false
}

func (prog *Program) factConversions(iface Sym, set map[Sym]bool) {}

func (f *flow) facts(loc Sym) {}
