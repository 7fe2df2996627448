package loopnet_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
)

// securely runs f over TLS on each kind of network.
func securely(t *testing.T, f func(w *world)) {
	everywhere(t, func(w *world) {
		if !w.secure {
			w.Skip("for TLS")
		}
		f(w)
	})
}

func TestTheHandshakeIsOverWhenConnectSaysSo(t *testing.T) {
	securely(t, func(w *world) {
		client, server := w.pair()
		for _, c := range []*loopnet.Conn{client, server} {
			if state, ok := c.TLS(); !ok || !state.HandshakeComplete || state.Version != tls.VersionTLS13 {
				w.Errorf("TLS: %v, %v", state, ok)
			}
			c.Close()
		}
	})
}

func TestACertificateThatNobodyTrustsIsAnErrorOnBothSides(t *testing.T) {
	securely(t, func(w *world) {
		ln := w.listen(func(ln *loopnet.Listener, err error) {
			c := w.accept(ln)
			w.write(c, []byte("x"), func(err error) {
				if err == nil {
					w.Error("a write without a handshake")
				}
				w.trace.Log("write")
			})
			w.read(c, func(p []byte, err error) {
				var remote *net.OpError
				if !errors.As(err, &remote) || remote.Op != "remote error" {
					w.Errorf("server: %q, %v", p, err)
				}
				if err := c.ReadStart(func([]byte, error) {}); err != loopnet.ErrNotConnected {
					w.Errorf("ReadStart after the handshake failed: %v", err)
				}
				if _, err := c.TryWrite([]byte("x")); err == nil {
					w.Error("TryWrite after the handshake failed")
				}
				c.Shutdown(func(err error) {
					if err == nil {
						w.Error("a shutdown without a handshake")
					}
					w.trace.Log("shutdown")
					c.Close()
				})
			})
			ln.Close()
		})
		loopnet.Connect(context.Background(), w.l, "tcp", ln.Addr().String(), func(c *loopnet.Conn, err error) {
			var unknown x509.UnknownAuthorityError
			if !errors.As(err, &unknown) {
				w.Errorf("client: %v", err)
			}
		}, w.options(false, loopnet.WithTLS(&tls.Config{}))...)
		w.run()
		w.trace.Want(w, "write shutdown")
	})
}

func TestAHandshakeThatTheServerLeavesUnreadTimesOut(t *testing.T) {
	securely(t, func(w *world) {
		start := time.Now()
		// A server that is not TLS reads what it gets and says nothing.
		var server *loopnet.Conn
		plain := *w
		plain.secure = false
		ln := plain.listen(func(ln *loopnet.Listener, err error) {
			server = w.accept(ln)
			w.read(server, func(p []byte, err error) {
				if err != nil {
					server.Close()
					ln.Close()
				}
			})
		})
		timeout := time.Minute
		if w.mem == nil {
			timeout = time.Millisecond
		}
		w.connect(ln, func(c *loopnet.Conn, err error) {
			if !errors.Is(err, context.DeadlineExceeded) {
				w.Errorf("connect: %v", err)
			}
			if server == nil { // the system's clock was faster than the connection
				ln.Close()
			}
		}, loopnet.WithHandshakeTimeout(timeout))
		w.run()
		if d := time.Since(start); w.mem != nil && d != timeout {
			w.Errorf("timed out after %v", d)
		}
	})
}

func TestCloseInTheHandshakeCancelsIt(t *testing.T) {
	securely(t, func(w *world) {
		plain := *w
		plain.secure = false
		var client *loopnet.Conn
		ln := plain.listen(func(ln *loopnet.Listener, err error) {
			server := w.accept(ln)
			w.read(server, func(p []byte, err error) {
				if err != nil {
					server.Close()
					return
				}
				client.Close() // it has said hello
				ln.Close()
			})
		})
		client = w.connect(ln, func(c *loopnet.Conn, err error) {
			if err != loop.ErrCanceled {
				w.Errorf("connect: %v", err)
			}
			w.trace.Log("connect")
		})
		client.OnClose(w.trace.Add("close"))
		w.run()
		w.trace.Want(w, "connect close")
	})
}

func TestTheLoopSpeaksTLSWithAProgramThatIsNotOnALoop(t *testing.T) {
	l := loop.New()
	ln, err := loopnet.Listen(l, "tcp", "127.0.0.1:0", func(ln *loopnet.Listener, err error) {
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.ReadStart(func(p []byte, err error) {
			if err != nil {
				c.Shutdown(func(error) { c.Close(); ln.Close() })
				return
			}
			c.Write(append([]byte(nil), p...), nil)
		})
	}, loopnet.WithTLS(tlsConfig(true)))
	if err != nil {
		t.Fatal(err)
	}
	want := pattern(1 << 20)
	done := make(chan error, 1)
	go func() {
		c, err := tls.Dial("tcp", ln.Addr().String(), tlsConfig(false))
		if err != nil {
			done <- err
			return
		}
		go func() {
			c.Write(want)
			c.CloseWrite()
		}()
		got, err := io.ReadAll(c)
		if err == nil && string(got) != string(want) {
			err = errors.New("what came back differs")
		}
		done <- err
	}()
	if err := l.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A record is one read, so that a hundred of them are a hundred.
func TestRecordsAreReadThirtyTwoToATurn(t *testing.T) {
	securely(t, func(w *world) {
		if w.blocks {
			w.Skip("a goroutine reads 4 KiB at a time")
		}
		client, server := w.pair()
		other, otherServer := w.pair()
		const n = 100
		sent := 0
		for range n {
			w.write(client, []byte("x"), func(error) { sent++ })
		}
		w.until(func() bool { return sent == n })
		var perTurn []int
		got, total := 0, 0
		check := w.l.NewCheck(func() {
			if got > 0 {
				perTurn = append(perTurn, got)
				got = 0
			}
		})
		check.Start()
		w.read(server, func(p []byte, err error) {
			if total++; total == 1 {
				w.write(other, []byte("y"), nil)
				w.read(otherServer, func([]byte, error) { w.trace.Log("other") })
			}
			if got++; total == n {
				w.trace.Log("all")
			}
		})
		w.until(func() bool { return total == n && w.trace.String() != "all" })
		check.Close()
		for _, c := range []*loopnet.Conn{client, server, other, otherServer} {
			c.Close()
		}
		w.trace.Want(w, "other all")
		for _, got := range perTurn {
			if got > 32 {
				w.Errorf("%v records a turn, want 32 at most", perTurn)
			}
		}
		if perTurn[0] != 32 {
			w.Errorf("%v records a turn, want 32 at first", perTurn)
		}
	})
}
