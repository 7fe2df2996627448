package effect

import (
	"go/ast"
	"go/types"
)

// release lets go of the syntax and the type information of a unit whose SSA
// form is built: a third of the memory of a large program would be these. The
// functions of the SSA form hold on to their syntax, and generic ones to the
// type information of their package, so it does not do to forget them here.
func (u *Unit) release() {
	var lits []*ast.FuncLit
	var ranges []*ast.RangeStmt // of the functions that such a statement calls
	for _, f := range u.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				lits = append(lits, n)
			case *ast.RangeStmt:
				ranges = append(ranges, n)
			}
			return true
		})
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				d.Doc, d.Body = nil, nil
			}
		}
	}
	for _, lit := range lits {
		lit.Body = nil
	}
	for _, r := range ranges {
		r.Key, r.Value, r.X, r.Body = nil, nil, nil, nil
	}
	*u.Info = types.Info{}
	u.Info, u.Files = nil, nil
}
