// Package semaphore bounds goroutines with weighted semaphores.
package semaphore

import (
	"context"
	"os"

	"golang.org/x/sync/semaphore"
)

type scanner struct {
	slots *semaphore.Weighted
	opens *semaphore.Weighted
}

func newScanner() *scanner {
	return &scanner{slots: semaphore.NewWeighted(4), opens: semaphore.NewWeighted(16)}
}

// Each directory holds its slot while those below it ask for theirs.
func (s *scanner) scan(ctx context.Context, dir string) error {
	if err := s.slots.Acquire(ctx, 1); err != nil { // want `\(\*semaphore.Weighted\).Acquire (waits|may wait) for a slot while it holds one \(pool-selfwait\)`
		return err
	}
	defer s.slots.Release(1)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := s.scan(ctx, dir+"/"+e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// The slot is given back before the next one is asked for.
func (s *scanner) list(ctx context.Context, dir string) ([]os.DirEntry, error) {
	if err := s.slots.Acquire(ctx, 1); err != nil { // ok: the caller holds none
		return nil, err
	}
	defer s.slots.Release(1)
	return os.ReadDir(dir)
}

func (s *scanner) scanOpen(ctx context.Context, dir string) error {
	entries, err := s.list(ctx, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := s.scanOpen(ctx, dir+"/"+e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Two slots of one, one after the other.
func (s *scanner) compare(ctx context.Context, first, second string) error {
	if err := s.slots.Acquire(ctx, 1); err != nil { // ok: it holds none yet
		return err
	}
	defer s.slots.Release(1)
	if _, err := os.Stat(first); err != nil {
		return err
	}
	if err := s.slots.Acquire(ctx, 1); err != nil { // want `\(\*semaphore.Weighted\).Acquire (waits|may wait) for a slot while it holds one \(pool-selfwait\)`
		return err
	}
	defer s.slots.Release(1)
	_, err := os.Stat(second)
	return err
}

// Both at once.
func (s *scanner) compareAtOnce(ctx context.Context, first, second string) error {
	if err := s.slots.Acquire(ctx, 2); err != nil { // ok: it holds none yet
		return err
	}
	defer s.slots.Release(2)
	if _, err := os.Stat(first); err != nil {
		return err
	}
	_, err := os.Stat(second)
	return err
}

// Slots of two semaphores, always in this order.
func (s *scanner) read(ctx context.Context, name string) ([]byte, error) {
	if err := s.slots.Acquire(ctx, 1); err != nil { // ok: it holds none yet
		return nil, err
	}
	defer s.slots.Release(1)
	if err := s.opens.Acquire(ctx, 1); err != nil { // ok: another semaphore
		return nil, err
	}
	defer s.opens.Release(1)
	return os.ReadFile(name)
}

// Not waiting for the second one.
func (s *scanner) tryBoth(ctx context.Context, name string) error {
	if err := s.slots.Acquire(ctx, 1); err != nil { // ok: it holds none yet
		return err
	}
	defer s.slots.Release(1)
	if s.slots.TryAcquire(1) { // ok: it does not wait
		defer s.slots.Release(1)
		os.Stat(name)
	}
	return os.Remove(name)
}

// A goroutine for each element, a slot for each goroutine.
func (s *scanner) all(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := s.slots.Acquire(ctx, 1); err != nil { // ok: given back by the goroutine
			return err
		}
		go func() { // ok: four at a time
			defer s.slots.Release(1)
			os.Stat(name)
		}()
	}
	return s.slots.Acquire(ctx, 4) // ok: waits for the last of them
}

// A slot that was refused is not held by the time that the next one is asked for.
func (s *scanner) each(ctx context.Context, names chan string) {
	for name := range names {
		if err := s.slots.Acquire(ctx, 1); err != nil { // ok: after a failure there is nothing to give back
			continue
		}
		os.Stat(name)
		s.slots.Release(1)
	}
}

// One that was granted and is not given back is.
func (s *scanner) eachUnlessGone(ctx context.Context, names chan string) {
	for name := range names {
		if err := s.slots.Acquire(ctx, 1); err != nil { // want `\(\*semaphore.Weighted\).Acquire (waits|may wait) for a slot while it holds one \(pool-selfwait\)`
			continue
		}
		if _, err := os.Stat(name); err != nil {
			continue
		}
		s.slots.Release(1)
	}
}
