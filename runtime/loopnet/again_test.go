package loopnet

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A full is a network that takes no datagrams for now.
type full struct {
	backend
	n     notifier
	taken int
}

func (f *full) listenPacket(_, _ string, _ *config, n notifier) (datagrams, error) {
	f.n = n
	return f, nil
}

func (f *full) receive([]byte) (int, netip.AddrPort, error) { return 0, netip.AddrPort{}, ErrAgain }
func (f *full) awaitReceive()                               {}
func (f *full) send([]byte, netip.AddrPort) error           { return ErrAgain }
func (f *full) awaitSend([]byte, netip.AddrPort)            { f.taken++ }
func (f *full) sent() (bool, error)                         { return true, nil }
func (f *full) close()                                      {}
func (f *full) addr() net.Addr                              { return nil }

func TestDatagramsWaitForRoomAndCloseCancelsTheRest(t *testing.T) {
	l := loop.New()
	f := new(full)
	c, err := ListenPacket(l, "udp", ":0", func(cfg *config) { cfg.backend = f })
	if err != nil {
		t.Fatal(err)
	}
	var told []error
	for range 3 {
		if err := c.Send([]byte("x"), netip.AddrPort{}, func(err error) { told = append(told, err) }); err != nil {
			t.Error(err)
		}
	}
	if err := c.TrySend([]byte("y"), netip.AddrPort{}); err != ErrAgain || f.taken != 1 {
		t.Errorf("TrySend behind a send: %v, %d are waited for", err, f.taken)
	}
	f.n.notify(writable) // the first has gone
	l.RunNoWait()
	l.RunNoWait()
	if len(told) != 1 || told[0] != nil || f.taken != 2 {
		t.Errorf("told %v, %d were waited for", told, f.taken)
	}
	c.Close()
	if err := l.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if len(told) != 3 || told[1] != loop.ErrCanceled || told[2] != loop.ErrCanceled {
		t.Errorf("told %v", told)
	}
}

// A slow is a network where connecting ends when the test says so.
type slow struct {
	backend
	socket
	done   func(socket, error)
	closed int
}

func (s *slow) dial(_ context.Context, _, _ string, _ *config, done func(socket, error)) {
	s.done = done
}
func (s *slow) close(bool) { s.closed++ }

func TestAConnectionThatComesAfterCloseIsClosed(t *testing.T) {
	l := loop.New()
	s := new(slow)
	var told []error
	c := Connect(t.Context(), l, "tcp", "", func(_ *Conn, err error) { told = append(told, err) }, func(cfg *config) { cfg.backend = s })
	c.Close()
	s.done(s, nil)
	if s.closed != 1 {
		t.Errorf("the connection was closed %d times", s.closed)
	}
	if err := l.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if len(told) != 1 || told[0] != loop.ErrCanceled || s.closed != 1 {
		t.Errorf("told %v, closed %d times", told, s.closed)
	}
}

// An endless connection always has something to read.
type endless struct {
	socket
	total int // bytes that were read
}

func (e *endless) bind(notifier)              {}
func (e *endless) readsAll() bool             { return true }
func (e *endless) read(p []byte) (int, error) { e.total += len(p); return len(p), nil }
func (e *endless) close(bool)                 {}

func TestAConnectionThatIsNeverDryLeavesTheLoopToOthers(t *testing.T) {
	l := loop.New()
	e := new(endless)
	c := accepted(l, e, configure(nil), "tcp")
	var got []int
	if err := c.ReadStart(func(p []byte, err error) {
		if err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		l.RunNoWait()
		got = append(got, e.total)
		e.total = 0
	}
	c.Close()
	if err := l.Run(t.Context()); err != nil {
		t.Error(err)
	}
	for _, n := range got {
		if n < bulk || n >= bulk+64<<10 {
			t.Errorf("turns read %d bytes, want %d and at most a read more", got, bulk)
			break
		}
	}
}
