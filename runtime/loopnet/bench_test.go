//go:build unix

package loopnet_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
)

// BenchmarkIdleTLS reports what both ends of an idle connection cost. It is once
// that tells: goroutines that ended leave memory for those of the next time.
func BenchmarkIdleTLS(b *testing.B) {
	b.ReportMetric(float64(idleTLS(b, 500)), "B/pair")
}

// idleTLS returns what a pair of connections costs that has echoed something.
func idleTLS(b *testing.B, n int) int {
	l := loop.New()
	pairs := 0
	var ends []*loopnet.Conn
	var ln *loopnet.Listener
	ln, err := loopnet.Listen(l, "tcp", "127.0.0.1:0", func(ln *loopnet.Listener, err error) {
		c, err := ln.Accept()
		if err != nil {
			b.Fatal(err)
		}
		ends = append(ends, c)
		c.ReadStart(func(p []byte, err error) { c.Write(bytes.Clone(p), nil) })
	}, loopnet.WithTLS(tlsConfig(true)))
	if err != nil {
		b.Fatal(err)
	}
	connect := func(n int) {
		for want := pairs + n; pairs < want; {
			got := pairs
			loopnet.Connect(context.Background(), l, "tcp", ln.Addr().String(), func(c *loopnet.Conn, err error) {
				if err != nil {
					b.Fatal(err)
				}
				ends = append(ends, c)
				c.Write([]byte("x"), nil)
				c.ReadStart(func([]byte, error) {
					pairs++
					l.Stop()
				})
			}, loopnet.WithTLS(tlsConfig(false)))
			for pairs == got {
				l.Run(context.Background())
			}
		}
	}
	connect(20)
	before := goMemory()
	connect(n)
	each := (goMemory() - before) / n
	if err := l.Close(context.Background()); err != nil {
		b.Error(err)
	}
	return each
}

// BenchmarkEcho is a round trip of 64 bytes, between a client that is not on a
// loop and a server that is, or that has a goroutine for each connection.
func BenchmarkEcho(b *testing.B) {
	b.Run("loop", func(b *testing.B) { echoOnLoop(b) })
	b.Run("epoll", func(b *testing.B) { echoOnLoop(b, loopnet.On(loopnet.NewEpoll())) })
	b.Run("goroutine", echoOnGoroutine)
}

func echoOnLoop(b *testing.B, opts ...loopnet.Option) {
	l := loop.New()
	ln, err := loopnet.Listen(l, "tcp", "127.0.0.1:0", func(ln *loopnet.Listener, err error) {
		c, _ := ln.Accept()
		c.ReadStart(func(p []byte, err error) {
			if err != nil {
				c.Close()
				ln.Close()
				return
			}
			if n, _ := c.TryWrite(p); n < len(p) {
				c.Write(bytes.Clone(p[n:]), nil)
			}
		})
	}, opts...)
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- l.Run(context.Background()) }()
	ping(b, ln.Addr().String())
	if err := <-done; err != nil {
		b.Error(err)
	}
}

func echoOnGoroutine(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		buf := make([]byte, 4096)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			c.Write(buf[:n])
		}
	}()
	ping(b, ln.Addr().String())
}

// BenchmarkManyEchos is as BenchmarkEcho, with 64 clients at once on one server.
// An operation is one round trip of each.
func BenchmarkManyEchos(b *testing.B) {
	b.Run("loop", func(b *testing.B) { manyEchos(b) })
	b.Run("epoll", func(b *testing.B) { manyEchos(b, loopnet.On(loopnet.NewEpoll())) })
}

func manyEchos(b *testing.B, opts ...loopnet.Option) {
	const clients = 64
	l := loop.New()
	open := clients
	ln, err := loopnet.Listen(l, "tcp", "127.0.0.1:0", func(ln *loopnet.Listener, err error) {
		c, _ := ln.Accept()
		c.ReadStart(func(p []byte, err error) {
			if err != nil {
				c.Close()
				if open--; open == 0 {
					ln.Close()
				}
				return
			}
			c.TryWrite(p)
		})
	}, opts...)
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- l.Run(context.Background()) }()
	var conns []net.Conn
	for range clients {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		conns = append(conns, c)
	}
	buf := make([]byte, 64)
	for b.Loop() {
		for _, c := range conns {
			if _, err := c.Write(buf); err != nil {
				b.Fatal(err)
			}
		}
		for _, c := range conns {
			if _, err := io.ReadFull(c, buf); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, c := range conns {
		c.Close()
	}
	if err := <-done; err != nil {
		b.Error(err)
	}
}

// BenchmarkStream is 16 MiB to a client that is not on a loop.
func BenchmarkStream(b *testing.B) {
	b.Run("loop", func(b *testing.B) { stream(b) })
	b.Run("epoll", func(b *testing.B) { stream(b, loopnet.On(loopnet.NewEpoll())) })
}

func stream(b *testing.B, opts ...loopnet.Option) {
	const size = 16 << 20
	l := loop.New()
	data := make([]byte, size)
	ln, err := loopnet.Listen(l, "tcp", "127.0.0.1:0", func(ln *loopnet.Listener, err error) {
		c, _ := ln.Accept()
		c.ReadStart(func(p []byte, err error) {
			if err != nil {
				c.Close()
				ln.Close()
				return
			}
			c.Write(data, nil)
		})
	}, opts...)
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- l.Run(context.Background()) }()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 64<<10)
	b.SetBytes(size)
	for b.Loop() {
		if _, err := c.Write(buf[:1]); err != nil {
			b.Fatal(err)
		}
		for left := size; left > 0; {
			n, err := c.Read(buf)
			if err != nil {
				b.Fatal(err)
			}
			left -= n
		}
	}
	c.Close()
	if err := <-done; err != nil {
		b.Error(err)
	}
}

func ping(b *testing.B, addr string) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	buf := make([]byte, 64)
	for b.Loop() {
		if _, err := c.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			b.Fatal(err)
		}
	}
}
