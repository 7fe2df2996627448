// Package loopotel exports the metrics of loops and pools as OpenTelemetry
// instruments. It is a module of its own, so that a program which does not use it
// inherits none of its dependencies.
//
//	l := loop.New(loop.WithMetrics())
//	reg, err := loopotel.Loop(otel.Meter("example.com/server"), "main", l)
//
// All instruments are observed when the reader collects, on its goroutine; the
// loop does nothing for them. For a program without OpenTelemetry there is ExpVar,
// of a loop and of a pool. Times are in seconds.
package loopotel

import (
	"context"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Loop observes the metrics of l, with an attribute "loop" that has the given
// name, until the registration is unregistered. A loop without
// [loop.WithMetrics] is all zeros. The utilization and the quantiles of the delay
// are of the time since the last collection, and so assume one reader. What is
// known of each function that the loop calls is with [Callbacks].
func Loop(m metric.Meter, name string, l *loop.Loop) (metric.Registration, error) {
	var b builder
	b.meter = m
	turns := b.counter("eventloop.turns", "{turn}", "Iterations of the loop.")
	events := b.counter("eventloop.events", "{event}", "Events that poll delivered.")
	waiting := b.counter("eventloop.events.waiting", "{event}", "Events that were there before poll looked.")
	callbacks := b.counter("eventloop.callbacks", "{callback}", "Callbacks, ticks and microtasks.")
	time := b.seconds("eventloop.time", "Time in Run, by state: busy or idle.")
	utilization := b.gauge("eventloop.utilization", "1", "Share of the time that the loop was not idle.")
	delay50 := b.gauge("eventloop.delay.p50", "s", "Median of the time from one poll to the next.")
	delay99 := b.gauge("eventloop.delay.p99", "s", "99th percentile of the time from one poll to the next.")
	delayMax := b.gauge("eventloop.delay.max", "s", "Longest time from one poll to the next.")
	if b.err != nil {
		return nil, b.err
	}
	attr := attribute.String("loop", name)
	attrs := metric.WithAttributeSet(attribute.NewSet(attr))
	busy := metric.WithAttributeSet(attribute.NewSet(attr, attribute.String("state", "busy")))
	idle := metric.WithAttributeSet(attribute.NewSet(attr, attribute.String("state", "idle")))
	var last loop.Metrics
	return m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		now := l.Metrics()
		recent := now.Sub(last)
		last = now
		o.ObserveInt64(turns, int64(now.Turns), attrs)
		o.ObserveInt64(events, int64(now.Events), attrs)
		o.ObserveInt64(waiting, int64(now.EventsWaiting), attrs)
		o.ObserveInt64(callbacks, int64(now.Callbacks), attrs)
		o.ObserveFloat64(time, now.Busy.Seconds(), busy)
		o.ObserveFloat64(time, now.Idle.Seconds(), idle)
		o.ObserveFloat64(utilization, recent.Utilization(), attrs)
		o.ObserveFloat64(delay50, recent.Delay.Quantile(0.5).Seconds(), attrs)
		o.ObserveFloat64(delay99, recent.Delay.Quantile(0.99).Seconds(), attrs)
		o.ObserveFloat64(delayMax, recent.Delay.Quantile(1).Seconds(), attrs)
		return nil
	}, b.made...)
}

