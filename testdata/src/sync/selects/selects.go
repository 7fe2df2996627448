// Package selects holds select statements in callbacks. // want package:"effects"
package selects

import (
	"context"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

const (
	brief = 900 * time.Microsecond
	long  = 2 * time.Millisecond
)

// With a default nothing waits; without one, something may.
func defaults(l *loop.Loop) {
	events := make(chan int)
	go func() { events <- 1 }()
	l.Post(func() {
		select {
		case <-events: // want `a channel receive may block the event loop \(chan\)`
		}
	})
	l.Post(func() {
		select { // ok: it does not wait
		case e := <-events:
			_ = e
		default:
		}
	})
	commands := make(chan string)
	go func() { <-commands }()
	l.Post(func() {
		select {
		case commands <- "stop": // want `a channel send may block the event loop \(chan\)`
		}
	})
	l.Post(func() {
		select { // ok: it does not wait
		case commands <- "stop":
		default:
		}
	})
}

// The loop's budget is a millisecond.
func budget(l *loop.Loop) {
	events := make(chan int)
	go func() { events <- 1 }()
	l.Post(func() {
		select { // want `a channel receive may block the event loop \(chan\)`
		case <-events:
		case <-time.After(long):
		}
	})
	l.Post(func() {
		select { // ok: bounded below the budget
		case <-events:
		case <-time.After(brief):
		}
	})
	l.Post(func() {
		select { // want `a channel receive may block the event loop \(chan\)`
		case <-events:
		case <-time.After(time.Millisecond):
		}
	})
	l.Post(func() {
		select { // ok: the shorter of the timers decides
		case <-events:
		case <-time.After(time.Hour):
		case <-time.After(10 * time.Microsecond):
		}
	})
}

// The operands of the cases are evaluated here, and so is what follows.

func source() chan int {
	os.ReadFile("source") // want `os.ReadFile blocks the event loop \(file\): .* -> source -> os.ReadFile`
	return nil
}

func quiet() chan int { return nil }

func operands(l *loop.Loop) {
	l.Post(func() {
		select {
		case <-source():
		default:
		}
	})
	l.Post(func() {
		select { // ok: it does not wait
		case <-quiet():
		default:
		}
	})
}

func bodies(l *loop.Loop, stop chan struct{}) {
	l.Post(func() {
		select {
		case <-stop:
			return
		default:
			os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
		}
	})
	l.Post(func() {
		select {
		case <-stop:
			return
		default:
			go os.Remove("x") // ok: on a goroutine
		}
	})
}

// Forever.
func forever(l *loop.Loop) {
	l.Post(func() {
		hang()
	})
	l.Post(func() {
		go func() {
			select {} // ok: on a goroutine
		}()
	})
}

func hang() {
	select {} // want `select blocks the event loop \(forever\): .* -> hang -> select`
}

// Several channels, all of them known.
func several(l *loop.Loop) {
	l.Post(func() {
		a, b := make(chan int), make(chan int)
		go func() { a <- 1 }()
		go func() { b <- 1 }()
		select { // want `select may block the event loop \(chan\)`
		case <-a:
		case <-b:
		}
	})
	l.Post(func() {
		a, b := make(chan int), make(chan int)
		go func() { a <- 1 }()
		go func() { b <- 1 }()
		select { // ok: it does not wait
		case <-a:
		case <-b:
		default:
		}
	})
}

// Until a context is done.
func contexts(l *loop.Loop, ctx context.Context) {
	l.Post(func() {
		select {
		case <-ctx.Done(): // want `a channel receive may block the event loop \(chan\)`
		}
	})
	l.Post(func() {
		select { // ok: it only asks
		case <-ctx.Done():
		default:
		}
	})
	l.Post(func() {
		select { // ok: bounded below the budget
		case <-ctx.Done():
		case <-time.After(brief):
		}
	})
}

// A helper that waits with a limit, and one that only looks.

func await(c chan int, d time.Duration) bool {
	select { // want `a channel receive may block the event loop \(chan\): .* -> await -> a channel receive`
	case <-c:
		return true
	case <-time.After(d):
		return false
	}
}

func poll(c chan int) bool {
	select { // ok: it does not wait
	case <-c:
		return true
	default:
		return false
	}
}

func helpers(l *loop.Loop) {
	c := make(chan int)
	go func() { c <- 1 }()
	l.Post(func() { await(c, time.Second) })
	l.Post(func() { poll(c) })
}

// A send with room beside it may go through at any time.
func buffered(l *loop.Loop, ctx context.Context) {
	logs := make(chan string, 16)
	go func() {
		for range logs {
		}
	}()
	l.Post(func() {
		select { // ok: buffered, with a receiver of its own
		case logs <- "x":
		case <-ctx.Done():
		}
	})
}
