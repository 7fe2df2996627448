// Package bus wraps the registration functions of a loop, for package app. // want package:"effects.*; .*Every: runs param 1 loop"
package bus

import (
	"context"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A Bus delivers on a loop.
type Bus struct {
	Loop *loop.Loop
	subs map[string][]func(string)
}

// New returns a bus on l.
func New(l *loop.Loop) *Bus { return &Bus{Loop: l, subs: map[string][]func(string){}} }

// Every runs fn each second.
func (b *Bus) Every(fn func()) { b.Loop.SetInterval(time.Second, fn) }

// Do runs all of fns, soon.
func (b *Bus) Do(fns ...func()) {
	for _, fn := range fns {
		b.Loop.NextTick(fn)
	}
}

// Go runs fn on a goroutine.
func (b *Bus) Go(fn func()) { go fn() }

// After runs fn after d.
func After(l *loop.Loop, d time.Duration, fn func()) {
	l.SetTimeout(d, func() { fn() })
}

// Options are the callbacks of a Watch.
type Options struct {
	OnEvent func(string)
	OnStart func()
}

// Watch calls the callbacks of opts: OnStart at once, OnEvent on the loop.
func (b *Bus) Watch(opts Options) {
	opts.OnStart()
	b.Loop.NextTick(func() { opts.OnEvent("changed") })
}

// Subscribe calls fn on the loop when something is published.
func (b *Bus) Subscribe(topic string, fn func(string)) {
	b.subs[topic] = append(b.subs[topic], fn)
}

// Publish calls the subscribers, on the loop.
func (b *Bus) Publish(topic, msg string) {
	b.Loop.NextTick(func() {
		for _, fn := range b.subs[topic] {
			fn(msg)
		}
	})
}

// Work runs work on the pool, and then done on the loop.
func (b *Bus) Work(work func() error, done func(error)) {
	loop.QueueFunc(b.Loop.Context(), b.Loop, func(context.Context) error { return work() }, done)
}
