package loopnet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
)

func TestWhatIsWrittenArrivesAndTheEndAfterIt(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		want := pattern(3 << 20)
		got := w.sink(server, func(err error) {
			if err != io.EOF {
				w.Errorf("the end came as %v", err)
			}
			server.Close()
		})
		for p := want; len(p) > 0; {
			n := min(len(p), 100_000)
			w.write(client, p[:n], func(err error) {
				if err != nil {
					w.Errorf("write: %v", err)
				}
			})
			p = p[n:]
		}
		if err := client.Shutdown(func(err error) {
			if err != nil || client.Buffered() != 0 {
				w.Errorf("shutdown: %v, %d bytes are buffered", err, client.Buffered())
			}
			client.Close()
		}); err != nil {
			w.Errorf("Shutdown: %v", err)
		}
		w.run()
		if !bytes.Equal(got.Bytes(), want) {
			w.Errorf("%d bytes arrived that differ from the %d sent", got.Len(), len(want))
		}
	})
}

func TestNoCallbackRunsInsideTheCallThatAsksForIt(t *testing.T) {
	everywhere(t, func(w *world) {
		inside := true
		check := func(what string) {
			if inside {
				w.Errorf("the callback of %s ran inside the call", what)
			}
		}
		var server *loopnet.Conn
		ln := w.listen(func(ln *loopnet.Listener, err error) {
			check("Listen")
			server = w.accept(ln)
		})
		open := false
		client := w.connect(ln, func(*loopnet.Conn, error) {
			check("Connect")
			open = true
		})
		inside = false
		w.until(func() bool { return open && server != nil })
		inside = true
		w.write(server, []byte("x"), func(error) { check("Write") })
		inside = false
		arrived := false
		w.until(func() bool { return server.Buffered() == 0 })
		inside = true
		w.read(client, func([]byte, error) {
			check("ReadStart")
			arrived = true
		})
		client.Shutdown(func(error) { check("Shutdown") })
		inside = false
		w.until(func() bool { return arrived })
		inside = true
		for _, h := range []loop.Handle{ln, client, server} {
			h.OnClose(func() { check("Close") })
			h.Close()
		}
		inside = false
	})
}

func TestWritesCompleteInOrderAndCloseCancelsTheRest(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		const n = 64
		next, done, cancelled := 0, 0, 0
		closed := false
		for i := range n {
			w.write(client, pattern(256<<10), func(err error) {
				if i != next || closed {
					w.Errorf("write %d completes after %d others, closed: %v", i, next, closed)
				}
				next++
				switch {
				case err == nil && cancelled == 0:
					done++
				case err == loop.ErrCanceled:
					cancelled++
				default:
					w.Errorf("write %d: %v", i, err)
				}
			})
		}
		client.OnClose(func() { closed = true })
		// The peer reads a little, so that some writes complete, and then no more.
		read := 0
		w.read(server, func(p []byte, err error) {
			if read += len(p); read > 1<<20 {
				server.ReadStop()
			}
		})
		w.until(func() bool { return read > 1<<20 })
		client.Close()
		if next == n {
			w.Fatal("the test wants writes that wait")
		}
		before := next
		w.until(func() bool { return closed })
		if done == 0 || cancelled == 0 || done+cancelled != n {
			w.Errorf("%d done and %d cancelled of %d, %d before Close", done, cancelled, n, before)
		}
		server.Close()
	})
}

