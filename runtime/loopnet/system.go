package loopnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// system is the operating system's network, through Go's poller.
type system struct{}

func (n system) dial(ctx context.Context, network, address string, cfg *config, done func(socket, error)) {
	n.connect(ctx, network, address, cfg, func(conn net.Conn, err error) {
		if err != nil {
			done(nil, err)
			return
		}
		done(newSocket(conn))
	})
}

// connect calls done once, perhaps before it returns.
func (system) connect(ctx context.Context, network, address string, cfg *config, done func(net.Conn, error)) {
	if !isStream(network) {
		done(nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError(network)})
		return
	}
	go func() { done(cfg.dialer.DialContext(ctx, network, address)) }()
}

func isStream(network string) bool {
	switch network {
	case "tcp", "tcp4", "tcp6", "unix":
		return true
	}
	return false
}

// checkLocal refuses addresses that only a resolver understands.
func checkLocal(network, address string) error {
	if network == "unix" {
		return nil
	}
	host, port, err := net.SplitHostPort(address)
	if err == nil && host != "" {
		_, err = netip.ParseAddr(host)
	}
	if err == nil && port != "" {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return &net.OpError{Op: "listen", Net: network, Err: &net.AddrError{Err: "want an IP address and a number", Addr: address}}
	}
	return nil
}

func (system) listen(network, address string, cfg *config, n notifier) (acceptor, error) {
	ln, err := listenStream(network, address, cfg)
	if err != nil {
		return nil, err
	}
	a := &sysAcceptor{ln: ln, n: n, quit: make(chan struct{})}
	a.keepSpare()
	return a, nil
}

func listenStream(network, address string, cfg *config) (net.Listener, error) {
	if !isStream(network) {
		return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
	}
	if err := checkLocal(network, address); err != nil {
		return nil, err
	}
	return cfg.listen.Listen(context.Background(), network, address)
}

// A sysAcceptor accepts one connection at a time, when it is asked to, on a
// goroutine that ends with that.
type sysAcceptor struct {
	ln    net.Listener
	n     notifier
	drops atomic.Uint64
	quit  chan struct{} // closed by close
	delay time.Duration // before the next try after a failure; the goroutine's

	mu     sync.Mutex
	closed bool     // guarded by mu
	there  bool     // guarded by mu; conn or err is for accept
	conn   net.Conn // guarded by mu
	err    error    // guarded by mu
	spare  *os.File // guarded by mu; a descriptor to give up when there is no other
}

func (a *sysAcceptor) addr() net.Addr  { return a.ln.Addr() }
func (a *sysAcceptor) dropped() uint64 { return a.drops.Load() }

func (a *sysAcceptor) accept() (socket, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.there {
		return nil, ErrAgain
	}
	conn, err := a.conn, a.err
	a.there, a.conn, a.err = false, nil, nil
	if err != nil {
		return nil, err
	}
	return newSocket(conn)
}

func (a *sysAcceptor) awaitAccept() { go a.acceptOne() }

func (a *sysAcceptor) close() {
	a.mu.Lock()
	a.closed = true
	conn, spare := a.conn, a.spare
	a.conn, a.spare = nil, nil
	a.mu.Unlock()
	close(a.quit)
	a.ln.Close()
	if conn != nil {
		conn.Close()
	}
	if spare != nil {
		spare.Close()
	}
}

func (a *sysAcceptor) acceptOne() {
	if a.delay > 0 && !a.pause() {
		return
	}
	for {
		conn, err := a.ln.Accept()
		if exhausted(err) {
			conn, err = a.acceptWithSpare()
		}
		switch {
		case err == nil && conn == nil: // dropped
		case err == errNobody || exhausted(err):
			if !a.pause() {
				return
			}
		default:
			if err != nil {
				a.delay = max(a.delay, minDelay)
			} else {
				a.delay = 0
			}
			a.hand(conn, err)
			return
		}
	}
}

// exhausted reports whether err says that there is nothing to make a
// connection's socket from.
func exhausted(err error) bool {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// acceptWithSpare gives up the spare descriptor, accepts, and closes the
// connection if no new spare is to be had. It returns neither then. If nobody is
// there it returns errNobody: Linux finds out that there is no descriptor before
// it looks for a connection. Where that cannot be told, Accept may wait, without
// the spare; if there are descriptors again by the time that a connection comes,
// it is kept.
func (a *sysAcceptor) acceptWithSpare() (net.Conn, error) {
	if !somebodyThere(a.ln) {
		return nil, errNobody
	}
	a.mu.Lock()
	spare := a.spare
	a.spare = nil
	a.mu.Unlock()
	if spare != nil {
		spare.Close()
	}
	conn, err := a.ln.Accept()
	kept := a.keepSpare()
	if err != nil || kept {
		return conn, err
	}
	a.drops.Add(1)
	conn.Close()
	a.keepSpare()
	return nil, nil
}

// keepSpare opens the spare descriptor and reports whether there is one.
func (a *sysAcceptor) keepSpare() bool {
	f, err := os.Open(os.DevNull)
	if err != nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.spare != nil {
		f.Close()
		return true
	}
	a.spare = f
	return true
}

const (
	minDelay = 5 * time.Millisecond // as in net/http
	maxDelay = 100 * time.Millisecond
)

var errNobody = errors.New("loopnet: no descriptor, and nobody there")

// pause lets some time pass, and more each time. It reports false if the
// acceptor was closed.
func (a *sysAcceptor) pause() bool {
	a.delay = min(max(2*a.delay, minDelay), maxDelay)
	select {
	case <-a.quit:
		return false
	case <-time.After(a.delay):
		return true
	}
}

// hand gives a result to accept.
func (a *sysAcceptor) hand(conn net.Conn, err error) {
	a.mu.Lock()
	closed := a.closed
	if !closed {
		a.there, a.conn, a.err = true, conn, err
	}
	a.mu.Unlock()
	if !closed {
		a.n.notify(readable)
	} else if conn != nil {
		conn.Close()
	}
}

func listenUDP(network, address string, cfg *config) (*net.UDPConn, error) {
	if !isPacket(network) {
		return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
	}
	if err := checkLocal(network, address); err != nil {
		return nil, err
	}
	conn, err := cfg.listen.ListenPacket(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}
