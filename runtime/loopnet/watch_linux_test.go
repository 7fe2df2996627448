package loopnet

import (
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// A counter counts notifications.
type counter struct{ reads, writes int }

func (c *counter) notify(r ready) {
	if r&readable != 0 {
		c.reads++
	}
	if r&writable != 0 {
		c.writes++
	}
}

// pipeWatch has e watch the reading end of a pipe in which nothing is.
func pipeWatch(t *testing.T, e *Epoll) (*watch, *counter) {
	t.Helper()
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Close(fds[0])
		syscall.Close(fds[1])
	})
	c := new(counter)
	w := &watch{n: c, fd: fds[0]}
	if err := e.watch(w); err != nil {
		t.Fatal(err)
	}
	return w, c
}

func TestAnEventOfAWatchThatWasRemovedIsNotTold(t *testing.T) {
	e := NewEpoll()
	keep, _ := pipeWatch(t, e)
	old, oldTold := pipeWatch(t, e)
	old.awaitRead()
	stale := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLHUP, Fd: old.place, Pad: old.generation}
	if !old.close() || old.close() {
		t.Error("close does not say what it did")
	}
	e.deliver([]syscall.EpollEvent{stale}) // nobody is there

	next, nextTold := pipeWatch(t, e)
	if next.place != old.place {
		t.Fatalf("the next is at %d, not at %d", next.place, old.place)
	}
	next.awaitRead()
	e.deliver([]syscall.EpollEvent{stale})
	if *oldTold != (counter{}) || *nextTold != (counter{}) {
		t.Errorf("told %v and %v", *oldTold, *nextTold)
	}
	fresh := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: next.place, Pad: next.generation}
	e.deliver([]syscall.EpollEvent{fresh, fresh})
	if *nextTold != (counter{reads: 1}) {
		t.Errorf("told %v of two events for one wait", *nextTold)
	}
	next.awaitRead() // the second came before it
	if *nextTold != (counter{reads: 2}) {
		t.Errorf("told %v after waiting again", *nextTold)
	}
	next.close()
	keep.close()
	e.deliver([]syscall.EpollEvent{fresh, stale}) // nothing is left at all
	if *nextTold != (counter{reads: 2}) {
		t.Errorf("told %v after the end", *nextTold)
	}
}

func TestTheEndIsToldAsOftenAsItIsAskedFor(t *testing.T) {
	var c counter
	w := &watch{n: &c}
	w.told(syscall.EPOLLIN | syscall.EPOLLRDHUP)
	for range 3 {
		w.awaitRead()
	}
	if c != (counter{reads: 3}) {
		t.Errorf("told %v", c)
	}
}

func TestAnErrorIsToldToWhoWritesToo(t *testing.T) {
	var c counter
	w := &watch{n: &c}
	w.add(waitsRead | waitsWrite)
	w.told(syscall.EPOLLERR)
	if c != (counter{reads: 1, writes: 1}) {
		t.Errorf("told %v", c)
	}
}

func TestAfterUrgentDataAShortReadDoesNotSayThatThereIsNoMore(t *testing.T) {
	s := &epollSocket{}
	s.bind(new(counter))
	s.w.told(syscall.EPOLLIN)
	if !s.readsAll() {
		t.Error("reads less than all of plain data")
	}
	s.w.told(syscall.EPOLLIN | syscall.EPOLLPRI)
	if s.readsAll() {
		t.Error("reads all, beyond urgent data too")
	}
}

// Package net does the same to what it accepts.
func TestAnAcceptedConnectionHasTheOptionsThatPackageNetSets(t *testing.T) {
	for _, lc := range []*net.ListenConfig{
		{},
		{KeepAlive: -1},
		{KeepAlive: 90 * time.Second},
		{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 1500 * time.Millisecond, Interval: -1, Count: 3}},
	} {
		cfg := configure([]Option{WithListenConfig(lc)})
		e := NewEpoll()
		a, err := e.listen("tcp", "127.0.0.1:0", cfg, new(counter))
		if err != nil {
			t.Fatal(err)
		}
		client, err := net.Dial("tcp", a.addr().String())
		if err != nil {
			t.Fatal(err)
		}
		s, err := a.accept()
		if err != nil {
			t.Fatal(err)
		}
		got := options(t, s.(*epollSocket).w.fd)

		want := "?"
		ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		other, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := raw.Control(func(fd uintptr) { want = options(t, int(fd)) }); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
		for _, c := range []io.Closer{client, other, conn, ln} {
			c.Close()
		}
		s.close(false)
		a.close()
	}
}

// options returns the options of a TCP connection that are not the system's
// everywhere.
func options(t *testing.T, fd int) string {
	t.Helper()
	var values []int
	for _, o := range []struct{ level, name int }{
		{syscall.IPPROTO_TCP, syscall.TCP_NODELAY},
		{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT},
	} {
		v, err := syscall.GetsockoptInt(fd, o.level, o.name)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return fmt.Sprint(values)
}
