package contract

import (
	"go/types"
	"sort"
	"testing"
)

// TestStdComplete fails when a function of the standard library takes what it
// could call, read, write or wait for, and no contract mentions it: neither as
// something that it does, nor, under silent, as reviewed and doing nothing. So
// a new release of Go is classified by somebody and does not slip through.
func TestStdComplete(t *testing.T) {
	r, err := stdResolver()
	if err != nil {
		t.Fatal(err)
	}
	set := builtinOf(t, func(m string) bool { return m == std })
	for _, path := range r.publicStd() {
		pkg, err := r.resolve(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range exportedFuncs(pkg) {
			if !telling(f.Signature(), stdTelling) || set.mentions(f) {
				continue
			}
			t.Errorf("%s\t%s is in no contract and not under silent", f.FullName(), types.TypeString(f.Type(), types.RelativeTo(pkg)))
		}
	}
}

// TestSilentMatches keeps the list of silent symbols from going stale.
func TestSilentMatches(t *testing.T) {
	r, err := stdResolver()
	if err != nil {
		t.Fatal(err)
	}
	set := builtinOf(t, func(m string) bool { return m == std })
	var all []entry
	for _, cfg := range set.configs {
		for _, c := range cfg.Contracts {
			all = append(all, c.entries...)
		}
	}
	used := make([]bool, len(all))
	for _, path := range r.publicStd() {
		pkg, err := r.resolve(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range exportedFuncs(pkg) {
			if sym, ok := splitFullName(f.FullName()); ok {
				for i, e := range all {
					used[i] = used[i] || e.pat != nil && e.pat.match(sym.dotted())
				}
			}
		}
	}
	for i, e := range all {
		if e.pat != nil && !used[i] {
			t.Errorf("%s: %s matches nothing", e.source, e.pat.text)
		}
	}
}

// mentions reports whether some contract speaks of f, if only as silent.
func (s *Set) mentions(f *types.Func) bool {
	return s.Func(f.FullName()) != nil || s.silent(f)
}

// silent reports whether f is under silent.
func (s *Set) silent(f *types.Func) bool {
	sym, ok := splitFullName(f.FullName())
	if !ok {
		return false
	}
	for _, cfg := range s.configs {
		for _, c := range cfg.Contracts {
			for i := range c.entries {
				e := &c.entries[i]
				if e.facet == facetSilent && (e.pat == nil && e.sym == sym || e.pat != nil && e.pat.match(sym.dotted())) {
					return true
				}
			}
		}
	}
	return false
}

// exportedFuncs returns the exported functions of a package and the exported
// methods of its exported types, sorted by name; methods promoted from another
// package are that package's.
func exportedFuncs(pkg *types.Package) []*types.Func {
	seen := map[*types.Func]bool{}
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch obj := obj.(type) {
		case *types.Func:
			seen[obj] = true
		case *types.TypeName:
			t := obj.Type()
			if obj.IsAlias() {
				continue
			}
			if !types.IsInterface(t) {
				t = types.NewPointer(t)
			}
			ms := types.NewMethodSet(t)
			for i := range ms.Len() {
				if f, ok := ms.At(i).Obj().(*types.Func); ok && f.Exported() && f.Pkg() == pkg {
					seen[f] = true
				}
			}
		}
	}
	var out []*types.Func
	for f := range seen {
		out = append(out, f)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].FullName() < out[j].FullName() })
	return out
}

var stdTelling = map[string]bool{
	"io.Reader": true, "io.Writer": true, "io.ReadCloser": true, "io.WriteCloser": true, "io.ReadWriter": true,
	"io.ReadWriteCloser": true, "io.ReaderAt": true, "io.WriterAt": true, "io.ReadSeeker": true, "io.ReaderFrom": true,
	"io/fs.FS": true, "net.Conn": true, "net.Listener": true, "context.Context": true, "*bufio.Reader": true,
}

// telling reports whether a parameter is a func, or of one of the named types.
func telling(sig *types.Signature, named map[string]bool) bool {
	var tells func(t types.Type) bool
	tells = func(t types.Type) bool {
		t = types.Unalias(t)
		if named[t.String()] {
			return true
		}
		switch u := t.(type) {
		case *types.TypeParam:
			return tells(u.Constraint().Underlying())
		case *types.Interface:
			for i := range u.NumEmbeddeds() {
				if un, ok := types.Unalias(u.EmbeddedType(i)).(*types.Union); ok {
					for j := range un.Len() {
						if tells(un.Term(j).Type()) {
							return true
						}
					}
				}
			}
			return false
		}
		switch u := t.Underlying().(type) {
		case *types.Signature:
			return true
		case *types.Slice:
			return tells(u.Elem())
		}
		return false
	}
	for i := range sig.Params().Len() {
		if tells(sig.Params().At(i).Type()) {
			return true
		}
	}
	return false
}
