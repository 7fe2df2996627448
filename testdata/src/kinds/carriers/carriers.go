// Package carriers reads through values that read from others. // want package:"effects"
package carriers

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/loopvet/loopvet/runtime/loop"
)

func buffered(l *loop.Loop, conn net.Conn, b []byte) {
	l.NextTick(func() {
		bufio.NewReader(conn).ReadString('\n') // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> \(\*bufio.Reader\).ReadString -> `
	})
	l.NextTick(func() {
		bufio.NewReader(bytes.NewReader(b)).ReadString('\n') // ok: in memory
	})
	l.NextTick(func() {
		bufio.NewReader(conn).Buffered() // ok: in memory
	})
	out := bufio.NewWriter(conn)
	l.NextTick(func() {
		out.Flush() // want `\(net.Conn\).Write may block the event loop \(net\): .* -> \(\*bufio.Writer\).Flush -> `
	})
	l.NextTick(func() {
		out.Available() // ok: in memory
	})
	l.NextTick(func() {
		s := bufio.NewScanner(conn)
		s.Scan() // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> \(\*bufio.Scanner\).Scan -> `
	})
	l.NextTick(func() {
		s := bufio.NewScanner(strings.NewReader("x"))
		s.Scan() // ok: in memory
	})
}

func nested(l *loop.Loop, conn net.Conn, f *os.File, b []byte) {
	l.NextTick(func() {
		zr, err := gzip.NewReader(bufio.NewReader(conn)) // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> gzip.NewReader -> `
		if err == nil {
			zr.Read(b) // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> \(\*gzip.Reader\).Read -> `
		}
	})
	l.NextTick(func() {
		zr, err := gzip.NewReader(bufio.NewReader(bytes.NewReader(b)))
		if err == nil {
			zr.Read(b) // ok: in memory
		}
	})
	l.NextTick(func() {
		io.ReadAll(io.LimitReader(base64.NewDecoder(base64.StdEncoding, conn), 10)) // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> io.ReadAll -> `
	})
	l.NextTick(func() {
		io.ReadAll(io.LimitReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(b)), 10)) // ok: in memory
	})
	l.NextTick(func() {
		tar.NewReader(f).Next() // want `\(\*os.File\).Read blocks the event loop \(file\): .* -> \(\*tar.Reader\).Next -> `
	})
	l.NextTick(func() {
		tar.NewReader(bytes.NewReader(b)).Next() // ok: in memory
	})
	l.NextTick(func() {
		io.MultiWriter(new(bytes.Buffer), f).Write(b) // want `\(\*os.File\).Write may block the event loop \(file\)`
	})
	l.NextTick(func() {
		io.MultiWriter(new(bytes.Buffer), io.Discard).Write(b) // ok: in memory
	})
	l.NextTick(func() {
		io.TeeReader(conn, new(bytes.Buffer)).Read(b) // want `\(net.Conn\).Read (blocks|may block) the event loop \(net\)`
	})
	l.NextTick(func() {
		io.TeeReader(bytes.NewReader(b), new(bytes.Buffer)).Read(b) // ok: in memory
	})
	l.NextTick(func() {
		hex.Dumper(f).Write(b) // want `\(\*os.File\).Write blocks the event loop \(file\)`
	})
	l.NextTick(func() {
		hex.Dumper(new(strings.Builder)).Write(b) // ok: in memory
	})
}

func bodies(l *loop.Loop, resp *http.Response, req *http.Request) {
	l.NextTick(func() {
		bufio.NewScanner(resp.Body).Scan() // want `Read may block the event loop \(net\): .* -> \(\*bufio.Scanner\).Scan -> `
	})
	l.NextTick(func() {
		defer resp.Body.Close() // ok: it does not read
	})
	l.NextTick(func() {
		io.ReadAll(req.Body) // want `Read may block the event loop \(net\): .* -> io.ReadAll -> `
	})
	l.NextTick(func() {
		r := http.Request{Body: io.NopCloser(strings.NewReader("x"))}
		_ = r.ContentLength // ok: in memory
	})
}

// Each end of a pipe waits for the other.
func pipes(l *loop.Loop, b []byte) {
	r, w := io.Pipe()
	l.NextTick(func() {
		bufio.NewReader(r).Peek(1) // want `\(\*io.PipeReader\).Read blocks the event loop \(chan\): .* -> \(\*bufio.Reader\).Peek -> `
	})
	l.NextTick(func() {
		r.Close() // ok: it does not read
	})
	l.NextTick(func() {
		io.WriteString(w, "x") // want `\(\*io.PipeWriter\).Write blocks the event loop \(chan\): .* -> io.WriteString -> `
	})
	l.NextTick(func() {
		go w.Write(b) // ok: on a goroutine
	})
	l.NextTick(func() {
		_, server := net.Pipe()
		io.ReadAll(server) // want `Read blocks the event loop \(chan\): .* -> io.ReadAll -> `
	})
	l.NextTick(func() {
		_, server := net.Pipe()
		server.Close() // ok: it does not read
	})
}
