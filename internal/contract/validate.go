package contract

import (
	"cmp"
	"fmt"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// Validate checks every file of the set, see [Config.Validate].
func (s *Set) Validate(resolve func(path string) (*types.Package, error)) []error {
	return validate(s.configs, resolve)
}

// Validate checks that every symbol of the file names what its contract takes it
// for: functions and methods by the name that types.Func.FullName gives them,
// arguments that exist and can hold a func, types and fields. Aliases are not
// checked: a fork may lack some of the original. A package for which resolve
// returns nil and no error is no part of the program, and what is said of it is
// left unchecked. Errors are sorted by file and line.
func (c *Config) Validate(resolve func(path string) (*types.Package, error)) []error {
	return validate([]*Config{c}, resolve)
}

func validate(configs []*Config, resolve func(path string) (*types.Package, error)) []error {
	v := &validator{resolve: resolve, broken: map[string]bool{}}
	for _, cfg := range configs {
		for _, c := range cfg.Contracts {
			v.contract(c)
		}
	}
	slices.SortStableFunc(v.errs, func(a, b *SyntaxError) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
	})
	errs := make([]error, len(v.errs))
	for i, e := range v.errs {
		errs[i] = e
	}
	return errs
}

type validator struct {
	resolve func(string) (*types.Package, error)
	broken  map[string]bool // packages that did not resolve, reported once
	errs    []*SyntaxError
}

func (v *validator) errorf(source, format string, args ...any) {
	file, line := source, 0
	if i := strings.LastIndexByte(source, ':'); i >= 0 {
		if n, err := strconv.Atoi(source[i+1:]); err == nil {
			file, line = source[:i], n
		}
	}
	v.errs = append(v.errs, &SyntaxError{file, line, fmt.Sprintf(format, args...)})
}

func (v *validator) pkg(path, source string) *types.Package {
	p, err := v.resolve(path)
	if err != nil {
		if !v.broken[path] {
			v.broken[path] = true
			v.errorf(source, "package %s: %v", path, err)
		}
		return nil
	}
	return p
}

func (v *validator) contract(c *Contract) {
	for i := range c.entries {
		v.entry(&c.entries[i])
	}
	for _, sh := range c.shapes {
		for _, sig := range sh.Methods {
			for _, t := range slices.Concat(sig.Params, sig.Results) {
				v.typeString(t, c.Loop.Source)
			}
		}
	}
	for _, o := range c.offs {
		if o.Field != "" {
			if sym, err := parseSymbol(o.Field, fieldForm, nil); err == nil {
				v.field(sym, c.Loop.Source)
			}
		}
	}
}

func (v *validator) entry(e *entry) {
	if e.pat != nil {
		v.pattern(e)
		return
	}
	switch e.facet {
	case facetVar:
		if e.sym.Type != "" {
			v.field(e.sym, e.source)
			return
		}
		if p := v.pkg(e.sym.Pkg, e.source); p != nil {
			if _, ok := p.Scope().Lookup(e.sym.Name).(*types.Var); !ok {
				v.errorf(e.source, "%s is not a variable", e.sym)
			}
		}
	case facetField:
		if f := v.field(e.sym, e.source); f != nil && !holdsFunc(f.Type()) {
			v.errorf(e.source, "field %s cannot hold a func", e.sym.dotted())
		}
	case facetFuncType:
		if t := v.typ(e.sym, e.source); t != nil {
			if _, ok := t.Underlying().(*types.Signature); !ok {
				v.errorf(e.source, "%s is not a func type", e.sym)
			}
		}
	case facetInterface:
		t := v.typ(e.sym, e.source)
		if t == nil {
			return
		}
		iface, ok := t.Underlying().(*types.Interface)
		if !ok {
			v.errorf(e.source, "%s is not an interface", e.sym)
			return
		}
		for _, m := range e.methods {
			if obj, _, _ := types.LookupFieldOrMethod(iface, false, nil, m); obj == nil {
				v.errorf(e.source, "%s has no method %s", e.sym, m)
			}
		}
	default:
		if e.facet == facetMakes && v.isVar(e.sym) {
			return
		}
		if f := v.fn(e.sym, e.source); f != nil {
			v.signature(e, f.Type().(*types.Signature))
			v.made(e, f.Type().(*types.Signature))
			v.pool(e, f.Type().(*types.Signature))
		}
	}
}

