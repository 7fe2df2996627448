package loopnet

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// dial connects as package net does, and takes the descriptor from it.
func (e *epoll) dial(ctx context.Context, network, address string, cfg *config, done func(socket, error)) {
	system{}.connect(ctx, network, address, cfg, func(conn net.Conn, err error) {
		if err != nil {
			done(nil, err)
			return
		}
		done(e.adopt(conn))
	})
}

// adopt makes a socket of conn, which is package net's no more, or closes it. If
// there is no descriptor to take it over with, it stays package net's.
func (e *epoll) adopt(conn net.Conn) (socket, error) {
	rc, ok := conn.(rawConn)
	if !ok {
		return newGoSocket(conn), nil
	}
	fd, err := duplicate(rc)
	if exhausted(err) {
		return newSocket(conn)
	}
	conn.Close()
	if err != nil {
		return nil, err
	}
	return e.newSocket(fd, rc.LocalAddr(), rc.RemoteAddr())
}

// duplicate returns another descriptor of what conn has: package net gives none
// of its own away.
func duplicate(conn syscall.Conn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var fd uintptr
	var errno syscall.Errno
	err = raw.Control(func(old uintptr) {
		fd, _, errno = syscall.Syscall(syscall.SYS_FCNTL, old, syscall.F_DUPFD_CLOEXEC, 0)
	})
	if errno != 0 {
		err = os.NewSyscallError("fcntl", errno)
	}
	return int(fd), err
}

// newSocket makes a socket of a descriptor, or closes it.
func (e *epoll) newSocket(fd int, local, remote net.Addr) (socket, error) {
	s := &epollSocket{local: local, remote: remote}
	s.w.fd = fd
	if err := e.watch(&s.w); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	return s, nil
}

// An epollSocket is a connection that is nobody else's.
type epollSocket struct {
	w             watch
	local, remote net.Addr
}

func (s *epollSocket) bind(n notifier)       { s.w.n = n }
func (s *epollSocket) readsAll() bool        { return s.w.state.Load()&urgent == 0 }
func (s *epollSocket) awaitRead()            { s.w.awaitRead() }
func (s *epollSocket) flush() error          { return nil }
func (s *epollSocket) awaitWrite([]byte)     { s.w.awaitWrite() }
func (s *epollSocket) stopWaiting()          { s.w.add(hasWrite) }
func (s *epollSocket) written() (int, error) { return 0, nil }
func (s *epollSocket) localAddr() net.Addr   { return s.local }
func (s *epollSocket) remoteAddr() net.Addr  { return s.remote }

func (s *epollSocket) read(p []byte) (int, error) {
	n, err := readFD(s.w.fd, p)
	return n, streamError("read", s.local, s.remote, err)
}

func (s *epollSocket) write(p []byte) (int, error) {
	n, err := writeFD(s.w.fd, p)
	return n, streamError("write", s.local, s.remote, err)
}

func (s *epollSocket) closeWrite() error {
	return streamError("shutdown", s.local, s.remote, syscall.Shutdown(s.w.fd, syscall.SHUT_WR))
}

func (s *epollSocket) close(reset bool) {
	if !s.w.close() {
		return
	}
	if _, tcp := s.local.(*net.TCPAddr); tcp && reset {
		syscall.SetsockoptLinger(s.w.fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	}
	syscall.Close(s.w.fd)
	s.w.fd = -1
}

func (e *epoll) listen(network, address string, cfg *config, n notifier) (acceptor, error) {
	ln, err := listenStream(network, address, cfg)
	if err != nil {
		return nil, err
	}
	a := &epollAcceptor{ln: ln, network: network, keepAlive: keepAliveOf(cfg.listen), spare: -1}
	a.w.n = n
	raw, err := ln.(syscall.Conn).SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { a.w.fd = int(fd) })
	}
	if err == nil {
		err = e.watch(&a.w)
	}
	if err != nil {
		ln.Close()
		return nil, err
	}
	a.keepSpare()
	return a, nil
}

// An epollAcceptor is a listener of package net that the loop accepts from.
type epollAcceptor struct {
	w         watch
	ln        net.Listener
	network   string
	keepAlive net.KeepAliveConfig
	drops     atomic.Uint64
	delay     time.Duration // before the next try; 0 after a success
	timer     *time.Timer   // nil unless there was a delay
	spare     int           // a descriptor to give up when there is no other, or -1
}

func (a *epollAcceptor) addr() net.Addr  { return a.ln.Addr() }
func (a *epollAcceptor) dropped() uint64 { return a.drops.Load() }

// accept does not wait: package net has made the descriptor so. Where it leaves
// somebody behind there is no edge to come, but a delay or a notification.
//
//loopvet:nonblocking
func (a *epollAcceptor) accept() (socket, error) {
	for range burst {
		fd, sa, err := a.acceptFD()
		if exhausted(err) {
			if somebodyThere(a.ln) {
				a.giveUpSpare()
				fd, sa, err = a.acceptFD()
			} else {
				err = syscall.EAGAIN // Linux looks for a descriptor first
			}
		}
		kept := a.keepSpare()
		switch {
		case err == nil && !kept:
			a.drop(fd)
		case err == nil:
			return a.accepted(fd, sa)
		case err == syscall.EINTR || err == syscall.ECONNABORTED:
		case err == syscall.EAGAIN:
			a.delay = 0
			return nil, ErrAgain
		case exhausted(err):
			a.slowDown()
			return nil, ErrAgain
		default:
			return nil, a.failed("accept4", err)
		}
	}
	a.delay = 0
	a.w.add(hasRead) // others come first
	return nil, ErrAgain
}

