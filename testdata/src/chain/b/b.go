// Package b keeps functions of package c in the fields of a struct. // want package:"effects.*; \\(\\*Store\\).Load: runs location .*b.Store.load here"
package b

import "github.com/loopvet/loopvet/testdata/src/chain/c"

// A Store loads and counts.
type Store struct {
	load func(string) error
	size func(string) error
}

// New returns a store.
func New() *Store { return &Store{load: c.Load, size: c.Size} }

// Load loads.
func (s *Store) Load(name string) error { return s.load(name) }

// Size counts.
func (s *Store) Size(name string) error { return s.size(name) }

// Fetch fetches.
func Fetch(url string) error { return c.Fetch(url) }
