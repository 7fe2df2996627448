// Package callers hands functions to the standard library, which calls them here or elsewhere. // want package:"effects"
package callers

import (
	"context"
	"database/sql"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func here(ctx context.Context, l *loop.Loop, once *sync.Once, conn *sql.Conn, re *regexp.Regexp, names []string, byName map[string]int) {
	l.NextTick(func() {
		once.Do(func() {
			os.Mkdir("x", 0o755) // want `os.Mkdir blocks the event loop \(file\): .* -> \(\*sync.Once\).Do -> `
		})
	})
	l.NextTick(func() {
		once.Do(func() { names = nil }) // ok: in memory
	})
	l.NextTick(func() {
		sort.SliceStable(names, func(i, j int) bool {
			_, err := os.Lstat(names[i]) // want `os.Lstat blocks the event loop \(file-meta\): .* -> sort.SliceStable -> `
			return err == nil
		})
	})
	l.NextTick(func() {
		sort.SliceStable(names, func(i, j int) bool { return names[i] < names[j] }) // ok: linear work is told on request
	})
	l.NextTick(func() {
		filepath.WalkDir("x", func(name string, d fs.DirEntry, err error) error { // want `filepath.WalkDir blocks the event loop \(file\)`
			time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\): .* -> filepath.WalkDir -> `
			return nil
		})
	})
	l.NextTick(func() {
		go filepath.WalkDir("x", func(string, fs.DirEntry, error) error {
			time.Sleep(time.Second) // ok: on a goroutine
			return nil
		})
	})
	l.NextTick(func() {
		slices.IndexFunc(names, func(name string) bool {
			return os.Remove(name) == nil // want `os.Remove blocks the event loop \(file\): .* -> slices.IndexFunc -> `
		})
	})
	l.NextTick(func() {
		slices.IndexFunc(names, func(name string) bool { return name == "x" }) // ok: compares
	})
	l.NextTick(func() {
		maps.DeleteFunc(byName, func(name string, _ int) bool {
			return os.Remove(name) == nil // want `os.Remove blocks the event loop \(file\): .* -> maps.DeleteFunc -> `
		})
	})
	l.NextTick(func() {
		maps.DeleteFunc(byName, func(_ string, n int) bool { return n == 0 }) // ok: compares
	})
	l.NextTick(func() {
		rand.Shuffle(2, func(i, j int) {
			os.Rename(names[i], names[j]) // want `os.Rename blocks the event loop \(file\): .* -> rand.Shuffle -> `
		})
	})
	l.NextTick(func() {
		rand.Shuffle(2, func(i, j int) { names[i], names[j] = names[j], names[i] }) // ok: in memory
	})
	l.NextTick(func() {
		re.ReplaceAllStringFunc("x", func(s string) string {
			b, _ := os.ReadFile(s) // want `os.ReadFile blocks the event loop \(file\): .* -> \(\*regexp.Regexp\).ReplaceAllStringFunc -> `
			return string(b)
		})
	})
	l.NextTick(func() {
		re.ReplaceAllStringFunc("x", strings.ToUpper) // ok: linear work is told on request
	})
	l.NextTick(func() {
		os.Expand("$x", func(name string) string {
			target, _ := os.Readlink(name) // want `os.Readlink blocks the event loop \(file-meta\): .* -> os.Expand -> `
			return target
		})
	})
	l.NextTick(func() {
		os.Expand("$x", os.Getenv) // ok: in memory
	})
	l.NextTick(func() {
		conn.Raw(func(any) error { // want `\(\*sql.Conn\).Raw blocks the event loop \(db\)`
			return os.Remove("x") // want `os.Remove blocks the event loop \(file\): .* -> \(\*sql.Conn\).Raw -> `
		})
	})
	l.NextTick(func() {
		conn.Close() // ok: told on request
	})
}

// The methods of what is sorted.

type byAge []string

func (b byAge) Len() int      { return len(b) }
func (b byAge) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b byAge) Less(i, j int) bool {
	_, err := os.Stat(b[i]) // want `os.Stat blocks the event loop \(file-meta\): .* -> sort.Sort -> \(byAge\).Less -> os.Stat`
	return err == nil
}

func sorted(l *loop.Loop, names []string) {
	l.NextTick(func() { sort.Sort(byAge(names)) })
	l.NextTick(func() {
		sort.Sort(sort.StringSlice(names)) // ok: linear work is told on request
	})
}

// On goroutines of the runtime's own.
func elsewhere(ctx context.Context, l *loop.Loop, wg *sync.WaitGroup, v *int) {
	l.NextTick(func() {
		time.AfterFunc(time.Second, func() {
			os.Remove("x") // ok: on a goroutine of the timer
		})
	})
	l.NextTick(func() {
		time.AfterFunc(time.Second, func() {
			l.Post(func() {
				os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
			})
		})
	})
	l.NextTick(func() {
		context.AfterFunc(ctx, func() {
			os.Remove("x") // ok: on a goroutine
		})
	})
	l.NextTick(func() {
		stop := context.AfterFunc(ctx, func() { wg.Wait() })
		stop() // ok: it does not wait
	})
	l.NextTick(func() {
		runtime.AddCleanup(v, func(name string) {
			os.Remove(name) // ok: on a goroutine of the runtime
		}, "x")
	})
	l.NextTick(func() {
		wg.Go(func() { os.Remove("x") })
		wg.Wait() // want `\(\*sync.WaitGroup\).Wait blocks the event loop \(wait\)`
	})
}
