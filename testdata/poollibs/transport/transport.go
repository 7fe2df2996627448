// Package transport is a library that keeps a batch in a channel, to lock it.
package transport

// A Transport sends batches.
type Transport struct{ batch chan []string }

// New makes a transport with an empty batch.
func New() *Transport {
	t := &Transport{batch: make(chan []string, 1)}
	t.batch <- nil
	return t
}

// Send adds an event to the batch.
func (t *Transport) Send(event string) {
	b := <-t.batch
	t.batch <- append(b, event)
}
