// Package info is read at the lowest level, which tells everything. // want package:"effects"
package info

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// The console.
func console(l *loop.Loop, logger *slog.Logger) {
	l.NextTick(func() {
		fmt.Println("x")      // want `fmt.Println blocks the event loop \(console\)`
		_ = fmt.Sprintln("x") // ok: in memory
	})
	l.NextTick(func() {
		log.Printf("x") // want `log.Printf blocks the event loop \(console\)`
		log.Prefix()    // ok: in memory
	})
	l.NextTick(func() {
		logger.Info("x")      // want `\(\*slog.Logger\).Info blocks the event loop \(console\)`
		logger.With("k", "v") // ok: in memory
	})
	l.NextTick(func() {
		fmt.Fprintln(os.Stderr, "x")            // want `Write (may block|blocks) the event loop \(console\)`
		fmt.Fprintln(new(strings.Builder), "x") // ok: in memory
	})
}

// Functions named like a logger's: what is behind them is not asked.

type tracer struct{ file *os.File }

func (t *tracer) Debugf(format string, args ...any) {
	t.file.WriteString(fmt.Sprintf(format, args...)) // ok: a logger's own business
}

func (t *tracer) Dump(args ...any) {
	t.file.WriteString(fmt.Sprint(args...)) // want `\(\*os.File\).WriteString blocks the event loop \(file\): .* -> \(\*tracer\).Dump -> `
}

type journal interface {
	Warn(msg string, args ...any)
}

func loggers(l *loop.Loop, t *tracer, j journal) {
	l.NextTick(func() {
		t.Debugf("x") // want `\(\*tracer\).Debugf may block the event loop \(console\)`
		t.Dump("x")   // ok: not named like a logger's, so the finding stands in it
	})
	l.NextTick(func() {
		j.Warn("x") // want `Warn may block the event loop \(console\)`
	})
}

// Work that is linear in its input.
func linear(l *loop.Loop, re *regexp.Regexp, v any, names []string) {
	l.NextTick(func() {
		json.Marshal(v)       // want `json.Marshal blocks the event loop \(cpu\)`
		re.FindString("x")    // want `\(\*regexp.Regexp\).FindString blocks the event loop \(cpu\)`
		sort.Strings(names)   // want `sort.Strings blocks the event loop \(cpu\)`
		strings.ToUpper("x")  // ok: cheap
		regexp.QuoteMeta("x") // ok: cheap
	})
}

// Waits that end within the budget.
func bounded(l *loop.Loop, events chan int) {
	l.NextTick(func() {
		time.Sleep(100 * time.Microsecond) // want `time.Sleep blocks the event loop \(sleep\)`
		time.Sleep(0)                      // ok: returns at once
	})
	l.NextTick(func() {
		select { // want `(select|a channel receive) may block the event loop \(chan\)`
		case <-events:
		case <-time.After(100 * time.Microsecond):
		}
	})
	l.NextTick(func() {
		select { // ok: it does not wait
		case <-events:
		default:
		}
	})
}

// Channels with a buffer, and channels of unknown origin.

type queue struct{ jobs chan int }

func newQueue() *queue { return &queue{make(chan int, 8)} }

func (q *queue) start(l *loop.Loop, unknown chan int) {
	go func() {
		for range q.jobs {
		}
	}()
	l.NextTick(func() {
		q.jobs <- 1 // want `a channel send may block the event loop \(chan\)`
	})
	l.NextTick(func() {
		unknown <- 1 // want `a channel send may block the event loop \(chan\)`
	})
	l.NextTick(func() {
		reply := make(chan int, 1)
		reply <- 1 // ok: there is room
	})
}

// Two guessed edges with several targets each.

type first interface{ First(second) }

type second interface{ Second() }

type a struct{}

func (a) First(s second) { s.Second() }

type b struct{}

func (b) First(second) {}

type c struct{}

func (c) Second() {
	os.Remove("x") // want `os.Remove may block the event loop \(file\)`
}

type d struct{}

func (d) Second() {
	_ = io.EOF // ok: in memory
}

func guess(l *loop.Loop, f first, s second) {
	l.NextTick(func() { f.First(s) })
	uses(a{}, c{})
	uses(b{}, d{})
}

func uses(first, second) {}

// Warnings are still told.
func warnings(l *loop.Loop) {
	l.NextTick(func() {
		os.Mkdir("x", 0o755) // want `os.Mkdir blocks the event loop \(file\)`
	})
}
