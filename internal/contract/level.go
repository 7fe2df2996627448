package contract

// ParseLevel returns the level of that name, and reports whether there is one.
func ParseLevel(name string) (Level, bool) {
	l, ok := levels[name]
	return l, ok
}
