package loopnet_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
	"github.com/loopvet/loopvet/runtime/looptest"
)

// raceDetector is set by race_test.go.
var raceDetector bool

// A world is a loop and one kind of network.
type world struct {
	*testing.T
	l       *loop.Loop
	mem     *loopnet.Memory // nil on the operating system
	epoll   *loopnet.Epoll  // nil elsewhere
	network string
	address string
	secure  bool
	blocks  bool // the system's sockets are used from goroutines only
	trace   looptest.Trace
}

// everywhere runs f on each kind of network: those in memory in a bubble of
// virtual time, those of the system outside. At the end the loop runs until
// nothing is left, and nothing may be open.
func everywhere(t *testing.T, f func(w *world)) {
	t.Helper()
	for _, kind := range []world{
		{network: "tcp", address: "127.0.0.1:0"},
		{network: "unix"},
		{network: "tcp", address: "127.0.0.1:0", secure: true},
	} {
		name := kind.network
		if kind.secure {
			name = "tls"
		}
		t.Run("system/"+name, func(t *testing.T) {
			w := kind
			w.T = t
			w.l = loop.New(loop.WithOrigins())
			if w.network == "unix" {
				w.address = filepath.Join(t.TempDir(), "s")
			}
			f(&w)
			w.run()
			looptest.CheckLeaks(t, w.l)
		})
		t.Run("epoll/"+name, func(t *testing.T) {
			w, e := kind, loopnet.NewEpoll()
			w.T, w.l, w.epoll = t, loop.New(loop.WithOrigins()), e
			if w.network == "unix" {
				w.address = filepath.Join(t.TempDir(), "s")
			}
			f(&w)
			w.run()
			looptest.CheckLeaks(t, w.l)
			awaitClosed(e)
		})
		t.Run("blocking/"+name, func(t *testing.T) {
			w := kind
			w.T, w.l, w.blocks = t, loop.New(loop.WithOrigins()), true
			if w.network == "unix" {
				w.address = filepath.Join(t.TempDir(), "s")
			}
			f(&w)
			w.run()
			looptest.CheckLeaks(t, w.l)
		})
		t.Run("memory/"+name, func(t *testing.T) {
			looptest.Run(t, func(t *testing.T, l *loop.Loop) {
				w := kind
				w.T, w.l, w.mem = t, l, loopnet.NewMemory()
				if w.network == "unix" {
					w.address = "s"
				}
				f(&w)
				w.run()
				synctest.Wait()
				if n := w.mem.Descriptors(); n != 0 {
					t.Errorf("%d descriptors are open", n)
				}
			})
		})
	}
}

// awaitClosed returns once e has nothing open. A goroutine that connects, or makes
// a handshake that was cancelled, closes what it has a moment later.
func awaitClosed(e *loopnet.Epoll) {
	for e.Watches() != 0 || e.Open() {
		runtime.Gosched()
	}
}

// run runs the loop until nothing is left to do.
func (w *world) run() {
	w.Helper()
	if err := w.l.Run(context.Background()); err != nil && err != loop.ErrClosed {
		w.Errorf("Run: %v", err)
	}
}

// until runs the loop until cond holds, which is asked before each poll.
func (w *world) until(cond func() bool) {
	w.Helper()
	met := false
	asks := w.l.NewPrepare(func() {
		if met = cond(); met {
			w.l.Stop()
		}
	})
	asks.Unref()
	asks.Start()
	w.run()
	asks.Close()
	w.l.RunNoWait() // until it is closed
	if !met && !cond() {
		w.Fatal("nothing is left to do")
	}
}

func (w *world) options(server bool, more ...loopnet.Option) []loopnet.Option {
	var opts []loopnet.Option
	if w.mem != nil {
		opts = append(opts, loopnet.On(w.mem))
	}
	if w.epoll != nil {
		opts = append(opts, loopnet.On(w.epoll))
	}
	if w.blocks {
		opts = append(opts, loopnet.Blocking)
	}
	if w.secure {
		opts = append(opts, loopnet.WithTLS(tlsConfig(server)))
	}
	return append(opts, more...)
}

func (w *world) listen(fn func(*loopnet.Listener, error), opts ...loopnet.Option) *loopnet.Listener {
	w.Helper()
	ln, err := loopnet.Listen(w.l, w.network, w.address, fn, w.options(true, opts...)...)
	if err != nil {
		w.Fatalf("Listen: %v", err)
	}
	return ln
}

func (w *world) connect(ln *loopnet.Listener, fn func(*loopnet.Conn, error), opts ...loopnet.Option) *loopnet.Conn {
	return loopnet.Connect(context.Background(), w.l, w.network, ln.Addr().String(), fn, w.options(false, opts...)...)
}

// pair returns the two ends of a connection that is open.
func (w *world) pair(opts ...loopnet.Option) (client, server *loopnet.Conn) {
	w.Helper()
	ln := w.listen(func(ln *loopnet.Listener, err error) {
		if err != nil {
			w.Fatalf("accepting: %v", err)
		}
		server = w.accept(ln)
	}, opts...)
	open := false
	client = w.connect(ln, func(_ *loopnet.Conn, err error) {
		if err != nil {
			w.Fatalf("connecting: %v", err)
		}
		open = true
	}, opts...)
	w.until(func() bool { return open && server != nil && !server.Active() })
	closed := false
	ln.OnClose(func() { closed = true })
	ln.Close()
	w.until(func() bool { return closed })
	return client, server
}

func (w *world) accept(ln *loopnet.Listener) *loopnet.Conn {
	w.Helper()
	c, err := ln.Accept()
	if err != nil {
		w.Fatalf("Accept: %v", err)
	}
	return c
}

// sink has c read into the buffer that it returns, until the end, and then calls
// ended with the error.
func (w *world) sink(c *loopnet.Conn, ended func(error)) *bytes.Buffer {
	w.Helper()
	var got bytes.Buffer
	w.read(c, func(p []byte, err error) {
		got.Write(p)
		if err != nil {
			ended(err)
		}
	})
	return &got
}

func (w *world) read(c *loopnet.Conn, fn func([]byte, error)) {
	w.Helper()
	if err := c.ReadStart(fn); err != nil {
		w.Errorf("ReadStart: %v", err)
	}
}

func (w *world) write(c *loopnet.Conn, p []byte, done func(error)) {
	w.Helper()
	if err := c.Write(p, done); err != nil {
		w.Errorf("Write: %v", err)
	}
}

// ok returns a callback that wants no error and then logs.
func (w *world) ok(step string) func(error) {
	return func(err error) {
		if err != nil {
			w.Errorf("%s: %v", step, err)
		}
		w.trace.Log(step)
	}
}

// pattern returns n bytes that differ from their neighbours.
func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return p
}

// tlsConfig returns the configuration of one side, with a certificate that is
// valid in virtual time too.
func tlsConfig(server bool) *tls.Config {
	if server {
		return identity().server
	}
	return identity().client
}

type configs struct{ server, client *tls.Config }

var identity = sync.OnceValue(func() configs {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "loopnet"},
		NotBefore:             time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return configs{
		server: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		client: &tls.Config{RootCAs: roots},
	}
})

func TestMain(m *testing.M) {
	identity() // outside any bubble
	os.Exit(m.Run())
}