func TestTryWriteTakesSomeOrNothingAndNeverJumpsTheQueue(t *testing.T) {
	everywhere(t, func(w *world) {
		if w.blocks {
			w.Skip("TryWrite would always wait")
		}
		client, server := w.pair()
		var sent []byte
		chunk := pattern(100_000)
		// As long as there is room, some is taken.
		for {
			n, err := client.TryWrite(chunk)
			sent = append(sent, chunk[:n]...)
			if err != nil {
				if err != loopnet.ErrAgain || n != 0 {
					w.Errorf("TryWrite without room: %d, %v", n, err)
				}
				break
			}
			if n == 0 {
				w.Fatal("TryWrite took nothing and no error")
			}
		}
		// A write that waits is not overtaken, whether or not there is room.
		w.write(client, []byte("queued"), nil)
		sent = append(sent, "queued"...)
		if n, err := client.TryWrite([]byte("jump")); n != 0 || err != loopnet.ErrAgain {
			w.Errorf("TryWrite behind a write: %d, %v", n, err)
		}
		got := w.sink(server, func(error) { server.Close() })
		w.until(func() bool { return client.Buffered() == 0 })
		n, err := client.TryWrite([]byte("last"))
		for n == 0 && err == loopnet.ErrAgain { // the write's callback is to come, or TLS has bytes of its own
			w.until(func() bool { n, err = client.TryWrite([]byte("last")); return n > 0 })
		}
		if err != nil {
			w.Errorf("TryWrite: %v", err)
		}
		sent = append(sent, "last"[:n]...)
		client.Shutdown(func(error) { client.Close() })
		if _, err := client.TryWrite([]byte("late")); err != loopnet.ErrShutdown {
			w.Errorf("TryWrite after Shutdown: %v", err)
		}
		w.run()
		if !bytes.Equal(got.Bytes(), sent) {
			w.Errorf("%d bytes arrived that differ from the %d sent", got.Len(), len(sent))
		}
	})
}

func TestCloseWhileConnectingCancelsTheConnectBeforeOnClose(t *testing.T) {
	everywhere(t, func(w *world) {
		ln := w.listen(func(ln *loopnet.Listener, err error) { w.accept(ln).Close() })
		c := w.connect(ln, func(c *loopnet.Conn, err error) {
			if err != loop.ErrCanceled {
				w.Errorf("connect: %v", err)
			}
			w.trace.Log("connect")
		})
		c.Write([]byte("x"), func(err error) {
			if err != loop.ErrCanceled {
				w.Errorf("write: %v", err)
			}
			w.trace.Log("write")
		})
		c.Shutdown(func(err error) {
			if err != loop.ErrCanceled {
				w.Errorf("shutdown: %v", err)
			}
			w.trace.Log("shutdown")
		})
		c.OnClose(w.trace.Add("close"))
		c.Close()
		w.trace.Log("returned")
		c.OnClose(func() {
			w.trace.Log("close")
			ln.Close()
		})
		w.run()
		w.trace.Want(w, "returned connect write shutdown close")
	})
}

func TestShutdownWaitsForTheWritesAndASecondOneIsRefused(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		big := pattern(1 << 20)
		w.write(client, big, w.ok("write"))
		if err := client.Shutdown(w.ok("shutdown")); err != nil {
			w.Errorf("Shutdown: %v", err)
		}
		if err := client.Shutdown(w.ok("second")); err != loopnet.ErrNotConnected {
			w.Errorf("second Shutdown: %v", err)
		}
		if err := client.Write([]byte("x"), w.ok("late")); err != loopnet.ErrShutdown {
			w.Errorf("Write after Shutdown: %v", err)
		}
		got := w.sink(server, func(err error) {
			w.trace.Log(fmt.Sprint(err))
			// Half of the connection is left.
			w.write(server, []byte("answer"), func(error) {
				server.Shutdown(func(error) { server.Close() })
			})
		})
		answer := w.sink(client, func(error) { client.Close() })
		w.run()
		if steps := w.trace.String(); steps != "write shutdown EOF" && steps != "write EOF shutdown" {
			w.Errorf("callbacks ran as %s", steps)
		}
		if !bytes.Equal(got.Bytes(), big) || answer.String() != "answer" {
			w.Errorf("%d bytes arrived, and the answer %q", got.Len(), answer)
		}
	})
}

