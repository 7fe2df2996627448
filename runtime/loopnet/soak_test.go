package loopnet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
	"github.com/loopvet/loopvet/runtime/looptest"
	"github.com/loopvet/loopvet/runtime/pool"
)

// A soak is a client loop that keeps everything busy for a while, and counts. What
// it asks for and what it is told must be the same in the end.
type soak struct {
	*testing.T
	l     *loop.Loop
	rand  *rand.Rand
	addr  string
	opts  []loopnet.Option
	until time.Time

	conns   int // to keep open
	timers  int // to keep armed
	queued  int // pieces of work to keep waiting, beside those that run
	longest int // timeout, in milliseconds

	open                       map[*talk]bool
	asked, told                int // writes
	works, worked, canceled    int
	armed, fired, stopped      int
	connected, failed, dropped int
	echoed                     int // bytes
	heap                       []uint64
}

// A talk is one connection: numbered messages go out, and must come back in order.
type talk struct {
	*soak
	c        *loopnet.Conn
	next     uint32 // to be sent
	expected uint32 // to come back
	rest     []byte // of a message that has arrived in part
	closed   bool
}

// TestSoak keeps connections, timers and a saturated pool busy with random writes,
// resets, reconnects and cancels, and sees that nothing is lost and nothing told
// twice, and that memory stays flat. It lasts a second, with a twentieth of the load; with
// LOOPVET_SOAK=5m it lasts that long, with 2,000 connections and 100,000 timers.
func TestSoak(t *testing.T) {
	t.Run("system", func(t *testing.T) { runSoak(t) })
	t.Run("epoll", func(t *testing.T) {
		e := loopnet.NewEpoll() // for both loops
		runSoak(t, loopnet.On(e))
		awaitClosed(e)
	})
}

func runSoak(t *testing.T, opts ...loopnet.Option) {
	s := &soak{T: t, opts: opts, conns: 100, timers: 5000, queued: 64, open: map[*talk]bool{}}
	d := time.Second
	if long := os.Getenv("LOOPVET_SOAK"); long != "" {
		var err error
		if d, err = time.ParseDuration(long); err != nil {
			t.Fatalf("LOOPVET_SOAK: %v", err)
		}
		s.conns, s.timers = 2000, 100_000
	}
	seed := rand.Uint64()
	s.rand = rand.New(rand.NewPCG(seed, 0))
	s.until, s.longest = time.Now().Add(d), int(min(2*time.Second, d/3).Milliseconds())

	p := pool.New(4)
	server, served, shut := loop.New(loop.WithPool(p)), make(chan error, 1), make(chan string, 1)
	over, end := context.WithCancel(context.Background())
	go func() {
		ln, err := loopnet.Listen(server, "tcp", "127.0.0.1:0", echo, opts...)
		if err != nil {
			shut <- ""
			served <- err
			return
		}
		shut <- ln.Addr().String()
		served <- server.Run(over)
	}()
	if s.addr = <-shut; s.addr == "" {
		t.Fatal(<-served)
	}

	s.l = loop.New(loop.WithPool(p))
	s.start()
	if err := s.l.Run(context.Background()); err != nil {
		t.Errorf("Run: %v", err)
	}
	looptest.CheckLeaks(t, s.l)
	end()
	if err := <-served; !errors.Is(err, context.Canceled) {
		t.Errorf("the server's Run: %v", err)
	}
	if err := server.Close(context.Background()); err != nil {
		t.Errorf("the server's Close: %v", err)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Errorf("the pool's Close: %v", err)
	}
	s.balance(seed)
}

// echo sends back what comes, and has who writes faster than it reads wait.
func echo(ln *loopnet.Listener, err error) {
	if err != nil {
		return
	}
	c, err := ln.Accept()
	if err != nil {
		return
	}
	var read func([]byte, error)
	read = func(p []byte, err error) {
		if err != nil {
			c.Close()
			return
		}
		if c.Write(bytes.Clone(p), nil) == nil && c.Full() {
			c.ReadStop()
			c.OnDrain(func() { _ = c.ReadStart(read) })
		}
	}
	if c.ReadStart(read) != nil {
		c.Close()
	}
}

func (s *soak) start() {
	for range s.conns {
		s.connect()
	}
	for range s.timers {
		s.arm()
	}
	for range s.queued {
		s.queue()
	}
	begun := time.Now()
	total := s.until.Sub(begun)
	var beat *loop.Timer
	beat = s.l.SetInterval(5*time.Millisecond, func() {
		now := time.Now()
		if now.After(s.until) {
			beat.Close()
			s.finish()
			return
		}
		s.disturb()
		// Once each tenth, from the third on: by then all that is kept is there.
		if n := int(10 * now.Sub(begun) / total); n >= 3+len(s.heap) {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			s.heap = append(s.heap, m.HeapAlloc)
		}
	})
}

func (s *soak) over() bool { return time.Now().After(s.until) }

// connect makes a connection, and another in its place when it ends.
func (s *soak) connect() {
	k := &talk{soak: s}
	s.open[k] = true
	k.c = loopnet.Connect(context.Background(), s.l, "tcp", s.addr, func(c *loopnet.Conn, err error) {
		if err != nil {
			s.failed++
			return
		}
		s.connected++
		if err := c.ReadStart(k.read); err != nil {
			s.Errorf("ReadStart: %v", err)
		}
	}, s.opts...)
	k.c.OnClose(func() {
		if k.closed {
			s.Error("a connection is closed twice")
		}
		k.closed = true
		delete(s.open, k)
		if !s.over() {
			s.connect()
		}
	})
}

