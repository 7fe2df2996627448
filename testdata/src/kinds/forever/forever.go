// Package forever serves on the loop and never gives it back. // want package:"effects"
package forever

import (
	"net"
	"net/http"
	"net/rpc"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

func servers(l *loop.Loop, ln net.Listener, srv *http.Server) {
	l.NextTick(func() {
		srv.ListenAndServe() // want `\(\*http.Server\).ListenAndServe blocks the event loop \(forever\)`
	})
	l.NextTick(func() {
		go srv.ListenAndServe() // ok: on a goroutine
	})
	l.NextTick(func() {
		rpc.ServeConn(nil) // want `rpc.ServeConn blocks the event loop \(forever\)`
	})
	l.NextTick(func() {
		rpc.Register(new(int)) // ok: in memory
	})
	l.NextTick(func() {
		http.ListenAndServeTLS(":443", "cert", "key", nil) // want `http.ListenAndServeTLS blocks the event loop \(forever\)`
	})
	l.NextTick(func() {
		http.NewServeMux() // ok: in memory
	})
	l.NextTick(func() {
		select {} // want `forever`
	})
	l.NextTick(func() {
		select { // ok: it does not wait
		default:
		}
	})
}

// What serves requests runs on the goroutines of the server.
func handlers(l *loop.Loop, mux *http.ServeMux, srv *http.Server) {
	l.NextTick(func() {
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, "x") // ok: on the server's goroutines
		})
	})
	l.NextTick(func() {
		srv.RegisterOnShutdown(func() {
			os.Remove("x") // ok: on a goroutine
		})
	})
	l.NextTick(func() {
		handle := func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, "x") // want `http.ServeFile blocks the event loop \(file\)`
		}
		handle(nil, nil)
	})
}