func TestAfterCloseNothingIsReadAndEveryCallIsRefused(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		w.write(server, []byte("x"), nil)
		w.read(client, func([]byte, error) { w.Error("read after Close") })
		client.Close()
		client.Close()
		if err := client.Write(nil, nil); err != loop.ErrClosed {
			w.Errorf("Write: %v", err)
		}
		if _, err := client.TryWrite(nil); err != loop.ErrClosed {
			w.Errorf("TryWrite: %v", err)
		}
		if err := client.Shutdown(nil); err != loop.ErrClosed {
			w.Errorf("Shutdown: %v", err)
		}
		if err := client.ReadStart(func([]byte, error) {}); err != loop.ErrClosed {
			w.Errorf("ReadStart: %v", err)
		}
		client.ReadStop()
		client.SetIdleTimeout(1, func() { w.Error("idle") })
		client.SetReadDeadline(time.Now())
		client.SetWriteDeadline(time.Now())
		server.Close()
	})
}

func TestReadStopKeepsWhatArrivesForTheNextReadStart(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		want := pattern(500_000)
		w.write(server, want, func(error) { server.Shutdown(func(error) { server.Close() }) })
		var got []byte
		var take func(p []byte, err error)
		take = func(p []byte, err error) {
			got = append(got, p...)
			if err != nil {
				client.Close()
				return
			}
			client.ReadStop()
			client.ReadStop()
			if client.Active() {
				w.Error("active after ReadStop")
			}
			w.l.SetImmediate(func() {
				w.read(client, take)
				if err := client.ReadStart(take); err != loopnet.ErrReading {
					w.Errorf("ReadStart while reading: %v", err)
				}
			})
		}
		w.read(client, take)
		w.run()
		if !bytes.Equal(got, want) {
			w.Errorf("%d bytes arrived that differ from the %d sent", len(got), len(want))
		}
	})
}

func TestTheEndEndsReadingAndWritingGoesOn(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		client.Shutdown(nil)
		w.read(server, func(p []byte, err error) {
			if err != io.EOF || len(p) != 0 {
				w.Errorf("%q, %v", p, err)
			}
			if server.Active() {
				w.Error("active after the end")
			}
			if err := server.ReadStart(func([]byte, error) {}); err != loopnet.ErrNotConnected {
				w.Errorf("ReadStart after the end: %v", err)
			}
			w.write(server, []byte("bye"), func(error) { server.Shutdown(func(error) { server.Close() }) })
		})
		got := w.sink(client, func(error) { client.Close() })
		w.run()
		if got.String() != "bye" {
			w.Errorf("got %q", got)
		}
	})
}

func TestAResetIsAnErrorForTheReader(t *testing.T) {
	everywhere(t, func(w *world) {
		if w.network == "unix" {
			w.Skip("a Unix socket has no reset")
		}
		client, server := w.pair()
		w.read(server, func(p []byte, err error) {
			if !errors.Is(err, syscall.ECONNRESET) {
				w.Errorf("%q, %v", p, err)
			}
			var op *net.OpError
			if !errors.As(err, &op) || op.Op != "read" {
				w.Errorf("%v does not say who read", err)
			}
			server.Close()
		})
		client.Reset()
	})
}

func TestWritesToAPeerThatIsGoneFailOneAndAll(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		const n = 5
		failed := 0
		for range n {
			w.write(client, pattern(8<<20), func(err error) {
				if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
					w.Errorf("write: %v", err)
				}
				failed++
			})
		}
		w.l.SetImmediate(server.Reset)
		w.until(func() bool { return failed == n })
		if client.Buffered() != 0 {
			w.Errorf("%d bytes are buffered", client.Buffered())
		}
		w.write(client, []byte("x"), func(err error) {
			if err == nil {
				w.Error("a write after an error of writing did not fail")
			}
			client.Shutdown(func(err error) {
				if err == nil {
					w.Error("a shutdown after an error of writing did not fail")
				}
				client.Close()
			})
		})
	})
}

