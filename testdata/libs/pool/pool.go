// Package pool hands tasks from a gnet handler to pools of ants. // want package:"effects"
package pool

import (
	"time"

	"github.com/panjf2000/ants/v2"
	"github.com/panjf2000/gnet/v2"
	"github.com/panjf2000/gnet/v2/pkg/pool/goroutine"

	"libs/pool/crew"
)

type submitter interface{ Submit(func()) error }

type server struct {
	gnet.BuiltinEventEngine
	waits, refuses   *ants.Pool
	either           *ants.Pool
	struct1, struct2 *ants.Pool
	behind           submitter
	own              *goroutine.Pool
	calls            *ants.PoolWithFunc
	dropped          *ants.PoolWithFunc
	many, manyFree   *ants.MultiPool
	*ants.PoolWithFuncGeneric[int]
	unknown *ants.Pool
	asked   bool
}

func newServer(asked bool, unknown *ants.Pool) *server {
	s := &server{own: goroutine.Default(), asked: asked, unknown: unknown}
	s.waits, _ = ants.NewPool(4, ants.WithMaxBlockingTasks(10), ants.WithExpiryDuration(time.Second))
	s.refuses, _ = ants.NewPool(4, ants.WithPreAlloc(true), ants.WithNonblocking(true))
	s.either = s.refuses
	if asked {
		s.either = s.waits
	}
	s.struct1, _ = ants.NewPool(4, ants.WithOptions(ants.Options{Nonblocking: true}))
	s.struct2, _ = ants.NewPool(4, ants.WithOptions(ants.Options{PreAlloc: true}))
	s.behind = crew.New(4, ants.WithNonblocking(true))
	s.calls, _ = ants.NewPoolWithFunc(4, func(any) {})
	s.dropped, _ = ants.NewPoolWithFunc(4, func(any) {}, ants.WithNonblocking(true))
	s.many, _ = ants.NewMultiPool(2, 4, ants.RoundRobin)
	s.manyFree, _ = ants.NewMultiPool(2, 4, ants.RoundRobin, ants.WithNonblocking(true))
	s.PoolWithFuncGeneric, _ = ants.NewPoolWithFuncGeneric(4, func(int) {})
	return s
}

func task() { time.Sleep(time.Second) } // ok: on a worker

func (s *server) OnTraffic(c gnet.Conn) gnet.Action {
	s.waits.Submit(task)    // want `\(\*ants.Pool\).Submit may block the event loop \(wait\): callback of .*OnTraffic -> \(\*ants.Pool\).Submit`
	s.refuses.Submit(task)  // ok: refuses
	s.either.Submit(task)   // want `\(\*ants.Pool\).Submit may block`
	s.struct1.Submit(task)  // ok: refuses
	s.struct2.Submit(task)  // want `\(\*ants.Pool\).Submit may block`
	s.behind.Submit(task)   // ok: refuses
	s.own.Submit(task)      // ok: gnet's own pool refuses
	s.calls.Invoke(1)       // want `\(\*ants.PoolWithFunc\).Invoke may block`
	s.dropped.Invoke(1)     // ok: refuses
	s.many.Submit(task)     // want `\(\*ants.MultiPool\).Submit may block`
	s.manyFree.Submit(task) // ok: refuses
	s.Invoke(1)             // want `\(\*ants.PoolWithFuncGeneric\).Invoke may block`
	s.unknown.Submit(task)  // want `\(\*ants.Pool\).Submit may block`
	ants.Submit(task)       // ok: the default pool is as good as unbounded

	goroutine.DefaultWorkerPool.Submit(task) // ok: gnet's own pool refuses

	crew.Submit(task)          // want `\(\*ants.Pool\).Submit may block the event loop \(wait\): callback of .*OnTraffic -> crew.Submit -> \(\*ants.Pool\).Submit`
	crew.Offer(task)           // ok: refuses
	crew.Hand(s.waits, task)   // want `\(\*ants.Pool\).Submit may block`
	crew.Hand(s.refuses, task) // ok: refuses
	go crew.Submit(task)       // ok: on a goroutine of its own
	return gnet.None
}

func (s *server) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	free, _ := ants.NewPool(1, ants.WithNonblocking(true))
	free.Submit(task) // ok: refuses
	full, _ := ants.NewPool(1)
	full.Submit(task) // want `\(\*ants.Pool\).Submit may block`
	wide, _ := ants.NewPool(-1)
	wide.Submit(task) // ok: no bound on the workers
	maybe, _ := ants.NewPool(1, ants.WithNonblocking(s.asked))
	maybe.Submit(task) // want `\(\*ants.Pool\).Submit may block`

	opts := []ants.Option{ants.WithPreAlloc(true)}
	crew.New(1, opts...).Submit(task) // want `\(\*ants.Pool\).Submit may block`
	opts = append(opts, ants.WithNonblocking(true))
	crew.New(1, opts...).Submit(task) // ok: refuses
	submit := free.Submit
	submit(task) // ok: refuses
	submit = full.Submit
	submit(task) // want `\(\*ants.Pool\).Submit may block`
	return nil, gnet.None
}

func serve() error {
	s := newServer(true, pools[0])
	defer s.waits.ReleaseTimeout(time.Second) // ok: no loop runs here
	return gnet.Run(s, "tcp://:9000")         // ok: not on the loop
}

var pools = []*ants.Pool{nil}
