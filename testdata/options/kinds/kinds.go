// Package kinds is read for net and dns only. // want package:"effects"
package kinds

import (
	"net"
	"net/http"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func start(l *loop.Loop) {
	l.NextTick(func() {
		http.Get("http://example.com")    // want `http.Get blocks the event loop \(net\)`
		net.LookupHost("example.com")     // want `net.LookupHost blocks the event loop \(dns\)`
		os.ReadFile("x")                  // ok: a file
		time.Sleep(time.Second)           // ok: a sleep
		go http.Get("http://example.com") // ok: on a goroutine
	})
}
