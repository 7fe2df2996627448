// Package heldlock has tasks that wait for others while they hold what those need. // want package:"waits"
package heldlock

import (
	"context"
	"os"
	"sync"

	"github.com/loopvet/loopvet/runtime/pool"
)

// The ledger's tasks run on one pool and wait for the archive's on another.

type ledger struct {
	workers *pool.Pool
	archive *pool.Pool

	mu      sync.Mutex
	entries []string // guarded by mu

	logMu sync.Mutex
	log   []string // guarded by logMu
}

func newLedger() *ledger {
	return &ledger{workers: pool.New(2), archive: pool.New(2)}
}

func (l *ledger) add(entry string) {
	l.mu.Lock()
	l.entries = append(l.entries, entry)
	l.mu.Unlock()
}

func (l *ledger) note(line string) {
	l.logMu.Lock()
	defer l.logMu.Unlock()
	l.log = append(l.log, line)
}

func (l *ledger) restore(name string) *pool.Future[int] {
	return pool.Go(context.Background(), l.archive, func(context.Context) (int, error) {
		data, err := os.ReadFile(name)
		l.add(string(data))
		return len(data), err
	})
}

// Held until the end of the task.
func (l *ledger) replace(name string) {
	l.workers.TrySubmit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.entries = nil
		l.restore(name).Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\): task of \(\*pool.Pool\).TrySubmit -> \(\*pool.Future\).Wait`
	})
}

// Let go before the wait.
func (l *ledger) replaceLater(name string) {
	l.workers.TrySubmit(func() {
		l.mu.Lock()
		l.entries = nil
		l.mu.Unlock()
		l.restore(name).Wait(context.Background()) // ok: nothing is held
	})
}

// Another lock than the one that the task takes, on a pool where nothing else
// runs.
func (l *ledger) replaceAndNote(name string) {
	aside := pool.New(1)
	l.workers.TrySubmit(func() {
		l.logMu.Lock()
		defer l.logMu.Unlock()
		pool.Go(context.Background(), aside, func(context.Context) (int, error) {
			l.add(name)
			return 1, nil
		}).Wait(context.Background()) // ok: the task takes mu
		l.log = append(l.log, "replaced")
	})
}

// A goroutine that is no task.
func (l *ledger) reset(name string) {
	l.mu.Lock()
	l.entries = nil
	l.mu.Unlock()
	l.restore(name).Wait(context.Background()) // ok: not called by a task
}

// The lock is taken by who calls what waits.

func (l *ledger) settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settleLocked()
}

func (l *ledger) settleLocked() {
	done := pool.Go(context.Background(), l.archive, func(context.Context) (int, error) {
		l.add("settled")
		return 0, nil
	})
	done.Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\): task of \(\*pool.Pool\).TrySubmit -> \(\*ledger\).settle -> \(\*ledger\).settleLocked -> \(\*pool.Future\).Wait`
}

func (l *ledger) startSettling() { l.workers.TrySubmit(l.settle) }

// A WaitGroup.
func (l *ledger) addBoth(first, second string) {
	l.workers.TrySubmit(func() {
		var wg sync.WaitGroup
		wg.Add(2)
		l.mu.Lock()
		l.archive.TrySubmit(func() {
			defer wg.Done()
			l.add(first)
		})
		l.archive.TrySubmit(func() {
			defer wg.Done()
			l.add(second)
		})
		wg.Wait() // want `\(\*sync.WaitGroup\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
		l.mu.Unlock()
	})
}

func (l *ledger) addBothUnheld(first, second string) {
	l.workers.TrySubmit(func() {
		var wg sync.WaitGroup
		wg.Add(2)
		l.archive.TrySubmit(func() {
			defer wg.Done()
			l.add(first)
		})
		l.archive.TrySubmit(func() {
			defer wg.Done()
			l.add(second)
		})
		wg.Wait() // ok: nothing is held
		l.mu.Lock()
		l.entries = append(l.entries, "both")
		l.mu.Unlock()
	})
}

// A channel.
func (l *ledger) count() {
	l.workers.TrySubmit(func() {
		l.logMu.Lock()
		defer l.logMu.Unlock()
		counted := make(chan int)
		l.archive.TrySubmit(func() {
			l.note("counting")
			counted <- 1
		})
		<-counted // want `a channel receive (waits|may wait) for a task that takes .*logMu, which it holds \(pool-heldlock\)`
	})
}

// The result is sent before the lock is asked for.
func (l *ledger) countFirst() {
	aside := pool.New(1)
	l.workers.TrySubmit(func() {
		l.logMu.Lock()
		defer l.logMu.Unlock()
		counted := make(chan int)
		aside.TrySubmit(func() {
			counted <- 1
			l.note("counted")
		})
		<-counted // ok: it is sent before the lock is taken
	})
}

// The task that is waited for only tries.
func (l *ledger) tryAdd() {
	aside := pool.New(1)
	l.workers.TrySubmit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		pool.Go(context.Background(), aside, func(context.Context) (bool, error) {
			if !l.mu.TryLock() {
				return false, nil
			}
			defer l.mu.Unlock()
			l.entries = append(l.entries, "tried")
			return true, nil
		}).Wait(context.Background()) // ok: TryLock does not wait
	})
}