func TestAConnectionIsFullFromTheHighWaterMarkToTheLowOne(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair(loopnet.WithWaterMarks(100_000, 1<<20))
		drains := 0
		client.OnDrain(func() {
			if client.Full() || client.Buffered() > 100_000 {
				w.Errorf("drained: full: %v, %d bytes are buffered", client.Full(), client.Buffered())
			}
			drains++
		})
		for !client.Full() {
			if client.Buffered() >= 1<<20 {
				w.Fatalf("not full with %d bytes buffered", client.Buffered())
			}
			w.write(client, pattern(200_000), nil)
		}
		if client.Buffered() < 1<<20 {
			w.Errorf("full with %d bytes buffered", client.Buffered())
		}
		total := 0
		last := client.Buffered()
		w.read(server, func(p []byte, err error) {
			total += len(p)
			if client.Full() && client.Buffered() <= 100_000 {
				w.Errorf("full with %d bytes left of %d", client.Buffered(), last)
			}
		})
		w.until(func() bool { return drains > 0 })
		w.write(client, []byte("x"), func(error) { client.Close(); server.Close() })
		w.run()
		if drains != 1 {
			w.Errorf("%d drains", drains)
		}
	})
}

func TestReadCallbacksComeBeforeWriteCallbacksInOnePoll(t *testing.T) {
	everywhere(t, func(w *world) {
		if w.blocks {
			w.Skip("two goroutines come in any order")
		}
		client, server := w.pair()
		for !client.Full() { // the system takes no more
			w.write(client, pattern(256<<10), nil)
		}
		w.write(client, []byte("x"), func(error) { w.trace.Log("write") })
		w.write(server, []byte("y"), nil)
		first := true
		w.read(client, func([]byte, error) {
			if first {
				w.trace.Log("read")
			}
			first = false
		})
		w.read(server, func([]byte, error) {})
		w.until(func() bool { return client.Buffered() == 0 && !first })
		client.Close()
		server.Close()
		w.run()
		w.trace.Want(w, "read write")
	})
}

func TestAConnectThatIsRefusedClosesTheConnection(t *testing.T) {
	everywhere(t, func(w *world) {
		ln := w.listen(func(*loopnet.Listener, error) {})
		address := ln.Addr().String()
		ln.Close()
		w.run()
		c := loopnet.Connect(w.Context(), w.l, w.network, address, func(c *loopnet.Conn, err error) {
			if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, os.ErrNotExist) {
				w.Errorf("connect: %v", err)
			}
			w.trace.Log("connect")
		}, w.options(false)...)
		c.Write([]byte("x"), func(err error) {
			if err != loop.ErrCanceled {
				w.Errorf("write: %v", err)
			}
			w.trace.Log("write")
		})
		w.read(c, func([]byte, error) { w.Error("read") })
		c.OnClose(w.trace.Add("close"))
		w.run()
		w.trace.Want(w, "connect write close")
	})
}

func TestAContextThatEndsEndsTheConnect(t *testing.T) {
	everywhere(t, func(w *world) {
		ln := w.listen(func(ln *loopnet.Listener, err error) { w.accept(ln).Close() })
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		loopnet.Connect(ctx, w.l, w.network, ln.Addr().String(), func(c *loopnet.Conn, err error) {
			if !errors.Is(err, context.Canceled) {
				w.Errorf("connect: %v", err)
			}
			if got := w.l.Context(); got.Err() == nil {
				w.Error("the callback does not run under the request's context")
			}
			ln.Close()
		}, w.options(false)...)
	})
}

