package loopotel_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopotel"
	"github.com/loopvet/loopvet/runtime/pool"
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// collect returns what the reader sees, by instrument and attributes.
func collect(t *testing.T, r sdk.Reader) map[string]float64 {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := r.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]float64)
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			add := func(set attribute.Set, v float64) {
				seen[m.Name+" "+set.Encoded(attribute.DefaultEncoder())] = v
			}
			switch points := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range points.DataPoints {
					add(p.Attributes, float64(p.Value))
				}
			case metricdata.Sum[float64]:
				for _, p := range points.DataPoints {
					add(p.Attributes, p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range points.DataPoints {
					add(p.Attributes, p.Value)
				}
			default:
				t.Errorf("%s is a %T", m.Name, m.Data)
			}
		}
	}
	return seen
}

// want compares some of what was seen.
func want(t *testing.T, seen map[string]float64, want map[string]float64) {
	t.Helper()
	for name, v := range want {
		if got, ok := seen[name]; !ok || got < v || got > v*1.2 {
			t.Errorf("%s is %v, want %v; all:\n%s", name, got, v,
				strings.Join(slices.Sorted(maps.Keys(seen)), "\n"))
		}
	}
}

func TestALoopsMetricsAreObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := sdk.NewManualReader()
		meter := sdk.NewMeterProvider(sdk.WithReader(reader)).Meter("test")
		l := loop.New(loop.WithMetrics())
		reg, err := loopotel.Loop(meter, "main", l)
		if err != nil {
			t.Fatal(err)
		}
		l.SetTimeout(3*time.Second, func() { time.Sleep(time.Second) })
		l.Post(func() {})
		l.Run(t.Context())
		want(t, collect(t, reader), map[string]float64{
			"loopvet.eventloop.turns loop=main":           2,
			"loopvet.eventloop.events loop=main":          1,
			"loopvet.eventloop.events.waiting loop=main":  1,
			"loopvet.eventloop.callbacks loop=main":       2,
			"loopvet.eventloop.time loop=main,state=idle": 3,
			"loopvet.eventloop.time loop=main,state=busy": 1,
			"loopvet.eventloop.utilization loop=main":     0.25,
		})
		l.SetTimeout(0, func() { time.Sleep(time.Second) })
		l.SetTimeout(time.Second, func() {})
		l.Run(t.Context())
		want(t, collect(t, reader), map[string]float64{
			"loopvet.eventloop.utilization loop=main": 1, // since the last collection
			"loopvet.eventloop.delay.max loop=main":   1,
		})
		reg.Unregister()
		if seen := collect(t, reader); len(seen) != 0 {
			t.Errorf("after Unregister: %v", seen)
		}
	})
}

func TestTheMetricsOfEachCallbackAreObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, byOrigin := range []bool{false, true} {
			reader := sdk.NewManualReader()
			meter := sdk.NewMeterProvider(sdk.WithReader(reader)).Meter("test")
			opt := loop.WithMetrics()
			if byOrigin {
				opt = loop.WithMetricsByOrigin()
			}
			l := loop.New(opt)
			if _, err := loopotel.Callbacks(meter, "main", l); err != nil {
				t.Fatal(err)
			}
			slow := func() { time.Sleep(time.Second) }
			l.Post(slow)
			l.Post(slow)
			l.Run(t.Context())
			sums, series := make(map[string]float64), 0
			for name, v := range collect(t, reader) {
				instrument, attrs, _ := strings.Cut(name, " ")
				sums[instrument] += v
				series++
				if !strings.Contains(attrs, "callback=github.com/loopvet/loopvet/runtime/loopotel_test.TestTheMetrics") ||
					!strings.Contains(attrs, "loop=main") || strings.Contains(attrs, "registered=") != byOrigin {
					t.Errorf("attributes of %s", name)
				}
			}
			want(t, sums, map[string]float64{
				"loopvet.callback.calls": 2, "loopvet.callback.run": 2, "loopvet.callback.wait": 1, "loopvet.callback.wait.p99": 1,
			})
			if n := 5; byOrigin && series != 2*n || !byOrigin && series != n {
				t.Errorf("%d series, by origin: %v", series, byOrigin)
			}
		}
	})
}

func TestAPoolsCountsAreObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := sdk.NewManualReader()
		meter := sdk.NewMeterProvider(sdk.WithReader(reader)).Meter("test")
		p := pool.New(1, pool.WithTimes())
		defer p.Close(context.Background())
		if _, err := loopotel.Pool(meter, "files", p); err != nil {
			t.Fatal(err)
		}
		for _, class := range []pool.Class{pool.FastIO, pool.CPU, pool.SlowIO} {
			p.TrySubmit(func() { time.Sleep(2 * time.Second) }, pool.InClass(class))
		}
		time.Sleep(3 * time.Second)
		want(t, collect(t, reader), map[string]float64{
			"loopvet.pool.workers pool=files,state=busy": 1,
			"loopvet.pool.workers pool=files,state=idle": 0,
			"loopvet.pool.queued pool=files":             1,
			"loopvet.pool.canceled pool=files":           0,
			"loopvet.pool.running class=cpu,pool=files":  1,
			"loopvet.pool.done class=fast-io,pool=files": 1,
			"loopvet.pool.run class=fast-io,pool=files":  2,
			"loopvet.pool.wait class=cpu,pool=files":     2,
			"loopvet.pool.run class=cpu,pool=files":      0,
		})
	})
}
