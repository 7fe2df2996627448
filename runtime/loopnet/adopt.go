package loopnet

import (
	"net"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Adopt makes a connection of the loop out of conn, whatever it is: a channel of
// an SSH client, one end of a net.Pipe. conn is the loop's from then on. Its
// reads and writes run on goroutines of their own, with a buffer of 4 KiB while
// it reads, so that TryWrite always returns [ErrAgain]. Connections of package
// net are better made with [Connect] and [Listen]. Of the options, WithWaterMarks
// applies.
//
//loopvet:looponly
//loopvet:nonblocking
func Adopt(l *loop.Loop, conn net.Conn, opts ...Option) *Conn {
	c := newConn(l, configure(opts), conn.LocalAddr().Network())
	c.kind = adoptedConn
	c.sock = newGoSocket(conn)
	c.sock.bind(c)
	return c
}

// aLongTimeAgo is a deadline that has passed in virtual time too.
var aLongTimeAgo = time.Unix(1, 0)

// A goSocket is a connection that is only used from goroutines of its own.
type goSocket struct {
	conn net.Conn
	n    notifier

	mu      sync.Mutex
	reading bool   // guarded by mu; a goroutine reads
	data    []byte // guarded by mu; what it has read
	err     error  // guarded by mu; and what it has got at last
	took    int    // guarded by mu; how much of a write was written
	werr    error  // guarded by mu
}

func newGoSocket(conn net.Conn) socket { return &goSocket{conn: conn} }

func (s *goSocket) bind(n notifier)      { s.n = n }
func (s *goSocket) readsAll() bool       { return false }
func (s *goSocket) flush() error         { return nil }
func (s *goSocket) localAddr() net.Addr  { return s.conn.LocalAddr() }
func (s *goSocket) remoteAddr() net.Addr { return s.conn.RemoteAddr() }

func (s *goSocket) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.data) > 0 {
		n := copy(p, s.data)
		s.data = s.data[n:]
		return n, nil
	}
	if s.err != nil {
		return 0, s.err
	}
	return 0, ErrAgain
}

func (s *goSocket) awaitRead() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reading {
		return
	}
	s.reading = true
	go func() {
		buf := make([]byte, 4<<10)
		n, err := s.conn.Read(buf)
		s.mu.Lock()
		s.reading, s.data, s.err = false, buf[:n], err
		s.mu.Unlock()
		s.n.notify(readable)
	}()
}

func (s *goSocket) write(p []byte) (int, error) { return 0, ErrAgain }

// awaitWrite writes a copy of p, since close does not wait for the write.
func (s *goSocket) awaitWrite(p []byte) {
	p = append([]byte(nil), p...)
	go func() {
		n, err := s.conn.Write(p)
		s.mu.Lock()
		s.took, s.werr = n, err
		s.mu.Unlock()
		s.n.notify(writable)
	}()
}

func (s *goSocket) stopWaiting() { go s.conn.SetWriteDeadline(aLongTimeAgo) }

func (s *goSocket) written() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.took, s.werr
}

// closeWrite ends the writing side if conn can do that, and does nothing
// otherwise.
func (s *goSocket) closeWrite() error {
	if c, ok := s.conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// close closes conn on a goroutine: who knows what it waits for.
func (s *goSocket) close(reset bool) {
	if tcp, ok := s.conn.(*net.TCPConn); ok && reset {
		tcp.SetLinger(0)
	}
	go s.conn.Close()
}
