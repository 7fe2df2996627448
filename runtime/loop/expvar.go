package loop

import (
	"encoding/json"
	"fmt"
)

// ExpVar returns an expvar.Var of the loop's metrics and those of its callbacks,
// all zero without [WithMetrics]:
//
//	expvar.Publish("loop", l.ExpVar())
//
// Its value is computed when it is read, by whichever goroutine reads it. The
// result is a [fmt.Stringer], which is all that an expvar.Var has to be, because a
// program that imports expvar serves its variables over HTTP, and this package
// does not decide that.
//
//loopvet:nonblocking
func (l *Loop) ExpVar() fmt.Stringer { return expVar{l} }

type expVar struct{ l *Loop }

// String returns the metrics as JSON; durations are in nanoseconds.
func (v expVar) String() string {
	m := v.l.Metrics()
	text, _ := json.Marshal(struct { // nothing in it can fail
		Metrics
		Utilization float64
		ByCallback  []CallbackMetrics
	}{m, m.Utilization(), v.l.CallbackMetrics()})
	return string(text)
}
