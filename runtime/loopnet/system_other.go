//go:build !unix

package loopnet

import (
	"net"
	"net/netip"
	"sync"
)

// newSocket makes a socket of conn. There is no way to read without waiting that
// package syscall would know.
func newSocket(conn net.Conn) (socket, error) { return newGoSocket(conn), nil }

func (system) listenPacket(network, address string, cfg *config, n notifier) (datagrams, error) {
	conn, err := listenUDP(network, address, cfg)
	if err != nil {
		return nil, err
	}
	return &goDatagrams{conn: conn, n: n}, nil
}

// A goDatagrams is a UDP socket that is only used from goroutines of its own.
type goDatagrams struct {
	conn *net.UDPConn
	n    notifier

	mu      sync.Mutex
	reading bool           // guarded by mu; a goroutine receives
	there   bool           // guarded by mu; what follows is what it received
	data    []byte         // guarded by mu
	from    netip.AddrPort // guarded by mu
	err     error          // guarded by mu
	serr    error          // guarded by mu; of the last datagram sent
}

func (d *goDatagrams) addr() net.Addr { return d.conn.LocalAddr() }
func (d *goDatagrams) close()         { d.conn.Close() }

func (d *goDatagrams) receive(p []byte) (int, netip.AddrPort, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.there {
		return 0, netip.AddrPort{}, ErrAgain
	}
	d.there = false
	return copy(p, d.data), d.from, d.err
}

func (d *goDatagrams) awaitReceive() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reading {
		return
	}
	d.reading = true
	go func() {
		buf := make([]byte, 64<<10)
		n, from, err := d.conn.ReadFromUDPAddrPort(buf)
		d.mu.Lock()
		d.reading, d.there, d.data, d.from, d.err = false, true, buf[:n], from, err
		d.mu.Unlock()
		d.n.notify(readable)
	}()
}

func (d *goDatagrams) send(p []byte, to netip.AddrPort) error { return ErrAgain }

// awaitSend sends a copy of p, since close does not wait for it.
func (d *goDatagrams) awaitSend(p []byte, to netip.AddrPort) {
	p = append([]byte(nil), p...)
	go func() {
		_, err := d.conn.WriteToUDPAddrPort(p, to)
		d.mu.Lock()
		d.serr = err
		d.mu.Unlock()
		d.n.notify(writable)
	}()
}

func (d *goDatagrams) sent() (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return true, d.serr
}
