// Package here hands functions to functions that call them, or that do not. // want package:"effects"
package here

import (
	"iter"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A helper of the program's own.

func retry(n int, fn func() error) error {
	for range n {
		if err := fn(); err == nil {
			return nil
		}
	}
	return nil
}

func background(fn func() error) { go fn() }

var kept []func() error

func keep(fn func() error) { kept = append(kept, fn) }

func ignore(fn func() error) {}

func own(l *loop.Loop) {
	l.NextTick(func() {
		retry(3, func() error {
			return os.Remove("x") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> retry -> .*os.Remove`
		})
	})
	l.NextTick(func() {
		background(func() error {
			return os.Remove("x") // ok: on a goroutine
		})
	})
	l.NextTick(func() {
		keep(func() error {
			return os.Remove("x") // ok: nobody calls it
		})
	})
	l.NextTick(func() {
		ignore(func() error {
			return os.Remove("x") // ok: nobody calls it
		})
	})
	retry(3, func() error {
		return os.Remove("x") // ok: not on the loop
	})
}

// Through two helpers, with the function in between.

func apply[T any](v T, fn func(T)) { fn(v) }

func each(names []string, fn func(string)) {
	for _, name := range names {
		apply(name, fn)
	}
}

func two(l *loop.Loop, names []string) {
	l.NextTick(func() {
		each(names, func(name string) {
			os.Remove(name) // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> each -> apply -> .*os.Remove`
		})
	})
	l.NextTick(func() {
		each(names, func(name string) {
			_ = strings.ToUpper(name) // ok: computes
		})
	})
}

// A named function as the argument.

func drop() error {
	return os.RemoveAll("x") // want `os.RemoveAll blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> retry -> drop -> os.RemoveAll`
}

func namedArgument(l *loop.Loop) {
	l.NextTick(func() { retry(2, drop) })
}

// Functions of the standard library that call what they are given.
func standard(l *loop.Loop, names []string, once *sync.Once, m *sync.Map) {
	l.NextTick(func() {
		once.Do(func() {
			os.ReadFile("once") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> \(\*sync.Once\).Do -> .*os.ReadFile`
		})
	})
	l.NextTick(func() {
		once.Do(func() {}) // ok: nothing
	})
	l.NextTick(func() {
		sort.Slice(names, func(i, j int) bool {
			info, _ := os.Stat(names[i]) // want `os.Stat blocks the event loop \(file-meta\): .* -> sort.Slice -> `
			return info != nil
		})
	})
	l.NextTick(func() {
		sort.Slice(names, func(i, j int) bool { return names[i] < names[j] }) // ok: computes
	})
	l.NextTick(func() {
		slices.SortFunc(names, func(a, b string) int {
			os.ReadFile(a) // want `os.ReadFile blocks the event loop \(file\): .* -> slices.SortFunc -> `
			return 0
		})
	})
	l.NextTick(func() {
		slices.SortFunc(names, strings.Compare) // ok: computes
	})
	l.NextTick(func() {
		m.Range(func(k, v any) bool {
			os.Remove(k.(string)) // want `os.Remove blocks the event loop \(file\): .* -> \(\*sync.Map\).Range -> `
			return true
		})
	})
	l.NextTick(func() {
		strings.Map(func(r rune) rune {
			os.Getwd() // want `os.Getwd blocks the event loop \(file-meta\): .* -> strings.Map -> `
			return r
		}, "x")
	})
	l.NextTick(func() {
		time.AfterFunc(time.Second, func() {
			os.Remove("x") // ok: on a goroutine of the timer
		})
	})
	l.NextTick(func() {
		var wg sync.WaitGroup
		wg.Go(func() {
			os.Remove("x") // ok: on a goroutine
		})
	})
}

// Values that run what they were made of.
func values(l *loop.Loop) {
	page := sync.OnceValue(func() []byte {
		b, _ := os.ReadFile("page") // want `os.ReadFile blocks the event loop \(file\)`
		return b
	})
	early := sync.OnceValue(func() []byte {
		b, _ := os.ReadFile("early") // ok: not called on the loop
		return b
	})
	early()
	l.NextTick(func() { page() })
}

// Iterators.

func lines(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		b, _ := os.ReadFile(name) // want `os.ReadFile blocks the event loop \(file\)`
		for line := range strings.Lines(string(b)) {
			if !yield(line) {
				return
			}
		}
	}
}

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func iterators(l *loop.Loop) {
	l.NextTick(func() {
		for line := range lines("x") {
			_ = line
		}
	})
	l.NextTick(func() {
		_ = lines("y") // ok: nobody iterates
	})
	l.NextTick(func() {
		for i := range upTo(3) {
			_ = i // ok: computes
		}
	})
	l.NextTick(func() {
		for range upTo(3) {
			os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
		}
	})
	l.NextTick(func() {
		go func() {
			for range upTo(3) {
				os.Remove("x") // ok: on a goroutine
			}
		}()
	})
	l.NextTick(func() {
		slices.Collect(func(yield func(int) bool) {
			os.Truncate("x", 0) // want `os.Truncate blocks the event loop \(file\): .* -> slices.Collect -> `
		})
	})
}
