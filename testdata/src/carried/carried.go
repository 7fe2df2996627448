// Package carried reads what functions of the standard library return. // want package:"effects"
package carried

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"

	"github.com/loopvet/loopvet/runtime/loop"
)

func body(l *loop.Loop, resp *http.Response) {
	l.NextTick(func() {
		io.ReadAll(resp.Body) // want `Read may block the event loop \(net\)`
	})
	l.NextTick(func() {
		resp.Body.Close() // ok: it does not read
	})
	l.NextTick(func() {
		var v any
		json.NewDecoder(resp.Body).Decode(&v) // want `Read may block the event loop \(net\): callback of \(\*loop.Loop\).NextTick -> \(\*json.Decoder\).Decode -> Read`
	})
	l.NextTick(func() {
		_ = resp.Header.Get("ETag") // ok: in memory
	})
}

func pipes(l *loop.Loop, cmd *exec.Cmd) {
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	l.NextTick(func() {
		io.WriteString(in, "x") // want `Write(String)? may block the event loop \(exec\)`
	})
	l.NextTick(func() {
		in.Close() // ok: it does not write
	})
	l.NextTick(func() {
		io.ReadAll(out) // want `Read may block the event loop \(exec\)`
	})
}

func compressed(l *loop.Loop, resp *http.Response, b []byte) {
	l.NextTick(func() {
		gzip.NewReader(resp.Body) // want `Read may block the event loop \(net\): .*gzip.NewReader`
	})
	l.NextTick(func() {
		gzip.NewReader(bytes.NewReader(b)) // ok: in memory
	})
	l.NextTick(func() {
		zr, _ := gzip.NewReader(bytes.NewReader(b))
		io.Copy(io.Discard, io.LimitReader(zr, 10)) // ok: in memory
	})
	l.NextTick(func() {
		gzip.NewWriter(os.Stdout).Flush() // want `\(\*gzip.Writer\).Flush blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		json.NewEncoder(os.Stdout).Encode(b) // ok: console writes and linear work are told on request
	})
}

func accepted(l *loop.Loop, ln net.Listener) {
	l.NextTick(func() {
		ln.Accept() // want `\(net.Listener\).Accept blocks the event loop \(net\)`
	})
	l.NextTick(func() {
		ln.Addr() // ok: in memory
	})
}

func standard(l *loop.Loop, name string) {
	f, _ := os.Open(name)
	l.NextTick(func() {
		f.Read(nil) // want `\(\*os.File\).Read blocks the event loop \(file\)`
	})
	l.NextTick(func() {
		f.Name() // ok: in memory
	})
	l.NextTick(func() {
		os.Stdout.Write(nil) // ok: console writes are told on request
	})
	l.NextTick(func() {
		io.ReadAll(os.Stdin) // want `\(\*os.File\).Read blocks the event loop \(wait\)`
	})
}

func inMemory(l *loop.Loop) {
	l.NextTick(func() {
		client, server := net.Pipe()
		client.Write(nil) // want `Write blocks the event loop \(chan\)`
		server.Close()    // ok: it does not write
	})
	r, w := io.Pipe()
	l.NextTick(func() {
		io.ReadAll(r) // want `\(\*io.PipeReader\).Read blocks the event loop \(chan\)`
	})
	l.NextTick(func() {
		w.Close() // ok: it does not write
	})
}
