package main

import (
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

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
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(greeting)) })
		go func() { fatal(http.Serve(ln, handler)) }()
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
