package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// A client is one connection to a server. It has one message under way at a time
// and checks what comes back.
type client struct {
	net.Conn
	tcp  *net.TCPConn // below Conn
	out  []byte
	in   []byte
	sent uint64
	http *bufio.Reader // for a client of HTTP
}

// dial connects to a server of the row.
func dial(addr string, r netRow, cfg *tls.Config) (*client, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &client{Conn: conn, tcp: conn.(*net.TCPConn)}
	switch r.speaks {
	case "http":
		c.http = bufio.NewReader(conn)
		return c, nil
	case "tls":
		c.Conn = tls.Client(conn, cfg)
	}
	c.out, c.in = make([]byte, r.size), make([]byte, r.size)
	for i := range c.out {
		c.out[i] = byte(i)
	}
	// Bytes of one connection do not pass for those of another one.
	copy(c.out[8:], conn.LocalAddr().String())
	return c, nil
}

// exchange sends a message and waits for the answer.
func (c *client) exchange() error {
	if c.http != nil {
		return c.hello()
	}
	c.sent++
	binary.LittleEndian.PutUint64(c.out, c.sent)
	if _, err := c.Write(c.out); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, c.in); err != nil {
		return err
	}
	if !bytes.Equal(c.in, c.out) {
		return errEcho
	}
	return nil
}

var errEcho = errors.New("what came back is not what was sent")

func (c *client) hello() error {
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: bench\r\n\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(c.http, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || string(body) != greeting {
		return fmt.Errorf("the response is %s, %q", res.Status, body)
	}
	return nil
}

// reset closes the connection so that nothing is left of it in the system.
func (c *client) reset() {
	c.tcp.SetLinger(0)
	c.tcp.Close()
}

// drive has the clients exchange messages for the session's time, after a quarter
// of it to warm up, and returns how long each exchange took, sorted, and how long
// all of it took. Each client pauses after each exchange.
func (s *session) drive(clients []*client, pause time.Duration) (took []time.Duration, elapsed time.Duration, err error) {
	if _, _, err := exchangeFor(s.d/4, clients, pause); err != nil {
		return nil, 0, err
	}
	return exchangeFor(s.d, clients, pause)
}

func exchangeFor(d time.Duration, clients []*client, pause time.Duration) (took []time.Duration, elapsed time.Duration, err error) {
	var g errgroup.Group
	each := make([][]time.Duration, len(clients))
	begin := time.Now()
	for i, c := range clients {
		g.Go(func() error {
			for start := time.Now(); start.Sub(begin) < d; {
				if err := c.exchange(); err != nil {
					return err
				}
				now := time.Now()
				each[i] = append(each[i], now.Sub(start))
				if start = now; pause > 0 {
					time.Sleep(pause)
					start = time.Now()
				}
			}
			return nil
		})
	}
	err = g.Wait()
	elapsed = time.Since(begin)
	took = slices.Concat(each...)
	slices.Sort(took)
	return took, elapsed, err
}

// floodPiece is how much a flood writes at a time.
const floodPiece = 64 << 10

// flood sends as much as the server takes, and reads and checks what comes back,
// until end is called. end returns how many bytes came back in a second.
func (c *client) flood() (end func() (rate float64, err error)) {
	var g errgroup.Group
	piece := make([]byte, floodPiece)
	for i := range piece {
		piece[i] = byte(i >> 4)
	}
	received := 0
	begin := time.Now()
	g.Go(func() error {
		for {
			if _, err := c.Write(piece); err != nil {
				return unlessEnded(err)
			}
		}
	})
	g.Go(func() error {
		in := make([]byte, len(piece))
		for {
			if _, err := io.ReadFull(c, in); err != nil {
				return unlessEnded(err)
			}
			if !bytes.Equal(in, piece) {
				return errEcho
			}
			received += len(in)
		}
	})
	return func() (float64, error) {
		elapsed := time.Since(begin)
		c.SetDeadline(time.Unix(1, 0))
		err := g.Wait()
		return float64(received) / elapsed.Seconds(), err
	}
}

// unlessEnded returns the error of a flood, nil if that is the one that end makes.
func unlessEnded(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}
