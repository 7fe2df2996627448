package loop

import (
	"cmp"
	"encoding/json"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"
)

// Metrics are what a loop has done since it was made. Two snapshots can be
// subtracted.
type Metrics struct {
	Turns         uint64        // iterations (libuv's loop_count)
	Events        uint64        // events that poll delivered
	EventsWaiting uint64        // of these, those that were there before poll looked
	Callbacks     uint64        // callbacks, ticks and microtasks
	Idle          time.Duration // parked in poll
	Busy          time.Duration // in Run and not parked
	Delay         Histogram     // from one poll to the next: what an event may have to wait
	Wait          Histogram     // of the first event of each poll: from its arrival to poll
	Run           Histogram     // of one callback
}

// Utilization returns the share of the time in Run that the loop was not parked,
// 0 to 1; it is 0 before the first Run (Node's eventLoopUtilization).
func (m Metrics) Utilization() float64 {
	if m.Idle+m.Busy == 0 {
		return 0
	}
	return float64(m.Busy) / float64(m.Idle+m.Busy)
}

// Sub returns what was done after prev was taken.
func (m Metrics) Sub(prev Metrics) Metrics {
	m.Turns -= prev.Turns
	m.Events -= prev.Events
	m.EventsWaiting -= prev.EventsWaiting
	m.Callbacks -= prev.Callbacks
	m.Idle -= prev.Idle
	m.Busy -= prev.Busy
	m.Delay.sub(&prev.Delay)
	m.Wait.sub(&prev.Wait)
	m.Run.sub(&prev.Run)
	return m
}

// A Histogram counts durations in buckets of a quarter of a power of two, so
// that what it tells is at most 19 % too high.
type Histogram struct {
	Count   uint64
	Sum     time.Duration
	buckets [numBuckets]uint64
}

// numBuckets reaches up to 2^43 ns, some two hours; what is longer counts there.
const numBuckets = 4 * 42

func (h *Histogram) add(d time.Duration) {
	h.Count++
	h.Sum += d
	h.buckets[bucketOf(d)]++
}

func (h *Histogram) sub(prev *Histogram) {
	h.Count -= prev.Count
	h.Sum -= prev.Sum
	for i := range h.buckets {
		h.buckets[i] -= prev.buckets[i]
	}
}

// bucketOf returns the bucket of d: 0 to 3 for 0 to 3 ns, then four to each
// power of two.
func bucketOf(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < 4 {
		return int(n)
	}
	exp := bits.Len64(n) - 3 // of the two bits behind the first
	return min(4*exp+int(n>>exp), numBuckets-1)
}

// bucketEnd returns the longest duration of a bucket.
func bucketEnd(i int) time.Duration {
	if i < 8 {
		return time.Duration(i)
	}
	exp := i/4 - 1
	return time.Duration((uint64(i%4+5) << exp) - 1)
}

// Quantile returns the duration that a share q of all, 0 to 1, do not exceed, 0
// if there are none. It is the end of a bucket.
func (h *Histogram) Quantile(q float64) time.Duration {
	want := uint64(math.Ceil(q * float64(h.Count)))
	for i, n := range h.buckets {
		if n > 0 && n >= want {
			return bucketEnd(i)
		}
		want -= min(n, want)
	}
	return 0
}

// Mean returns the mean, 0 if there are none.
func (h *Histogram) Mean() time.Duration {
	if h.Count == 0 {
		return 0
	}
	return h.Sum / time.Duration(h.Count)
}

// MarshalJSON returns the count, the mean and some quantiles, in nanoseconds.
func (h Histogram) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]int64{
		"count": int64(h.Count),
		"mean":  int64(h.Mean()),
		"p50":   int64(h.Quantile(0.5)),
		"p99":   int64(h.Quantile(0.99)),
		"max":   int64(h.Quantile(1)),
	})
}

// CallbackMetrics are the metrics of one function or literal, of what was
// registered at one line if the loop was made [WithMetricsByOrigin].
type CallbackMetrics struct {
	Name       string    // function and line, as in "main.serve.func1 (main.go:41)"
	Registered string    // file:line that made the handle or request or queued the callback; "" unless WithMetricsByOrigin
	Wait       Histogram // from ready, as queued, sent, done, or due, to run; watchers, which wait for nothing, have none
	Run        Histogram
}

