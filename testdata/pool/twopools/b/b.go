// Package b runs tasks on the pools of package a. // want package:"waits"
package b

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/pool"
	"github.com/loopvet/loopvet/testdata/pool/twopools/a"
)

// An Index is made from what a store has.
type Index struct {
	store *a.Store
	pool  *pool.Pool
	words map[string]int
}

// New makes an index with a pool of its own.
func New(s *a.Store) *Index {
	return &Index{store: s, pool: pool.New(1), words: map[string]int{}}
}

// Shared makes an index that works on the pool of its store.
func Shared(s *a.Store) *Index {
	return &Index{store: s, pool: s.Pool, words: map[string]int{}}
}

// On the store's own pool: each task holds a worker that Get needs.
func (x *Index) Add(ctx context.Context, name string) {
	x.store.Do(func() {
		data, err := x.store.Get(ctx, name).Wait(ctx) // want `\(\*pool.Future\).Wait (waits|may wait) for a task of its own pool \(pool-selfwait\)`
		if err == nil {
			x.words[string(data)]++
		}
	})
}

// On a pool of its own.
func Count(ctx context.Context, s *a.Store, names [2]string) *pool.Future[int] {
	counters := pool.New(1)
	return pool.Go(ctx, counters, func(ctx context.Context) (int, error) {
		n := 0
		for _, name := range names {
			data, err := s.Get(ctx, name).Wait(ctx) // ok: the store's pool is another one
			if err != nil {
				return n, err
			}
			n += len(data)
		}
		return n, nil
	})
}

// The variables of package a.
func Hash(name string) {
	a.CPU.TrySubmit(func() {
		data, err := a.Load(name) // ok: Load waits for Disk
		if err == nil {
			os.WriteFile(name+".sum", data, 0o600)
		}
	})
}

// Mirror waits for the pool that it runs on.
func Mirror(name string) {
	a.Later(a.Disk, func() {
		f := pool.Go(context.Background(), a.Disk, func(context.Context) ([]byte, error) { return os.ReadFile(name) })
		f.Wait(context.Background()) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\)`
	})
}

// Compute waits for the other one.
func Compute(name string) {
	a.Later(a.CPU, func() {
		f := pool.Go(context.Background(), a.Disk, func(context.Context) ([]byte, error) { return os.ReadFile(name) })
		f.Wait(context.Background()) // ok: Disk is another pool
	})
}

// Checksum runs on CPU, and its callers wait.
func Checksum(name string) *pool.Future[int] {
	return pool.Go(context.Background(), a.CPU, func(context.Context) (int, error) { return len(name), nil })
}
