//go:build unix

package loopnet

import (
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// A sysSocket is a connection of package net whose descriptor the loop reads and
// writes itself. To wait, a goroutine goes into the poller with the methods of
// syscall.RawConn.
//
// The loop uses the descriptor without RawConn, whose locks the waiting
// goroutine holds. That is safe because only the loop closes it.
type sysSocket struct {
	conn    rawConn
	raw     syscall.RawConn
	fd      int
	n       notifier
	writing *sysWrite   // nil unless a goroutine waits to write
	waits   atomic.Bool // another one waits for the socket to be readable
	looked  bool        // that one's
}

// A sysWrite is what a goroutine writes as soon as it can.
type sysWrite struct {
	s    *sysSocket
	p    []byte
	took int   // how much of p was written
	err  error // what kept it from more
}

// A rawConn is a *net.TCPConn or a *net.UnixConn.
type rawConn interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

// newSocket makes a socket of conn, or closes it.
func newSocket(conn net.Conn) (socket, error) {
	rc, ok := conn.(rawConn)
	if !ok {
		return newGoSocket(conn), nil
	}
	s := &sysSocket{conn: rc}
	var err error
	s.raw, err = rc.SyscallConn()
	if err == nil {
		err = s.raw.Control(func(fd uintptr) { s.fd = int(fd) })
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *sysSocket) bind(n notifier)      { s.n = n }
func (s *sysSocket) readsAll() bool       { return true }
func (s *sysSocket) flush() error         { return nil }
func (s *sysSocket) closeWrite() error    { return s.conn.CloseWrite() }
func (s *sysSocket) localAddr() net.Addr  { return s.conn.LocalAddr() }
func (s *sysSocket) remoteAddr() net.Addr { return s.conn.RemoteAddr() }

func (s *sysSocket) read(p []byte) (int, error) {
	n, err := readFD(s.fd, p)
	return n, s.opError("read", err)
}

func (s *sysSocket) write(p []byte) (int, error) {
	n, err := writeFD(s.fd, p)
	return n, s.opError("write", err)
}

func (s *sysSocket) opError(op string, err error) error {
	if _, ok := err.(syscall.Errno); !ok {
		return err
	}
	return streamError(op, s.conn.LocalAddr(), s.conn.RemoteAddr(), err)
}

// readFD does not wait: package net makes descriptors so. Beside ErrAgain and
// io.EOF it returns an Errno.
//
//loopvet:nonblocking
func readFD(fd int, p []byte) (int, error) {
	for {
		n, err := syscall.Read(fd, p)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, ErrAgain
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// writeFD does not wait either.
//
//loopvet:nonblocking
func writeFD(fd int, p []byte) (int, error) {
	for {
		n, err := syscall.Write(fd, p)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, ErrAgain
		case err != nil:
			return 0, err
		default:
			return n, nil
		}
	}
}

// streamError returns an Errno as package net does, and other errors as they are.
func streamError(op string, local, remote net.Addr, err error) error {
	errno, ok := err.(syscall.Errno)
	if !ok {
		return err
	}
	return &net.OpError{Op: op, Net: local.Network(), Source: local, Addr: remote, Err: os.NewSyscallError(op, errno)}
}

func (s *sysSocket) awaitRead() {
	if !s.waits.Swap(true) {
		go s.waitRead()
	}
}

// waitRead is the goroutine of an idle connection.
func (s *sysSocket) waitRead() {
	s.looked = false
	err := s.raw.Read(s.look)
	s.waits.Store(false)
	if err == nil {
		s.n.notify(readable)
	}
}

// look reports whether there is something to read. RawConn.Read forgets, before
// it calls it, that the socket was ready, and calls it once more when it is
// ready again.
func (s *sysSocket) look(fd uintptr) bool {
	if s.looked {
		return true
	}
	s.looked = true
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	return err != syscall.EAGAIN && err != syscall.EINTR
}

// awaitWrite has a goroutine write as soon as it can: there is no look without a
// write.
func (s *sysSocket) awaitWrite(p []byte) {
	s.writing = &sysWrite{s: s, p: p}
	go s.writing.wait()
}

func (w *sysWrite) wait() {
	if err := w.s.raw.Write(w.push); err != nil && w.err == nil {
		w.err = err
	}
	w.s.n.notify(writable)
}

func (w *sysWrite) push(uintptr) bool {
	n, err := w.s.write(w.p)
	if err == ErrAgain {
		return false
	}
	w.took, w.err = n, err
	return true
}

func (s *sysSocket) stopWaiting() { s.conn.SetWriteDeadline(aLongTimeAgo) }

func (s *sysSocket) written() (int, error) {
	w := s.writing
	s.writing = nil
	return w.took, w.err
}

// close waits for goroutines that use the descriptor: package net wakes them, and
// they need a moment only.
func (s *sysSocket) close(reset bool) {
	if tcp, ok := s.conn.(*net.TCPConn); ok && reset {
		tcp.SetLinger(0)
	}
	s.conn.Close()
}
