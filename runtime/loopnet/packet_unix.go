//go:build unix

package loopnet

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
)

func (system) listenPacket(network, address string, cfg *config, n notifier) (datagrams, error) {
	conn, err := listenUDP(network, address, cfg)
	if err != nil {
		return nil, err
	}
	d := &sysDatagrams{conn: conn, n: n}
	d.local = conn.LocalAddr()
	d.raw, err = conn.SyscallConn()
	if err == nil {
		err = d.raw.Control(func(fd uintptr) { d.fd = int(fd) })
	}
	if err == nil {
		d.inet6, err = isInet6(d.fd)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return d, nil
}

func isInet6(fd int) (bool, error) {
	sa, err := syscall.Getsockname(fd)
	_, ok := sa.(*syscall.SockaddrInet6)
	return ok, os.NewSyscallError("getsockname", err)
}

// A udp is the descriptor of a UDP socket, which the loop uses itself.
type udp struct {
	fd    int
	inet6 bool
	local net.Addr
}

func (d *udp) addr() net.Addr { return d.local }

// receive does not wait: package net has made the descriptor so.
//
//loopvet:nonblocking
func (d *udp) receive(p []byte) (int, netip.AddrPort, error) {
	for {
		n, sa, err := syscall.Recvfrom(d.fd, p, 0)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, netip.AddrPort{}, ErrAgain
		case err != nil:
			return 0, netip.AddrPort{}, d.opError("read", nil, err)
		default:
			return n, addrPort(sa), nil
		}
	}
}

// send does not wait either.
//
//loopvet:nonblocking
func (d *udp) send(p []byte, to netip.AddrPort) error {
	if !to.IsValid() || !d.inet6 && !to.Addr().Unmap().Is4() {
		return d.opError("write", nil, &net.AddrError{Err: "not of the socket's family", Addr: to.String()})
	}
	sa := d.sockaddr(to)
	for {
		err := syscall.Sendto(d.fd, p, 0, sa)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return ErrAgain
		case err != nil:
			return d.opError("write", net.UDPAddrFromAddrPort(to), err)
		default:
			return nil
		}
	}
}

func (d *udp) opError(op string, to net.Addr, err error) error {
	return &net.OpError{Op: op, Net: "udp", Source: d.addr(), Addr: to, Err: os.NewSyscallError(op, err)}
}

// sockaddr returns an address as the socket's family has it. A zone is the
// number of an interface or its name.
func (d *udp) sockaddr(a netip.AddrPort) syscall.Sockaddr {
	ip := a.Addr()
	if !d.inet6 {
		return &syscall.SockaddrInet4{Port: int(a.Port()), Addr: ip.Unmap().As4()}
	}
	sa := &syscall.SockaddrInet6{Port: int(a.Port()), Addr: ip.As16()}
	if zone := ip.Zone(); zone != "" {
		if id, err := strconv.ParseUint(zone, 10, 32); err == nil {
			sa.ZoneId = uint32(id)
		} else if ifi, err := net.InterfaceByName(zone); err == nil {
			sa.ZoneId = uint32(ifi.Index)
		}
	}
	return sa
}

func addrPort(sa syscall.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *syscall.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr).Unmap()
		if sa.ZoneId != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(sa.ZoneId), 10))
		}
		return netip.AddrPortFrom(ip, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// A sysDatagrams is a UDP socket of package net. It waits as sysSocket does.
type sysDatagrams struct {
	udp
	conn   *net.UDPConn
	raw    syscall.RawConn
	n      notifier
	waits  atomic.Bool // a goroutine waits for the socket to be readable
	looked bool        // that goroutine's
	p      []byte      // what the other goroutine sends, and where to
	to     netip.AddrPort
	err    error // what it got
}

func (d *sysDatagrams) close() { d.conn.Close() }

func (d *sysDatagrams) awaitReceive() {
	if !d.waits.Swap(true) {
		go d.waitReceive()
	}
}

func (d *sysDatagrams) waitReceive() {
	d.looked = false
	err := d.raw.Read(func(fd uintptr) bool {
		if d.looked {
			return true
		}
		d.looked = true
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		return err != syscall.EAGAIN && err != syscall.EINTR
	})
	d.waits.Store(false)
	if err == nil {
		d.n.notify(readable)
	}
}

func (d *sysDatagrams) awaitSend(p []byte, to netip.AddrPort) {
	d.p, d.to, d.err = p, to, nil
	go func() {
		err := d.raw.Write(func(uintptr) bool {
			d.err = d.send(d.p, d.to)
			return d.err != ErrAgain
		})
		if err != nil {
			d.err = err
		}
		d.n.notify(writable)
	}()
}

func (d *sysDatagrams) sent() (bool, error) {
	d.p = nil
	return true, d.err
}
