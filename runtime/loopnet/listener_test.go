//go:build unix

package loopnet_test

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
)

func TestWhoDoesNotAcceptPausesTheListener(t *testing.T) {
	everywhere(t, func(w *world) {
		const n = 5
		calls := 0
		ln := w.listen(func(ln *loopnet.Listener, err error) { calls++ })
		if _, err := ln.Accept(); err != loopnet.ErrAgain {
			w.Errorf("Accept with nobody there: %v", err)
		}
		// TLS clients are not connected before the server accepts.
		var clients []*loopnet.Conn
		open := 0
		for range n {
			clients = append(clients, w.connect(ln, func(_ *loopnet.Conn, err error) {
				if err != nil {
					w.Errorf("connect: %v", err)
				}
				open++
			}))
		}
		w.until(func() bool { return calls == 1 && (w.secure || open == n) })
		turns(w, 10)
		if calls != 1 {
			w.Errorf("%d calls while nobody accepted", calls)
		}
		var servers []*loopnet.Conn
		for i := range n {
			servers = append(servers, w.accept(ln))
			if _, err := ln.Accept(); err != loopnet.ErrAgain {
				w.Errorf("Accept twice: %v", err)
			}
			if i < n-1 {
				w.until(func() bool { return calls == i+2 })
			}
		}
		w.until(func() bool { return open == n })
		turns(w, 10)
		if calls != n {
			w.Errorf("%d calls for %d connections", calls, n)
		}
		for i := range n {
			clients[i].Close()
			servers[i].Close()
		}
		ln.Close()
		if _, err := ln.Accept(); err != loop.ErrClosed {
			w.Errorf("Accept after Close: %v", err)
		}
	})
}

// turns lets n turns of the loop go by.
func turns(w *world, n int) {
	idle := w.l.NewIdle(func() { n-- })
	idle.Start()
	w.until(func() bool { return n <= 0 })
	idle.Close()
}

func TestAListenerThatClosesClosesWhatItDidNotAccept(t *testing.T) {
	everywhere(t, func(w *world) {
		if w.secure {
			w.Skip("TLS has no connection then")
		}
		called := false
		ln := w.listen(func(ln *loopnet.Listener, err error) { called = true })
		client := w.connect(ln, func(c *loopnet.Conn, err error) {
			if err != nil {
				w.Errorf("connect: %v", err)
			}
		})
		ended := false
		w.read(client, func(p []byte, err error) {
			if err == nil {
				w.Errorf("read %q", p)
			}
			ended = true
			client.Close()
		})
		w.until(func() bool { return called && client.LocalAddr() != nil })
		ln.Close()
		w.run()
		if !ended {
			w.Error("the client does not learn of it")
		}
	})
}

func TestTwoListenersCannotHaveOneAddress(t *testing.T) {
	everywhere(t, func(w *world) {
		fn := func(*loopnet.Listener, error) {}
		ln := w.listen(fn)
		_, err := loopnet.Listen(w.l, w.network, ln.Addr().String(), fn, w.options(true)...)
		if !errors.Is(err, syscall.EADDRINUSE) {
			w.Errorf("the second: %v", err)
		}
		address := ln.Addr().String()
		ln.Close()
		w.run()
		again, err := loopnet.Listen(w.l, w.network, address, fn, w.options(true)...)
		if err != nil {
			w.Fatalf("after the first was closed: %v", err)
		}
		again.Close()
	})
}

// exhaust takes all descriptors but n, until restore is called.
func exhaust(w *world, n int) (restore func()) {
	w.Helper()
	if w.mem != nil {
		w.mem.SetDescriptors(w.mem.Descriptors() + n)
		return func() { w.mem.SetDescriptors(0) }
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		w.Fatal(err)
	}
	low := old
	low.Cur = 256
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		w.Fatal(err)
	}
	var hoard []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		hoard = append(hoard, f)
	}
	for _, f := range hoard[:n] {
		f.Close()
	}
	return func() {
		for _, f := range hoard[n:] {
			f.Close()
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
			w.Fatal(err)
		}
	}
}