func TestAddressesAndNetworksThatMakeNoSenseAreErrors(t *testing.T) {
	everywhere(t, func(w *world) {
		if w.network == "unix" {
			w.Skip("for TCP")
		}
		fn := func(*loopnet.Listener, error) {}
		for _, address := range []string{"localhost:0", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000", "[::1", ""} {
			if _, err := loopnet.Listen(w.l, "tcp", address, fn, w.options(true)...); err == nil {
				w.Errorf("Listen on %q: no error", address)
			}
			if _, err := loopnet.ListenPacket(w.l, "udp", address, w.options(true)...); err == nil {
				w.Errorf("ListenPacket on %q: no error", address)
			}
		}
		for _, network := range []string{"udp", "", "ip4:1"} {
			if _, err := loopnet.Listen(w.l, network, w.address, fn, w.options(true)...); err == nil {
				w.Errorf("Listen on network %q: no error", network)
			}
			loopnet.Connect(w.Context(), w.l, network, "127.0.0.1:1", func(_ *loopnet.Conn, err error) {
				var unknown net.UnknownNetworkError
				if !errors.As(err, &unknown) {
					w.Errorf("Connect on network %q: %v", network, err)
				}
			}, w.options(false)...)
		}
		if _, err := loopnet.ListenPacket(w.l, "tcp", w.address, w.options(true)...); err == nil {
			w.Error("ListenPacket on tcp: no error")
		}
	})
}

func TestANilCallbackPanicsAtTheCall(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		for name, call := range map[string]func(){
			"Connect":        func() { loopnet.Connect(w.Context(), w.l, "tcp", "", nil) },
			"Listen":         func() { loopnet.Listen(w.l, "tcp", "", nil) },
			"ReadStart":      func() { client.ReadStart(nil) },
			"SetIdleTimeout": func() { client.SetIdleTimeout(1, nil) },
		} {
			func() {
				defer func() {
					if msg, _ := recover().(string); !strings.Contains(msg, "loopnet: "+name+": nil callback") {
						w.Errorf("%s: %q", name, msg)
					}
				}()
				call()
			}()
		}
		client.Close()
		server.Close()
	})
}

func TestSocketsAreHandlesOfTheirLoop(t *testing.T) {
	everywhere(t, func(w *world) {
		if w.l.Alive() {
			w.Error("alive before there is anything")
		}
		ln := w.listen(func(*loopnet.Listener, error) {})
		if !ln.Active() || !w.l.Alive() {
			w.Error("a listener is not active")
		}
		ln.Unref()
		if w.l.Alive() || ln.HasRef() {
			w.Error("an unreferenced listener keeps the loop alive")
		}
		ln.Ref()
		if kinds := leaks(w.l); kinds != w.network+" listener (active)" {
			w.Errorf("leaks: %s", kinds)
		}
		ln.Close()
		if !ln.Closing() || ln.Active() || !w.l.Alive() {
			w.Error("a closing listener")
		}
		w.run()

		client, server := w.pair()
		name := w.network
		if w.secure {
			name = "tls"
		}
		want := name + " connection (inactive), " + name + " connection (inactive)"
		if kinds := leaks(w.l); kinds != want {
			w.Errorf("leaks: %s", kinds)
		}
		if err := w.l.TryClose(); err != loop.ErrBusy {
			w.Errorf("TryClose with open sockets: %v", err)
		}
		if w.l.Alive() {
			w.Error("connections that wait for nothing keep the loop alive")
		}
		w.read(server, func([]byte, error) {})
		if !server.Active() || !w.l.Alive() {
			w.Error("a reading connection is not active")
		}
		server.Unref()
		w.run() // it returns, although the connection reads
		if w.l.Alive() || !server.Active() {
			w.Error("an unreferenced connection keeps the loop alive")
		}
		client.Unref()
		for !client.Full() {
			w.write(client, pattern(256<<10), nil)
		}
		if !w.l.Alive() {
			w.Error("a write under way does not keep the loop alive")
		}
		if err := w.l.Close(context.Background()); err != nil {
			w.Errorf("Close: %v", err)
		}
		if !client.Closing() || !server.Closing() {
			w.Error("closing the loop leaves connections open")
		}
	})
}

func leaks(l *loop.Loop) string {
	var all []string
	for _, k := range l.Leaks() {
		all = append(all, k.Kind+" ("+k.State+")")
	}
	return strings.Join(all, ", ")
}

