package effect

// Summaries returns what there is to say of the functions of the package, by name.
func (p *Package) Summaries() map[string]*Summary {
	c := closer{pkg: p, fact: &Fact{Funcs: map[Sym]*Summary{}}}
	for _, fn := range p.order {
		c.own(fn)
	}
	for sym, d := range p.Directives {
		if c.fact.Funcs[sym] == nil {
			c.fact.Funcs[sym] = p.declared(d, sym, nil)
		}
	}
	all := map[string]*Summary{}
	for sym, s := range c.fact.Funcs {
		all[sym.Name] = s
	}
	return all
}
