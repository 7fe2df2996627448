// Package param hands functions to functions. // want package:"effects"
package param

import (
	"errors"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A helper of our own that runs what it is given.
func retry(n int, fn func() error) error {
	var err error
	for range n {
		if err = fn(); err == nil {
			return nil
		}
	}
	return err
}

func retries(l *loop.Loop) {
	l.NextTick(func() {
		retry(3, func() error {
			_, err := http.Get("http://example.com") // want `http.Get blocks the event loop \(net\): callback of \(\*loop.Loop\).NextTick -> retry -> .*http.Get`
			return err
		})
		retry(3, func() error {
			return errors.New("x") // ok: in memory
		})
	})
}

// One that hands it to another.
func attempt(fn func() error) error { return retry(2, fn) }

func background(fn func() error) { go retry(2, fn) }

func nested(l *loop.Loop) {
	l.NextTick(func() {
		attempt(func() error {
			return os.Remove("x") // want `os.Remove blocks the event loop \(file\): .* -> attempt -> retry -> .*os.Remove`
		})
		background(func() error {
			return os.Remove("x") // ok: on a goroutine
		})
	})
}

// One that stores it for a goroutine of its own.
type queue struct {
	mu    sync.Mutex
	tasks []func()
}

func (q *queue) put(fn func()) {
	q.mu.Lock()
	q.tasks = append(q.tasks, fn)
	q.mu.Unlock()
}

func (q *queue) serve() {
	for {
		q.mu.Lock()
		tasks := q.tasks
		q.tasks = nil
		q.mu.Unlock()
		for _, t := range tasks {
			t()
		}
	}
}

func each(names []string, fn func(string)) {
	for _, n := range names {
		fn(n)
	}
}

func stored(l *loop.Loop, q *queue, names []string) {
	go q.serve()
	l.NextTick(func() {
		q.put(func() {
			os.Mkdir("x", 0o755) // ok: stored for another goroutine
		})
		each(names, func(n string) {
			os.Mkdir(n, 0o755) // want `os.Mkdir blocks the event loop \(file\): .* -> each -> .*os.Mkdir`
		})
	})
}

// Two parameters with two roles.
func fork(here, there func()) {
	go there()
	here()
}

func roles(l *loop.Loop) {
	l.NextTick(func() {
		fork(func() {
			time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\): .* -> fork -> .*time.Sleep`
		}, func() {
			time.Sleep(time.Second) // ok: on a goroutine
		})
	})
}

// A variadic.
func all(fns ...func()) {
	for _, fn := range fns {
		fn()
	}
}

func allAsync(fns ...func()) {
	for _, fn := range fns {
		go fn()
	}
}

func read() {
	os.ReadFile("x") // want `os.ReadFile may block the event loop \(file\): .* -> all -> read -> os.ReadFile`
}

func readLater() {
	os.ReadFile("x") // ok: on a goroutine
}

func variadic(l *loop.Loop) {
	l.NextTick(func() { all(read, func() {}) })
	l.NextTick(func() { allAsync(readLater, func() {}) })
}

// A channel of functions.
func channel(l *loop.Loop) {
	work := make(chan func(), 16)
	go func() {
		for fn := range work {
			fn()
		}
	}()
	l.NextTick(func() {
		select {
		case work <- func() {
			os.Link("x", "y") // ok: received on a goroutine
		}:
		default:
		}
	})
}

// What a std function runs here.
func std(l *loop.Loop, once *sync.Once) {
	l.NextTick(func() {
		once.Do(func() {
			http.Head("http://example.com") // want `http.Head blocks the event loop \(net\): .*Do -> .*http.Head`
		})
		new(sync.WaitGroup).Go(func() {
			http.Head("http://example.com") // ok: on a goroutine
		})
	})
}
