package contract

import (
	"strings"
	"sync"
)

// packageNames are the names by which the built-in contracts import packages,
// those of forks included.
var packageNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for _, cfg := range Builtin().configs {
		for _, c := range cfg.Contracts {
			for name, path := range c.imports {
				names[path] = name
				if !inModule(path, c.Module) {
					continue
				}
				for _, alias := range c.Aliases {
					names[alias+strings.TrimPrefix(path, c.Module)] = name
				}
			}
		}
	}
	return names
})

// PackageName returns the name that the package clause of a package gives it,
// where a built-in contract imports the package.
func PackageName(path string) (name string, ok bool) {
	name, ok = packageNames()[path]
	return name, ok
}
