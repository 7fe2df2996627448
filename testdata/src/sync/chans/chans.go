// Package chans sends and receives in callbacks. // want package:"effects"
package chans

import (
	"context"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Unbuffered: the other side may be late.
func unbuffered(l *loop.Loop) {
	in, out := make(chan int), make(chan int)
	go func() {
		for v := range in {
			out <- v
		}
	}()
	l.Post(func() {
		in <- 1 // want `a channel send may block the event loop \(chan\)`
	})
	l.Post(func() {
		<-out // want `a channel receive may block the event loop \(chan\)`
	})
	l.Post(func() {
		go func() { in <- 1 }() // ok: on a goroutine
	})
	l.Post(func() {
		close(in) // ok: closing never waits
	})
	l.Post(func() {
		_, _ = len(out), cap(out) // ok: it only asks
	})
}

// Ranging is receiving.
func ranging(l *loop.Loop) {
	values := make(chan int)
	go func() {
		defer close(values)
		values <- 1
	}()
	l.Post(func() {
		for range values { // want `a channel receive may block the event loop \(chan\)`
		}
	})
	l.Post(func() {
		for range []int{1, 2} { // ok: a slice
		}
	})
}

// Made for the request, with room for what is sent.
func requests(l *loop.Loop, names []string) {
	l.Post(func() {
		errs := make(chan error, 3)
		errs <- nil // ok: there is room
		errs <- nil // ok: there is room
		errs <- nil // ok: there is room
	})
	l.Post(func() {
		first := make(chan int, 1)
		go func() {
			first <- 1 // ok: on a goroutine
		}()
	})
	l.Post(func() {
		c := make(chan int)
		go func() { <-c }()
		c <- 1 // want `a channel send may block the event loop \(chan\)`
	})
	l.Post(func() {
		errs := make(chan error, 2)
		for _, n := range names {
			go func() { errs <- os.Remove(n) }()
		}
		for range names {
			<-errs // want `a channel receive may block the event loop \(chan\)`
		}
	})
	l.Post(func() {
		errs := make(chan error, 2)
		for _, n := range names {
			go func() {
				errs <- os.Remove(n) // ok: on a goroutine
			}()
		}
	})
}

// Long-lived, with a goroutine that serves it.
type service struct {
	calls chan call
	stop  chan struct{}
	log   chan string
}

type call struct {
	arg   int
	reply chan int
}

func newService() *service {
	s := &service{calls: make(chan call), stop: make(chan struct{}), log: make(chan string, 128)}
	go s.serve()
	return s
}

func (s *service) serve() {
	for {
		select { // ok: on a goroutine
		case c := <-s.calls:
			c.reply <- c.arg * 2 // ok: on a goroutine
		case <-s.log:
		case <-s.stop:
			return
		}
	}
}

func (s *service) double(arg int) int {
	c := call{arg, make(chan int, 1)}
	s.calls <- c     // want `a channel send may block the event loop \(chan\): .* -> \(\*service\).double -> a channel send`
	return <-c.reply // want `a channel receive may block the event loop \(chan\): .* -> \(\*service\).double -> a channel receive`
}

func (s *service) doubleLater(l *loop.Loop, arg int, then func(int)) {
	go func() {
		c := call{arg, make(chan int, 1)}
		s.calls <- c   // ok: on a goroutine
		v := <-c.reply // ok: on a goroutine
		l.Post(func() { then(v) })
	}()
}

func (s *service) start(l *loop.Loop) {
	l.Post(func() { s.double(1) })
	l.Post(func() { s.doubleLater(l, 1, func(int) {}) })
	l.Post(func() {
		s.log <- "x" // ok: buffered, with a receiver of its own
	})
	l.Post(func() {
		<-s.stop // want `a channel receive may block the event loop \(chan\)`
	})
	l.Post(func() {
		close(s.stop) // ok: closing never waits
	})
}

// A reply has a slot of its own.
func serve(c call) {
	c.reply <- c.arg // ok: one slot, made for the request
}

func replying(l *loop.Loop) {
	c := call{1, make(chan int, 1)}
	l.Post(func() { serve(c) })
	go func() { <-c.reply }()
}

// A token is taken and given back.
type limiter struct{ tokens chan struct{} }

func newLimiter() *limiter { return &limiter{make(chan struct{}, 4)} }

func (m *limiter) acquire() {
	m.tokens <- struct{}{} // ok: buffered; told on request
}

func (m *limiter) release() {
	<-m.tokens // want `a channel receive may block the event loop \(chan\): .* -> \(\*limiter\).release -> a channel receive`
}

func (m *limiter) tryAcquire() bool {
	select { // ok: it does not wait
	case m.tokens <- struct{}{}:
		return true
	default:
		return false
	}
}

func (m *limiter) start(l *loop.Loop) {
	go func() {
		m.acquire()
		m.release()
	}()
	l.Post(m.acquire)
	l.Post(m.release)
	l.Post(func() { m.tryAcquire() })
}

// A context that nothing but a cancel ends.
func until(l *loop.Loop, ctx context.Context) {
	l.Post(func() {
		await(ctx)
	})
	l.Post(func() {
		go await(ctx) // ok: on a goroutine
	})
	l.Post(func() {
		if ctx.Err() != nil { // ok: it only asks
			return
		}
	})
}

func await(ctx context.Context) {
	<-ctx.Done() // want `a channel receive may block the event loop \(chan\): .* -> await -> a channel receive`
}

// Of a package variable.

var wake = make(chan struct{})

var nudge = make(chan struct{}, 1)

func variables(l *loop.Loop) {
	go func() {
		for range wake {
		}
	}()
	go func() {
		for range nudge {
		}
	}()
	l.Post(func() {
		wake <- struct{}{} // want `a channel send may block the event loop \(chan\)`
	})
	l.Post(func() {
		select { // ok: it does not wait
		case nudge <- struct{}{}:
		default:
		}
	})
}

// Known to be ready.
func ready(l *loop.Loop, s *service) {
	l.Post(func() {
		for len(s.log) > 0 {
			<-s.log // ok: there is something to receive
		}
	})
	l.Post(func() {
		<-s.log // want `a channel receive may block the event loop \(chan\)`
	})
}

// As a parameter that says the direction.

func produce(c chan<- int) {
	c <- 1 // want `a channel send may block the event loop \(chan\): .* -> produce -> a channel send`
}

func consume(c <-chan int) {
	<-c // want `a channel receive may block the event loop \(chan\): .* -> consume -> a channel receive`
}

func directions(l *loop.Loop) {
	c := make(chan int)
	go func() { c <- <-c }()
	l.Post(func() { produce(c) })
	l.Post(func() { consume(c) })
	l.Post(func() {
		go produce(c) // ok: on a goroutine
		go consume(c) // ok: on a goroutine
	})
}
