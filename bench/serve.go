package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/loophttp"
	"github.com/loopvet/loopvet/runtime/loopnet"
	"github.com/loopvet/loopvet/runtime/pool"
	"github.com/panjf2000/gnet/v2"
	"go.uber.org/zap"
)

// A goServer is a server that this program can be.
type goServer struct {
	name  string
	serve func(c config) (*served, error)
}

var goServers = []goServer{
	{"ours", serveOurs()},
	{"gnet", serveGnet},
	{"plain net", serveNet},
}

// serveVariable is the environment variable that makes this program a server.
const serveVariable = "LOOPVET_BENCH_SERVE"

// greeting is the body of each response of an HTTP server.
const greeting = "hello"

// A config says what to serve: echo, tls or http.
type config struct {
	speaks string
	dir    string
	tls    *tls.Config // nil unless tls
}

func (c config) file() string { return filepath.Join(c.dir, "file") }

// served is a server that runs. A nil one does not speak what it should.
type served struct {
	addr net.Addr

	// commands do something n times, at most inFlight at a time, and return how
	// long that took. They are called one after the other.
	commands map[string]func(n, inFlight int) (time.Duration, error)
}

// serve is the main function of a server: see session for what it is asked.
func serve(name, speaks, dir string) error {
	c := config{speaks: speaks, dir: dir}
	if speaks == "tls" {
		cert, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
		if err != nil {
			return err
		}
		c.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	i := slices.IndexFunc(goServers, func(g goServer) bool { return g.name == name })
	if i < 0 {
		return fmt.Errorf("there is no server %q", name)
	}
	s, err := goServers[i].serve(c)
	if err != nil {
		return err
	}
	if s == nil {
		fmt.Println("none")
		return nil
	}
	fmt.Println(s.addr)
	s.commands["gc"] = func(int, int) (time.Duration, error) {
		for range 3 { // a stack that is used no more shrinks by half each time
			debug.FreeOSMemory()
		}
		return 0, nil
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var command string
		var n, inFlight int
		if _, err := fmt.Sscan(in.Text(), &command, &n, &inFlight); err != nil {
			return err
		}
		do := s.commands[command]
		if do == nil {
			fmt.Println("none")
			continue
		}
		took, err := do(n, inFlight)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("ok", float64(took)/float64(max(n, 1)))
	}
	return in.Err()
}

// compute takes some milliseconds of a processor.
func compute() uint64 {
	x := uint64(1)
	for range 4_000_000 {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

// serveOurs is the runtime of this repository: one loop and its pool.
func serveOurs(opts ...loopnet.Option) func(config) (*served, error) {
	return func(c config) (*served, error) {
		l := loop.New()
		l.Hold() // for good
		s := &served{commands: map[string]func(n, inFlight int) (time.Duration, error){
			"post": func(n, _ int) (time.Duration, error) {
				return timed(func() { pingPong(n, func(fn func()) { l.Post(fn) }) }), nil
			},
			"burst": func(n, _ int) (time.Duration, error) {
				done := make(chan struct{})
				return timed(func() {
					produce(1, n, func(fn func()) { l.Post(fn) }, func() { close(done) })
					<-done
				}), nil
			},
			"busy": func(_, inFlight int) (time.Duration, error) {
				return 0, l.Post(func() { busyLoop(l, inFlight) })
			},
			"stat": func(n, inFlight int) (time.Duration, error) {
				return onLoop(l, n, inFlight, func(after func(error)) func() {
					told := func(_ fs.FileInfo, err error) { after(err) }
					return func() { loopfs.Stat(context.Background(), l, c.file(), told) }
				})
			},
			"readfile": func(n, inFlight int) (time.Duration, error) {
				return onLoop(l, n, inFlight, func(after func(error)) func() {
					told := func(p []byte, err error) { after(complete(len(p), err)) }
					return func() { loopfs.ReadFile(context.Background(), l, c.file(), told) }
				})
			},
			"read": func(n, inFlight int) (time.Duration, error) { return readOpen(l, c.file(), n, inFlight) },
		}}
		switch c.speaks {
		case "http":
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, err
			}
			s.addr = ln.Addr()
			go http.Serve(ln, loophttp.Handler(l, func(x *loophttp.Exchange) { x.End([]byte(greeting)) }))
		default:
			if c.tls != nil {
				opts = append(opts, loopnet.WithTLS(c.tls))
			}
			ln, err := loopnet.Listen(l, "tcp", "127.0.0.1:0", acceptOurs, opts...)
			if err != nil {
				return nil, err
			}
			s.addr = ln.Addr()
		}
		go l.Run(context.Background())
		return s, nil
	}
}

func acceptOurs(ln *loopnet.Listener, err error) {
	if err != nil {
		fatal(err)
	}
	c, err := ln.Accept()
	if err != nil {
		fatal(err)
	}
	var echo func(p []byte, err error)
	echo = func(p []byte, err error) {
		if err != nil {
			c.Close()
			return
		}
		n, err := c.TryWrite(p)
		if err != nil && err != loopnet.ErrAgain {
			c.Close()
			return
		}
		if n < len(p) {
			c.Write(append([]byte(nil), p[n:]...), nil)
			if c.Full() {
				c.ReadStop()
			}
		}
	}
	c.OnDrain(func() { c.ReadStart(echo) })
	c.ReadStart(echo)
}

// busyLoop keeps so many computations on the loop's pool.
func busyLoop(l *loop.Loop, inFlight int) {
	work := func(context.Context) (uint64, error) { return compute(), nil }
	var again func(uint64, error)
	again = func(uint64, error) {
		loop.QueueWork(context.Background(), l, work, again, loop.Task(pool.InClass(pool.CPU)))
	}
	for range inFlight {
		again(0, nil)
	}
}

// onLoop has requests made on l, n in all and no more than inFlight at a time.
// op makes what starts one of them and has after called when it is done.
func onLoop(l *loop.Loop, n, inFlight int, op func(after func(error)) (start func())) (time.Duration, error) {
	done := make(chan error, 1)
	var failed error
	active := 0
	begin := func() {
		for range min(n, inFlight) {
			var start func()
			next := func() {
				if n > 0 && failed == nil {
					n--
					start()
				} else if active--; active == 0 {
					done <- failed
				}
			}
			start = op(func(err error) {
				failed = errors.Join(failed, err)
				next()
			})
			active++
			next()
		}
	}
	start := time.Now()
	if err := l.Post(begin); err != nil {
		return 0, err
	}
	err := <-done
	return time.Since(start), err
}

// readOpen reads a file that is open.
func readOpen(l *loop.Loop, name string, n, inFlight int) (time.Duration, error) {
	opened := make(chan error, 1)
	var f *loopfs.File
	l.Post(func() {
		loopfs.Open(context.Background(), l, name, os.O_RDONLY, 0, func(file *loopfs.File, err error) {
			f = file
			opened <- err
		})
	})
	if err := <-opened; err != nil {
		return 0, err
	}
	defer l.Post(func() { f.Close(context.Background(), func(error) {}) })
	return onLoop(l, n, inFlight, func(after func(error)) func() {
		buf := make([]byte, fileSize)
		told := func(n int, err error) { after(complete(n, err)) }
		return func() { f.ReadAt(context.Background(), buf, 0, told) }
	})
}

// complete returns the error of reading n bytes of the file, one too if that is
// not all of it.
func complete(n int, err error) error {
	if err == nil && n != fileSize {
		return fmt.Errorf("read %d of %d bytes", n, fileSize)
	}
	return err
}

// serveNet is package net with a goroutine for each connection, and package os.
func serveNet(c config) (*served, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &served{addr: ln.Addr(), commands: map[string]func(n, inFlight int) (time.Duration, error){
		"busy": busyGoroutines,
		"stat": func(n, inFlight int) (time.Duration, error) {
			return onGoroutines(n, inFlight, func() error {
				_, err := os.Stat(c.file())
				return err
			})
		},
		"readfile": func(n, inFlight int) (time.Duration, error) {
			return onGoroutines(n, inFlight, func() error {
				p, err := os.ReadFile(c.file())
				return complete(len(p), err)
			})
		},
		"read": func(n, inFlight int) (time.Duration, error) {
			f, err := os.Open(c.file())
			if err != nil {
				return 0, err
			}
			defer f.Close()
			bufs := sync.Pool{New: func() any { return new([fileSize]byte) }}
			return onGoroutines(n, inFlight, func() error {
				buf := bufs.Get().(*[fileSize]byte)
				defer bufs.Put(buf)
				return complete(f.ReadAt(buf[:], 0))
			})
		},
	}}
	if c.speaks == "http" {
		go http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(greeting)) }))
		return s, nil
	}
	if c.tls != nil {
		ln = tls.NewListener(ln, c.tls)
	}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				fatal(err)
			}
			go echoNet(conn)
		}
	}()
	return s, nil
}

func echoNet(c net.Conn) {
	defer c.Close()
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

// onGoroutines calls op n times, on so many goroutines.
func onGoroutines(n, inFlight int, op func() error) (time.Duration, error) {
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	errs := make(chan error, inFlight)
	start := time.Now()
	for range inFlight {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := op(); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	close(errs)
	return took, <-errs
}

// busyGoroutines computes on so many goroutines, and on no more than a pool has
// workers.
func busyGoroutines(_, inFlight int) (time.Duration, error) {
	for range min(inFlight, poolSize) {
		go func() {
			for {
				compute()
			}
		}()
	}
	return 0, nil
}

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

// fatal ends a server whose error the client would not see.
func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
