package pool

import "time"

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
