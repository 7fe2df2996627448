package lsptest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
)

// A Client is a client of a language server. Its methods may be called by any
// goroutine.
type Client struct {
	rpc *jrpc2.Client

	mu       sync.Mutex // guards all below
	received []Message
	news     chan struct{} // closed, and replaced, when something is received
	answers  map[string]any
}

// A Message is a notification or a request of the server.
type Message struct {
	Method string
	Params json.RawMessage
}

// New returns a client that reads what the server writes from r, and writes to w.
func New(r io.Reader, w io.WriteCloser) *Client {
	c := &Client{news: make(chan struct{}), answers: map[string]any{}}
	c.rpc = jrpc2.NewClient(channel.LSP(r, w), &jrpc2.ClientOptions{
		OnNotify: func(req *jrpc2.Request) { c.receive(req) },
		OnCallback: func(ctx context.Context, req *jrpc2.Request) (any, error) {
			c.receive(req)
			c.mu.Lock()
			defer c.mu.Unlock()
			answer, ok := c.answers[req.Method()]
			if !ok {
				return nil, jrpc2.Errorf(jrpc2.MethodNotFound, "no answer to %s", req.Method())
			}
			return answer, nil
		},
		// As editors do, which the library leaves to its user.
		OnCancel: func(cli *jrpc2.Client, rsp *jrpc2.Response) {
			_ = cli.Notify(context.Background(), "$/cancelRequest", map[string]json.RawMessage{"id": json.RawMessage(rsp.ID())})
		},
	})
	return c
}

func (c *Client) receive(req *jrpc2.Request) {
	var params json.RawMessage
	_ = req.UnmarshalParams(&params) // never fails for raw messages
	c.mu.Lock()
	defer c.mu.Unlock()
	c.received = append(c.received, Message{req.Method(), params})
	close(c.news)
	c.news = make(chan struct{})
}

// Answer makes the client answer the server's requests of a method. Without one,
// they are answered with an error.
func (c *Client) Answer(method string, result any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[method] = result
}

// Call sends a request and decodes its result, unless that is nil. What the server
// answers with an error is one of type *jrpc2.Error.
func (c *Client) Call(ctx context.Context, method string, params, result any) error {
	rsp, err := c.rpc.Call(ctx, method, params)
	if err != nil || result == nil {
		return err
	}
	return rsp.UnmarshalResult(result)
}

// Notify sends a notification.
func (c *Client) Notify(ctx context.Context, method string, params any) error {
	return c.rpc.Notify(ctx, method, params)
}

// Next waits for the first message that was not taken yet, is of the method and
// fulfils the condition, if there is one, and takes it. Earlier ones that it
// passes stay.
func (c *Client) Next(ctx context.Context, method string, cond func(json.RawMessage) bool) (json.RawMessage, error) {
	seen := 0
	for {
		c.mu.Lock()
		for ; seen < len(c.received); seen++ {
			m := c.received[seen]
			if m.Method == method && (cond == nil || cond(m.Params)) {
				c.received = append(c.received[:seen:seen], c.received[seen+1:]...)
				c.mu.Unlock()
				return m.Params, nil
			}
		}
		news := c.news
		c.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
			return nil, fmt.Errorf("no %s came: %w", method, ctx.Err())
		}
	}
}

// Pending returns the messages that were not taken yet.
func (c *Client) Pending() []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Message(nil), c.received...)
}

// URI returns the URI of an absolute file name.
func URI(name string) string {
	return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(name), "/")}).String()
}

// Close ends the connection.
func (c *Client) Close() error { return c.rpc.Close() }
