package loopnet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
)

// A Memory is a network inside the process, for tests. It starts no goroutine
// and asks for no time, so that a program on it does the same each time, in a
// bubble of testing/synctest too. Any number of loops may use one; [On] says
// which sockets are in it. Its methods may be called from any goroutine.
//
// All IP addresses are one host. A connection takes 64 KiB in each direction
// until the reader reads; a listener keeps 128 connections that wait; who has
// 256 datagrams waiting loses the next.
type Memory struct {
	mu        sync.Mutex
	listeners map[string]*memAcceptor // guarded by mu; by key
	packets   map[uint16]*memPacket   // guarded by mu; by port
	port      uint16                  // guarded by mu; the last one given
	open      int                     // guarded by mu; descriptors
	limit     int                     // guarded by mu; of open; 0 means any number
	part      func(n int) int         // guarded by mu
}

const (
	memPipeSize    = 64 << 10
	memBacklog     = 128
	memDatagrams   = 256
	memFirstPort   = 32768
	maxDatagramLen = 65507
)

// NewMemory makes a network with nobody in it.
func NewMemory() *Memory {
	return &Memory{
		listeners: make(map[string]*memAcceptor),
		packets:   make(map[uint16]*memPacket),
		port:      memFirstPort,
	}
}

// SetDescriptors has sockets fail with EMFILE while n of them are open, a
// listener and both ends of a connection counted; 0 means any number.
func (m *Memory) SetDescriptors(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit = n
}

// Descriptors returns how many sockets are open.
func (m *Memory) Descriptors() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.open
}

// SetParts has each read and write of a connection that could be of n bytes be
// of part(n)+1 of them, n not exceeded: rand.IntN breaks streams into pieces.
func (m *Memory) SetParts(part func(n int) int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.part = part
}

// takeLocked counts a new descriptor.
func (m *Memory) takeLocked() error {
	if m.limit > 0 && m.open >= m.limit {
		return os.NewSyscallError("socket", syscall.EMFILE)
	}
	m.open++
	return nil
}

// memAddr returns an address and the key that it listens under.
func (m *Memory) addrLocked(network, address string) (net.Addr, string, error) {
	if network == "unix" {
		return &net.UnixAddr{Name: address, Net: network}, "unix " + address, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", err
	}
	if host == "" || host == "localhost" {
		host = "127.0.0.1"
	}
	a, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return nil, "", err
	}
	if a.Port() == 0 {
		a = netip.AddrPortFrom(a.Addr(), m.freePortLocked())
	}
	return net.TCPAddrFromAddrPort(a), "tcp " + port16(a.Port()), nil
}

func port16(p uint16) string { return string([]byte{byte(p >> 8), byte(p)}) }

func (m *Memory) freePortLocked() uint16 {
	for {
		m.port++
		if m.port < memFirstPort {
			m.port = memFirstPort
		}
		if m.listeners["tcp "+port16(m.port)] == nil && m.packets[m.port] == nil {
			return m.port
		}
	}
}

func (m *Memory) listen(network, address string, _ *config, n notifier) (acceptor, error) {
	if !isStream(network) {
		return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
	}
	if err := checkLocal(network, address); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	local, key, err := m.addrLocked(network, address)
	if err == nil && m.listeners[key] != nil {
		err = os.NewSyscallError("bind", syscall.EADDRINUSE)
	}
	if err == nil {
		err = m.takeLocked()
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: local, Err: err}
	}
	a := &memAcceptor{m: m, key: key, local: local, n: n}
	m.listeners[key] = a
	return a, nil
}

func (m *Memory) dial(ctx context.Context, network, address string, _ *config, done func(socket, error)) {
	m.mu.Lock()
	s, err := m.dialLocked(ctx, network, address)
	m.mu.Unlock()
	if err != nil {
		done(nil, err)
		return
	}
	done(s, nil)
}

