package loopdns_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopdns"
	"github.com/loopvet/loopvet/runtime/looptest"
	"github.com/loopvet/loopvet/runtime/pool"
)

func run(t *testing.T, l *loop.Loop) {
	t.Helper()
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// both runs f with lookups on goroutines and on a pool of many workers.
func both(t *testing.T, f func(t *testing.T, opts ...loopdns.Option)) {
	t.Run("goroutines", func(t *testing.T) { f(t) })
	t.Run("pool", func(t *testing.T) {
		p := pool.New(8)
		t.Cleanup(func() { p.Close(context.Background()) })
		f(t, loopdns.OnPool(loop.OnPool(p), loop.Task(pool.InClass(pool.FastIO))))
	})
}

func TestEachLookupAsksWhatItsNameSays(t *testing.T) {
	both(t, func(t *testing.T, opts ...loopdns.Option) {
		l, ctx := loop.New(), t.Context()
		r := loopdns.New(l, append(opts, loopdns.WithResolver((&server{T: t}).resolver()))...)
		got := make(map[string]string)
		tell := func(name string) func(any, error) {
			return func(v any, err error) { got[name] = fmt.Sprint(v, err) }
		}
		host, ip, addr, cname := tell("host"), tell("ip"), tell("addr"), tell("cname")
		mx, ns, srv, txt := tell("mx"), tell("ns"), tell("srv"), tell("txt")
		r.LookupHost(ctx, "a.example.", func(v []string, err error) { host(len(v), err) })
		r.LookupNetIP(ctx, "ip4", "a.example.", func(v []netip.Addr, err error) { ip(v, err) })
		r.LookupAddr(ctx, "192.0.2.9", func(v []string, err error) { addr(v, err) })
		r.LookupCNAME(ctx, "alias.example.", func(v string, err error) { cname(v, err) })
		r.LookupMX(ctx, "a.example.", func(v []*net.MX, err error) { mx(*v[0], err) })
		r.LookupNS(ctx, "a.example.", func(v []*net.NS, err error) { ns(*v[0], err) })
		r.LookupSRV(ctx, "http", "tcp", "example.", func(v []*net.SRV, err error) { srv(*v[0], err) })
		r.LookupTXT(ctx, "t.example.", func(v []string, err error) { txt(v, err) })
		var missing *net.DNSError
		r.LookupTXT(ctx, "none.example.", func(v []string, err error) {
			if !errors.As(err, &missing) || !missing.IsNotFound {
				t.Errorf("a name that nobody has: %v, %v", v, err)
			}
		})
		if !r.Active() {
			t.Error("the resolver is not active")
		}
		run(t, l)
		for name, want := range map[string]string{
			"host": "2 <nil>", "ip": "[192.0.2.1] <nil>", "addr": "[ptr.example.] <nil>", "cname": "real.example.<nil>",
			"mx": "{mx.example. 10} <nil>", "ns": "{ns.example.} <nil>", "srv": "{srv.example. 80 1 2} <nil>",
			"txt": "[t.example.] <nil>",
		} {
			if got[name] != want {
				t.Errorf("%s: %s, want %s", name, got[name], want)
			}
		}
		if r.Active() {
			t.Error("the resolver is active without lookups")
		}
		r.Close()
		run(t, l)
		looptest.CheckLeaks(t, l)
	})
}

func TestNoMoreLookupsRunThanTheLimitAndTheOthersFollow(t *testing.T) {
	both(t, func(t *testing.T, opts ...loopdns.Option) {
		for _, limit := range []int{1, 2} {
			l := loop.New()
			begun, proceed := make(chan string, 100), make(chan bool)
			s := &server{T: t, gate: func(name string) { begun <- name; <-proceed }}
			r := loopdns.New(l, append(opts, loopdns.WithResolver(s.resolver()), loopdns.WithLimit(limit))...)
			const n = 6
			told := 0
			for i := range n {
				r.LookupTXT(t.Context(), fmt.Sprintf("n%d.example.", i), func(_ []string, err error) {
					if err != nil {
						t.Error(err)
					}
					if told++; told == n {
						r.Close()
					}
				})
			}
			go func() {
				for range limit {
					<-begun // these run at a time
				}
				for range n - limit {
					proceed <- true
					<-begun
				}
				for range limit {
					proceed <- true
				}
			}()
			run(t, l)
			if told != n || s.most != limit {
				t.Errorf("%d answers, %d lookups at a time, want %d", told, s.most, limit)
			}
			want := "[n0.example. n1.example. n2.example. n3.example. n4.example. n5.example.]"
			if got := fmt.Sprint(s.asked); limit == 1 && got != want {
				t.Errorf("asked for %s", got)
			}
		}
	})
}

func TestCancelWithdrawsALookupThatWaitsAndEndsOneThatRuns(t *testing.T) {
	both(t, func(t *testing.T, opts ...loopdns.Option) {
		l := loop.New()
		begun, proceed := make(chan string, 100), make(chan bool)
		s := &server{T: t, gate: func(name string) { begun <- name; <-proceed }}
		r := loopdns.New(l, append(opts, loopdns.WithResolver(s.resolver()), loopdns.WithLimit(1))...)
		var trace looptest.Trace
		wants := func(step string, want error) func([]string, error) {
			return func(_ []string, err error) {
				if err != want {
					t.Errorf("%s: %v, want %v", step, err, want)
				}
				trace.Log(step)
			}
		}
		reason := context.DeadlineExceeded
		ctx, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0)) // which is over
		defer cancel()
		first := r.LookupTXT(t.Context(), "first.example.", wants("first", loop.ErrCanceled))
		second := r.LookupTXT(t.Context(), "second.example.", wants("second", loop.ErrCanceled))
		withdrawn, told := make(chan bool), wants("third", reason)
		r.LookupTXT(ctx, "third.example.", func(texts []string, err error) {
			told(texts, err)
			close(withdrawn)
		})
		go func() {
			<-begun
			<-withdrawn
			l.Post(func() {
				for _, lk := range []*loopdns.Lookup{second, first} {
					if err := lk.Cancel(); err != nil {
						t.Errorf("Cancel: %v", err)
					}
					if err := lk.Cancel(); err != loop.ErrBusy {
						t.Errorf("a second Cancel: %v", err)
					}
				}
				if strings.Contains(trace.String(), "first") {
					t.Error("Cancel calls back")
				}
				// The turn of the first one ends although its server says nothing.
				r.LookupTXT(t.Context(), "fourth.example.", wants("fourth", nil))
				go func() {
					if name := <-begun; name != "fourth.example." {
						t.Errorf("%s is asked for", name)
					}
					close(proceed)
				}()
			})
		}()
		run(t, l)
		trace.Want(t, "third second first fourth")
		r.Close()
		run(t, l)
	})
}

