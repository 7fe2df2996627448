// Package a has a pool of its own, and hands it out. // want package:"waits"
package a

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/pool"
)

// Disk is a pool for files.
var Disk = pool.New(2)

// CPU is a pool for computing.
var CPU = pool.New(2)

// A Store keeps its files by way of a pool.
type Store struct {
	Pool *pool.Pool
	dir  string
}

// Open makes a store with a pool of its own.
func Open(dir string) *Store { return &Store{pool.New(2), dir} }

// Get reads a file, on the store's pool.
func (s *Store) Get(ctx context.Context, name string) *pool.Future[[]byte] {
	return pool.Go(ctx, s.Pool, func(context.Context) ([]byte, error) {
		return os.ReadFile(s.dir + "/" + name)
	})
}

// Do runs fn on the store's pool.
func (s *Store) Do(fn func()) error { return s.Pool.TrySubmit(fn) }

// Load reads a file on Disk and waits for it.
func Load(name string) ([]byte, error) {
	f := pool.Go(context.Background(), Disk, func(context.Context) ([]byte, error) {
		return os.ReadFile(name)
	})
	return f.Wait(context.Background()) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\)`
}

// Later runs fn on the pool p.
func Later(p *pool.Pool, fn func()) { p.TrySubmit(fn) }

// Await waits for what was started.
func Await[T any](f *pool.Future[T]) T {
	v, _ := f.Wait(context.Background()) // ok: the callers decide
	return v
}

func inside() {
	Disk.TrySubmit(func() { Load("inside") })
}

func beside() {
	CPU.TrySubmit(func() { Load("beside") })
}
