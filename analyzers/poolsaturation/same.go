package poolsaturation

import (
	"go/types"
	"slices"
	"strings"

	"github.com/loopvet/loopvet/internal/effect"
)

// A relation says whether two values are the same pool, group or channel.
type relation int

const (
	different relation = iota
	maybe              // the same field, or one of several
	certain
)

// same compares what a, in terms of the function in, and b, in terms of the
// function of, may be. Parameters of two functions cannot be compared.
func (c *checker) same(in effect.Sym, a effect.Values, of effect.Sym, b effect.Values) relation {
	a, b = plain(a), plain(b)
	if in != of {
		a, b = absolute(a), absolute(b)
	}
	if len(a) == 0 || len(b) == 0 {
		return different
	}
	if meet(a, b) {
		if len(a) == 1 && len(b) == 1 && oneOf(a[0], b[0]) && !c.element(in, a[0]) {
			return certain
		}
		return maybe
	}
	// What is stored in a field is the same as what was stored there.
	a, b = c.contents(in, a), c.contents(of, b)
	if meet(a, b) {
		return maybe
	}
	return different
}

// plain returns the values that tell pools apart, out of their interfaces.
func plain(vs effect.Values) effect.Values {
	var out effect.Values
	for _, v := range vs {
		switch v.Op {
		case effect.Dynamic:
			out = append(out, plain(v.Recv)...)
		case effect.Object, effect.Location, effect.Param, effect.Channel:
			out = append(out, v)
		}
	}
	return out
}

// absolute returns the values that mean the same in every function.
func absolute(vs effect.Values) effect.Values {
	var out effect.Values
	for _, v := range vs {
		if v.Op == effect.Param {
			continue
		}
		if v.Op == effect.Location {
			v.Recv = nil
		}
		out = append(out, v)
	}
	return out
}

// contents returns vs and what is stored in those of them that are locations.
func (c *checker) contents(in effect.Sym, vs effect.Values) effect.Values {
	out := slices.Clone(vs)
	for _, v := range vs {
		if v.Op == effect.Location {
			out = append(out, plain(c.prog.Contents(in.Pkg, v.Sym)).Pool()...)
		}
	}
	return out
}

// meet reports whether two sets have a value in common. An object is known by
// its place, whatever else is known of it, and a field by its name, unless it is
// that of two things known to be different.
func meet(a, b effect.Values) bool {
	for _, v := range a {
		for _, w := range b {
			if v.Op == w.Op && v.Sym == w.Sym && (v.Op != effect.Param || v.Index == w.Index) && (v.Op != effect.Location || !apart(v.Recv, w.Recv)) {
				return true
			}
		}
	}
	return false
}

// apart reports whether what two fields belong to is known and has nothing in
// common.
func apart(a, b effect.Values) bool {
	a, b = plain(a), plain(b)
	return len(a) > 0 && len(b) > 0 && !meet(a, b)
}

// oneOf reports whether two values that meet are one for certain: not a field of
// something that is not known, of which there may be many.
func oneOf(v, w effect.Value) bool {
	if v.Op != effect.Location || !strings.Contains(v.Sym.Name, ".") {
		return true
	}
	a, b := plain(v.Recv), plain(w.Recv)
	return len(a) == 1 && len(b) == 1 && oneOf(a[0], b[0])
}

// element reports whether a value, in terms of the function in, may be one of many
// that a parameter holds: a container and its elements are one value.
func (c *checker) element(in effect.Sym, v effect.Value) bool {
	if v.Op != effect.Param {
		return slices.ContainsFunc(plain(v.Recv), func(of effect.Value) bool { return c.element(in, of) })
	}
	p := c.prog.Package(in.Pkg)
	if p == nil {
		return false
	}
	fn := p.Function(in)
	if fn == nil || v.Index < 0 || v.Index >= len(fn.Params) {
		return false
	}
	switch fn.Params[v.Index].Type().Underlying().(type) {
	case *types.Slice, *types.Array, *types.Map:
		return true
	}
	return false
}
