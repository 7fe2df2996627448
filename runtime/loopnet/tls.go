package loopnet

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// A tlsSocket is crypto/tls between a connection and a socket. In its handshake
// crypto/tls reads and writes as on any connection, on a goroutine of its own
// that owns the socket. After that the loop does, and reading returns ErrAgain
// when the socket does: crypto/tls keeps what it has of a record and goes on from
// there, as after a read deadline. What it writes is kept in out.
type tlsSocket struct {
	inner socket
	conn  *tls.Conn
	out   []byte // ciphertext that inner has not taken
	ended bool   // the end was written into out

	quit chan struct{} // closed when the handshake is to end
	once sync.Once     // of closing quit

	mu   sync.Mutex
	to   notifier      // guarded by mu; nil during the handshake
	bits ready         // guarded by mu; notifications for the handshake
	wake chan struct{} // one send when bits was empty
}

// secure makes the handshake and tells the result.
func secure(o *opening, c *Conn, inner socket, cfg *config, serverName string) {
	s := &tlsSocket{inner: inner, quit: make(chan struct{}), wake: make(chan struct{}, 1)}
	inner.bind(s)
	tlsConfig := cfg.tls
	if o.fn == nil {
		s.conn = tls.Server((*tlsTransport)(s), tlsConfig)
	} else {
		if tlsConfig.ServerName == "" && !tlsConfig.InsecureSkipVerify {
			tlsConfig = tlsConfig.Clone()
			tlsConfig.ServerName = serverName
		}
		s.conn = tls.Client((*tlsTransport)(s), tlsConfig)
	}
	ctx, cancel := context.WithTimeout(o.ctx, cfg.handshake)
	defer cancel()
	if err := s.conn.HandshakeContext(ctx); err != nil {
		inner.close(false)
		o.result(c, nil, err)
		return
	}
	o.result(c, s, nil)
}

// host returns the host of an address, the address itself if it has no port.
func host(address string) string {
	if h, _, err := net.SplitHostPort(address); err == nil {
		return h
	}
	return address
}

func (s *tlsSocket) notify(r ready) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to != nil {
		s.to.notify(r)
		return
	}
	s.bits |= r
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// bind ends the handshake's ownership.
func (s *tlsSocket) bind(n notifier) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = n
}

// wait waits for one of the notifications r, in the handshake.
func (s *tlsSocket) wait(r ready) error {
	for {
		s.mu.Lock()
		got := s.bits & r
		s.bits &^= r
		s.mu.Unlock()
		if got != 0 {
			return nil
		}
		select {
		case <-s.wake:
		case <-s.quit:
			return net.ErrClosed
		}
	}
}

func (s *tlsSocket) handshaking() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to == nil
}

// read decrypts. It runs on the loop and does not wait: its transport does not.
//
//loopvet:nonblocking
func (s *tlsSocket) read(p []byte) (int, error) {
	n, err := s.conn.Read(p)
	if n > 0 {
		return n, nil // the error comes again
	}
	return 0, err
}

func (s *tlsSocket) readsAll() bool { return false }
func (s *tlsSocket) awaitRead()     { s.inner.awaitRead() }

// maxRecord is how much one record has room for (RFC 8446, section 5.1).
const maxRecord = 16 << 10

// write encrypts, and does not wait either.
//
//loopvet:nonblocking
func (s *tlsSocket) write(p []byte) (int, error) {
	if err := s.flush(); err != nil {
		return 0, err
	}
	return s.conn.Write(p[:min(len(p), maxRecord)])
}

func (s *tlsSocket) flush() error {
	for len(s.out) > 0 {
		n, err := s.inner.write(s.out)
		s.took(n)
		if err != nil {
			return err
		}
	}
	return nil
}

// took takes n bytes from out, and lets go of its memory at the end.
func (s *tlsSocket) took(n int) {
	s.out = s.out[n:]
	if len(s.out) == 0 {
		s.out = nil
	}
}

func (s *tlsSocket) awaitWrite([]byte) { s.inner.awaitWrite(s.out) }
func (s *tlsSocket) stopWaiting()      { s.inner.stopWaiting() }

func (s *tlsSocket) written() (int, error) {
	n, err := s.inner.written()
	s.took(n)
	return 0, err
}

// closeWrite says that there is no more to come. What it writes for that does not wait.
//
//loopvet:nonblocking
func (s *tlsSocket) closeWrite() error {
	if !s.ended {
		s.ended = true
		if err := s.conn.CloseWrite(); err != nil {
			return err
		}
	}
	if err := s.flush(); err != nil {
		return err
	}
	return s.inner.closeWrite()
}

func (s *tlsSocket) close(reset bool) { s.inner.close(reset) }

func (s *tlsSocket) localAddr() net.Addr  { return s.inner.localAddr() }
func (s *tlsSocket) remoteAddr() net.Addr { return s.inner.remoteAddr() }

// tlsTransport is a tlsSocket as the connection below crypto/tls.
type tlsTransport tlsSocket

func (t *tlsTransport) Read(p []byte) (int, error) {
	s := (*tlsSocket)(t)
	for {
		n, err := s.inner.read(p)
		if err != ErrAgain || !s.handshaking() {
			return n, err
		}
		s.inner.awaitRead()
		if err := s.wait(readable); err != nil {
			return 0, err
		}
	}
}

func (t *tlsTransport) Write(p []byte) (int, error) {
	s := (*tlsSocket)(t)
	if !s.handshaking() {
		s.out = append(s.out, p...)
		return len(p), nil
	}
	for rest := p; len(rest) > 0; {
		n, err := s.inner.write(rest)
		rest = rest[n:]
		if err == ErrAgain {
			s.inner.awaitWrite(rest)
			if err = s.wait(writable); err == nil {
				n, err = s.inner.written()
				rest = rest[n:]
			}
		}
		if err != nil {
			return len(p) - len(rest), err
		}
	}
	return len(p), nil
}

// Close is called when the context of the handshake ends.
func (t *tlsTransport) Close() error {
	t.once.Do(func() { close(t.quit) })
	return nil
}

func (t *tlsTransport) LocalAddr() net.Addr              { return t.inner.localAddr() }
func (t *tlsTransport) RemoteAddr() net.Addr             { return t.inner.remoteAddr() }
func (t *tlsTransport) SetDeadline(time.Time) error      { return nil }
func (t *tlsTransport) SetReadDeadline(time.Time) error  { return nil }
func (t *tlsTransport) SetWriteDeadline(time.Time) error { return nil }
