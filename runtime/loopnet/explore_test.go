package loopnet_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
	"github.com/loopvet/loopvet/runtime/looptest"
)

// A drama has what was asked for and what was told. It counts its steps and
// does something at one of them.
type drama struct {
	*world
	at     int    // the step of the incident
	what   string // the incident
	steps  int
	ctx    context.Context
	cancel context.CancelFunc

	ln       *loopnet.Listener
	clients  []*loopnet.Conn
	servers  []*loopnet.Conn
	open     map[loop.Handle]string // not told to be closed yet
	requests map[loop.Handle]int    // not told yet
	asked    int
	told     int
}

// incidents are what may happen at any moment.
var incidents = []string{
	"close client", "reset client", "close server", "reset server", "close all", "close listener", "cancel", "close loop", "panic", "handled panic",
}

// loopFor returns a loop for a drama with the given incident.
func loopFor(what string) *loop.Loop {
	if what == "handled panic" {
		return loop.New(loop.WithPanicHandler(func(*loop.PanicError) {}))
	}
	return loop.New()
}

// step is called at the beginning of each callback and in each phase of a turn
// that calls watchers.
func (d *drama) step() {
	d.steps++
	if d.steps-1 != d.at {
		return
	}
	switch d.what {
	case "close client", "reset client":
		for _, c := range d.clients[:min(1, len(d.clients))] {
			end(c, d.what == "reset client")
		}
	case "close server", "reset server":
		for _, c := range d.servers[:min(1, len(d.servers))] {
			end(c, d.what == "reset server")
		}
	case "close all":
		for _, c := range slices.Concat(d.servers, d.clients) {
			c.Close()
		}
		d.ln.Close()
	case "close listener":
		d.ln.Close()
	case "cancel":
		d.cancel()
	case "close loop":
		d.l.Stop()
	case "panic", "handled panic":
		// After the callback, which has its own work to do.
		d.l.NextTick(func() { panic("an incident") })
	}
}

func end(c *loopnet.Conn, reset bool) {
	if reset {
		c.Reset()
	} else {
		c.Close()
	}
}

// follow has h's end counted.
func (d *drama) follow(h loop.Handle, name string, then func()) {
	d.open[h] = name
	h.OnClose(func() {
		if d.open[h] == "" {
			d.Errorf("%s is closed twice", name)
		}
		if n := d.requests[h]; n != 0 {
			d.Errorf("%s is closed with %d requests that were not told", name, n)
		}
		delete(d.open, h)
		then()
		d.step()
	})
}

// ask returns a callback for one request of h.
func (d *drama) ask(h loop.Handle, what string, then func(error)) func(error) {
	d.asked++
	d.requests[h]++
	told := false
	return func(err error) {
		if told {
			d.Errorf("%s is told twice", what)
		}
		if d.open[h] == "" {
			d.Errorf("%s is told after its handle is closed", what)
		}
		told = true
		d.told++
		d.requests[h]--
		d.step()
		then(err)
	}
}

// cast sets the scene: clients that send, shut down and read what comes back,
// and a server that sends it back.
func (d *drama) cast(clients, writes, size int) {
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.open = make(map[loop.Handle]string)
	d.requests = make(map[loop.Handle]int)
	d.ln = d.listen(func(ln *loopnet.Listener, err error) {
		d.step()
		c, err := ln.Accept()
		if err != nil {
			return // the step has closed it
		}
		d.serve(c)
	}, loopnet.WithWaterMarks(size/4, size/2))
	d.follow(d.ln, "the listener", func() {})
	left := clients
	for i := range clients {
		name := fmt.Sprint("client ", i)
		var c *loopnet.Conn
		var connected func(error)
		c = loopnet.Connect(d.ctx, d.l, d.network, d.ln.Addr().String(), func(_ *loopnet.Conn, err error) {
			connected(err)
		}, d.options(false)...)
		connected = d.ask(c, name+"'s connect", func(error) {})
		d.clients = append(d.clients, c)
		d.follow(c, name, func() {
			if left--; left == 0 {
				d.ln.Close()
			}
		})
		want := pattern(writes * size)
		got := 0
		d.read(c, func(p []byte, err error) {
			if c.Closing() {
				d.Errorf("%s reads after Close", name)
			}
			if !bytes.Equal(p, want[got:got+len(p)]) {
				d.Errorf("%s gets something else back after %d bytes", name, got)
			}
			got += len(p)
			d.step()
			if err != nil {
				c.Close()
			}
		})
		for j := range writes {
			p := want[j*size : (j+1)*size]
			if err := c.Write(p, d.ask(c, fmt.Sprintf("%s's write %d", name, j), func(error) {})); err != nil {
				d.Errorf("Write: %v", err)
			}
		}
		if err := c.Shutdown(d.ask(c, name+"'s shutdown", func(error) {})); err != nil {
			d.Errorf("Shutdown: %v", err)
		}
	}
	for _, watch := range []func(func()) *loop.Watcher{d.l.NewPrepare, d.l.NewCheck} {
		w := watch(d.step)
		w.Unref()
		w.Start()
		d.l.NextTick(d.step)
	}
}