// fn resolves a function or method.
func (v *validator) fn(sym symbol, source string) *types.Func {
	if sym.Type == "" {
		p := v.pkg(sym.Pkg, source)
		if p == nil {
			return nil
		}
		f, ok := p.Scope().Lookup(sym.Name).(*types.Func)
		if !ok {
			v.errorf(source, "%s is not a function", sym)
			return nil
		}
		return f
	}
	t := v.typ(symbol{Pkg: sym.Pkg, Type: sym.Type}, source)
	if t == nil {
		return nil
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, v.pkg(sym.Pkg, source), sym.Name)
	f, ok := obj.(*types.Func)
	if !ok {
		v.errorf(source, "%s is not a method", sym)
		return nil
	}
	if types.IsInterface(t) {
		if sym.Ptr {
			v.errorf(source, "%s is a method of an interface: write it without the star", sym)
		}
		return f
	}
	// A promoted method or a wrong star would never be found by its name.
	if name := stripTypeParams(f.FullName()); name != sym.String() {
		v.errorf(source, "%s is %s", sym, name)
	}
	return f
}

func (v *validator) typ(sym symbol, source string) types.Type {
	p := v.pkg(sym.Pkg, source)
	if p == nil {
		return nil
	}
	t, ok := p.Scope().Lookup(sym.Type).(*types.TypeName)
	if !ok {
		v.errorf(source, "%s is not a type", symbol{Pkg: sym.Pkg, Type: sym.Type})
		return nil
	}
	return types.Unalias(t.Type())
}

func (v *validator) field(sym symbol, source string) *types.Var {
	t := v.typ(symbol{Pkg: sym.Pkg, Type: sym.Type}, source)
	if t == nil {
		return nil
	}
	obj, index, _ := types.LookupFieldOrMethod(t, true, v.pkg(sym.Pkg, source), sym.Name)
	f, ok := obj.(*types.Var)
	if !ok || len(index) != 1 {
		v.errorf(source, "%s is not a field", sym.dotted())
		return nil
	}
	return f
}

func isInteger(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0
}

// signature checks argument and result indexes.
func (v *validator) signature(e *entry, sig *types.Signature) {
	param := func(i int) types.Type {
		if i == Recv {
			return nil
		}
		if i >= sig.Params().Len() {
			v.errorf(e.source, "%s has no argument %d", e.sym, i)
			return nil
		}
		return sig.Params().At(i).Type()
	}
	for _, i := range e.args {
		if t := param(i); t != nil && !holdsFunc(t) {
			v.errorf(e.source, "argument %d of %s cannot hold a func", i, e.sym)
		}
	}
	for _, u := range e.calls {
		param(u.Arg)
	}
	for _, b := range e.blocks {
		if b.Unless.Op != "" {
			if t := param(b.Unless.Arg); t != nil && !isInteger(t) {
				v.errorf(e.source, "argument %d of %s is not an integer", b.Unless.Arg, e.sym)
			}
		}
		if b.Bound == NoBound {
			continue
		}
		if t := param(b.Bound); t != nil && t.String() != "time.Duration" {
			v.errorf(e.source, "argument %d of %s is not a time.Duration", b.Bound, e.sym)
		}
	}
	for _, r := range e.returns {
		if r.Result >= sig.Results().Len() {
			v.errorf(e.source, "%s has no result %d", e.sym, r.Result)
		}
		for _, i := range r.Carries {
			param(i)
		}
		if r.Type != "" {
			v.typeString(r.Type, e.source)
		}
	}
}

// typeString checks that the named types in a type resolve.
func (v *validator) typeString(t, source string) {
	for _, m := range qualifiedRE.FindAllString(t, -1) {
		if sym, err := parseSymbol(m, typeForm, nil); err == nil {
			v.typ(sym, source)
		}
	}
}

// pattern checks that what stands before the first star of a pattern resolves,
// as a package or as a type.
func (v *validator) pattern(e *entry) {
	i := strings.LastIndexByte(e.pat.text, '.')
	head := e.pat.text[:i]
	if strings.Contains(head, "*") {
		return
	}
	if _, err := v.resolve(head); err == nil {
		return
	}
	if sym, err := parseSymbol(head, typeForm, nil); err == nil {
		v.typ(sym, e.source)
		return
	}
	v.pkg(head, e.source)
}

// holdsFunc reports whether a func may be found in a value of type t.
func holdsFunc(t types.Type) bool {
	switch u := types.Unalias(t).Underlying().(type) {
	case *types.Signature, *types.Interface:
		return true
	case *types.Slice:
		return holdsFunc(u.Elem())
	case *types.Map:
		return holdsFunc(u.Elem())
	}
	return false
}
