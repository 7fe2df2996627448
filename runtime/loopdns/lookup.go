package loopdns

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A Lookup is a question under way.
type Lookup struct {
	r       *Resolver
	ctx     context.Context // ends with the caller's, or when the lookup is cancelled
	cancel  context.CancelFunc
	unwatch func() bool // stops waiting for the caller's context; nil if that never ends
	question

	state state // guarded by r.mu
	err   error // guarded by r.mu until it is done, then the loop's
}

// A question is a lookup with the types of its result and its callback.
type question interface {
	loop.Callback

	// ask asks and hands the result over, on a goroutine or a worker.
	ask()
}

type state uint8

const (
	waiting state = iota
	running
	done
)

// Cancel cancels the lookup and returns nil; the callback gets [loop.ErrCanceled] later.
// If the lookup is done already it returns [loop.ErrBusy], and the callback gets or got
// what it came to. Any goroutine may call it.
//
// A lookup that only waited for its turn asks nobody. One that runs is told at once to
// stop, and its turn ends when it has.
//
//loopvet:nonblocking
func (lk *Lookup) Cancel() error { return lk.withdraw(loop.ErrCanceled) }

// withdraw cancels the lookup and leaves the reason for the callback to see.
func (lk *Lookup) withdraw(reason error) error {
	r := lk.r
	r.mu.Lock()
	if lk.state == done {
		r.mu.Unlock()
		return loop.ErrBusy
	}
	if i := slices.Index(r.waiting, lk); i >= 0 {
		r.waiting = slices.Delete(r.waiting, i, i+1)
	}
	r.doneLocked(lk, reason)
	r.mu.Unlock()
	lk.cancel()
	r.ext.Arrive()
	return nil
}

// answer is a question whose result is a T.
type answer[T any] struct {
	Lookup
	parent context.Context
	do     func(context.Context, *net.Resolver) (T, error)
	after  func(T, error)
	val    T // guarded by r.mu until it is done, then the loop's
}

func (a *answer[T]) Run()                     { a.after(a.val, a.err) }
func (a *answer[T]) Func() any                { return a.after }
func (a *answer[T]) Context() context.Context { return a.parent }

// look queues a question.
func look[T any](
	ctx context.Context, r *Resolver, do func(context.Context, *net.Resolver) (T, error), after func(T, error),
) *Lookup {
	if after == nil {
		panic("loopdns: nil callback")
	}
	a := &answer[T]{parent: ctx, do: do, after: after}
	a.r, a.question = r, a
	a.ctx, a.cancel = context.WithCancel(ctx)
	if r.Closing() {
		a.state, a.err = done, loop.ErrClosed
		a.cancel()
		r.Loop().SetImmediate(a.Run)
		return &a.Lookup
	}
	r.seq++
	r.untold[&a.Lookup] = r.seq
	r.ext.Begin()
	r.ext.SetActive(true)
	r.mu.Lock()
	r.waiting = append(r.waiting, &a.Lookup)
	begun := r.takeLocked()
	r.mu.Unlock()
	r.begin(begun)
	if ctx.Done() != nil {
		a.unwatch = context.AfterFunc(ctx, func() { a.withdraw(ctx.Err()) })
	}
	return &a.Lookup
}

func (a *answer[T]) ask() {
	val, err := a.do(a.ctx, a.r.net)
	a.r.mu.Lock()
	defer a.r.mu.Unlock()
	if a.state == running { // and not cancelled
		a.val = val
		a.r.doneLocked(&a.Lookup, err)
	}
}

// doneLocked has the loop tell a lookup.
func (r *Resolver) doneLocked(lk *Lookup, err error) {
	lk.state, lk.err = done, err
	r.done = append(r.done, lk)
}

// takeLocked takes the lookups whose turn it is.
func (r *Resolver) takeLocked() (begun []*Lookup) {
	for r.running < r.limit && len(r.waiting) > 0 {
		lk := r.waiting[0]
		r.waiting = r.waiting[1:]
		lk.state = running
		r.running++
		begun = append(begun, lk)
	}
	return begun
}