func (m *Memory) dialLocked(ctx context.Context, network, address string) (*memSocket, error) {
	fail := func(remote net.Addr, err error) (*memSocket, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: remote, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(nil, err)
	}
	if !isStream(network) {
		return fail(nil, net.UnknownNetworkError(network))
	}
	remote, key, err := m.addrLocked(network, address)
	if err != nil {
		return fail(nil, err)
	}
	a := m.listeners[key]
	if a == nil || len(a.backlog) == memBacklog {
		return fail(remote, os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	if err := m.takeLocked(); err != nil {
		return fail(remote, err)
	}
	var local net.Addr = &net.UnixAddr{Net: network}
	if tcp, ok := remote.(*net.TCPAddr); ok {
		local = &net.TCPAddr{IP: tcp.IP, Port: int(m.freePortLocked())}
	}
	there, back := new(memPipe), new(memPipe)
	client := &memSocket{m: m, in: back, out: there, local: local, remote: remote}
	server := &memSocket{m: m, in: there, out: back, local: a.local, remote: local}
	client.peer, server.peer = server, client
	a.backlog = append(a.backlog, server)
	a.wakeLocked()
	return client, nil
}

// A memAcceptor is a listener.
type memAcceptor struct {
	m       *Memory
	key     string
	local   net.Addr
	n       notifier
	backlog []*memSocket // guarded by m.mu
	waits   bool         // guarded by m.mu; a notification was asked for
	drops   uint64       // guarded by m.mu
}

func (a *memAcceptor) addr() net.Addr { return a.local }

func (a *memAcceptor) dropped() uint64 {
	a.m.mu.Lock()
	defer a.m.mu.Unlock()
	return a.drops
}

func (a *memAcceptor) accept() (socket, error) {
	a.m.mu.Lock()
	defer a.m.mu.Unlock()
	for len(a.backlog) > 0 {
		s := a.backlog[0]
		a.backlog = a.backlog[1:]
		if a.m.takeLocked() == nil {
			return s, nil
		}
		a.drops++
		a.m.open++ // the spare one
		s.closeLocked(false)
	}
	return nil, ErrAgain
}

func (a *memAcceptor) awaitAccept() {
	a.m.mu.Lock()
	defer a.m.mu.Unlock()
	a.waits = true
	if len(a.backlog) > 0 {
		a.wakeLocked()
	}
}

func (a *memAcceptor) wakeLocked() {
	if a.waits {
		a.waits = false
		a.n.notify(readable)
	}
}

func (a *memAcceptor) close() {
	a.m.mu.Lock()
	defer a.m.mu.Unlock()
	delete(a.m.listeners, a.key)
	a.m.open--
	for _, s := range a.backlog {
		a.m.open++
		s.closeLocked(true)
	}
	a.backlog = nil
}

// A memPipe is one direction of a connection.
type memPipe struct {
	data  []byte // not read yet
	ended bool   // there will be no more
	reset bool   // and the connection is broken
	deaf  bool   // the reader is gone
}

// A memSocket is one end of a connection. Its fields are guarded by m.mu.
type memSocket struct {
	m             *Memory
	peer          *memSocket
	in, out       *memPipe
	local, remote net.Addr
	n             notifier
	waitsRead     bool
	waitsWrite    bool
	closed        bool
}

func (s *memSocket) bind(n notifier) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.n = n
}

func (s *memSocket) readsAll() bool       { return false }
func (s *memSocket) flush() error         { return nil }
func (s *memSocket) localAddr() net.Addr  { return s.local }
func (s *memSocket) remoteAddr() net.Addr { return s.remote }

// partLocked returns how many of n bytes to move.
func (m *Memory) partLocked(n int) int {
	if m.part == nil || n == 0 {
		return n
	}
	return min(m.part(n)+1, n)
}

func (s *memSocket) read(p []byte) (int, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	switch {
	case len(s.in.data) > 0:
		n := s.m.partLocked(min(len(p), len(s.in.data)))
		copy(p, s.in.data[:n])
		s.in.data = s.in.data[n:]
		s.peer.wakeLocked()
		return n, nil
	case s.in.reset:
		return 0, s.opError("read", syscall.ECONNRESET)
	case s.in.ended:
		return 0, io.EOF
	}
	return 0, ErrAgain
}

func (s *memSocket) write(p []byte) (int, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	switch {
	case s.in.reset:
		return 0, s.opError("write", syscall.ECONNRESET)
	case s.out.ended || s.out.deaf:
		return 0, s.opError("write", syscall.EPIPE)
	}
	room := memPipeSize - len(s.out.data)
	if room == 0 {
		return 0, ErrAgain
	}
	n := s.m.partLocked(min(len(p), room))
	s.out.data = append(s.out.data, p[:n]...)
	s.peer.wakeLocked()
	return n, nil
}

func (s *memSocket) opError(op string, errno syscall.Errno) error {
	return &net.OpError{Op: op, Net: s.local.Network(), Source: s.local, Addr: s.remote, Err: os.NewSyscallError(op, errno)}
}

func (s *memSocket) awaitRead() {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.waitsRead = true
	s.wakeLocked()
}

func (s *memSocket) awaitWrite([]byte) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.waitsWrite = true
	s.wakeLocked()
}