func TestAfterAPanicTheNextRunLosesNothing(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		var got []byte
		told := 0
		var closed bool
		boom := func() { panic("boom") }
		w.read(server, func(p []byte, err error) {
			got = append(got, p...)
			if err != nil {
				server.Close()
				server.OnClose(func() { closed = true; boom() })
			}
			boom()
		})
		want := pattern(300_000)
		for i := range 3 {
			w.write(client, want[i*100_000:(i+1)*100_000], func(error) { told++; boom() })
		}
		client.Shutdown(func(error) {
			told++
			client.Close()
			boom()
		})
		panics := 0
		for done := false; !done; {
			func() {
				defer func() {
					if recover() != nil {
						panics++
					}
				}()
				w.run()
				done = true
			}()
		}
		if told != 4 || !closed || !bytes.Equal(got, want) {
			w.Errorf("%d of 4 callbacks, %d bytes of %d, closed: %v, in spite of %d panics", told, len(got), len(want), closed, panics)
		}
	})
}

func TestIdleTimeoutsCountFromTheLastTraffic(t *testing.T) {
	everywhere(t, func(w *world) {
		if w.mem == nil {
			w.Skip("needs virtual time")
		}
		client, server := w.pair()
		w.read(server, func([]byte, error) {})
		start := time.Now()
		var fired []time.Duration
		server.SetIdleTimeout(10*time.Second, func() {
			fired = append(fired, time.Since(start))
			if len(fired) == 2 {
				client.Close()
				server.Close()
			}
		})
		for _, at := range []time.Duration{4, 8, 12} {
			w.l.SetTimeout(at*time.Second, func() { w.write(client, []byte("x"), nil) })
		}
		w.run()
		if len(fired) != 2 || fired[0] != 22*time.Second || fired[1] != 32*time.Second {
			w.Errorf("idle after %v, want 22s and 32s", fired)
		}
	})
}

func TestAnIdleTimeoutCanBeTakenBackAndDoesNotKeepTheLoop(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		client.SetIdleTimeout(time.Hour, func() { w.Error("idle") })
		if w.l.Alive() {
			w.Error("an idle timeout keeps the loop alive")
		}
		client.SetIdleTimeout(0, nil)
		if kinds := leaks(w.l); strings.Contains(kinds, "timer") {
			w.Errorf("leaks: %s", kinds)
		}
		client.SetIdleTimeout(time.Hour, func() { w.Error("idle") })
		client.Close()
		server.Close()
	})
}

func TestAReadDeadlineEndsReadingForNow(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		var got []byte
		client.SetReadDeadline(time.Now().Add(-time.Second))
		w.read(client, func(p []byte, err error) {
			if err != os.ErrDeadlineExceeded || client.Active() {
				w.Errorf("%q, %v", p, err)
			}
			client.SetReadDeadline(time.Time{})
			w.read(client, func(p []byte, err error) {
				got = append(got, p...)
				client.Close()
				server.Close()
			})
			w.write(server, []byte("x"), nil)
		})
		w.run()
		if string(got) != "x" {
			w.Errorf("got %q", got)
		}
	})
}

func TestAWriteDeadlineFailsTheWritesThatWait(t *testing.T) {
	everywhere(t, func(w *world) {
		client, server := w.pair()
		sent, failed := 0, 0
		for !client.Full() {
			sent++
			w.write(client, pattern(256<<10), func(err error) {
				if err == os.ErrDeadlineExceeded {
					failed++
				} else if err != nil || failed > 0 {
					w.Errorf("write: %v after %d that failed", err, failed)
				}
				sent--
			})
		}
		client.SetWriteDeadline(time.Now().Add(-time.Second))
		w.until(func() bool { return sent == 0 })
		if failed == 0 || client.Buffered() != 0 {
			w.Errorf("%d writes failed, %d bytes are buffered", failed, client.Buffered())
		}
		w.write(client, []byte("x"), func(err error) {
			if err != os.ErrDeadlineExceeded {
				w.Errorf("the write after it: %v", err)
			}
			client.Close()
			server.Close()
		})
	})
}
