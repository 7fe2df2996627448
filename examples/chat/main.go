// Command chat is a chat server on an event loop. Every line that a client sends
// goes to all the others; the first one is its name. /who lists who is there and
// /quit leaves.
//
//	go run ./chat -addr 127.0.0.1:7000
//	nc 127.0.0.1 7000
//
// One goroutine runs all of it, so the list of clients needs no lock. Whoever
// does not read what the others write is put out before it costs the server much
// memory, and whoever says nothing for long is put out too. With -log, what is
// said is kept in a file, which workers write.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopnet"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7000", "address to listen on")
	journal := flag.String("log", "", "file to keep what is said in")
	idle := flag.Duration("idle", 10*time.Minute, "how long a client may say nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *addr, *journal, *idle); err != nil {
		log.Fatal(err)
	}
}

// serve runs the server until ctx ends, and then says goodbye to all.
func serve(ctx context.Context, addr, journal string, idle time.Duration) error {
	r := &room{loop: loop.New(), idle: idle}
	if journal != "" {
		f, err := os.OpenFile(journal, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		r.journal = f
	}
	ln, err := loopnet.Listen(r.loop, "tcp", addr, r.enter)
	if err != nil {
		return err
	}
	fmt.Println("serving on", ln.Addr())
	end := context.AfterFunc(ctx, func() {
		r.loop.Post(func() {
			ln.Close()
			r.close()
		})
	})
	defer end()
	// The loop goes on until the last client has its goodbye and the last line is
	// in the journal.
	return r.loop.Run(context.Background())
}

// A room is where the clients are. It belongs to the loop.
type room struct {
	loop    *loop.Loop
	idle    time.Duration
	clients []*client
	closed  bool

	journal *os.File // nil if nothing is kept
	unkept  []byte   // what is to be written to it
	keeping bool     // a worker writes, or is about to
}

// A client is one connection.
type client struct {
	room *room
	conn *loopnet.Conn
	name string // "" until it has said it
	line []byte // what has come of the next one
}

const (
	maxLine  = 1 << 10
	maxQueue = 256 << 10 // bytes that a client leaves unread
)

// enter takes a new client.
func (r *room) enter(ln *loopnet.Listener, err error) {
	if err != nil {
		log.Print(err)
		return
	}
	conn, err := ln.Accept()
	if err != nil {
		log.Print(err)
		return
	}
	c := &client{room: r, conn: conn}
	conn.SetIdleTimeout(r.idle, func() { c.leave("You have been silent for too long.\n") })
	conn.OnClose(c.gone)
	c.send("What is your name?\n")
	conn.ReadStart(c.read)
}

// close puts all clients out.
func (r *room) close() {
	r.closed = true
	for _, c := range slices.Clone(r.clients) {
		c.leave("The server goes down.\n")
	}
}

// say sends text to all but from, and to the journal.
func (r *room) say(from *client, text string) {
	for _, c := range slices.Clone(r.clients) {
		if c != from {
			c.send(text)
		}
	}
	if r.journal == nil {
		return
	}
	r.unkept = append(r.unkept, text...)
	if !r.keeping {
		r.keeping = true
		r.loop.QueueMicrotask(r.keep) // once the callback has said all it has to say
	}
}

// keep has a worker write what is to be kept, one task at a time, so that the
// lines stay in order and a slow disk gets many at once.
func (r *room) keep() {
	text := r.unkept
	r.unkept = nil
	loop.QueueFunc(context.Background(), r.loop, func(context.Context) error {
		_, err := r.journal.Write(text)
		return err
	}, func(err error) {
		if err != nil {
			log.Print(err)
		}
		if len(r.unkept) > 0 {
			r.keep()
		} else {
			r.keeping = false
		}
	})
}

// read gets what the client sends, in pieces of any size.
func (c *client) read(p []byte, err error) {
	if err != nil {
		c.leave("")
		return
	}
	for len(p) > 0 && !c.conn.Closing() {
		head, rest, whole := bytes.Cut(p, []byte("\n"))
		c.line = append(c.line, head...)
		if len(c.line) > maxLine {
			c.leave("That line is too long.\n")
			return
		}
		if !whole {
			return
		}
		line := strings.TrimSpace(string(c.line))
		c.line, p = c.line[:0], rest
		c.said(line)
	}
}

// said gets a line.
func (c *client) said(line string) {
	r := c.room
	switch {
	case line == "/quit":
		c.leave("Goodbye.\n")
	case c.name == "":
		if line == "" || slices.ContainsFunc(r.clients, func(o *client) bool { return o.name == line }) {
			c.send("Another name, please.\n")
			return
		}
		c.name = line
		r.clients = append(r.clients, c)
		c.send("Hello, " + line + ".\n")
		r.say(c, line+" is here.\n")
	case line == "/who":
		var names []string
		for _, o := range r.clients {
			names = append(names, o.name)
		}
		c.send(strings.Join(names, ", ") + "\n")
	case line != "":
		r.say(c, c.name+": "+line+"\n")
	}
}

// send sends text. A client that leaves too much unread is cut off.
func (c *client) send(text string) {
	if c.conn.Write([]byte(text), nil) == nil && c.conn.Buffered() > maxQueue {
		c.conn.Close()
	}
}

// leave sends text and closes the connection once it has arrived.
func (c *client) leave(text string) {
	c.conn.ReadStop()
	if text != "" {
		c.send(text)
	}
	if c.conn.Shutdown(func(error) { c.conn.Close() }) == nil {
		c.conn.SetIdleTimeout(time.Second, c.conn.Close) // if it does not read that
	}
}

// gone is called when the connection is closed, whoever did it.
func (c *client) gone() {
	r := c.room
	if i := slices.Index(r.clients, c); i >= 0 {
		r.clients = slices.Delete(r.clients, i, i+1)
		if !r.closed {
			r.say(c, c.name+" is gone.\n")
		}
	}
}
