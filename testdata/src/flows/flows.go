// Package flows reads and writes through interfaces that everything implements. // want package:"effects"
package flows

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"text/template"

	"github.com/loopvet/loopvet/runtime/loop"
)

func wide(l *loop.Loop, conn net.Conn, file *os.File, b []byte) {
	l.NextTick(func() {
		io.ReadAll(conn) // want `Read may block the event loop \(net\)|Read blocks the event loop \(net\)`
	})
	l.NextTick(func() {
		io.ReadAll(bytes.NewReader(b)) // ok: in memory
	})
	l.NextTick(func() {
		io.ReadAll(file) // want `\(\*os.File\).Read blocks the event loop \(file\)`
	})
	l.NextTick(func() {
		io.Copy(io.Discard, strings.NewReader("x")) // ok: in memory
	})
	l.NextTick(func() {
		io.Copy(conn, strings.NewReader("x")) // want `Write may block the event loop \(net\)`
	})
	l.NextTick(func() {
		fmt.Fprintf(conn, "x") // want `Write may block the event loop \(net\)`
	})
	l.NextTick(func() {
		fmt.Fprintf(new(strings.Builder), "x") // ok: in memory
	})
	l.NextTick(func() {
		io.WriteString(file, "x") // want `Write(String)? blocks the event loop \(file\)`
	})
}

// Values that carry another.
func carried(l *loop.Loop, conn net.Conn, file *os.File, s string) {
	l.NextTick(func() {
		bufio.NewReader(conn).ReadString('\n') // want `Read blocks the event loop \(net\): .*\(\*bufio.Reader\).ReadString`
	})
	l.NextTick(func() {
		bufio.NewReader(strings.NewReader(s)).ReadString('\n') // ok: in memory
	})
	l.NextTick(func() {
		w := bufio.NewWriter(file)
		w.Flush() // want `\(\*os.File\).Write blocks the event loop \(file\): .*\(\*bufio.Writer\).Flush`
	})
	l.NextTick(func() {
		w := bufio.NewWriter(new(bytes.Buffer))
		w.Flush() // ok: in memory
	})
	l.NextTick(func() {
		var v any
		json.NewDecoder(conn).Decode(&v) // want `Read blocks the event loop \(net\): .*\(\*json.Decoder\).Decode`
	})
	l.NextTick(func() {
		var v any
		json.NewDecoder(strings.NewReader(s)).Decode(&v) // ok: in memory
	})
	l.NextTick(func() {
		io.ReadAll(io.LimitReader(bufio.NewReader(conn), 10)) // want `Read blocks the event loop \(net\)`
	})
	l.NextTick(func() {
		io.ReadAll(io.LimitReader(strings.NewReader(s), 10)) // ok: in memory
	})
	l.NextTick(func() {
		sc := bufio.NewScanner(file)
		for sc.Scan() { // want `\(\*os.File\).Read blocks the event loop \(file\): .*\(\*bufio.Scanner\).Scan`
		}
	})
	l.NextTick(func() {
		sc := bufio.NewScanner(strings.NewReader(s))
		for sc.Scan() { // ok: in memory
		}
	})
}

// Through a helper with the wide interface as its parameter.

func copyAll(r io.Reader) ([]byte, error) {
	return io.ReadAll(r) // want `Read (may block|blocks) the event loop \(net\): .* -> copyAll -> io.ReadAll -> `
}

func helper(l *loop.Loop, conn net.Conn, s string) {
	l.NextTick(func() {
		copyAll(conn) // ok: the finding stands in copyAll
	})
	l.NextTick(func() {
		readAll(strings.NewReader(s)) // ok: in memory
	})
}

func readAll(r io.Reader) ([]byte, error) { return io.ReadAll(r) } // ok: of strings only

// In a field.

type session struct {
	in  *bufio.Reader
	out io.Writer
}

// What a listener accepts.

type peer struct{ in *bufio.Reader }

func (p *peer) line() {
	p.in.ReadString('\n') // want `Read (may block|blocks) the event loop \(net\)`
}

func accept(l *loop.Loop, ln net.Listener) {
	conn, err := ln.Accept()
	if err != nil {
		return
	}
	p := &peer{bufio.NewReader(conn)}
	l.NextTick(p.line)
}

// A reader that a callback captures.
func capturedReader(l *loop.Loop, c net.Conn, s string) {
	in, text := bufio.NewReader(c), bufio.NewReader(strings.NewReader(s))
	l.NextTick(func() {
		in.ReadByte() // want `Read (may block|blocks) the event loop \(net\)`
	})
	l.NextTick(func() {
		text.ReadByte() // ok: in memory
	})
}

func newSession(c net.Conn) *session { return &session{in: bufio.NewReader(c), out: c} }

func (s *session) line() {
	s.in.ReadString('\n') // want `Read (may block|blocks) the event loop \(net\)`
}

type report struct{ out io.Writer }

func newReport() *report { return &report{out: new(bytes.Buffer)} }

func (r *report) line() {
	fmt.Fprintln(r.out, "x") // ok: in memory
}

func fields(l *loop.Loop, c net.Conn) {
	s, r := newSession(c), newReport()
	l.NextTick(s.line)
	l.NextTick(r.line)
}

// A reader of its own, by flow.

type slow struct{ name string }

func (s slow) Read(p []byte) (int, error) {
	b, err := os.ReadFile(s.name) // want `os.ReadFile blocks the event loop \(file\): .* -> io.ReadAll -> .*Read -> os.ReadFile`
	return copy(p, b), err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func ownReader(l *loop.Loop) {
	l.NextTick(func() { io.ReadAll(slow{"x"}) })
	l.NextTick(func() { io.ReadFull(zeros{}, make([]byte, 4)) }) // ok: in memory
}

// A template writes as it goes.
func page(l *loop.Loop, t *template.Template, conn net.Conn) {
	l.NextTick(func() {
		t.Execute(conn, nil) // want `Write may block the event loop \(net\): .*\(\*template.Template\).Execute`
	})
	l.NextTick(func() {
		t.Execute(new(bytes.Buffer), nil) // ok: in memory
	})
}