// Callbacks observes how long each function that l calls has run and has waited to
// run, with the attributes "loop" and "callback", and "registered" for a loop that
// was made [loop.WithMetricsByOrigin], until the registration is unregistered. It
// is apart from [Loop] because it makes a series for each of them. The quantiles
// are of all the time.
func Callbacks(m metric.Meter, name string, l *loop.Loop) (metric.Registration, error) {
	var b builder
	b.meter = m
	calls := b.counter("callback.calls", "{call}", "Calls of the function.")
	run := b.seconds("callback.run", "Time that the function has run.")
	wait := b.seconds("callback.wait", "Time that the function has waited to run.")
	run99 := b.gauge("callback.run.p99", "s", "99th percentile of the time of one call.")
	wait99 := b.gauge("callback.wait.p99", "s", "99th percentile of the time to wait for one call.")
	if b.err != nil {
		return nil, b.err
	}
	return m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, c := range l.CallbackMetrics() {
			attrs := []attribute.KeyValue{attribute.String("loop", name), attribute.String("callback", c.Name)}
			if c.Registered != "" {
				attrs = append(attrs, attribute.String("registered", c.Registered))
			}
			of := metric.WithAttributeSet(attribute.NewSet(attrs...))
			o.ObserveInt64(calls, int64(c.Run.Count), of)
			o.ObserveFloat64(run, c.Run.Sum.Seconds(), of)
			o.ObserveFloat64(wait, c.Wait.Sum.Seconds(), of)
			o.ObserveFloat64(run99, c.Run.Quantile(0.99).Seconds(), of)
			o.ObserveFloat64(wait99, c.Wait.Quantile(0.99).Seconds(), of)
		}
		return nil
	}, b.made...)
}

// Pool observes the counts of p, with an attribute "pool" that has the given name
// and, where it applies, "class". The times are zero without [pool.WithTimes].
func Pool(m metric.Meter, name string, p *pool.Pool) (metric.Registration, error) {
	var b builder
	b.meter = m
	workers := b.level("pool.workers", "{worker}", "Workers, by state: idle or busy.")
	queued := b.level("pool.queued", "{task}", "Tasks that wait for a worker.")
	running := b.level("pool.running", "{task}", "Tasks that run.")
	done := b.counter("pool.done", "{task}", "Tasks that have run.")
	canceled := b.counter("pool.canceled", "{task}", "Tasks cancelled before they ran.")
	wait := b.seconds("pool.wait", "Time that tasks have waited for a worker.")
	run := b.seconds("pool.run", "Time that tasks have run.")
	if b.err != nil {
		return nil, b.err
	}
	attr := attribute.String("pool", name)
	with := func(kv ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(append(kv, attr)...))
	}
	attrs, busy, idle := with(), with(attribute.String("state", "busy")), with(attribute.String("state", "idle"))
	return m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		s := p.Stats()
		o.ObserveInt64(workers, int64(s.Workers-s.Idle), busy)
		o.ObserveInt64(workers, int64(s.Idle), idle)
		o.ObserveInt64(queued, int64(s.Queued), attrs)
		o.ObserveInt64(canceled, int64(s.Canceled), attrs)
		for class := range s.Running {
			of := with(attribute.String("class", pool.Class(class).String()))
			o.ObserveInt64(running, int64(s.Running[class]), of)
			o.ObserveInt64(done, int64(s.Done[class]), of)
			o.ObserveFloat64(wait, s.Wait[class].Seconds(), of)
			o.ObserveFloat64(run, s.Run[class].Seconds(), of)
		}
		return nil
	}, b.made...)
}

// A builder makes instruments and keeps the first error.
type builder struct {
	meter metric.Meter
	made  []metric.Observable
	err   error
}

func (b *builder) keep(o metric.Observable, err error) {
	if b.err == nil {
		b.err = err
	}
	b.made = append(b.made, o)
}

func (b *builder) counter(name, unit, text string) metric.Int64ObservableCounter {
	c, err := b.meter.Int64ObservableCounter("loopvet."+name, metric.WithUnit(unit), metric.WithDescription(text))
	b.keep(c, err)
	return c
}

func (b *builder) level(name, unit, text string) metric.Int64ObservableUpDownCounter {
	c, err := b.meter.Int64ObservableUpDownCounter("loopvet."+name, metric.WithUnit(unit), metric.WithDescription(text))
	b.keep(c, err)
	return c
}

func (b *builder) seconds(name, text string) metric.Float64ObservableCounter {
	c, err := b.meter.Float64ObservableCounter("loopvet."+name, metric.WithUnit("s"), metric.WithDescription(text))
	b.keep(c, err)
	return c
}

func (b *builder) gauge(name, unit, text string) metric.Float64ObservableGauge {
	g, err := b.meter.Float64ObservableGauge("loopvet."+name, metric.WithUnit(unit), metric.WithDescription(text))
	b.keep(g, err)
	return g
}
