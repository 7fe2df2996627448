// Package waits waits no longer than the loop tolerates, told on request. // want package:"effects"
package waits

import (
	"crypto/tls"
	"database/sql"
	"mime"
	"net"
	"runtime"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

const blink = 50 * time.Microsecond

func bounded(l *loop.Loop, done chan struct{}) {
	l.NextTick(func() {
		time.Sleep(blink)     // want `time.Sleep blocks the event loop \(sleep\)`
		time.Sleep(blink * 0) // ok: returns at once
	})
	l.NextTick(func() {
		net.DialTimeout("tcp", "localhost:80", blink) // want `net.DialTimeout blocks the event loop \(net\)`
		net.JoinHostPort("localhost", "80")           // ok: computes
	})
	l.NextTick(func() {
		select { // want `(select|a channel receive) may block the event loop \(chan\)`
		case <-done:
		case <-time.After(blink):
		}
	})
	l.NextTick(func() {
		select { // ok: it does not wait
		case <-done:
		default:
		}
	})
}

// What the table itself calls short.
func short(l *loop.Loop, rows *sql.Rows, conn *tls.Conn, b []byte) {
	l.NextTick(func() {
		net.Interfaces() // want `net.Interfaces blocks the event loop \(net\)`
		net.ParseIP("x") // ok: computes
	})
	l.NextTick(func() {
		rows.Close()   // want `\(\*sql.Rows\).Close may block the event loop \(db\)`
		_ = rows.Err() // ok: in memory
	})
	l.NextTick(func() {
		conn.Close()     // want `\(\*tls.Conn\).Close may block the event loop \(net\)`
		conn.LocalAddr() // ok: in memory
	})
	l.NextTick(func() {
		runtime.Stack(b, true) // want `runtime.Stack may block the event loop \(gc\)`
		runtime.Caller(0)      // ok: in memory
	})
	l.NextTick(func() {
		mime.TypeByExtension(".x")       // want `mime.TypeByExtension may block the event loop \(file\)`
		mime.FormatMediaType("a/b", nil) // ok: computes
	})
}