// WithMetrics has the loop keep [Metrics], and two histograms for each function
// that it calls. That costs three clock reads and a lock a callback, some 150 ns,
// and twice that a turn.
func WithMetrics() Option {
	return func(l *Loop) {
		if l.meter() == nil {
			l.observer().meter = &meter{callbacks: make(map[callbackKey]*CallbackMetrics)}
		}
	}
}

// WithMetricsByOrigin is [WithMetrics] and [WithOrigins], and tells apart where
// the same function was registered: see [CallbackMetrics]. That costs some 100 ns
// a callback more.
func WithMetricsByOrigin() Option {
	return func(l *Loop) {
		WithMetrics()(l)
		l.origins = true
		l.observed.meter.places = make(map[uintptr]string)
	}
}

// Metrics returns the metrics of now, zero without [WithMetrics]. Any goroutine
// may call it.
//
//loopvet:nonblocking
func (l *Loop) Metrics() Metrics {
	if l.observed == nil || l.observed.meter == nil {
		return Metrics{}
	}
	return l.observed.meter.read(l.clock())
}

// CallbackMetrics returns the metrics of each function that the loop has called,
// the one with the most time first, nil without [WithMetrics]. Any goroutine may
// call it.
//
//loopvet:nonblocking
func (l *Loop) CallbackMetrics() []CallbackMetrics {
	if l.observed == nil || l.observed.meter == nil {
		return nil
	}
	return l.observed.meter.all()
}

// A meter keeps the metrics. The loop writes it, anyone may read it.
type meter struct {
	places map[uintptr]string // the loop's; lines by return address, "" of one in the runtime; nil unless by origin

	mu        sync.Mutex
	m         Metrics                          // guarded by mu; without what is in progress
	state     meterState                       // guarded by mu
	mark      int64                            // guarded by mu; when state began
	polled    int64                            // guarded by mu; when the last poll ended
	callbacks map[callbackKey]*CallbackMetrics // guarded by mu
}

// A callbackKey says which callbacks have their metrics in common.
type callbackKey struct {
	code  uintptr
	place string // where they were registered; "" unless by origin
}

type meterState uint8

const (
	meterOff meterState = iota // Run does not run
	meterBusy
	meterIdle
)

// enter ends a state and begins another.
func (t *meter) enter(s meterState, now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.account(&t.m, now)
	if t.state == meterOff {
		t.polled = now
	}
	t.state, t.mark = s, now
}

// account adds the present state's time to m.
func (t *meter) account(m *Metrics, now int64) {
	d := time.Duration(now - t.mark)
	switch t.state {
	case meterBusy:
		m.Busy += d
	case meterIdle:
		m.Idle += d
	}
}

// polling is the begin of poll.
func (t *meter) polling(now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.m.Turns++
	t.m.Delay.add(time.Duration(now - t.polled))
}

// took is the end of poll, with n events of which the first came at since.
// waiting says that they were there when poll began.
func (t *meter) took(n int, waiting bool, since, now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.polled = now
	if n == 0 {
		return
	}
	t.m.Events += uint64(n)
	if waiting {
		t.m.EventsWaiting += uint64(n)
	}
	t.m.Wait.add(time.Duration(now - since))
}

// ran is the end of a callback that ran for d, after it had waited if wait is not
// negative.
func (t *meter) ran(code uintptr, o *origin, wait, d time.Duration) {
	key := callbackKey{code: code}
	if t.places != nil && o != nil {
		key.place = t.place(o)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.m.Callbacks++
	t.m.Run.add(d)
	c := t.callbacks[key]
	if c == nil {
		c = &CallbackMetrics{Name: nameOf(code), Registered: key.place}
		t.callbacks[key] = c
	}
	c.Run.add(d)
	if wait >= 0 {
		c.Wait.add(wait)
	}
}

// place is o.line, which resolves each return address only once.
func (t *meter) place(o *origin) string {
	for i, pc := range o.pcs {
		line, known := t.places[pc]
		if !known {
			line = outside(o.pcs[i : i+1])
			t.places[pc] = line
		}
		if line != "" {
			return line
		}
	}
	return ""
}

func (t *meter) read(now int64) Metrics {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.m
	t.account(&m, now)
	return m
}

func (t *meter) all() []CallbackMetrics {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []CallbackMetrics
	for _, c := range t.callbacks {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b CallbackMetrics) int {
		if a.Run.Sum != b.Run.Sum {
			return cmp.Compare(b.Run.Sum, a.Run.Sum)
		}
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Registered, b.Registered)
	})
	return all
}
