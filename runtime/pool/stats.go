package pool

import (
	"encoding/json"
	"fmt"
	"time"
)

// Stats are a pool's counts, since it was made unless they say otherwise. The
// arrays are indexed by [Class].
type Stats struct {
	Size     int                       // workers allowed
	Workers  int                       // workers alive now
	Idle     int                       // of these, parked now
	Queued   int                       // tasks that wait now
	Running  [numClasses]int           // tasks that run now
	Done     [numClasses]int           // tasks that have run
	Canceled int                       // tasks cancelled before they ran
	Wait     [numClasses]time.Duration // from start to worker, of the tasks that a worker took
	Run      [numClasses]time.Duration // on the worker, of the tasks that have run
}

// WithTimes has the pool measure Wait and Run of its [Stats]. That costs two
// clock reads and a half a task, some 100 ns.
func WithTimes() Option {
	return func(p *Pool) { p.measure = true }
}

// Stats returns the counts of now.
//
//loopvet:nonblocking
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Size, s.Workers, s.Idle, s.Queued = p.size, p.workers, len(p.idle), p.waiting
	return s
}

// Sub returns s with what was counted after prev was taken: the tasks that have
// run or were cancelled and their times. What is of now stays.
func (s Stats) Sub(prev Stats) Stats {
	s.Canceled -= prev.Canceled
	for c := range s.Done {
		s.Done[c] -= prev.Done[c]
		s.Wait[c] -= prev.Wait[c]
		s.Run[c] -= prev.Run[c]
	}
	return s
}

// ExpVar returns an expvar.Var of the pool's [Stats], with what is counted by
// class under the classes' names:
//
//	expvar.Publish("pool", p.ExpVar())
//
// Its value is computed when it is read, by whichever goroutine reads it. The
// result is a [fmt.Stringer], which is all that an expvar.Var has to be, because a
// program that imports expvar serves its variables over HTTP, and this package
// does not decide that.
//
//loopvet:nonblocking
func (p *Pool) ExpVar() fmt.Stringer { return expVar{p} }

type expVar struct{ p *Pool }

// String returns the stats as JSON; durations are in nanoseconds.
func (v expVar) String() string {
	type class struct {
		Running, Done int
		Wait, Run     time.Duration
	}
	s := v.p.Stats()
	classes := make(map[string]class)
	for c := range s.Done {
		classes[Class(c).String()] = class{s.Running[c], s.Done[c], s.Wait[c], s.Run[c]}
	}
	text, _ := json.Marshal(struct { // nothing in it can fail
		Size, Workers, Idle, Queued, Canceled int
		Classes                               map[string]class
	}{s.Size, s.Workers, s.Idle, s.Queued, s.Canceled, classes})
	return string(text)
}