func (s *memSocket) stopWaiting() {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.waitsWrite {
		s.waitsWrite = false
		s.n.notify(writable)
	}
}

func (s *memSocket) written() (int, error) { return 0, nil }

// wakeLocked notifies s of what it waits for and has come.
func (s *memSocket) wakeLocked() {
	if s.waitsRead && (len(s.in.data) > 0 || s.in.ended || s.in.reset) {
		s.waitsRead = false
		s.n.notify(readable)
	}
	if s.waitsWrite && (len(s.out.data) < memPipeSize || s.out.deaf || s.in.reset) {
		s.waitsWrite = false
		s.n.notify(writable)
	}
}

func (s *memSocket) closeWrite() error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.in.reset {
		return s.opError("shutdown", syscall.ENOTCONN)
	}
	s.out.ended = true
	s.peer.wakeLocked()
	return nil
}

func (s *memSocket) close(reset bool) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.closeLocked(reset)
}

// closeLocked is as TCP does it: who closes with something unread resets.
func (s *memSocket) closeLocked(reset bool) {
	if s.closed {
		return
	}
	s.closed, s.waitsRead, s.waitsWrite = true, false, false
	s.m.open--
	s.out.ended = true
	s.out.reset = s.out.reset || reset || len(s.in.data) > 0
	s.in.deaf = true
	s.in.data = nil
	s.peer.wakeLocked()
}

func (m *Memory) listenPacket(network, address string, _ *config, n notifier) (datagrams, error) {
	if !isPacket(network) {
		return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
	}
	if err := checkLocal(network, address); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	local, _, err := m.addrLocked("tcp", address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	at := local.(*net.TCPAddr).AddrPort()
	if m.packets[at.Port()] != nil {
		err = os.NewSyscallError("bind", syscall.EADDRINUSE)
	} else {
		err = m.takeLocked()
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: local, Err: err}
	}
	d := &memPacket{m: m, local: at, n: n}
	m.packets[at.Port()] = d
	return d, nil
}

// A memPacket is a socket for datagrams. Its fields are guarded by m.mu.
type memPacket struct {
	m     *Memory
	local netip.AddrPort
	n     notifier
	queue []memDatagram
	waits bool
}

type memDatagram struct {
	p    []byte
	from netip.AddrPort
}

func (d *memPacket) addr() net.Addr { return net.UDPAddrFromAddrPort(d.local) }

func (d *memPacket) receive(p []byte) (int, netip.AddrPort, error) {
	d.m.mu.Lock()
	defer d.m.mu.Unlock()
	if len(d.queue) == 0 {
		return 0, netip.AddrPort{}, ErrAgain
	}
	got := d.queue[0]
	d.queue = d.queue[1:]
	return copy(p, got.p), got.from, nil
}

func (d *memPacket) awaitReceive() {
	d.m.mu.Lock()
	defer d.m.mu.Unlock()
	d.waits = true
	d.wakeLocked()
}

func (d *memPacket) wakeLocked() {
	if d.waits && len(d.queue) > 0 {
		d.waits = false
		d.n.notify(readable)
	}
}

var errTooLong = errors.New("message too long")

// send never waits: what there is no room for is lost, as everywhere.
func (d *memPacket) send(p []byte, to netip.AddrPort) error {
	if len(p) > maxDatagramLen {
		return &net.OpError{Op: "write", Net: "udp", Source: d.addr(), Addr: net.UDPAddrFromAddrPort(to), Err: errTooLong}
	}
	d.m.mu.Lock()
	defer d.m.mu.Unlock()
	if peer := d.m.packets[to.Port()]; peer != nil && len(peer.queue) < memDatagrams {
		peer.queue = append(peer.queue, memDatagram{append([]byte(nil), p...), d.local})
		peer.wakeLocked()
	}
	return nil
}

func (d *memPacket) awaitSend([]byte, netip.AddrPort) { d.n.notify(writable) }
func (d *memPacket) sent() (bool, error)              { return false, nil }

func (d *memPacket) close() {
	d.m.mu.Lock()
	defer d.m.mu.Unlock()
	delete(d.m.packets, d.local.Port())
	d.m.open--
}
