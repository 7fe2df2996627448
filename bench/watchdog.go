package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// How the cost of the watchdog is measured. It is less than what a row varies by
// from one run to the next, so the two sides run in pairs, for some milliseconds
// each, right after one another and every other time in the reverse order: what
// the machine does meanwhile meets both. Each pair gives one ratio, and what counts
// is their median, with the range that it is in with a probability of 95 %, which
// the order statistics give without an assumption on how the ratios vary.

// shortRun is how long each side of a pair takes, about.
const shortRun = 2 * time.Millisecond

// watchdogRows are chains of callbacks that do nothing, so that the share of what
// goes on between them is as large as it can be.
var watchdogRows = []struct {
	name  string
	queue func(l *loop.Loop) func(fn func())
}{
	{"tick", func(l *loop.Loop) func(fn func()) { return l.NextTick }},
	{"microtask", func(l *loop.Loop) func(fn func()) { return l.QueueMicrotask }},
	{"immediate", func(l *loop.Loop) func(fn func()) { return func(fn func()) { l.SetImmediate(fn) } }},
	{"post", func(l *loop.Loop) func(fn func()) { return func(fn func()) { l.Post(fn) } }},
	{"timer", func(l *loop.Loop) func(fn func()) { return func(fn func()) { l.SetTimeout(0, fn) } }},
}

// compareWatchdog prints, for each row, the median of the ratios of a loop with a
// watchdog to one without, and its range.
func compareWatchdog(w io.Writer, pairs int) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "median of %d pairs\twatchdog/bare\tfrom\tto\t\n", pairs)
	var all []float64
	for _, r := range watchdogRows {
		ratios := pairedRatios(r.queue, pairs)
		all = append(all, ratios...)
		median, from, to := medianRange(ratios)
		fmt.Fprintf(table, "%s\t%.4f\t%.4f\t%.4f\t\n", r.name, median, from, to)
	}
	median, from, to := medianRange(all)
	fmt.Fprintf(table, "all rows\t%.4f\t%.4f\t%.4f\t\n", median, from, to)
	return table.Flush()
}

// pairedRatios measures a row in pairs.
func pairedRatios(queue func(*loop.Loop) func(func()), pairs int) []float64 {
	bare := func(n int) time.Duration { l := loop.New(); return steady(l, queue(l), n) }
	watched := func(n int) time.Duration { l := loop.New(watchdogOnly()...); return steady(l, queue(l), n) }
	n := 1000
	for bare(n) < shortRun {
		n *= 2
	}
	var ratios []float64
	for i := range pairs {
		var b, w time.Duration
		if i%2 == 0 {
			b, w = bare(n), watched(n)
		} else {
			w, b = watched(n), bare(n)
		}
		ratios = append(ratios, float64(w)/float64(b))
	}
	return ratios
}

// steady returns how long n callbacks take, one after the other, from the first to
// the last: what Run does before and after them, to start and end the watchdog, is
// left out.
func steady(l *loop.Loop, queue func(fn func()), n int) (d time.Duration) {
	var start time.Time
	var step func()
	step = func() {
		if n--; n > 0 {
			queue(step)
		} else {
			d = time.Since(start)
		}
	}
	queue(func() {
		start = time.Now()
		queue(step)
	})
	run(l)
	return d
}

// medianRange returns the median and the bounds of its 95 % interval: the ranks
// half ± 0.98 sqrt(n), as the median's rank is binomial.
func medianRange(ratios []float64) (median, from, to float64) {
	slices.Sort(ratios)
	n := len(ratios)
	half := 0.98 * math.Sqrt(float64(n))
	rank := func(k float64) float64 { return ratios[min(max(int(k), 0), n-1)] }
	return rank(float64(n) / 2), rank(float64(n)/2 - half), rank(float64(n)/2 + half)
}
