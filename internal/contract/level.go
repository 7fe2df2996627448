package contract

// ParseLevel returns the level of that name, and reports whether there is one.
func ParseLevel(name string) (Level, bool) {
	l, ok := levels[name]
	return l, ok
}

// String returns the name of the level, "off" where there is none.
func (l Level) String() string {
	for name, level := range levels {
		if level == l {
			return name
		}
	}
	return "off"
}