// failed returns an error, after which there is a delay.
func (a *epollAcceptor) failed(call string, err error) error {
	a.slowDown()
	return &net.OpError{Op: "accept", Net: a.network, Addr: a.addr(), Err: os.NewSyscallError(call, err)}
}

func (a *epollAcceptor) acceptFD() (int, syscall.Sockaddr, error) {
	return syscall.Accept4(a.w.fd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
}

// giveUpSpare makes room for one connection. Another goroutine may take it; then
// there is no spare until there are descriptors again.
func (a *epollAcceptor) giveUpSpare() {
	if a.spare >= 0 {
		syscall.Close(a.spare)
		a.spare = -1
	}
}

// drop closes a connection that would cost the spare descriptor.
func (a *epollAcceptor) drop(fd int) {
	a.drops.Add(1)
	syscall.Close(fd)
	a.keepSpare()
}

// keepSpare opens the spare descriptor and reports whether there is one.
func (a *epollAcceptor) keepSpare() bool {
	if a.spare < 0 {
		fd, err := syscall.Open(os.DevNull, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err == nil {
			a.spare = fd
		}
	}
	return a.spare >= 0
}

// slowDown has awaitAccept let some time pass, and more each time.
func (a *epollAcceptor) slowDown() {
	a.delay = min(max(2*a.delay, minDelay), maxDelay)
}

func (a *epollAcceptor) awaitAccept() {
	switch {
	case a.delay == 0:
		a.w.awaitRead()
	case a.timer == nil:
		a.timer = time.AfterFunc(a.delay, func() { a.w.add(hasRead | waitsRead) })
	default:
		a.timer.Reset(a.delay)
	}
}

// accepted makes a socket of an accepted descriptor, with the options that
// package net sets.
func (a *epollAcceptor) accepted(fd int, sa syscall.Sockaddr) (socket, error) {
	local, err := syscall.Getsockname(fd)
	if err != nil {
		syscall.Close(fd)
		return nil, a.failed("getsockname", err)
	}
	if a.network != "unix" {
		setTCP(fd, a.keepAlive)
	}
	s, err := a.w.e.newSocket(fd, streamAddr(local), streamAddr(sa))
	if err != nil {
		return nil, a.failed("accept", err)
	}
	a.delay = 0
	return s, nil
}

func (a *epollAcceptor) close() {
	if !a.w.close() {
		return
	}
	if a.timer != nil {
		a.timer.Stop()
	}
	a.ln.Close()
	a.w.fd = -1
	a.giveUpSpare()
}

// streamAddr returns an address as package net has it, zones but for their names.
func streamAddr(sa syscall.Sockaddr) net.Addr {
	if sa, ok := sa.(*syscall.SockaddrUnix); ok {
		return &net.UnixAddr{Name: sa.Name, Net: "unix"}
	}
	return net.TCPAddrFromAddrPort(addrPort(sa))
}

// keepAliveOf returns what lc asks for, with the defaults of package net.
func keepAliveOf(lc *net.ListenConfig) net.KeepAliveConfig {
	k := lc.KeepAliveConfig
	if !k.Enable {
		k = net.KeepAliveConfig{Enable: lc.KeepAlive >= 0, Idle: lc.KeepAlive}
	}
	for _, d := range []*time.Duration{&k.Idle, &k.Interval} {
		if *d == 0 {
			*d = 15 * time.Second
		}
	}
	if k.Count == 0 {
		k.Count = 9
	}
	return k
}

// setTCP sets the options of a TCP connection. That it fails is no reason not to
// use it, as in package net.
func setTCP(fd int, k net.KeepAliveConfig) {
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	if !k.Enable {
		return
	}
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
	for _, o := range []struct{ name, value int }{
		{syscall.TCP_KEEPIDLE, seconds(k.Idle)},
		{syscall.TCP_KEEPINTVL, seconds(k.Interval)},
		{syscall.TCP_KEEPCNT, k.Count},
	} {
		if o.value > 0 { // what is negative stays as it is
			syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, o.name, o.value)
		}
	}
}

// seconds rounds up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

func (e *epoll) listenPacket(network, address string, cfg *config, n notifier) (datagrams, error) {
	conn, err := listenUDP(network, address, cfg)
	if err != nil {
		return nil, err
	}
	d := &epollDatagrams{}
	d.udp.local = conn.LocalAddr()
	d.udp.fd, err = duplicate(conn)
	conn.Close()
	if err != nil {
		return nil, err
	}
	d.w.fd, d.w.n = d.udp.fd, n
	d.udp.inet6, err = isInet6(d.udp.fd)
	if err == nil {
		err = e.watch(&d.w)
	}
	if err != nil {
		syscall.Close(d.udp.fd)
		return nil, err
	}
	return d, nil
}

// An epollDatagrams is a UDP socket that is nobody else's.
type epollDatagrams struct {
	udp
	w watch
}

func (d *epollDatagrams) awaitReceive()                    { d.w.awaitRead() }
func (d *epollDatagrams) awaitSend([]byte, netip.AddrPort) { d.w.awaitWrite() }
func (d *epollDatagrams) sent() (bool, error)              { return false, nil }

func (d *epollDatagrams) close() {
	if d.w.close() {
		syscall.Close(d.udp.fd)
		d.udp.fd = -1
	}
}