func (d *drama) serve(c *loopnet.Conn) {
	name := fmt.Sprint("server ", len(d.servers))
	d.servers = append(d.servers, c)
	d.follow(c, name, func() {})
	var take func(p []byte, err error)
	take = func(p []byte, err error) {
		d.step()
		if c.Closing() {
			return
		}
		if err != nil {
			if c.Shutdown(d.ask(c, name+"'s shutdown", func(error) { c.Close() })) != nil {
				d.Error("a server shuts down twice")
			}
			return
		}
		if err := c.Write(bytes.Clone(p), d.ask(c, name+"'s write", func(err error) {
			if err != nil {
				c.Close()
			}
		})); err != nil {
			d.Errorf("Write: %v", err)
		}
		if c.Full() {
			c.ReadStop()
			c.OnDrain(func() {
				d.step()
				if !c.Closing() {
					c.OnDrain(nil)
					d.read(c, take)
				}
			})
		}
	}
	d.read(c, take)
}

// play runs the drama to its end and closes the loop.
func (d *drama) play() {
	defer d.cancel()
	for done := false; !done; {
		func() {
			defer func() {
				if v := recover(); v != nil && v != "an incident" {
					panic(v)
				}
			}()
			d.Helper()
			d.run()
			done = true
		}()
	}
	if d.at >= d.steps || d.what == "panic" || d.what == "handled panic" {
		// Nothing has happened that would excuse a loss.
		for h, name := range d.open {
			if c, ok := h.(*loopnet.Conn); !ok || !c.Closing() {
				d.Errorf("%s is left open", name)
			}
		}
	}
	d.at = -1 // no incident while the loop closes
	if err := d.l.Close(context.Background()); err != nil {
		d.Errorf("Close: %v", err)
	}
	for _, name := range d.open {
		d.Errorf("%s was never told to be closed", name)
	}
	if d.asked != d.told {
		d.Errorf("%d requests and %d answers", d.asked, d.told)
	}
}

// At every step of a small program, everything that may happen happens.
func TestCloseAndCancelAtEveryMomentLoseNothingAndDoubleNothing(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, what := range incidents {
			t.Run(fmt.Sprintf("tls=%v/%s", secure, what), func(t *testing.T) {
				moments := 1
				for at := 0; at < moments; at++ {
					synctest.Test(t, func(t *testing.T) {
						m := loopnet.NewMemory()
						m.SetParts(rand.New(rand.NewPCG(1, uint64(at))).IntN)
						l := loopFor(what)
						d := &drama{at: at, what: what, world: &world{
							T: t, l: l, mem: m, network: "tcp", address: "127.0.0.1:0", secure: secure,
						}}
						d.cast(2, 2, 20_000)
						d.play()
						moments = max(moments, min(d.steps, at+50))
						synctest.Wait()
						if n := m.Descriptors(); n != 0 {
							t.Errorf("%d descriptors are open", n)
						}
						if t.Failed() {
							t.Fatalf("at step %d of %d: %s", at, d.steps, what)
						}
					})
				}
				t.Logf("%d moments", moments)
			})
		}
	}
}

// On real sockets the moments come as they come; a seed chooses among them.
func TestRandomIncidentsOnRealSocketsLoseNothingAndDoubleNothing(t *testing.T) {
	const seeds = 60
	for _, name := range []string{"tcp", "unix", "tls", "epoll/tcp", "epoll/unix", "epoll/tls"} {
		t.Run(name, func(t *testing.T) {
			network, onEpoll := strings.CutPrefix(name, "epoll/")
			for seed := range seeds {
				r := rand.New(rand.NewPCG(uint64(seed), 1))
				what := incidents[r.IntN(len(incidents))]
				w := &world{T: t, l: loopFor(what), network: network, address: "127.0.0.1:0"}
				if onEpoll {
					w.epoll = loopnet.NewEpoll()
				}
				switch network {
				case "unix":
					w.address = filepath.Join(t.TempDir(), "s")
				case "tls":
					w.network, w.secure = "tcp", true
				}
				d := &drama{world: w, at: r.IntN(1 << r.IntN(8)), what: what}
				d.cast(1+r.IntN(3), 1+r.IntN(4), 1+r.IntN(400_000))
				d.play()
				if onEpoll {
					awaitClosed(w.epoll)
				}
				if t.Failed() {
					t.Fatalf("seed %d: %s at step %d of %d", seed, d.what, d.at, d.steps)
				}
			}
		})
	}
}

// The same under other choices of order.
func TestIncidentsInEveryOrderThatIsFree(t *testing.T) {
	looptest.Explore(t, 100, func(t *testing.T, l *loop.Loop) {
		r := rand.New(rand.NewPCG(uint64(len(t.Name())), rand.Uint64()))
		m := loopnet.NewMemory()
		d := &drama{at: r.IntN(40), what: incidents[r.IntN(len(incidents)-1)], world: &world{
			T: t, l: l, mem: m, network: "unix", address: "s",
		}}
		d.cast(3, 3, 50_000)
		d.play()
		if t.Failed() {
			t.Logf("%s at step %d of %d", d.what, d.at, d.steps)
		}
	})
}
