package loopnet

import (
	"crypto/tls"
	"net"
	"time"
)

// An Option changes how a socket is made.
type Option func(*config)

type config struct {
	backend   backend
	tls       *tls.Config
	handshake time.Duration
	dialer    *net.Dialer
	listen    *net.ListenConfig
	low, high int
}

// defaults are those of Node: a water mark of 64 KiB, drain when all is written,
// 120 s for a handshake.
func configure(opts []Option) *config {
	cfg := &config{
		backend:   system{},
		handshake: 120 * time.Second,
		dialer:    &goDialer,
		listen:    &net.ListenConfig{},
		high:      64 << 10,
	}
	for _, opt := range opts {
		opt(cfg)
	}
	return cfg
}

// goDialer resolves names with Go's own resolver, whose sockets are in the
// poller too: the C library's would hold a thread.
var goDialer = net.Dialer{Resolver: &net.Resolver{PreferGo: true}}

// A Network is where sockets are made: a [Memory] or an [Epoll].
type Network interface{ backend }

// On has the socket made on n.
func On(n Network) Option {
	return func(cfg *config) { cfg.backend = n }
}

// WithTLS has the connection, or each accepted one, speak TLS. Where a client's
// cfg has no ServerName, that is the host connected to. An accepted connection
// may be read from and written to at once; that waits for the handshake, and if
// it fails gets its error. cfg must not be changed afterwards. A server's
// callbacks in it run on the goroutine of the handshake, and so do those that
// verify a peer. Renegotiation, which crypto/tls has off, is not for connections
// of a loop: it would wait in a callback.
func WithTLS(cfg *tls.Config) Option {
	return func(c *config) { c.tls = cfg }
}

// WithHandshakeTimeout has a TLS handshake fail after d; the default is 120 s, as
// in Node.
func WithHandshakeTimeout(d time.Duration) Option {
	return func(c *config) { c.handshake = d }
}

// WithDialer has d connect, for its timeout, local address, keep-alive, control
// function and resolver. A [Memory] makes no use of it.
func WithDialer(d *net.Dialer) Option {
	return func(c *config) { c.dialer = d }
}

// WithListenConfig has lc make the listening socket, for its keep-alive and its
// control function. A [Memory] makes no use of it.
func WithListenConfig(lc *net.ListenConfig) Option {
	return func(c *config) { c.listen = lc }
}

// WithWaterMarks sets when a connection is full, and when it is no longer: once
// high bytes wait to be written, and when there are low or fewer. The default is
// 64 KiB and 0. WithWaterMarks panics unless 0 <= low < high.
func WithWaterMarks(low, high int) Option {
	if low < 0 || high <= low {
		panic("loopnet: WithWaterMarks: want 0 <= low < high")
	}
	return func(c *config) { c.low, c.high = low, high }
}
