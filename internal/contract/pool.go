package contract

import (
	"slices"
	"strings"
)

// A PoolVerb is what a function does with a worker pool, or with something that
// waits for tasks.
type PoolVerb string

// The verbs.
const (
	Makes    PoolVerb = "makes"    // Result is a pool
	Limits   PoolVerb = "limits"   // gives On a number of workers
	Submits  PoolVerb = "submits"  // hands Task to the pool On; Result is its future
	Awaits   PoolVerb = "awaits"   // waits for the tasks that On stands for: a future, a group or a pool
	Finishes PoolVerb = "finishes" // lets go on who awaits On
	Acquires PoolVerb = "acquires" // takes a slot of On, and may wait for one
	Releases PoolVerb = "releases" // gives a slot of On back
	Attaches PoolVerb = "attaches" // Result is an option, a view or a group: what has it runs on the pool On
	Yields   PoolVerb = "yields"   // Result is On itself, as of a builder's method, or stands for all of its tasks
)

// NoArg stands for no argument, and for no result.
const NoArg = -3

// A PoolOp is one thing that a function does with a pool. Arguments are counted
// as in Func.
type PoolOp struct {
	Verb PoolVerb
	// On is the argument that is the pool, the group or the future; Recv; or
	// NoArg for the one that the library has by default. Of Makes, it is the pool
	// whose workers the new one takes, or NoArg where it has its own.
	On int
	// Task is the argument that Submits runs as a task, or NoArg; of Makes, the
	// argument that runs for whatever the pool is handed, as tunny.NewFunc has one.
	Task int
	// Size is the argument of Makes and Limits that is the number of workers, or
	// NoArg when the library decides.
	Size int
	// Unlimited says that what Makes makes has a goroutine for each task until
	// Limits says otherwise, as the pools of sourcegraph/conc do, or that what
	// Submits is on always has. UnlimitedIf is the constant argument of Makes and
	// Limits for which there is no limit.
	Unlimited   bool
	UnlimitedIf Unless
	// Result is the result that is the pool, the option, the group or the
	// future, or NoArg.
	Result int
	// Blocks says that Submits waits for room when all workers are busy and the
	// queue, if there is one, is full; Waits, that it waits until Task has run. A
	// wait that a time.Duration bounds does not count.
	Blocks, Waits bool
	// IfBounded says that Blocks holds only where an option bounds the queue.
	IfBounded bool
	// Bounds says that Attaches makes an option that bounds a pool's queue.
	Bounds bool
	// Kernel lists the kinds for which the runtime of the pool has an
	// asynchronous way, which takes no worker.
	Kernel []Kind
}

// Tracked reports whether pools or waits are about the named type ("pkg.T"):
// some function that a contract gives a PoolOp has it as its receiver.
func (s *Set) Tracked(typ string) bool {
	tracked, _ := s.poolTypes()
	return tracked[typ]
}

// Limited reports whether a function submits to what is a pool only once a limit
// is set on it, as an errgroup.Group is. It has a goroutine for each task
// otherwise. Such are the types of packages in which no function makes a pool
// that has a limit from the start.
func (s *Set) Limited(function string) bool {
	_, limited := s.poolTypes()
	if limited[receiverOf(function)] {
		return true
	}
	f := s.funcs[function]
	return f != nil && slices.ContainsFunc(f.Pool, func(o PoolOp) bool { return o.Verb == Submits && o.Unlimited })
}

// PoolNames returns, for each import path, the names that a file must contain to
// have to do with tasks of a pool there: of functions that make a pool or limit
// it, and of those that submit to a pool which has a limit from the start. The
// lists are sorted.
func (s *Set) PoolNames() map[string][]string {
	out := map[string][]string{}
	for name, f := range s.funcs {
		counts := func(o PoolOp) bool {
			return o.Verb == Makes && !o.Unlimited || o.Verb == Limits || o.Verb == Submits && !s.Limited(name)
		}
		if !slices.ContainsFunc(f.Pool, counts) {
			continue
		}
		if sym, ok := splitFullName(name); ok {
			out[sym.Pkg] = append(out[sym.Pkg], sym.Name)
		}
	}
	for pkg, names := range out {
		slices.Sort(names)
		out[pkg] = slices.Compact(names)
	}
	return out
}

// poolTypes returns the types that pools or waits are about, and those of them
// that are Limited.
func (s *Set) poolTypes() (tracked, limited map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tracked == nil {
		s.tracked, s.limited = map[string]bool{}, map[string]bool{}
		makers := map[string]bool{} // packages that make pools
		for name, f := range s.funcs {
			if slices.ContainsFunc(f.Pool, func(o PoolOp) bool { return o.Verb == Makes && !o.Unlimited }) {
				sym, _ := splitFullName(name)
				makers[sym.Pkg] = true
			}
		}
		for name, f := range s.funcs {
			if recv := receiverOf(name); recv != "" && len(f.Pool) > 0 {
				s.tracked[recv] = true
				sym, _ := splitFullName(name)
				s.limited[recv] = !makers[sym.Pkg]
			}
		}
	}
	return s.tracked, s.limited
}

// receiverOf returns the type of the receiver in the full name of a method,
// without a star, or "".
func receiverOf(name string) string {
	recv, _, ok := strings.Cut(name, ").")
	if !ok {
		return ""
	}
	return strings.TrimLeft(recv, "(*")
}