func TestCloseCancelsEachLookupInOrderAndRefusesMore(t *testing.T) {
	both(t, func(t *testing.T, opts ...loopdns.Option) {
		l := loop.New()
		begun, proceed := make(chan string, 100), make(chan bool)
		s := &server{T: t, gate: func(name string) { begun <- name; <-proceed }}
		r := loopdns.New(l, append(opts, loopdns.WithResolver(s.resolver()), loopdns.WithLimit(1))...)
		var trace looptest.Trace
		canceled := func(step string) func([]string, error) {
			return func(_ []string, err error) {
				if err != loop.ErrCanceled {
					t.Errorf("%s: %v", step, err)
				}
				trace.Log(step)
			}
		}
		r.LookupTXT(t.Context(), "a.example.", canceled("a"))
		r.LookupTXT(t.Context(), "b.example.", canceled("b"))
		r.OnClose(func() {
			trace.Log("closed")
			lk := r.LookupTXT(t.Context(), "c.example.", func(_ []string, err error) {
				if err != loop.ErrClosed {
					t.Errorf("a lookup after Close: %v", err)
				}
				trace.Log("c")
			})
			if err := lk.Cancel(); err != loop.ErrBusy {
				t.Errorf("Cancel of a lookup that was refused: %v", err)
			}
		})
		go func() {
			<-begun
			l.Post(func() { r.Close(); trace.Want(t, "") })
		}()
		run(t, l)
		close(proceed)
		trace.Want(t, "a b closed c")
	})
}

func TestTheLoopsPoolAnswersAsSlowIO(t *testing.T) {
	p := pool.New(4)
	l := loop.New(loop.WithPool(p))
	running := -1
	s := &server{T: t, gate: func(string) { running = p.Stats().Running[pool.SlowIO] }}
	r := loopdns.New(l, loopdns.OnPool(), loopdns.WithResolver(s.resolver()))
	r.LookupTXT(t.Context(), "a.example.", func([]string, error) { r.Close() })
	run(t, l)
	p.Close(context.Background())
	if running != 1 {
		t.Errorf("%d tasks of slow I/O run", running)
	}
}

// Lookups are cancelled, resolvers and loops closed, at moments that a seed chooses.
func TestIncidentsAtAnyMomentLoseNoAnswerAndDoubleNone(t *testing.T) {
	both(t, func(t *testing.T, opts ...loopdns.Option) {
		nr := (&server{T: t}).resolver()
		for seed := range uint64(100) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			l := loop.New(loop.WithChoices(rnd.IntN))
			r := loopdns.New(l, append(opts, loopdns.WithResolver(nr), loopdns.WithLimit(1+rnd.IntN(4)))...)
			ctx, cancel := context.WithCancel(t.Context())
			const n = 12
			var told [n]int
			var lookups [n]*loopdns.Lookup
			at, steps, what := rnd.IntN(n), 0, rnd.IntN(4)
			closed := 0
			r.OnClose(func() { closed++ })
			for i := range n {
				lookups[i] = r.LookupTXT(ctx, fmt.Sprintf("n%d.example.", i), func(v []string, err error) {
					if told[i]++; err == nil && v[0] != fmt.Sprintf("n%d.example.", i) {
						t.Errorf("seed %d: %d gets %v", seed, i, v)
					}
					if steps++; steps-1 == at {
						switch what {
						case 0:
							lookups[rnd.IntN(n)].Cancel()
						case 1:
							cancel()
						case 2:
							r.Close()
						case 3:
							l.Stop()
						}
					}
				})
				if rnd.IntN(8) == 0 {
					lookups[i].Cancel()
				}
			}
			run(t, l)
			if err := l.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			cancel()
			for i, k := range told {
				if k != 1 {
					t.Errorf("seed %d: lookup %d was told %d times", seed, i, k)
				}
			}
			if closed != 1 {
				t.Errorf("seed %d: closed %d times", seed, closed)
			}
		}
	})
}
