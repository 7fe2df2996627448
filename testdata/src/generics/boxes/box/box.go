// Package box holds generic containers. // want package:"effects"
package box

// A Closer closes.
type Closer interface{ Close() error }

// A Box holds a closer that nothing is stored in.
type Box[T Closer] struct {
	n int
	v T
}

// Shut closes what is in the box.
func (b *Box[T]) Shut() { b.v.Close() }

// Plain is a Box of another sort.
type Plain[T Closer] struct{ v T }

// Shut closes what is in the box.
func (b *Plain[T]) Shut() { b.v.Close() }

// Away is a Box that no callback shuts.
type Away[T Closer] struct{ v T }

// Shut closes what is in the box.
func (b *Away[T]) Shut() { b.v.Close() }

// CloseAll closes the values of a map.
func CloseAll[K comparable, T Closer](m map[K]T) {
	for _, v := range m {
		v.Close()
	}
}

// Call calls f.
func Call[F ~func()](f F) { f() }
