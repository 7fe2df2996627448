package loop

import "time"

// Arrived returns how many events wait for the next poll phase.
func (l *Loop) Arrived() int {
	l.inbox.mu.Lock()
	defer l.inbox.mu.Unlock()
	return len(l.inbox.events) + len(l.inbox.signals)
}

// KindOf returns the kind of a stall with the given stack.
func KindOf(stack []byte) string { return kindOf(stateOf(stack), stack) }

// HistogramOf returns a histogram of ds.
func HistogramOf(ds ...time.Duration) *Histogram {
	h := new(Histogram)
	for _, d := range ds {
		h.add(d)
	}
	return h
}
