package contract

import (
	"go/types"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"
)

// A Made is a condition on the value that a method is called on: it is in a
// package variable among By, or one of the functions By made it, and was given
// one of the options, or a constant that meets Unless, or anything where neither
// is set. What a contract says that the
// method blocks on does not hold then. The submit of a pool that was made with
// WithNonblocking(true) refuses a task rather than waiting for a worker.
type Made struct {
	By []string // full names of functions and package variables
	// Options are calls as Option writes them.
	Options []string
	Unless  Unless
}

// Option returns the name of an option as conditions know it: the constant that
// is passed to the function that makes the option, or, where that takes a
// struct, the constant in a field of it.
//
//	github.com/panjf2000/ants/v2.WithNonblocking(true)
//	github.com/panjf2000/ants/v2.WithOptions(Nonblocking: true)
func Option(function, field, constant string) string {
	if field != "" {
		field += ": "
	}
	return function + "(" + field + constant + ")"
}

var optionRE = regexp.MustCompile(`^([^()]+)\((?:([\pL_][\pL\pN_]*): *)?([^():\s]+)\)$`)

// blocksUnless parses one element of blocks-unless.
func (p *parser) blocksUnless(c *Contract, n *yaml.Node) {
	var methods, made, options []*yaml.Node
	m := &Made{}
	p.mapping(n, map[string]func(k, v *yaml.Node){
		"methods": func(_, v *yaml.Node) { methods = p.items(v, "methods") },
		"made":    func(_, v *yaml.Node) { made = p.items(v, "made") },
		"option":  func(_, v *yaml.Node) { options = oneOrMore(v) },
		"unless":  func(_, v *yaml.Node) { m.Unless = p.unless(v) },
	})
	if n.Kind != yaml.MappingNode {
		return
	}
	if len(methods) == 0 || len(made) == 0 {
		p.errorf(n, "blocks-unless: want methods, and made, the functions that make what they are called on, or the variables it is in")
		return
	}
	for _, item := range options {
		parts := optionRE.FindStringSubmatch(p.str(item, "option"))
		if parts == nil {
			p.errorf(item, "option: want a call with a constant, such as pool.WithNonblocking(true) or pool.WithOptions(Nonblocking: true), not %s", describe(item))
			continue
		}
		sym, err := parseSymbol(parts[1], funcForm, c.imports)
		if err != nil {
			p.errorf(item, "option: %v", err)
			continue
		}
		m.Options = append(m.Options, Option(sym.String(), parts[2], parts[3]))
		e := entry{facet: facetOption, sym: sym, source: p.source(item)}
		if parts[2] != "" {
			e.methods = []string{parts[2]}
		}
		c.entries = append(c.entries, e)
	}
	for _, list := range []struct {
		facet facet
		nodes []*yaml.Node
	}{{facetMakes, made}, {facetUnlessMade, methods}} {
		for _, item := range list.nodes {
			sym, err := parseSymbol(p.str(item, "blocks-unless"), funcForm, c.imports)
			if err != nil {
				p.errorf(item, "blocks-unless: %v", err)
				continue
			}
			if list.facet == facetMakes {
				m.By = append(m.By, sym.String())
			}
			c.entries = append(c.entries, entry{facet: list.facet, sym: sym, source: p.source(item), made: m})
		}
	}
}

// renamed returns m for a fork, in which typ renames the packages.
func (m *Made) renamed(typ func(string) string) *Made {
	out := &Made{Unless: m.Unless}
	for _, by := range m.By {
		out.By = append(out.By, typ(by))
	}
	for _, o := range m.Options {
		out.Options = append(out.Options, typ(o))
	}
	return out
}

// applyMade writes what an entry of blocks-unless says into f.
func (e *entry) applyMade(f *Func, typ func(string) string) {
	switch e.facet {
	case facetOption:
		f.Option = true
		for _, field := range e.methods {
			if !slices.Contains(f.OptionFields, field) {
				f.OptionFields = append(slices.Clone(f.OptionFields), field)
			}
		}
	case facetMakes:
		f.Makes = append(slices.Clone(f.Makes), e.made.renamed(typ))
	case facetUnlessMade:
		f.UnlessMade = append(slices.Clone(f.UnlessMade), e.made.renamed(typ))
	}
}

// isVar reports whether sym names a package variable.
func (v *validator) isVar(sym symbol) bool {
	if sym.Type != "" {
		return false
	}
	p, err := v.resolve(sym.Pkg)
	if err != nil || p == nil {
		return false
	}
	_, ok := p.Scope().Lookup(sym.Name).(*types.Var)
	return ok
}

// made checks an entry of blocks-unless.
func (v *validator) made(e *entry, sig *types.Signature) {
	switch e.facet {
	case facetOption:
		if sig.Params().Len() != 1 {
			v.errorf(e.source, "%s does not take one argument, as an option does", e.sym)
			return
		}
		for _, field := range e.methods {
			if !hasField(sig.Params().At(0).Type(), field) {
				v.errorf(e.source, "the argument of %s has no field %s", e.sym, field)
			}
		}
	case facetMakes:
		if sig.Results().Len() == 0 {
			v.errorf(e.source, "%s has no result", e.sym)
		}
		if u := e.made.Unless; u.Op != "" {
			if u.Arg >= sig.Params().Len() {
				v.errorf(e.source, "%s has no argument %d", e.sym, u.Arg)
			} else if !isInteger(sig.Params().At(u.Arg).Type()) {
				v.errorf(e.source, "argument %d of %s is not an integer", u.Arg, e.sym)
			}
		}
	case facetUnlessMade:
		if sig.Recv() == nil {
			v.errorf(e.source, "%s is not a method", e.sym)
		}
	}
}

func hasField(t types.Type, name string) bool {
	st, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for i := range st.NumFields() {
		if st.Field(i).Name() == name {
			return true
		}
	}
	return false
}
