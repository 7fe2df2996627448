// Package network talks to other machines on the loop. // want package:"effects"
package network

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httputil"
	"net/rpc"
	"net/smtp"
	"net/url"

	"github.com/loopvet/loopvet/runtime/loop"
)

func dials(ctx context.Context, l *loop.Loop, d *net.Dialer) {
	l.Post(func() {
		d.DialContext(ctx, "tcp", "example.com:80") // want `\(\*net.Dialer\).DialContext blocks the event loop \(net\)`
	})
	l.Post(func() {
		d.SetMultipathTCP(true) // ok: a setting
	})
	l.Post(func() {
		tls.Dial("tcp", "example.com:443", nil) // want `tls.Dial blocks the event loop \(net\)`
	})
	l.Post(func() {
		tls.Client(nil, &tls.Config{}) // ok: no handshake yet
	})
	l.Post(func() {
		rpc.Dial("tcp", "example.com:1234") // want `rpc.Dial blocks the event loop \(net\)`
	})
	l.Post(func() {
		rpc.NewServer() // ok: in memory
	})
	l.Post(func() {
		smtp.SendMail("example.com:25", nil, "a", nil, nil) // want `smtp.SendMail blocks the event loop \(net\)`
	})
	l.Post(func() {
		smtp.PlainAuth("", "a", "b", "c") // ok: in memory
	})
}

func connections(l *loop.Loop, c net.Conn, t *tls.Conn, u *net.UDPConn, p net.PacketConn) {
	l.Post(func() {
		c.Read(nil) // want `\(net.Conn\).Read blocks the event loop \(net\)`
	})
	l.Post(func() {
		c.Close() // ok: it does not wait
	})
	l.Post(func() {
		c.Write(nil) // want `\(net.Conn\).Write may block the event loop \(net\)`
	})
	l.Post(func() {
		c.RemoteAddr() // ok: in memory
	})
	l.Post(func() {
		t.Handshake() // want `\(\*tls.Conn\).Handshake blocks the event loop \(net\)`
	})
	l.Post(func() {
		t.ConnectionState() // ok: in memory
	})
	l.Post(func() {
		u.ReadFromUDP(nil) // want `\(\*net.UDPConn\).ReadFromUDP blocks the event loop \(net\)`
	})
	l.Post(func() {
		u.SetReadBuffer(1) // ok: a setting
	})
	l.Post(func() {
		p.WriteTo(nil, nil) // want `\(net.PacketConn\).WriteTo may block the event loop \(net\)`
	})
	l.Post(func() {
		p.LocalAddr() // ok: in memory
	})
}

func requests(l *loop.Loop, client *http.Client, rt http.RoundTripper, req *http.Request) {
	l.Post(func() {
		client.Do(req) // want `\(\*http.Client\).Do blocks the event loop \(net\)`
	})
	l.Post(func() {
		http.NewRequest("GET", "http://example.com", nil) // ok: it is not sent
	})
	l.Post(func() {
		rt.RoundTrip(req) // want `\(http.RoundTripper\).RoundTrip blocks the event loop \(net\)`
	})
	l.Post(func() {
		client.CloseIdleConnections() // ok: it does not wait
	})
	l.Post(func() {
		req.ParseForm() // want `\(\*http.Request\).ParseForm blocks the event loop \(net\)`
	})
	l.Post(func() {
		url.ParseQuery("a=b") // ok: in memory
	})
	l.Post(func() {
		httputil.DumpRequest(req, true) // want `httputil.DumpRequest may block the event loop \(net\)`
	})
	l.Post(func() {
		req.Cookies() // ok: in memory
	})
}
