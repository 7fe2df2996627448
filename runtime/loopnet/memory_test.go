package loopnet_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
	"github.com/loopvet/loopvet/runtime/looptest"
)

// In memory one byte at a time can be a read.
func TestReadsAreThirtyTwoToATurnAndOthersComeBetween(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		w := &world{T: t, l: l, mem: loopnet.NewMemory(), network: "tcp", address: "127.0.0.1:0"}
		client, server := w.pair()
		other, otherServer := w.pair()
		w.write(client, pattern(100), nil)
		w.write(other, []byte("y"), nil)
		w.mem.SetParts(func(int) int { return 0 })
		var perTurn []int
		got, total := 0, 0
		check := l.NewCheck(func() {
			if got > 0 {
				perTurn = append(perTurn, got)
				got = 0
			}
		})
		check.Start()
		w.read(server, func([]byte, error) {
			got++
			if total++; total == 100 {
				w.trace.Log("all")
			}
		})
		w.read(otherServer, func([]byte, error) { w.trace.Log("other") })
		w.until(func() bool { return total == 100 })
		for _, h := range []loop.Handle{check, client, server, other, otherServer} {
			h.Close()
		}
		if s := fmt.Sprint(perTurn); s != "[32 32 32 4]" {
			t.Errorf("%s reads a turn", s)
		}
		w.trace.Want(t, "other all")
	})
}

func TestWritesAreThirtyTwoToATurnToo(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		w := &world{T: t, l: l, mem: loopnet.NewMemory(), network: "tcp", address: "127.0.0.1:0"}
		client, server := w.pair()
		w.mem.SetParts(func(int) int { return 0 })
		w.write(client, pattern(100), nil)
		for want := 100 - 32; want > 0; want -= 32 {
			if n := client.Buffered(); n != want {
				t.Fatalf("%d bytes are buffered, want %d", n, want)
			}
			if n, err := client.TryWrite([]byte("x")); n != 0 || err != loopnet.ErrAgain {
				t.Errorf("TryWrite between: %d, %v", n, err)
			}
			l.RunNoWait()
		}
		client.Close()
		server.Close()
	})
}

func TestAProgramInMemoryDoesTheSameEachTime(t *testing.T) {
	var first string
	for range 20 {
		looptest.Run(t, func(t *testing.T, l *loop.Loop) {
			w := &world{T: t, l: l, mem: loopnet.NewMemory(), network: "tcp", address: "127.0.0.1:0"}
			w.mem.SetParts(rand.New(rand.NewPCG(1, 2)).IntN)
			ln := w.listen(func(ln *loopnet.Listener, err error) {
				c := w.accept(ln)
				w.read(c, func(p []byte, err error) {
					w.trace.Log(fmt.Sprint("server ", len(p), err))
					if err != nil {
						c.Close()
						return
					}
					w.write(c, append([]byte(nil), p...), func(err error) { w.trace.Log(fmt.Sprint("written ", err)) })
				})
			})
			open := 3
			for i := range 3 {
				w.connect(ln, func(c *loopnet.Conn, err error) {
					w.trace.Log(fmt.Sprint("connected ", i))
					n := 0
					w.read(c, func(p []byte, err error) {
						w.trace.Log(fmt.Sprint("client ", i, len(p)))
						if n += len(p); n == 3000 {
							c.Close()
							if open--; open == 0 {
								ln.Close()
							}
						}
					})
					w.write(c, pattern(3000), nil)
				})
			}
			w.run()
			if first == "" {
				first = w.trace.String()
			}
			w.trace.Want(t, first)
		})
	}
}

func TestTwoLoopsMeetInOneMemory(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		m := loopnet.NewMemory()
		address := make(chan string)
		go func() {
			server := loop.New()
			ln, err := loopnet.Listen(server, "tcp", "127.0.0.1:0", func(ln *loopnet.Listener, err error) {
				c, _ := ln.Accept()
				c.ReadStart(func(p []byte, err error) {
					if err != nil {
						c.Close()
						ln.Close()
						return
					}
					c.Write(append([]byte(nil), p...), nil)
				})
			}, loopnet.On(m))
			if err != nil {
				t.Errorf("Listen: %v", err)
			}
			address <- ln.Addr().String()
			if err := server.Run(context.Background()); err != nil {
				t.Errorf("Run: %v", err)
			}
		}()
		n := 0
		loopnet.Connect(context.Background(), l, "tcp", <-address, func(c *loopnet.Conn, err error) {
			if err != nil {
				t.Fatalf("connect: %v", err)
			}
			c.Write(pattern(500_000), nil)
			c.ReadStart(func(p []byte, err error) {
				if n += len(p); n == 500_000 {
					c.Close()
				}
			})
		}, loopnet.On(m))
		if err := l.Run(context.Background()); err != nil {
			t.Errorf("Run: %v", err)
		}
		if n != 500_000 {
			t.Errorf("%d bytes came back", n)
		}
	})
}

func TestAnAdoptedConnectionIsOneOfTheLoop(t *testing.T) {
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		mine, theirs := net.Pipe()
		go func() {
			buf := make([]byte, 100)
			n, err := theirs.Read(buf)
			if err != nil || string(buf[:n]) != "hello" {
				t.Errorf("the other end read %q, %v", buf[:n], err)
			}
			theirs.Write([]byte("world"))
			theirs.Close()
		}()
		// A write and a read each have a goroutine, so that either may be first.
		var c *loopnet.Conn
		var got []byte
		left := 2
		done := func() {
			if left--; left == 0 {
				c.Close()
			}
		}
		c = loopnet.Adopt(l, mine)
		if n, err := c.TryWrite([]byte("x")); n != 0 || err != loopnet.ErrAgain {
			t.Errorf("TryWrite: %d, %v", n, err)
		}
		c.Write([]byte("hello"), func(err error) {
			if err != nil {
				t.Errorf("write: %v", err)
			}
			done()
		})
		c.ReadStart(func(p []byte, err error) {
			got = append(got, p...)
			if err != nil {
				if err != io.EOF {
					t.Errorf("read: %v", err)
				}
				done()
			}
		})
		if err := l.Run(context.Background()); err != nil {
			t.Errorf("Run: %v", err)
		}
		if string(got) != "world" || left != 0 {
			t.Errorf("read %q, %d of 2 ends are missing", got, left)
		}
	})
}
