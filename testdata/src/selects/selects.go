// Package selects selects, defers and starts goroutines. // want package:"effects"
package selects

import (
	"context"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A select with a default does not wait.
func defaults(l *loop.Loop) {
	events := make(chan int)
	go func() { events <- 1 }()
	l.NextTick(func() {
		select { // ok: it does not wait
		case <-events:
		default:
		}
	})
	l.NextTick(func() {
		select { // want `a channel receive may block the event loop \(chan\)`
		case <-events:
		case <-time.After(time.Second):
		}
	})
	l.NextTick(func() {
		select { // ok: bounded below the budget of the loop
		case <-events:
		case <-time.After(100 * time.Microsecond):
		}
	})
	l.NextTick(func() {
		select {} // want `select blocks the event loop \(forever\)`
	})
	l.NextTick(func() {
		go func() {
			select {} // ok: on a goroutine
		}()
	})
}

// Timers.
func timers(l *loop.Loop, t *time.Timer) {
	l.NextTick(func() {
		<-time.After(time.Second) // want `a receive from a timer blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		<-t.C // want `a receive from a timer blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		t.Stop() // ok: it does not wait
	})
	l.NextTick(func() {
		<-time.After(10 * time.Microsecond) // ok: below the budget of the loop
	})
	l.NextTick(func() {
		for range time.Tick(time.Second) { // want `a receive from a timer blocks the event loop \(sleep\)`
		}
	})
}

// Until something is done, or the context is.
func contexts(l *loop.Loop, ctx context.Context) {
	results := make(chan int)
	go func() { results <- 1 }()
	l.NextTick(func() {
		select { // want `a channel receive may block the event loop \(chan\)`
		case <-results:
		case <-ctx.Done():
		}
	})
	l.NextTick(func() {
		select { // ok: it only asks
		case <-ctx.Done():
		default:
		}
	})
}

// Deferred calls run here.
func deferred(l *loop.Loop) {
	l.NextTick(func() {
		defer os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
	})
	l.NextTick(func() {
		defer func() {
			os.Remove("y") // want `os.Remove blocks the event loop \(file\)`
		}()
	})
	l.NextTick(func() {
		defer func() {
			recover() // ok: it does not wait
		}()
	})
	l.NextTick(func() {
		defer func() {
			go os.Remove("z") // ok: on a goroutine
		}()
	})
}

// The arguments of a go statement are evaluated here.

func name() string {
	b, _ := os.ReadFile("name") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> name -> os.ReadFile`
	return string(b)
}

func label() string { return "x" }

func save(name string) {
	os.WriteFile(name, nil, 0o644) // ok: on a goroutine
}

func goArguments(l *loop.Loop) {
	l.NextTick(func() { go save(name()) })
	l.NextTick(func() { go save(label()) })
}

// A goroutine may come back to the loop.
func back(l *loop.Loop) {
	l.NextTick(func() {
		go l.Post(func() {
			os.Remove("x") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).Post`
		})
	})
	l.NextTick(func() {
		go func() {
			os.Remove("y") // ok: on the goroutine
			l.Post(func() {
				os.Remove("z") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).Post`
			})
		}()
	})
}

// A loop runs its body here.
func loops(l *loop.Loop, names []string) {
	l.NextTick(func() {
		for _, n := range names {
			if n != "" {
				os.Remove(n) // want `os.Remove blocks the event loop \(file\)`
			}
		}
	})
	l.NextTick(func() {
		for _, n := range names {
			_ = n // ok: in memory
		}
	})
}
