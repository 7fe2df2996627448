package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/loophttp"
	"github.com/loopvet/loopvet/runtime/loopnet"
	"github.com/loopvet/loopvet/runtime/pool"
)

// serveOurs is the runtime of this repository: one loop and its pool. Options
// change its sockets; those of HTTP are net/http's.
func serveOurs(opts ...loopnet.Option) func(config) (*served, error) {
	return func(c config) (*served, error) {
		if c.speaks == "http" && len(opts) > 0 {
			return nil, nil
		}
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
			handler := loophttp.Handler(l, func(x *loophttp.Exchange) { x.End([]byte(greeting)) })
			go func() { fatal(http.Serve(ln, handler)) }()
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
		go func() { fatal(l.Run(context.Background())) }()
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
