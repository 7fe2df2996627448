//go:build unix

package loopnet_test

import (
	"bytes"
	"net"
	"runtime"
	"syscall"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
)

// rawClient connects to a TCP address with nothing but a descriptor.
func rawClient(t testing.TB, to net.Addr) (fd int) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	a := to.(*net.TCPAddr)
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.To4())}); err != nil {
		t.Fatal(err)
	}
	return fd
}

// goMemory returns what the program holds: objects, stacks, and what the runtime
// keeps about them and about descriptors.
func goMemory() int {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse + m.OtherSys)
}

// idleServer returns what one idle connection of a server costs, in bytes of Go's
// memory, and how many goroutines there were. Each has echoed something and waits
// for more. The other ends are descriptors only.
func idleServer(t testing.TB, n int, opts ...loopnet.Option) (each, goroutines int) {
	l := loop.New()
	servers := make([]*loopnet.Conn, 0, n+50)
	echoed := 0
	ln, err := loopnet.Listen(l, "tcp", "127.0.0.1:0", func(ln *loopnet.Listener, err error) {
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		servers = append(servers, c)
		if err := c.ReadStart(func(p []byte, err error) {
			c.Write(bytes.Clone(p), func(error) { echoed++ })
		}); err != nil {
			t.Fatal(err)
		}
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	clients := make([]int, 0, n+50)
	connect := func(n int) {
		for len(servers) < n {
			fd := rawClient(t, ln.Addr())
			clients = append(clients, fd)
			if _, err := syscall.Write(fd, []byte("x")); err != nil {
				t.Fatal(err)
			}
			for echoed < len(clients) {
				if _, err := l.RunOnce(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	connect(50) // what is there once for all is there
	before := goMemory()
	connect(50 + n)
	each = (goMemory() - before) / n
	goroutines = runtime.NumGoroutine()
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for _, fd := range clients {
		syscall.Close(fd)
	}
	return each, goroutines
}

func TestAnIdleConnectionCostsFourKilobytesAtMost(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes stacks larger")
	}
	each, goroutines := idleServer(t, 4000)
	t.Logf("%d bytes", each)
	if each > 4096 {
		t.Errorf("%d bytes", each)
	}
	if goroutines < 4000 {
		t.Errorf("%d goroutines wait for 4000 connections", goroutines)
	}
}
