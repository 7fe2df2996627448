// Package crew makes pools for others. // want package:"effects"
package crew

import "github.com/panjf2000/ants/v2"

// Shared refuses what it has no room for.
var Shared, _ = ants.NewPool(8, ants.WithNonblocking(true))

// Patient waits.
var Patient *ants.Pool

// Start makes the pool that waits.
func Start(size int) { Patient, _ = ants.NewPool(size, ants.WithNonblocking(false)) }

// Submit hands f to the pool that waits.
func Submit(f func()) { Patient.Submit(f) }

// Offer hands f to the pool that does not.
func Offer(f func()) { Shared.Submit(f) }

// Hand gives f to any pool.
func Hand(p *ants.Pool, f func()) { p.Submit(f) }

// New makes a pool with its caller's options.
func New(size int, opts ...ants.Option) *ants.Pool {
	p, err := ants.NewPool(size, opts...)
	if err != nil {
		panic(err)
	}
	return p
}
