// Package transport is a library that keeps a batch in a channel, to lock it, and
// has loops, locks and goroutines of its own.
package transport

import "sync"

// A Transport sends batches.
type Transport struct {
	batch   chan []string
	events  chan string
	dropped func(event string)
	mu      sync.Mutex
	held    int // guarded by mu
}

// New makes a transport with an empty batch.
func New() *Transport {
	t := &Transport{batch: make(chan []string, 1), events: make(chan string)}
	t.batch <- nil
	return t
}

// Send adds an event to the batch.
func (t *Transport) Send(event string) {
	b := <-t.batch
	t.batch <- append(b, event)
}

// OnDrop sets what is called with each event that is dropped.
func (t *Transport) OnDrop(f func(event string)) { t.dropped = f }

// Drop gives up an event.
func (t *Transport) Drop(event string) { t.dropped(event) }

// Relay starts a goroutine that calls f with each event.
func (t *Transport) Relay(f func(event string)) {
	go func() {
		for e := range t.events {
			f(e)
		}
	}()
}

// Post hands an event to the goroutine of Relay.
func (t *Transport) Post(event string) { t.events <- event }

// Hold counts, and runs f meanwhile.
func (t *Transport) Hold(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held++
	f()
}

// Same counts the pairs of events that are equal.
func Same(events []string) (pairs int) {
	for _, a := range events {
		for _, b := range events {
			if a == b {
				pairs++
			}
		}
	}
	return pairs
}
