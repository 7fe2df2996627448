// Package forever has tasks that never give their worker back.
package forever

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

type server struct {
	workers *pool.Pool
	events  chan string
	jobs    chan string
	mu      sync.Mutex
	ready   *sync.Cond
	queue   []string
}

func newServer() *server {
	s := &server{workers: pool.New(4), events: make(chan string), jobs: make(chan string, 8)}
	s.ready = sync.NewCond(&s.mu)
	return s
}

func (s *server) handle(conn net.Conn) { conn.Close() }

// An accept loop.
func (s *server) accept(ln net.Listener) {
	s.workers.TrySubmit(func() {
		for {
			conn, err := ln.Accept() // want `an accept loop holds a worker for good \(pool-forever\): task of \(\*pool.Pool\).TrySubmit`
			if err != nil {
				continue
			}
			s.handle(conn)
		}
	})
}

// On a goroutine of its own.
func (s *server) acceptBeside(ln net.Listener) {
	go func() {
		for {
			conn, err := ln.Accept() // ok: on a goroutine
			if err != nil {
				return
			}
			s.workers.TrySubmit(func() { s.handle(conn) })
		}
	}()
}

// One connection, and then the worker is free.
func (s *server) acceptOne(ln net.Listener) *pool.Future[net.Conn] {
	return pool.Go(context.Background(), s.workers, func(context.Context) (net.Conn, error) {
		return ln.Accept() // ok: one connection
	})
}

// An empty select.
func (s *server) park() {
	s.workers.TrySubmit(func() {
		signal.Ignore(os.Interrupt)
		select {} // want `select \{\} holds a worker for good \(pool-forever\): task of \(\*pool.Pool\).TrySubmit`
	})
}

// A ticker loop.
func (s *server) heartbeat() {
	pool.Go(context.Background(), s.workers, func(context.Context) (int, error) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for range tick.C { // want `a ticker loop holds a worker for good \(pool-forever\): task of pool.Go`
			s.flush()
		}
		return 0, nil
	})
}

func (s *server) flush() {
	s.mu.Lock()
	s.queue = nil
	s.mu.Unlock()
}

// A timer of the loop takes no worker.
func (s *server) beat(l *loop.Loop) {
	l.SetInterval(time.Second, func() {
		s.workers.TrySubmit(s.flush) // ok: one round, and the worker is free
	})
}

// Ticks that are counted.
func (s *server) countdown() {
	s.workers.TrySubmit(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for left := 10; left > 0; left-- {
			<-tick.C // ok: ten times
			s.flush()
		}
	})
}

// A range over a channel that nobody closes.
func (s *server) consume() {
	s.workers.TrySubmit(func() {
		for event := range s.events { // want `a receive loop holds a worker for good \(pool-forever\): task of \(\*pool.Pool\).TrySubmit`
			s.push(event)
		}
	})
}

func (s *server) push(event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, event)
	s.ready.Signal()
}

// This one is closed.
func (s *server) drain(names [3]string) {
	s.workers.TrySubmit(func() {
		for job := range s.jobs { // ok: closed below
			s.push(job)
		}
	})
	for _, name := range names {
		s.jobs <- name
	}
	close(s.jobs)
}

// A local one that is closed by who feeds it.
func (s *server) copyLines(r io.Reader) {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for sc := bufio.NewScanner(r); sc.Scan(); {
			lines <- sc.Text()
		}
	}()
	s.workers.TrySubmit(func() {
		for line := range lines { // ok: closed above
			s.push(line)
		}
	})
}

// An endless loop around a condition variable, in a method.
func (s *server) dispatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for len(s.queue) == 0 { // want `an endless loop holds a worker for good \(pool-forever\): task of \(\*pool.Pool\).TrySubmit -> \(\*server\).dispatch`
			s.ready.Wait()
		}
		s.queue = s.queue[1:]
	}
}

func (s *server) start() { s.workers.TrySubmit(s.dispatch) }

