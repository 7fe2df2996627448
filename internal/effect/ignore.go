package effect

import (
	"slices"

	"github.com/loopvet/loopvet/internal/directive"
)

// Lines under a comment that silences are read like any other. What is found
// through them is kept apart, by the comments on its path, so that another way
// to the same place is not silenced with it.

// A sourceFile names a file as positions do.
type sourceFile struct{ pkg, file string }

// readIgnores reads the comments of the package that silence something.
func (p *Package) readIgnores() {
	for _, f := range p.unit.Files {
		p.prog.addIgnores(directive.Ignores(p.unit.Fset, f, p.Path))
	}
}

func (prog *Program) addIgnores(list []directive.Ignore) {
	for _, i := range list {
		at := sourceFile{i.Pkg, i.File}
		if !slices.Contains(prog.ignores[at], i) {
			prog.ignores[at] = append(prog.ignores[at], i)
		}
	}
}

// allIgnores returns the comments of all packages that are known, sorted.
func (prog *Program) allIgnores() []directive.Ignore {
	var out []directive.Ignore
	for _, list := range prog.ignores {
		out = append(out, list...)
	}
	slices.SortFunc(out, directive.Ignore.Compare)
	return out
}

// Ignores returns the comments that hold for a step of the path, each once,
// sorted.
func (prog *Program) Ignores(path []Hop) []directive.Ignore {
	if len(prog.ignores) == 0 {
		return nil
	}
	var out []directive.Ignore
	for _, h := range path {
		for _, i := range prog.ignores[sourceFile{h.Pos.Pkg, h.Pos.File}] {
			if i.Covers(h.Pos.Line) {
				out = append(out, i)
			}
		}
	}
	slices.SortFunc(out, directive.Ignore.Compare)
	return slices.Compact(out)
}

// silence tells paths apart by the comments on them; it is empty where there is
// none.
func (prog *Program) silence(path *Path) string {
	if len(prog.ignores) == 0 {
		return ""
	}
	key := ""
	for _, i := range prog.Ignores(path.Hops()) {
		key += i.Pkg + "/" + i.File + ":" + itoa(i.Line) + ":" + itoa(i.Col) + "|"
	}
	return key
}

// Touched returns the comments of the package that hold for a line from which
// something is reached that may block, by itself or by what an importer stores
// or passes, whether a callback comes there or not. It is what can be said of
// a package whose importers are not known.
func (p *Package) Touched() []directive.Ignore {
	var paths []*Path
	for _, fn := range p.order {
		s := p.summary(fn, false)
		for _, e := range s.Effects {
			paths = append(paths, e.Path)
		}
		for _, u := range s.Uses {
			paths = append(paths, u.Path)
		}
	}
	return p.ignoresOf(paths)
}

// Operated returns the comments of the package that hold for a line from which
// something is done with a worker pool, or waited for. They may silence what
// another analyzer finds.
func (p *Package) Operated() []directive.Ignore {
	var paths []*Path
	for _, fn := range p.order {
		for _, o := range p.summary(fn, false).Ops {
			paths = append(paths, o.Path)
		}
	}
	return p.ignoresOf(paths)
}

// ignoresOf returns the comments of the package on the paths, sorted.
func (p *Package) ignoresOf(paths []*Path) []directive.Ignore {
	var out []directive.Ignore
	for _, path := range paths {
		for _, i := range p.prog.Ignores(path.Hops()) {
			if i.Pkg == p.Path {
				out = append(out, i)
			}
		}
	}
	slices.SortFunc(out, directive.Ignore.Compare)
	return slices.Compact(out)
}