// The task starts a goroutine that takes the lock when it can.
func (l *ledger) addSoon() {
	aside := pool.New(1)
	l.workers.TrySubmit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		pool.Go(context.Background(), aside, func(context.Context) (int, error) {
			go l.add("soon")
			return 1, nil
		}).Wait(context.Background()) // ok: the task does not wait for the goroutine
	})
}

// Sometimes it takes the lock.
func (l *ledger) addIfThere(name string) {
	l.workers.TrySubmit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		pool.Go(context.Background(), l.archive, func(context.Context) (int, error) {
			if _, err := os.Stat(name); err != nil {
				return 0, err
			}
			l.add(name)
			return 1, nil
		}).Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
	})
}

// Readers and writers.

type table struct {
	workers, helpers *pool.Pool

	mu   sync.RWMutex
	rows map[string]int // guarded by mu
}

func newTable() *table {
	return &table{workers: pool.New(1), helpers: pool.New(1), rows: map[string]int{}}
}

func (t *table) get(key string) int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.rows[key]
}

func (t *table) set(key string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[key] = n
}

func (t *table) lookup(key string) *pool.Future[int] {
	return pool.Go(context.Background(), t.helpers, func(context.Context) (int, error) { return t.get(key), nil })
}

// A writer waits for a reader.
func (t *table) increment(key string) {
	t.workers.TrySubmit(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		n, err := t.lookup(key).Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
		if err == nil {
			t.rows[key] = n + 1
		}
	})
}

// A reader waits for a reader, and no writer stands between them.
func (t *table) compare(first, second string) {
	aside := pool.New(1)
	t.workers.TrySubmit(func() {
		t.mu.RLock()
		defer t.mu.RUnlock()
		n, err := pool.Go(context.Background(), aside, func(context.Context) (int, error) {
			return t.get(second), nil
		}).Wait(context.Background()) // ok: both read
		if err == nil && n == t.rows[first] {
			os.Remove(second)
		}
	})
}

// A reader waits for a writer.
func (t *table) double(key string) {
	t.workers.TrySubmit(func() {
		t.mu.RLock()
		n := t.rows[key]
		pool.Go(context.Background(), t.helpers, func(context.Context) (int, error) {
			t.set(key, 2*n)
			return 0, nil
		}).Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that takes .*mu, which it holds \(pool-heldlock\)`
		t.mu.RUnlock()
	})
}

// A variable of the package.

var (
	settingsMu sync.Mutex
	settings   map[string]string
	loaders    = pool.New(1)
	checkers   = pool.New(1)
)

func apply(name string) {
	settingsMu.Lock()
	defer settingsMu.Unlock()
	data, _ := os.ReadFile(name)
	settings[name] = string(data)
}

func reload(name string) {
	loaders.TrySubmit(func() {
		settingsMu.Lock()
		defer settingsMu.Unlock()
		clear(settings)
		applied := make(chan struct{})
		checkers.TrySubmit(func() {
			defer close(applied)
			apply(name)
		})
		<-applied // want `a channel receive (waits|may wait) for a task that takes .*settingsMu, which it holds \(pool-heldlock\)`
	})
}

func reloadOpen(name string) {
	loaders.TrySubmit(func() {
		settingsMu.Lock()
		clear(settings)
		settingsMu.Unlock()
		applied := make(chan struct{})
		checkers.TrySubmit(func() {
			defer close(applied)
			apply(name)
		})
		<-applied // ok: nothing is held
	})
}

// The task that is waited for takes no lock, and is alone on its pool.
func reloadBeside(name string) {
	aside := pool.New(1)
	loaders.TrySubmit(func() {
		settingsMu.Lock()
		defer settingsMu.Unlock()
		read := make(chan []byte)
		aside.TrySubmit(func() {
			data, _ := os.ReadFile(name)
			read <- data
		})
		settings[name] = string(<-read) // ok: the task takes no lock
	})
}

// What is waited for takes no lock, but a task that is before it on the only
// worker does.

type spooler struct {
	mu      sync.Mutex
	pages   []string // guarded by mu
	workers *pool.Pool
	printer *pool.Pool
}

func newSpooler() *spooler { return &spooler{workers: pool.New(1), printer: pool.New(1)} }

func (s *spooler) printed(page string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages = append(s.pages, page)
}

func (s *spooler) print(page string) {
	s.workers.TrySubmit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.printer.TrySubmit(func() { s.printed(page) })
		pool.Go(context.Background(), s.printer, func(context.Context) (int, error) {
			return 0, os.WriteFile("/dev/lp0", []byte(page), 0o600)
		}).Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that .*mu, which it holds \(pool-heldlock\)`
	})
}

// A wrapper runs what it is handed under the lock.
func (l *ledger) locked(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fn()
}

func (l *ledger) addLocked() {
	aside := pool.New(1)
	l.workers.TrySubmit(func() {
		l.locked(func() {
			added := pool.Go(context.Background(), aside, func(context.Context) (int, error) {
				l.add("locked")
				return 1, nil
			})
			added.Wait(context.Background()) // want `\(\*pool.Future\).Wait waits for a task that takes .*mu, which it holds \(pool-heldlock\)`
		})
	})
}

func (l *ledger) addBeforeLocked() {
	aside := pool.New(1)
	l.workers.TrySubmit(func() {
		added := pool.Go(context.Background(), aside, func(context.Context) (int, error) {
			l.add("locked")
			return 1, nil
		})
		added.Wait(context.Background()) // ok: the lock is taken below
		l.locked(func() {})
	})
}