const (
	shortest = 8
	common   = 2 << 10
	largest  = 1 << 20
)

// send writes one message: its length, its number, and noise.
func (k *talk) send(size int) {
	p := make([]byte, size)
	binary.BigEndian.PutUint32(p, uint32(len(p)))
	binary.BigEndian.PutUint32(p[4:], k.next)
	told := false
	if k.c.Write(p, func(error) {
		if told {
			k.Error("a write is told twice")
		}
		told = true
		k.told++
	}) != nil {
		return
	}
	k.next++
	k.asked++
}

func (k *talk) read(p []byte, err error) {
	if err != nil {
		k.dropped++
		k.c.Close()
		return
	}
	k.echoed += len(p)
	k.rest = append(k.rest, p...)
	for len(k.rest) >= shortest {
		n := int(binary.BigEndian.Uint32(k.rest))
		if n < shortest || n > largest {
			k.Errorf("a message of %d bytes", n)
			k.c.Close()
			return
		}
		if len(k.rest) < n {
			return
		}
		if got := binary.BigEndian.Uint32(k.rest[4:]); got != k.expected {
			k.Errorf("message %d came where %d was due", got, k.expected)
			k.c.Close()
			return
		}
		k.expected++
		k.rest = slices.Clone(k.rest[n:])
	}
}

// arm starts a timer that starts another when it fires. One in eight is stopped
// before it can.
func (s *soak) arm() {
	s.armed++
	fired := false
	var t *loop.Timer
	t = s.l.SetTimeout(time.Duration(1+s.rand.IntN(s.longest))*time.Millisecond, func() {
		if fired {
			s.Error("a timer fires twice")
		}
		fired = true
		s.fired++
		if !s.over() {
			s.arm()
		}
	})
	if s.rand.IntN(8) == 0 {
		s.l.SetImmediate(func() {
			if !fired && t.Active() {
				t.Close()
				s.stopped++
				if !s.over() {
					s.arm()
				}
			}
		})
	}
}

// queue gives the pool a piece of work, with more to follow. One in four is
// cancelled, in the queue or while it runs.
func (s *soak) queue() {
	s.works++
	told := false
	r := loop.QueueWork(context.Background(), s.l, func(context.Context) (uint64, error) {
		x := uint64(1)
		for range 50_000 {
			x = x*6364136223846793005 + 1442695040888963407
		}
		return x, nil
	}, func(_ uint64, err error) {
		switch {
		case told:
			s.Error("work is told twice")
		case err == nil:
			s.worked++
		case errors.Is(err, loop.ErrCanceled):
			s.canceled++
		default:
			s.Errorf("work: %v", err)
		}
		told = true
		if !s.over() {
			s.queue()
		}
	})
	if s.rand.IntN(4) == 0 {
		s.l.SetTimeout(time.Duration(s.rand.IntN(3))*time.Millisecond, func() {
			if err := r.Cancel(); err != nil && !errors.Is(err, loop.ErrBusy) && !errors.Is(err, loop.ErrClosed) && !told {
				s.Errorf("Cancel: %v", err)
			}
		})
	}
}

// disturb has some connections talk, and ends a few.
func (s *soak) disturb() {
	left := 6 + s.conns/200
	for k := range s.open { // in the order of a map: any
		if left--; left < 0 {
			return
		}
		switch s.rand.IntN(400) {
		case 0, 1, 2:
			k.c.Close()
		case 3, 4, 5:
			k.c.Reset()
		case 6:
			k.send(largest)
		case 7:
			for !k.c.Full() && !k.c.Closing() {
				k.send(largest)
			}
			k.c.Close()
		default:
			k.send(shortest + s.rand.IntN(common))
		}
	}
}

// finish lets what is under way come to its end.
func (s *soak) finish() {
	for k := range s.open {
		k.c.Close()
	}
}

// balance compares what was asked with what was told.
func (s *soak) balance(seed uint64) {
	if s.asked != s.told {
		s.Errorf("%d writes, %d told", s.asked, s.told)
	}
	if s.works != s.worked+s.canceled {
		s.Errorf("%d pieces of work, %d done and %d cancelled", s.works, s.worked, s.canceled)
	}
	if s.armed != s.fired+s.stopped {
		s.Errorf("%d timers armed, %d fired and %d stopped", s.armed, s.fired, s.stopped)
	}
	if len(s.open) != 0 {
		s.Errorf("%d connections are open", len(s.open))
	}
	// On a busy machine all cancels of a short soak may come too late.
	if s.echoed == 0 || s.worked == 0 || s.fired == 0 || s.canceled == 0 && os.Getenv("LOOPVET_SOAK") != "" {
		s.Error("the soak was dry")
	}
	// What is kept is the same at each sample, beside some messages on their way, which
	// in a short soak are more than all the rest. Twice as much is a leak.
	if n := len(s.heap); n > 1 && os.Getenv("LOOPVET_SOAK") != "" && !raceDetector {
		if first, most := s.heap[0], slices.Max(s.heap[1:]); most > 2*first {
			s.Errorf("the heap grew from %d to %d bytes", first, most)
		}
	}
	s.Logf("seed %d: %d connections (%d failed, %d ended by the peer), %d writes, %d bytes back, %d timers fired, %d stopped, "+
		"%d pieces of work, %d cancelled, heap in KiB %v", seed,
		s.connected, s.failed, s.dropped, s.told, s.echoed, s.fired, s.stopped, s.works, s.canceled, kib(s.heap))
}

func kib(bytes []uint64) []uint64 {
	out := make([]uint64, len(bytes))
	for i, b := range bytes {
		out[i] = b >> 10
	}
	return out
}