// begin starts lookups. With a pool it is loop-only.
func (r *Resolver) begin(lookups []*Lookup) {
	for _, lk := range lookups {
		if r.pool {
			r.offload(lk)
			continue
		}
		go func() {
			lk.ask()
			r.next()
		}()
	}
}

// offload runs a lookup on the pool.
func (r *Resolver) offload(lk *Lookup) {
	loop.QueueFunc(lk.ctx, r.Loop(), func(context.Context) error {
		lk.ask()
		return nil
	}, func(err error) {
		r.mu.Lock()
		if lk.state == running { // it was refused or withdrawn
			r.doneLocked(lk, err)
		}
		r.mu.Unlock()
		r.next()
	}, r.work...)
}

// next ends the turn of a lookup that is done and starts the next.
func (r *Resolver) next() {
	r.mu.Lock()
	r.running--
	begun := r.takeLocked()
	r.mu.Unlock()
	r.ext.Arrive()
	r.begin(begun)
}

// LookupHost returns the addresses of a host, as [net.Resolver.LookupHost] does.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) LookupHost(ctx context.Context, host string, after func([]string, error)) *Lookup {
	return look(ctx, r, func(ctx context.Context, nr *net.Resolver) ([]string, error) {
		return nr.LookupHost(ctx, host)
	}, after)
}

// LookupNetIP returns the addresses of a host that are of network "ip", "ip4" or "ip6":
// libuv's getaddrinfo.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) LookupNetIP(ctx context.Context, network, host string, after func([]netip.Addr, error)) *Lookup {
	return look(ctx, r, func(ctx context.Context, nr *net.Resolver) ([]netip.Addr, error) {
		return nr.LookupNetIP(ctx, network, host)
	}, after)
}

// LookupAddr returns the names of an address: libuv's getnameinfo.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) LookupAddr(ctx context.Context, addr string, after func([]string, error)) *Lookup {
	return look(ctx, r, func(ctx context.Context, nr *net.Resolver) ([]string, error) {
		return nr.LookupAddr(ctx, addr)
	}, after)
}

// LookupCNAME returns the name that host is an alias of in the end.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) LookupCNAME(ctx context.Context, host string, after func(string, error)) *Lookup {
	return look(ctx, r, func(ctx context.Context, nr *net.Resolver) (string, error) {
		return nr.LookupCNAME(ctx, host)
	}, after)
}

// LookupMX returns the mail servers of a domain, by preference.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) LookupMX(ctx context.Context, name string, after func([]*net.MX, error)) *Lookup {
	return look(ctx, r, func(ctx context.Context, nr *net.Resolver) ([]*net.MX, error) {
		return nr.LookupMX(ctx, name)
	}, after)
}

// LookupNS returns the name servers of a domain.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) LookupNS(ctx context.Context, name string, after func([]*net.NS, error)) *Lookup {
	return look(ctx, r, func(ctx context.Context, nr *net.Resolver) ([]*net.NS, error) {
		return nr.LookupNS(ctx, name)
	}, after)
}

// LookupSRV returns the servers of a service, in the order in which to try them. The
// name that is asked for is _service._proto.name, or name alone if both are empty.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) LookupSRV(ctx context.Context, service, proto, name string, after func([]*net.SRV, error)) *Lookup {
	return look(ctx, r, func(ctx context.Context, nr *net.Resolver) ([]*net.SRV, error) {
		_, servers, err := nr.LookupSRV(ctx, service, proto, name)
		return servers, err
	}, after)
}

// LookupTXT returns the texts of a domain.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (r *Resolver) LookupTXT(ctx context.Context, name string, after func([]string, error)) *Lookup {
	return look(ctx, r, func(ctx context.Context, nr *net.Resolver) ([]string, error) {
		return nr.LookupTXT(ctx, name)
	}, after)
}
