package effect

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/loopvet/loopvet/internal/contract"
)

// A Unit is one package, parsed and type-checked from source. Its imports may
// come from export data.
type Unit struct {
	Fset  *token.FileSet
	Files []*ast.File
	Types *types.Package
	Info  *types.Info
	// Module is the path of the package's module, "std" for the standard
	// library, "" when there is none.
	Module string
	// Incomplete says that type checking met errors, so that some functions
	// have no body worth reading.
	Incomplete bool
}

// A Source supplies the packages of a program on demand. The standalone command
// implements it over a load of the import graph; under a driver that sees one
// package at a time it is nil, and knowledge of other packages comes from facts.
// Its methods are called from one goroutine at a time for each path.
type Source interface {
	// Load returns the package with that import path, type-checked from source.
	Load(path string) (*Unit, error)
	// Module returns the module path of a package without loading it.
	Module(path string) string
	// Declares reports whether the package's source may have directives in it.
	Declares(path string) bool
	// Mentioning returns the packages of the program that are pkg or import it
	// directly, and in whose source the identifier name occurs, sorted.
	Mentioning(pkg, name string) []string
	// Joined reports whether some package of the program is, or imports
	// however indirectly, both a and b.
	Joined(a, b string) bool
}

// Config says what a Program is built on.
type Config struct {
	Contracts *contract.Set
	Source    Source
	// Pools says that summaries list operations on worker pools.
	Pools bool
}
