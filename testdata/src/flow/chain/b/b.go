// Package b holds functions of c in fields. // want package:"effects"
package b

import "github.com/loopvet/loopvet/testdata/src/flow/chain/c"

// A Store has its functions in fields.
type Store struct {
	load func(string) ([]byte, error)
	size func(string) int
}

// New fills the fields.
func New() *Store { return &Store{load: c.Load, size: c.Size} }

// Load calls one.
func (s *Store) Load(name string) []byte {
	data, _ := s.load(name)
	return data
}

// Size calls the other.
func (s *Store) Size(name string) int { return s.size(name) }

// A Book embeds what keeps it.
type Book struct{ *c.Disk }

// A Lazy makes its store each time.
type Lazy struct{ fetch, stat func(string) ([]byte, error) }

// NewLazy fills the fields.
func NewLazy() *Lazy { return &Lazy{fetch: c.Fetch, stat: c.Stat} }

// Fetch calls one of the fields.
func (s *Lazy) Fetch(name string) { s.fetch(name) }

// Start calls the other on a goroutine.
func (s *Lazy) Start(name string) { go s.stat(name) }

// Later starts a goroutine.
func Later() { go c.Scan() }

// Now does not.
func Now() { c.Poll() }

// Tick is a callback.
func Tick() { c.Seek() }

// Tock is one that starts a goroutine.
func Tock() { go c.Spill() }
