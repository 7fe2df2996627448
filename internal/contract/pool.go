package contract

import "strings"

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
)

// NoArg stands for no argument, and for no result.
const NoArg = -3

// A PoolOp is one thing that a function does with a pool. Arguments are counted
// as in Func.
type PoolOp struct {
	Verb PoolVerb
	// On is the argument that is the pool, the group or the future; Recv; or
	// NoArg for the one that the library has by default.
	On int
	// Task is the argument that Submits runs as a task, or NoArg; of Makes, the
	// argument that runs for whatever the pool is handed, as tunny.NewFunc has one.
	Task int
	// Size is the argument of Makes and Limits that is the number of workers, or
	// NoArg when the library decides.
	Size int
	// Unlimited says that what Makes makes has a goroutine for each task until
	// Limits says otherwise, as the pools of sourcegraph/conc do.
	Unlimited bool
	// Result is the result that is the pool, the option, the group or the
	// future, or NoArg.
	Result int
	// Blocks says that Submits waits for room when all workers are busy and the
	// queue, if there is one, is full; Waits, that it waits until Task has run.
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

// Limited reports whether the receiver of a method is a pool only once a limit
// is set on it, as an errgroup.Group is.
func (s *Set) Limited(method string) bool {
	_, limited := s.poolTypes()
	return limited[receiverOf(method)]
}

// poolTypes returns the types that pools or waits are about, and those of them
// on which a limit can be set.
func (s *Set) poolTypes() (tracked, limited map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tracked == nil {
		s.tracked, s.limited = map[string]bool{}, map[string]bool{}
		for name, f := range s.funcs {
			recv := receiverOf(name)
			if recv == "" {
				continue
			}
			for _, o := range f.Pool {
				s.tracked[recv] = true
				s.limited[recv] = s.limited[recv] || o.Verb == Limits
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
