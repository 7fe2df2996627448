// Package readers hands the same functions memory and connections. // want package:"effects"
package readers

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/loopvet/loopvet/runtime/loop"
)

func functions(l *loop.Loop, conn net.Conn, resp *http.Response, b []byte) {
	l.NextTick(func() {
		io.ReadAll(conn) // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> io.ReadAll -> `
	})
	l.NextTick(func() {
		io.ReadAll(bytes.NewReader(b)) // ok: in memory
	})
	l.NextTick(func() {
		io.ReadFull(conn, b) // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> io.ReadFull -> `
	})
	l.NextTick(func() {
		io.ReadFull(strings.NewReader("x"), b) // ok: in memory
	})
	l.NextTick(func() {
		io.Copy(io.Discard, resp.Body) // want `(Read|WriteTo) may block the event loop \(net\): .* -> io.Copy -> `
	})
	l.NextTick(func() {
		io.Copy(io.Discard, bytes.NewBuffer(b)) // ok: in memory
	})
	l.NextTick(func() {
		binary.Read(conn, binary.BigEndian, b) // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> binary.Read -> `
	})
	l.NextTick(func() {
		binary.Read(bytes.NewReader(b), binary.BigEndian, b) // ok: in memory
	})
	l.NextTick(func() {
		http.ReadRequest(bufio.NewReader(conn)) // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> http.ReadRequest -> `
	})
	l.NextTick(func() {
		http.ReadRequest(bufio.NewReader(bytes.NewReader(b))) // ok: in memory
	})
	l.NextTick(func() {
		new(bytes.Buffer).ReadFrom(conn) // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> \(\*bytes.Buffer\).ReadFrom -> `
	})
	l.NextTick(func() {
		new(bytes.Buffer).ReadFrom(bytes.NewReader(b)) // ok: in memory
	})
}

func writers(l *loop.Loop, conn net.Conn, f *os.File, b []byte) {
	l.NextTick(func() {
		fmt.Fprintf(conn, "x") // want `\(net.Conn\).Write may block the event loop \(net\): .* -> fmt.Fprintf -> `
	})
	l.NextTick(func() {
		fmt.Fprintf(new(bytes.Buffer), "x") // ok: in memory
	})
	l.NextTick(func() {
		fmt.Fprintln(f, "x") // want `\(\*os.File\).Write blocks the event loop \(file\): .* -> fmt.Fprintln -> `
	})
	l.NextTick(func() {
		fmt.Fprintln(io.Discard, "x") // ok: nowhere
	})
	l.NextTick(func() {
		bytes.NewReader(b).WriteTo(conn) // want `\(net.Conn\).Write may block the event loop \(net\): .* -> \(\*bytes.Reader\).WriteTo -> `
	})
	l.NextTick(func() {
		bytes.NewReader(b).WriteTo(new(strings.Builder)) // ok: in memory
	})
	l.NextTick(func() {
		io.WriteString(f, "x") // want `\(\*os.File\).Write(String)? blocks the event loop \(file\): .* -> io.WriteString -> `
	})
	l.NextTick(func() {
		io.WriteString(new(strings.Builder), "x") // ok: in memory
	})
}

// What a decoder or encoder was made of.
func codecs(l *loop.Loop, conn net.Conn, b []byte, v any) {
	l.NextTick(func() {
		xml.NewDecoder(conn).Decode(v) // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> \(\*xml.Decoder\).Decode -> `
	})
	l.NextTick(func() {
		xml.NewDecoder(bytes.NewReader(b)).Decode(v) // ok: in memory
	})
	l.NextTick(func() {
		gob.NewEncoder(conn).Encode(v) // want `\(net.Conn\).Write may block the event loop \(net\): .* -> \(\*gob.Encoder\).Encode -> `
	})
	l.NextTick(func() {
		gob.NewEncoder(new(bytes.Buffer)).Encode(v) // ok: in memory
	})
	l.NextTick(func() {
		csv.NewReader(conn).Read() // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> \(\*csv.Reader\).Read -> `
	})
	l.NextTick(func() {
		csv.NewReader(strings.NewReader("a,b")).Read() // ok: in memory
	})
	in := json.NewDecoder(conn)
	l.NextTick(func() {
		in.Token() // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> \(\*json.Decoder\).Token -> `
	})
	text := json.NewDecoder(strings.NewReader("{}"))
	l.NextTick(func() {
		text.Token() // ok: in memory
	})
}

// A helper of the program's own takes both.

func copyAll(r io.Reader) []byte {
	b, _ := io.ReadAll(r) // want `\(net.Conn\).Read blocks the event loop \(net\): .* -> copyAll -> io.ReadAll -> `
	return b
}

func helper(l *loop.Loop, conn net.Conn, b []byte) {
	l.NextTick(func() { copyAll(conn) })
	l.NextTick(func() {
		copyAll(bytes.NewReader(b)) // ok: in memory
	})
}