// A call that does not come back.
func (s *server) serveHTTP(h http.Handler) {
	pool.Go(context.Background(), s.workers, func(context.Context) (int, error) {
		return 0, http.ListenAndServe("localhost:8080", h) // want `http.ListenAndServe holds a worker for good \(pool-forever\): task of pool.Go -> http.ListenAndServe`
	})
	go http.ListenAndServe("localhost:8081", h) // ok: on a goroutine
}

// A loop that ends with its input.
func (s *server) readAll(r io.Reader) {
	s.workers.TrySubmit(func() {
		sc := bufio.NewScanner(r)
		for sc.Scan() { // ok: to the end of the input
			s.push(sc.Text())
		}
	})
	s.workers.TrySubmit(func() {
		buf := make([]byte, 512)
		for { // ok: to the end of the input
			n, err := r.Read(buf)
			if errors.Is(err, io.EOF) {
				return
			}
			s.push(string(buf[:n]))
		}
	})
}

// A loop that gives up.
func (s *server) retry(name string) {
	s.workers.TrySubmit(func() {
		for attempt := 0; ; attempt++ { // ok: it gives up
			if _, err := os.Stat(name); err == nil || attempt == 5 {
				return
			}
			time.Sleep(time.Second)
		}
	})
}

// Three of four workers, and the loop's work beside them.
func subscribe(ctx context.Context, names [3]string, events chan string) {
	p := pool.New(4)
	for range names {
		p.TrySubmit(func() {
			for {
				poll(events) // want `an endless loop holds a worker for good \(pool-forever\): task of \(\*pool.Pool\).TrySubmit.*3 of 4 workers`
			}
		})
	}
	p.TrySubmit(func() { os.Remove("lock") }) // ok: it returns
}

func poll(events chan string) {
	select {
	case events <- "poll":
	default:
	}
	time.Sleep(time.Second)
}

// The loop's own pool.
func watch(ctx context.Context, l *loop.Loop, changes <-chan string, show func(string)) {
	loop.QueueFunc(ctx, l, func(context.Context) error {
		for {
			change := <-changes // want `a receive loop holds a worker for good \(pool-forever\): task of loop.QueueFunc`
			l.Post(func() { show(change) })
		}
	}, func(error) {})
}

// One change, and the worker is free until the callback asks for the next.
func watchNext(ctx context.Context, l *loop.Loop, changes <-chan string, show func(string, error)) {
	loop.QueueWork(ctx, l, func(context.Context) (string, error) {
		return <-changes, nil // ok: one receive
	}, show)
}

// Polling ends when what it looks for has come about.
func awaitFile(p *pool.Pool, name string, events chan string) {
	p.TrySubmit(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for range tick.C { // ok: until the file is there
			if _, err := os.Stat(name); err == nil {
				return
			}
		}
	})
	p.TrySubmit(func() {
		tick, end := time.NewTicker(time.Second), time.NewTimer(time.Minute)
		defer tick.Stop()
		for {
			select { // ok: a minute at most
			case <-tick.C:
				os.Remove(name)
			case <-end.C:
				return
			}
		}
	})
	p.TrySubmit(func() {
		for {
			if event := <-events; event == "last" { // ok: until the last event
				return
			}
		}
	})
}

// What a signal ends goes on until then.
func sweep(ctx context.Context, p *pool.Pool, stop chan struct{}) {
	p.TrySubmit(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select { // want `a ticker loop holds a worker for good \(pool-forever\)`
			case <-tick.C:
				os.Remove("spool")
			case <-stop:
				return
			}
		}
	})
	p.TrySubmit(func() {
		for ctx.Err() == nil {
			<-time.After(time.Second) // want `a ticker loop holds a worker for good \(pool-forever\)`
			os.Remove("spool")
		}
	})
}

// As long as the program runs, or as long as a deadline lets it.
func reload(p *pool.Pool, load func()) {
	pool.Go(context.Background(), p, func(context.Context) (int, error) {
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		for {
			select { // ok: an hour at most
			case <-tick.C:
				load()
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}
	})
}