func TestWithoutDescriptorsAListenerAcceptsAndClosesAndDoesNotSpin(t *testing.T) {
	everywhere(t, func(w *world) {
		if w.secure {
			w.Skip("as without TLS")
		}
		var servers []*loopnet.Conn
		calls := 0
		ln := w.listen(func(ln *loopnet.Listener, err error) {
			if err != nil {
				w.Errorf("accepting: %v", err)
			}
			calls++
			servers = append(servers, w.accept(ln))
		})
		open := 0
		dial := func() *loopnet.Conn {
			return w.connect(ln, func(_ *loopnet.Conn, err error) {
				if err != nil {
					w.Errorf("connect: %v", err)
				}
				open++
			})
		}
		first := dial()
		w.until(func() bool { return open == 1 && calls == 1 })

		restore := exhaust(w, 1)
		second := dial() // takes the last one
		var end error
		w.read(second, func(p []byte, err error) { end = err })
		turnsBefore := 0
		idle := w.l.NewPrepare(func() { turnsBefore++ })
		idle.Start()
		idle.Unref()
		w.until(func() bool { return end != nil })
		if turnsBefore > 10 {
			w.Errorf("%d turns of the loop for one connection", turnsBefore)
		}
		idle.Close()
		if end != io.EOF && !errors.Is(end, syscall.ECONNRESET) {
			w.Errorf("the client read %v", end)
		}
		if calls != 1 || ln.Dropped() != 1 {
			w.Errorf("%d calls and %d dropped", calls, ln.Dropped())
		}
		second.Close()
		restore()

		// With descriptors again, who comes is accepted.
		third := dial()
		w.until(func() bool { return open == 3 && calls == 2 })
		if ln.Dropped() != 1 {
			w.Errorf("%d dropped", ln.Dropped())
		}
		for _, c := range append(servers, first, third) {
			c.Close()
		}
		ln.Close()
	})
}

func TestAConnectWithoutDescriptorsSaysSo(t *testing.T) {
	everywhere(t, func(w *world) {
		ln := w.listen(func(ln *loopnet.Listener, err error) { w.accept(ln).Close() })
		restore := exhaust(w, 0)
		told := false
		w.connect(ln, func(_ *loopnet.Conn, err error) {
			if !errors.Is(err, syscall.EMFILE) {
				w.Errorf("connect: %v", err)
			}
			told = true
		})
		w.until(func() bool { return told })
		restore()
		ln.Close()
	})
}

// libuv's test-watcher-cross-stop.c.
func TestClosingAllSocketsInTheFirstReadSuppressesTheReadsThatAreDue(t *testing.T) {
	everywhere(t, func(w *world) {
		n := 2500
		if w.secure {
			n = 100
		}
		var servers []*loopnet.Conn
		reads, closes, writes := 0, 0, 0
		var clients []*loopnet.Conn
		closeAll := func() {
			for _, c := range append(clients, servers...) {
				c.OnClose(func() { closes++ })
				c.Close()
			}
		}
		ln := w.listen(func(ln *loopnet.Listener, err error) { servers = append(servers, w.accept(ln)) })
		open := 0
		for range n {
			clients = append(clients, w.connect(ln, func(_ *loopnet.Conn, err error) {
				if err != nil {
					w.Fatalf("connect: %v", err)
				}
				open++
			}))
			// Not more than a backlog at once.
			if len(clients)%64 == 0 {
				w.until(func() bool { return open == len(clients) && len(servers) == len(clients) })
			}
		}
		w.until(func() bool { return open == n && len(servers) == n })
		for _, c := range clients {
			w.write(c, []byte("x"), func(error) { writes++ })
		}
		w.until(func() bool { return writes == n })
		for _, c := range servers {
			w.read(c, func([]byte, error) {
				if reads++; reads == 1 {
					closeAll()
				}
			})
		}
		w.until(func() bool { return closes == 2*n })
		ln.Close()
		w.run()
		if reads != 1 || writes != n || closes != 2*n {
			w.Errorf("%d reads, %d writes and %d closes of %d connections", reads, writes, closes, n)
		}
	})
}

func TestClosingTheLoopClosesSocketsInEveryState(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		w.read(server, func([]byte, error) {})
		ln := w.listen(func(ln *loopnet.Listener, err error) {})
		told := 0
		w.connect(ln, func(c *loopnet.Conn, err error) {
			if !errors.Is(err, loop.ErrCanceled) {
				w.Errorf("connect: %v", err)
			}
			told++
		})
		client.Shutdown(func(err error) {
			if err != loop.ErrCanceled {
				w.Errorf("shutdown: %v", err)
			}
			told++
		})
		if err := w.l.Close(context.Background()); err != nil {
			w.Errorf("Close: %v", err)
		}
		if told != 2 {
			w.Errorf("%d of 2 requests were told", told)
		}
	})
}
