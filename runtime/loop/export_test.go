package loop

import "time"

// Arrived reports whether something waits for the next poll phase.
func (l *Loop) Arrived() bool { return l.inbox.queued.Load() }

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
