package loopdns

import (
	"cmp"
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

// defaultLimit is how many lookups run at a time: each may have two sockets.
const defaultLimit = 64

// A Resolver looks names up. All methods are loop-only. It is active while it has
// lookups, and should be closed in the end.
type Resolver struct {
	ext    loop.External
	net    *net.Resolver
	limit  int
	pool   bool // run lookups on the loop's pool
	work   []loop.WorkOption
	seq    uint64
	untold map[*Lookup]uint64 // by the order of the calls; the loop's

	mu      sync.Mutex
	waiting []*Lookup // guarded by mu; the oldest first
	running int       // guarded by mu
	done    []*Lookup // guarded by mu; for the loop to tell
}

// An Option changes how a resolver is made.
type Option func(*Resolver)

// WithLimit bounds the lookups that run at a time to n; the others wait for their
// turn. The default is 64. WithLimit panics if n is not positive.
func WithLimit(n int) Option {
	if n < 1 {
		panic("loopdns: WithLimit: limit is not positive")
	}
	return func(r *Resolver) { r.limit = n }
}

// WithResolver has lookups ask as nr does: through its dialer, with strict errors. One
// that does not prefer Go may hold a thread for each lookup.
func WithResolver(nr *net.Resolver) Option {
	if nr == nil {
		panic("loopdns: WithResolver: nil resolver")
	}
	return func(r *Resolver) { r.net = prompt(nr) }
}

// aLongTimeAgo is a deadline that has passed in virtual time too.
var aLongTimeAgo = time.Unix(1, 0)

// prompt returns a resolver like nr whose lookups end when their contexts do. Those of
// package net look at their contexts between the questions only, which may take
// seconds each.
func prompt(nr *net.Resolver) *net.Resolver {
	dial := nr.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return &net.Resolver{
		PreferGo:     nr.PreferGo,
		StrictErrors: nr.StrictErrors,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			conn, err := dial(ctx, network, address)
			if err == nil {
				context.AfterFunc(ctx, func() { conn.SetDeadline(aLongTimeAgo) })
			}
			return conn, err
		},
	}
}

// OnPool has lookups ask the system's resolver where Go was built with cgo, as tasks
// of the loop's pool in its class for slow I/O, unless opts say otherwise.
func OnPool(opts ...loop.WorkOption) Option {
	return func(r *Resolver) {
		r.net, r.pool = net.DefaultResolver, true
		r.work = append([]loop.WorkOption{loop.Task(pool.InClass(pool.SlowIO))}, opts...)
	}
}

// New makes a resolver. It starts nothing.
//
//loopvet:looponly
//loopvet:nonblocking
func New(l *loop.Loop, opts ...Option) *Resolver {
	r := &Resolver{net: prompt(&net.Resolver{PreferGo: true}), limit: defaultLimit, untold: make(map[*Lookup]uint64)}
	for _, opt := range opts {
		opt(r)
	}
	r.ext.Init(l, r, (*driver)(r))
	return r
}

// Loop returns the loop of the resolver.
//
//loopvet:nonblocking
func (r *Resolver) Loop() *loop.Loop { return r.ext.Loop() }

// Active reports whether there are lookups.
//
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) Active() bool { return r.ext.Active() }

// Closing reports whether Close was called.
//
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) Closing() bool { return r.ext.Closing() }

// Ref has the resolver keep the loop alive while it is active, as it does from the
// start.
//
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) Ref() { r.ext.Ref() }

// Unref has the resolver no longer keep the loop alive. Its lookups still do.
//
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) Unref() { r.ext.Unref() }

// HasRef reports whether the resolver keeps the loop alive while it is active.
//
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) HasRef() bool { return r.ext.HasRef() }

// OnClose has fn called in the closing phase once the resolver is closed, after the
// callbacks of its lookups.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) OnClose(fn func()) { r.ext.OnClose(fn) }

// Close closes the resolver. Lookups under way are ended and get [loop.ErrCanceled].
//
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) Close() {
	if !r.ext.Shut() {
		return
	}
	r.mu.Lock()
	r.waiting = nil
	for lk := range r.untold {
		if lk.state != done {
			lk.state, lk.err = done, loop.ErrCanceled
		}
	}
	r.mu.Unlock()
	for lk := range r.untold {
		lk.cancel()
	}
}

// driver is a Resolver as the loop sees it.
type driver Resolver

func (d *driver) Kind() string { return "resolver" }
func (d *driver) Deferred()    {}

// Arrived tells the lookups that are done.
func (d *driver) Arrived() {
	r := (*Resolver)(d)
	for !r.Closing() {
		r.mu.Lock()
		if len(r.done) == 0 {
			r.mu.Unlock()
			return
		}
		lk := r.done[0]
		r.done = r.done[1:]
		if len(r.done) > 0 {
			r.ext.Arrive() // if the callback panics, the next Run goes on here
		}
		r.mu.Unlock()
		r.tell(lk)
	}
}

// Closed tells those that Close ended, in the order of the calls.
func (d *driver) Closed() {
	r := (*Resolver)(d)
	rest := slices.SortedFunc(maps.Keys(r.untold), func(a, b *Lookup) int { return cmp.Compare(r.untold[a], r.untold[b]) })
	for _, lk := range rest {
		r.tell(lk)
	}
}

// tell calls the callback of a lookup.
func (r *Resolver) tell(lk *Lookup) {
	delete(r.untold, lk)
	if lk.unwatch != nil {
		lk.unwatch()
	}
	lk.cancel()
	r.ext.End()
	if !r.Closing() {
		r.ext.SetActive(len(r.untold) > 0)
	}
	r.ext.Call(lk.question)
}
