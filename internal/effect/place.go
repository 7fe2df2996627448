package effect

import (
	"go/ast"
	"go/token"
	"path/filepath"
)

// Token returns a place in p as a position, NoPos when it is not in p or its
// syntax is gone.
func (p *Package) Token(at Pos) token.Pos {
	if at.Pkg != p.Path {
		return token.NoPos
	}
	for _, f := range p.unit.Files {
		tf := p.unit.Fset.File(f.FileStart)
		if tf == nil || filepath.Base(p.unit.Fset.Position(f.Pos()).Filename) != at.File {
			continue
		}
		// Lines of cgo files are those of the source they were made from.
		if at.Line < 1 || at.Line > tf.LineCount() {
			return token.NoPos
		}
		return tf.LineStart(at.Line) + token.Pos(max(at.Col-1, 0))
	}
	return token.NoPos
}

// Generated reports whether a position of p is in a generated file.
func (p *Package) Generated(at token.Pos) bool {
	for _, f := range p.unit.Files {
		if f.FileStart <= at && at < f.FileEnd {
			return ast.IsGenerated(f)
		}
	}
	return false
}
