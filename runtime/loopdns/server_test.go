package loopdns_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// A server answers questions over pipes, as a name server does over TCP (RFC 1035,
// section 4.2.2).
type server struct {
	*testing.T
	gate func(name string) // called before each answer; nil if it comes at once

	mu    sync.Mutex
	open  int // guarded by mu; questions that are not answered
	most  int // guarded by mu; at a time
	asked []string
	ended bool           // guarded by mu; nobody is served any more
	wait  sync.WaitGroup // the goroutines; guarded by mu until ended
}

// resolver returns a resolver that asks s. The test waits for the end of s, which a
// lookup that was cancelled may outlive.
func (s *server) resolver() *net.Resolver {
	s.Cleanup(func() {
		s.mu.Lock()
		s.ended = true
		s.mu.Unlock()
		s.wait.Wait()
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.ended {
			return nil, net.ErrClosed
		}
		client, conn := net.Pipe()
		s.wait.Go(func() { s.serve(conn) })
		return client, nil
	}}
}

func (s *server) serve(conn net.Conn) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		name, end := readName(query, 12)
		s.mu.Lock()
		s.open++
		s.most = max(s.most, s.open)
		s.asked = append(s.asked, name)
		s.mu.Unlock()
		if s.gate != nil {
			s.gate(name)
		}
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
		if _, err := conn.Write(answer(query[:end+4], name, binary.BigEndian.Uint16(query[end:]))); err != nil {
			return
		}
	}
}

// readName reads the labels at an offset and returns where they end.
func readName(p []byte, at int) (string, int) {
	var labels []string
	for p[at] != 0 {
		n := int(p[at])
		labels = append(labels, string(p[at+1:at+1+n]))
		at += 1 + n
	}
	return strings.Join(labels, ".") + ".", at + 1
}

// writeName is the reverse of readName.
func writeName(name string) []byte {
	var p []byte
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		p = append(append(p, byte(len(label))), label...)
	}
	return append(p, 0)
}

// answer returns the response to a query whose name and type are given. Nobody has the
// names that begin with "none.".
func answer(query []byte, name string, kind uint16) []byte {
	var data []byte
	switch kind {
	case 1:
		data = []byte{192, 0, 2, 1}
	case 28:
		data = append([]byte{0x20, 0x01, 0x0d, 0xb8}, make([]byte, 12)...)
	case 2:
		data = writeName("ns.example.")
	case 12:
		data = writeName("ptr.example.")
	case 15:
		data = append([]byte{0, 10}, writeName("mx.example.")...)
	case 16:
		data = append([]byte{byte(len(name))}, name...)
	case 33:
		data = append([]byte{0, 1, 0, 2, 0, 80}, writeName("srv.example.")...)
	}
	p := append([]byte{0, 0}, query...)
	p[4], p[5] = 0x84, 0x80 // a response, with authority, recursion available
	p[8], p[9], p[10], p[11], p[12], p[13] = 0, 0, 0, 0, 0, 0
	owner := []byte{0xc0, 12} // the name of the question
	switch {
	case strings.HasPrefix(name, "none."):
		p[5] |= 3
	default:
		if strings.HasPrefix(name, "alias.") {
			p[9]++
			p = append(p, owner...)
			p = appendRecord(p, 5, writeName("real.example."))
			owner = writeName("real.example.")
		}
		p[9]++
		p = append(p, owner...)
		p = appendRecord(p, kind, data)
	}
	binary.BigEndian.PutUint16(p, uint16(len(p)-2))
	return p
}

func appendRecord(p []byte, kind uint16, data []byte) []byte {
	p = binary.BigEndian.AppendUint16(p, kind)
	p = append(p, 0, 1, 0, 0, 0, 60)
	p = binary.BigEndian.AppendUint16(p, uint16(len(data)))
	return append(p, data...)
}
