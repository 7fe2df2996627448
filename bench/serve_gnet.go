package main

import (
	"context"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/panjf2000/gnet/v2"
	"go.uber.org/zap"
)

// serveGnet is gnet with one event loop for connections.
func serveGnet(c config) (*served, error) {
	if c.speaks != "echo" {
		return nil, nil
	}
	logger, err := zap.NewProduction(zap.IncreaseLevel(zap.ErrorLevel)) // gnet's own writes to standard output
	if err != nil {
		return nil, err
	}
	g := &gnetServer{booted: make(chan error, 1)}
	go func() {
		err := gnet.Run(g, "tcp://127.0.0.1:0", gnet.WithNumEventLoop(1), gnet.WithLogger(logger.Sugar()))
		g.booted <- err
		fatal(err)
	}()
	if err := <-g.booted; err != nil {
		return nil, err
	}
	return &served{addr: g.addr, commands: map[string]func(n, inFlight int) (time.Duration, error){
		"busy": busyGoroutines,
		"post": func(n, _ int) (time.Duration, error) {
			post, err := g.poster()
			if err != nil {
				return 0, err
			}
			return timed(func() { pingPong(n, post) }), nil
		},
		"burst": func(n, _ int) (time.Duration, error) {
			post, err := g.poster()
			if err != nil {
				return 0, err
			}
			done := make(chan struct{})
			return timed(func() {
				produce(1, n, post, func() { close(done) })
				<-done
			}), nil
		},
	}}, nil
}

type gnetServer struct {
	gnet.BuiltinEventEngine
	booted chan error
	addr   net.Addr
	loop   atomic.Pointer[gnet.EventLoop] // of a connection
}

func (g *gnetServer) OnBoot(e gnet.Engine) gnet.Action {
	fd, err := e.Dup()
	if err == nil {
		f := os.NewFile(uintptr(fd), "listener")
		defer f.Close()
		var ln net.Listener
		if ln, err = net.FileListener(f); err == nil {
			g.addr = ln.Addr()
			ln.Close()
		}
	}
	g.booted <- err
	return gnet.None
}

func (g *gnetServer) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	l := c.EventLoop()
	g.loop.Store(&l)
	return nil, gnet.None
}

func (g *gnetServer) OnTraffic(c gnet.Conn) gnet.Action {
	p, err := c.Next(-1)
	if err == nil {
		_, err = c.Write(p)
	}
	if err != nil {
		return gnet.Close
	}
	return gnet.None
}

// poster returns what has a function called on the event loop. gnet tells its
// loop to connections only.
func (g *gnetServer) poster() (func(fn func()), error) {
	l := g.loop.Load()
	if l == nil {
		return nil, errNone
	}
	return func(fn func()) {
		run := gnet.RunnableFunc(func(context.Context) error { fn(); return nil })
		if err := (*l).Execute(context.Background(), run); err != nil {
			fatal(err)
		}
	}, nil
}
