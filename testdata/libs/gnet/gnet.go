// Package gnet holds an event handler of gnet. // want package:"effects"
package gnet

import (
	"context"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/panjf2000/gnet/v2"
	"github.com/panjf2000/gnet/v2/pkg/logging"
)

type server struct {
	gnet.BuiltinEventEngine
	eng    gnet.Engine
	client *gnet.Client
	mu     sync.Mutex
	logger logging.Logger
}

func (s *server) OnBoot(eng gnet.Engine) gnet.Action {
	s.eng = eng
	os.ReadFile("config") // ok: no loop runs yet
	return gnet.None
}

func (s *server) OnShutdown(gnet.Engine) {
	os.Remove("lock") // ok: on the goroutine of the engine
}

func (s *server) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	banner, err := os.ReadFile("banner") // want `os.ReadFile blocks the event loop \(file\)`
	if err != nil {
		return nil, gnet.Close // ok: only answers
	}
	return banner, gnet.None
}

func (s *server) OnTraffic(c gnet.Conn) gnet.Action {
	buf, _ := c.Next(-1) // ok: a buffer
	s.query(buf)
	c.Write(buf)            // ok: the socket does not block
	c.Writev([][]byte{buf}) // ok: the socket does not block
	c.AsyncWrite(buf, nil)  // ok: queued
	c.AsyncWrite(buf, func(c gnet.Conn, err error) error {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
		return nil
	})
	c.Wake(func(c gnet.Conn, err error) error {
		_, err = os.Stat("x") // want `os.Stat blocks the event loop \(file-meta\)`
		return err
	})
	go func() {
		data, _ := os.ReadFile("x") // ok: on a goroutine of its own
		c.AsyncWrite(data, nil)     // ok: queued
	}()
	c.EventLoop().Execute(context.Background(), gnet.RunnableFunc(func(context.Context) error {
		return os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
	}))
	return gnet.None
}

func (s *server) query(key []byte) {
	http.Get("http://example.com/" + string(key)) // want `http.Get blocks the event loop \(net\): callback of .*OnTraffic -> \(\*server\).query -> http.Get`
}

func (s *server) OnClose(c gnet.Conn, err error) gnet.Action {
	s.eng.Stop(context.Background())          // want `\(gnet.Engine\).Stop waits for the loop it runs on: deadlock \(reentry\)`
	gnet.Stop(context.Background(), "tcp://") // want `gnet.Stop waits for the loop it runs on: deadlock \(reentry\)`
	go s.eng.Stop(context.Background())       // ok: on a goroutine of its own
	return gnet.Shutdown                      // ok: the way to stop
}

func (s *server) OnTick() (time.Duration, gnet.Action) {
	time.Sleep(time.Second)                        // ok: a goroutine of its own
	os.WriteFile("statistics", []byte("x"), 0o666) // ok: a goroutine of its own
	return time.Minute, gnet.None
}

func run() error {
	return gnet.Run(&server{}, "tcp://:9000", gnet.WithMulticore(true), gnet.WithTicker(true)) // ok: not on the loop
}

// A proxy dials for each connection.
type proxy struct {
	gnet.BuiltinEventEngine
	client *gnet.Client
}

func (p *proxy) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	up, err := p.client.Dial("tcp", "example.com:80") // want `\(\*gnet.Client\).Dial blocks the event loop \(net\)`
	if err != nil {
		return nil, gnet.Close
	}
	c.SetContext(up) // ok: a field
	return nil, gnet.None
}

func (p *proxy) OnTraffic(c gnet.Conn) gnet.Action {
	c.WriteTo(c.Context().(gnet.Conn)) // ok: into another connection of the loop
	c.Close()                          // ok: closes by and by
	return gnet.None
}

func newProxy() (*proxy, error) {
	p := &proxy{}
	client, err := gnet.NewClient(p)
	if err != nil {
		return nil, err
	}
	p.client = client
	return p, client.Start() // ok: not on the loop
}
