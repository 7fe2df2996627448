package loopnet_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
)

// datagrams runs f on the system and in memory.
func datagrams(t *testing.T, f func(w *world)) {
	everywhere(t, func(w *world) {
		if w.network == "unix" || w.secure {
			w.Skip("for UDP")
		}
		f(w)
	})
}

func (w *world) packet() (*loopnet.PacketConn, netip.AddrPort) {
	w.Helper()
	c, err := loopnet.ListenPacket(w.l, "udp", "127.0.0.1:0", w.options(false)...)
	if err != nil {
		w.Fatalf("ListenPacket: %v", err)
	}
	return c, c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestDatagramsGoThereAndBack(t *testing.T) {
	datagrams(t, func(w *world) {
		a, _ := w.packet()
		b, toB := w.packet()
		if kinds := leaks(w.l); kinds != "udp socket (inactive), udp socket (inactive)" {
			w.Errorf("leaks: %s", kinds)
		}
		receive(w, b, func(p []byte, from netip.AddrPort) {
			if err := b.TrySend([]byte(strings.ToUpper(string(p))), from); err != nil {
				w.Errorf("TrySend: %v", err)
			}
			b.Close()
		})
		receive(w, a, func(p []byte, from netip.AddrPort) {
			w.trace.Log(string(p))
			if from != toB {
				w.Errorf("from %v, want %v", from, toB)
			}
			a.Close()
		})
		if err := a.ReceiveStart(func([]byte, netip.AddrPort, error) {}); err != loopnet.ErrReading {
			w.Errorf("ReceiveStart while receiving: %v", err)
		}
		inside := true
		if err := a.Send([]byte("hello"), toB, func(err error) {
			if err != nil || inside {
				w.Errorf("send: %v, inside Send: %v", err, inside)
			}
			w.trace.Log("sent")
		}); err != nil {
			w.Errorf("Send: %v", err)
		}
		inside = false
		w.run()
		w.trace.Want(w, "sent HELLO")
	})
}

func receive(w *world, c *loopnet.PacketConn, fn func([]byte, netip.AddrPort)) {
	w.Helper()
	if err := c.ReceiveStart(func(p []byte, from netip.AddrPort, err error) {
		if err != nil {
			w.Errorf("receiving: %v", err)
		}
		fn(p, from)
	}); err != nil {
		w.Errorf("ReceiveStart: %v", err)
	}
}

func TestDatagramsAreReceivedThirtyTwoToATurn(t *testing.T) {
	datagrams(t, func(w *world) {
		a, _ := w.packet()
		b, toB := w.packet()
		const n = 100
		for range n {
			if err := a.TrySend([]byte("x"), toB); err != nil {
				w.Errorf("TrySend: %v", err)
			}
		}
		var perTurn []int
		got := 0
		check := w.l.NewCheck(func() {
			if got > 0 {
				perTurn = append(perTurn, got)
				got = 0
			}
		})
		check.Start()
		total := 0
		receive(w, b, func([]byte, netip.AddrPort) {
			got++
			total++
		})
		w.until(func() bool { return total == n })
		check.Close()
		a.Close()
		b.Close()
		if len(perTurn) < 3 || perTurn[0] != 32 || perTurn[1] != 32 || perTurn[2] != 32 {
			w.Errorf("%v datagrams a turn, want 32 at most", perTurn)
		}
	})
}

func TestReceiveStopKeepsDatagramsForTheNextReceiveStart(t *testing.T) {
	datagrams(t, func(w *world) {
		a, _ := w.packet()
		b, toB := w.packet()
		for _, p := range []string{"1", "2", "3"} {
			a.TrySend([]byte(p), toB)
		}
		var take func(p []byte, from netip.AddrPort)
		take = func(p []byte, from netip.AddrPort) {
			w.trace.Log(string(p))
			b.ReceiveStop()
			if len(w.trace.String()) == len("1 2 3") {
				a.Close()
				b.Close()
				return
			}
			w.l.SetImmediate(func() { receive(w, b, take) })
		}
		receive(w, b, take)
		w.run()
		w.trace.Want(w, "1 2 3")
	})
}

func TestADatagramThatCannotBeSentIsAnError(t *testing.T) {
	datagrams(t, func(w *world) {
		a, toA := w.packet()
		told := false
		a.Send(make([]byte, 1<<20), toA, func(err error) {
			if err == nil {
				w.Error("a megabyte was sent as a datagram")
			}
			told = true
		})
		w.until(func() bool { return told })
		if w.mem == nil {
			for _, to := range []netip.AddrPort{{}, netip.MustParseAddrPort("[2001:db8::1]:1")} {
				var op *net.OpError
				if err := a.TrySend([]byte("x"), to); !errors.As(err, &op) {
					w.Errorf("TrySend to %v: %v", to, err)
				}
			}
		}
		a.Close()
		a.Close()
		if err := a.Send(nil, toA, nil); err != loop.ErrClosed {
			w.Errorf("Send after Close: %v", err)
		}
		if err := a.TrySend(nil, toA); err != loop.ErrClosed {
			w.Errorf("TrySend after Close: %v", err)
		}
		if err := a.ReceiveStart(func([]byte, netip.AddrPort, error) {}); err != loop.ErrClosed {
			w.Errorf("ReceiveStart after Close: %v", err)
		}
		a.ReceiveStop()
	})
}

func TestClosingASocketEndsWhatItHasToSendBeforeOnClose(t *testing.T) {
	datagrams(t, func(w *world) {
		a, toA := w.packet()
		const n = 100
		told := 0
		for range n {
			a.Send([]byte("x"), toA, func(err error) {
				if err != nil && err != loop.ErrCanceled {
					w.Errorf("send: %v", err)
				}
				told++
			})
		}
		a.OnClose(func() {
			if told != n {
				w.Errorf("%d of %d were told before OnClose", told, n)
			}
			w.trace.Log("close")
		})
		a.Close()
		w.run()
		w.trace.Want(w, "close")
	})
}
