// Package channels sends and receives. // want package:"effects"
package channels

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Unbuffered.
func unbuffered(l *loop.Loop) {
	ready := make(chan int)
	go func() { ready <- 1 }()
	l.NextTick(func() {
		<-ready // want `a channel receive may block the event loop \(chan\)`
	})
	done := make(chan int)
	go func() { <-done }()
	l.NextTick(func() {
		done <- 1 // want `a channel send may block the event loop \(chan\)`
	})
	l.NextTick(func() {
		close(done) // ok: closing never waits
	})
	l.NextTick(func() {
		go func() { done <- 1 }() // ok: on a goroutine
	})
}

// Buffered, made for this request, with room for every send.
func perRequest(l *loop.Loop) {
	l.NextTick(func() {
		reply := make(chan int, 1)
		reply <- 1 // ok: there is room
	})
	l.NextTick(func() {
		reply := make(chan int, 2)
		reply <- 1 // ok: there is room
		reply <- 2 // ok: there is room
	})
	l.NextTick(func() {
		reply := make(chan int, 1)
		go func() { reply <- 1 }()
		<-reply // want `a channel receive may block the event loop \(chan\)`
	})
}

// Long-lived: where the channel has a buffer it is told on request only.
type queue struct {
	jobs  chan int
	calls chan int
	tasks chan func()
}

func newQueue() *queue {
	return &queue{jobs: make(chan int, 64), calls: make(chan int), tasks: make(chan func(), 8)}
}

func (q *queue) serve() {
	for {
		<-q.jobs
		<-q.calls
	}
}

func (q *queue) start(l *loop.Loop) {
	go q.serve()
	l.NextTick(func() {
		q.jobs <- 1 // ok: buffered
	})
	l.NextTick(func() {
		q.calls <- 1 // want `a channel send may block the event loop \(chan\)`
	})
}

// The channel of a request carries its reply.
type request struct{ reply chan int }

func (q *queue) ask() int {
	r := request{reply: make(chan int, 1)}
	go func() { r.reply <- 1 }()
	return <-r.reply // want `a channel receive may block the event loop \(chan\): callback of \(\*loop.Loop\).NextTick -> \(\*queue\).ask -> a channel receive`
}

func answer(r *request) {
	r.reply <- 1 // ok: one slot, made for the request
}

func replies(l *loop.Loop, q *queue, r *request) {
	l.NextTick(func() { q.ask() })
	l.NextTick(func() { answer(r) })
}

// Through a helper with the channel as its parameter.

func drain(c chan int) {
	for range c { // want `a channel receive may block the event loop \(chan\)`
	}
}

func fill(c chan int) {
	c <- 1 // ok: there is room in the one that it is given
}

func helpers(l *loop.Loop) {
	l.NextTick(func() {
		c := make(chan int)
		go close(c)
		drain(c)
	})
	l.NextTick(func() { fill(make(chan int, 1)) })
}

// Of unknown origin: told on request only.
func unknown(l *loop.Loop, c chan int) {
	l.NextTick(func() {
		c <- 1 // ok: nothing is known of the channel
	})
}

// A wait that nothing ends but a cancel.
func cancelled(l *loop.Loop, ctx context.Context) {
	l.NextTick(func() {
		<-ctx.Done() // want `a channel receive may block the event loop \(chan\)`
	})
	l.NextTick(func() {
		_ = ctx.Err() // ok: it only asks
	})
}

// A goroutine that the callback waits for after all.
func joined(l *loop.Loop) {
	l.NextTick(func() {
		done := make(chan error)
		go func() {
			done <- os.Remove("x") // ok: on a goroutine
		}()
		<-done // want `a channel receive may block the event loop \(chan\)`
	})
	l.NextTick(func() {
		go func() {
			err := os.Remove("x") // ok: on a goroutine
			l.Post(func() { _ = err })
		}()
	})
}

// Only callbacks of the loop receive: the loop waits for itself.
type inbox struct {
	letters chan string
	parcels chan string
}

func newInbox() *inbox {
	return &inbox{letters: make(chan string), parcels: make(chan string)}
}

func (i *inbox) start(l *loop.Loop) {
	l.NextTick(func() {
		i.letters <- "x" // want `a channel send waits for the loop it runs on: deadlock \(reentry\): .*only callbacks of this loop receive from inbox.letters`
	})
	l.NextTick(func() {
		<-i.letters // want `a channel receive may block the event loop \(chan\)`
	})
	l.NextTick(func() {
		select {
		case i.parcels <- "x": // ok: it does not wait
		default:
		}
	})
}
