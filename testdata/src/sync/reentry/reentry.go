// Package reentry waits, in callbacks, for what only the loop can do. // want package:"effects"
package reentry

import (
	"context"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

func nested(ctx context.Context, l *loop.Loop) {
	l.SetTimeout(time.Second, func() {
		l.Run(ctx) // want `\(\*loop.Loop\).Run waits for the loop it runs on: deadlock \(reentry\): callback of \(\*loop.Loop\).SetTimeout -> \(\*loop.Loop\).Run`
	})
	l.SetTimeout(time.Second, func() {
		l.RunOnce(ctx) // want `\(\*loop.Loop\).RunOnce waits for the loop it runs on: deadlock \(reentry\)`
	})
	l.SetTimeout(time.Second, func() {
		l.RunNoWait() // want `\(\*loop.Loop\).RunNoWait waits for the loop it runs on: deadlock \(reentry\)`
	})
	l.SetTimeout(time.Second, func() {
		go l.Run(ctx) // ok: on a goroutine
	})
	l.SetTimeout(time.Second, func() {
		l.Stop() // ok: it does not wait
	})
	l.SetTimeout(time.Second, func() {
		l.Post(func() {}) // ok: it does not wait
	})
	l.Run(ctx)   // ok: not on the loop
	l.Close(ctx) // ok: not on the loop
}

// Two helpers deep.

func shutdown(ctx context.Context, l *loop.Loop) { stop(ctx, l) }

func stop(ctx context.Context, l *loop.Loop) {
	l.Close(ctx) // want `\(\*loop.Loop\).Close waits for the loop it runs on: deadlock \(reentry\): .* -> shutdown -> stop -> \(\*loop.Loop\).Close`
}

func halt(l *loop.Loop) {
	l.Stop() // ok: it does not wait
}

func helpers(ctx context.Context, l *loop.Loop) {
	l.Post(func() { shutdown(ctx, l) })
	l.Post(func() { halt(l) })
}

// A future is waited for elsewhere.
func futures(ctx context.Context, l *loop.Loop, p *pool.Pool) {
	work := func(context.Context) (int, error) {
		time.Sleep(time.Second) // ok: on a worker
		return 1, nil
	}
	l.Post(func() {
		f := pool.Go(ctx, p, work)
		f.Wait(ctx) // want `\(\*pool.Future\).Wait may block the event loop \(wait\)`
	})
	l.Post(func() {
		f := pool.Go(ctx, p, work)
		f.Cancel() // ok: it does not wait
	})
	l.Post(func() {
		p.Submit(ctx, func() {}) // want `\(\*pool.Pool\).Submit may block the event loop \(wait\)`
	})
	l.Post(func() {
		p.TrySubmit(func() {}) // ok: it does not wait
	})
	l.Post(func() {
		p.Close(ctx) // want `\(\*pool.Pool\).Close may block the event loop \(wait\)`
	})
	l.Post(func() {
		p.Shutdown() // ok: it does not wait
	})
}

// A channel that only callbacks of the loop empty.

type mail struct {
	letters chan string
	parcels chan string
	cards   chan string
}

func newMail() *mail {
	return &mail{make(chan string), make(chan string), make(chan string)}
}

func (m *mail) start(l *loop.Loop) {
	l.Post(func() {
		m.letters <- "x" // want `a channel send waits for the loop it runs on: deadlock \(reentry\): .*only callbacks of this loop receive from mail.letters`
	})
	l.Post(m.read)
	// Somebody else empties it too.
	l.Post(func() {
		m.parcels <- "x" // want `a channel send may block the event loop \(chan\)`
	})
	go func() { <-m.parcels }()
	l.Post(func() {
		go func() { m.cards <- "x" }() // ok: on a goroutine
	})
	l.Post(func() {
		<-m.cards // want `a channel receive may block the event loop \(chan\)`
	})
}

func (m *mail) read() {
	<-m.letters // want `a channel receive may block the event loop \(chan\)`
}

// A callback that posts and waits for what it posted.
func ask(l *loop.Loop) {
	l.Post(func() {
		answer := make(chan int)
		l.Post(func() {
			answer <- 1 // want `a channel send may block the event loop \(chan\)`
		})
		<-answer // want `a channel receive may block the event loop \(chan\)`
	})
	l.Post(func() {
		l.Post(func() {
			_ = 1 // ok: a callback after the other
		})
	})
}
