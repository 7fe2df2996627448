package loopnet_test

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
)

func TestAnIdleConnectionOnEpollCostsAKilobyteAtMostAndNoGoroutine(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes objects larger")
	}
	e := loopnet.NewEpoll()
	each, goroutines := idleServer(t, 4000, loopnet.On(e))
	t.Logf("%d bytes", each)
	if each > 1024 {
		t.Errorf("%d bytes", each)
	}
	if goroutines > 1000 {
		t.Errorf("%d goroutines for 4000 connections", goroutines)
	}
	awaitClosed(e)
}

// onEpoll runs f with a TCP network on an Epoll.
func onEpoll(t *testing.T, f func(w *world)) {
	w := &world{T: t, l: loop.New(loop.WithOrigins()), epoll: loopnet.NewEpoll(), network: "tcp", address: "127.0.0.1:0"}
	f(w)
	w.run()
	awaitClosed(w.epoll)
}

func TestTheLastSocketEndsTheGoroutineAndTheDescriptorAndTheNextOneBringsThemBack(t *testing.T) {
	onEpoll(t, func(w *world) {
		if w.epoll.Open() {
			t.Error("open before the first socket")
		}
		for range 3 {
			client, server := w.pair()
			if n := waiters(); n != 1 || w.epoll.Watches() != 2 {
				t.Errorf("%d goroutines wait for %d descriptors", n, w.epoll.Watches())
			}
			fd := w.epoll.FD()
			server.Close()
			if !w.epoll.Open() {
				t.Error("closed before the last socket")
			}
			client.Close()
			if w.epoll.Open() || w.epoll.Watches() != 0 {
				t.Errorf("open after the last socket, %d descriptors", w.epoll.Watches())
			}
			if link, _ := os.Readlink(fd); strings.Contains(link, "eventpoll") {
				t.Errorf("%s is %s", fd, link)
			}
			for waiters() != 0 {
				runtime.Gosched()
			}
		}
	})
}

// waiters returns how many goroutines wait for an epoll descriptor.
func waiters() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "loopnet.(*epoll).wait(")
}

func TestClosingTheLoopEndsTheEpoll(t *testing.T) {
	w := &world{T: t, l: loop.New(), epoll: loopnet.NewEpoll(), network: "tcp", address: "127.0.0.1:0"}
	client, server := w.pair()
	w.sink(client, func(error) {})
	w.sink(server, func(error) {})
	if _, err := loopnet.ListenPacket(w.l, "udp", "127.0.0.1:0", loopnet.On(w.epoll)); err != nil {
		t.Fatal(err)
	}
	if err := w.l.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if w.epoll.Open() || w.epoll.Watches() != 0 {
		t.Errorf("open, %d descriptors", w.epoll.Watches())
	}
}

// Each connection gets the descriptor and the place of the one before it, whose
// last event, the reset, may still be on its way.
func TestADescriptorThatIsInUseAgainAtOnceGetsNoneOfTheOldEvents(t *testing.T) {
	onEpoll(t, func(w *world) {
		keep, other := w.pair()
		for i := range 200 {
			client, server := w.pair()
			var end error
			got := w.sink(server, func(err error) { end = err })
			w.write(client, []byte{byte(i)}, nil)
			w.until(func() bool { return got.Len() == 1 })
			if end != nil || !bytes.Equal(got.Bytes(), []byte{byte(i)}) {
				t.Fatalf("connection %d: %q, %v", i, got.Bytes(), end)
			}
			client.Reset()
			server.Close()
		}
		keep.Close()
		other.Close()
	})
}

// The end that comes with the last bytes makes no edge of its own.
func TestTheEndThatComesWithTheDataIsTold(t *testing.T) {
	onEpoll(t, func(w *world) {
		ended := 0
		ln := w.listen(func(ln *loopnet.Listener, err error) {
			c := w.accept(ln)
			got := w.sink(c, func(error) {})
			c.ReadStop()
			// By then both are there.
			w.l.SetImmediate(func() {
				w.read(c, func(p []byte, err error) {
					got.Write(p)
					if err != nil {
						if err != io.EOF || got.String() != "last" {
							t.Errorf("%q, %v", got, err)
						}
						ended++
						c.Close()
					}
				})
			})
		})
		const n = 20
		for i := range n {
			fd := rawClient(t, ln.Addr())
			if _, err := syscall.Write(fd, []byte("last")); err != nil {
				t.Fatal(err)
			}
			syscall.Close(fd)
			w.until(func() bool { return ended > i })
		}
		ln.Close()
	})
}

// Out-of-band data makes a read stop short of what there is.
func TestUrgentDataDoesNotHideWhatComesAfterIt(t *testing.T) {
	onEpoll(t, func(w *world) {
		var got string
		ln := w.listen(func(ln *loopnet.Listener, err error) {
			c := w.accept(ln)
			w.read(c, func(p []byte, err error) {
				got += string(p)
				if err != nil {
					c.Close()
				}
			})
		})
		fd := rawClient(t, ln.Addr())
		for _, part := range []struct {
			text string
			flag int
		}{{"before", 0}, {"!", syscall.MSG_OOB}, {"after", 0}} {
			if err := syscall.Sendto(fd, []byte(part.text), part.flag, nil); err != nil {
				t.Fatal(err)
			}
		}
		w.until(func() bool { return got == "beforeafter" })
		syscall.Close(fd)
		ln.Close()
	})
}
