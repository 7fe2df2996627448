// Command stalled is a small shop on an event loop, with two mistakes in it: a
// callback reads a file, and another one writes a file two packages away. While
// the disk is slow nobody is served. The command served is the same shop
// without them.
//
//	curl localhost:8080/menu
//	curl -d tea localhost:8080/order
//	curl localhost:8080/stats
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/loopvet/loopvet/examples/stalled/orders"
	"github.com/loopvet/loopvet/runtime/loop"
)

// A shop answers requests. Its counters and its book belong to the loop, so
// they need no locks.
type shop struct {
	loop *loop.Loop
	menu string // name of the menu's file

	book    *orders.Book
	served  int
	minutes []int // requests served in each minute
}

// An answer goes from a callback back to the goroutine of its connection.
type answer struct {
	text string
	err  error
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	dir := flag.String("dir", ".", "directory of menu.txt and of the receipts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *addr, *dir); err != nil {
		log.Fatal(err)
	}
}

// serve runs the shop until ctx ends.
func serve(ctx context.Context, addr, dir string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Println("serving on", listener.Addr())

	s := &shop{loop: loop.New(), menu: filepath.Join(dir, "menu.txt"), book: orders.NewBook(dir)}
	s.loop.SetInterval(time.Minute, func() {
		s.minutes = append(s.minutes, s.served)
		s.served = 0
	})

	mux := http.NewServeMux()
	mux.HandleFunc("GET /menu", s.getMenu)
	mux.HandleFunc("POST /order", s.postOrder)
	mux.HandleFunc("GET /stats", s.getStats)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	defer server.Close()

	s.loop.Run(ctx) // until ctx ends: the interval never does
	return nil
}

func (s *shop) getMenu(w http.ResponseWriter, r *http.Request) {
	answers := make(chan answer, 1)
	s.loop.Post(func() {
		s.served++
		menu, err := os.ReadFile(s.menu)
		answers <- answer{string(menu), err}
	})
	send(w, r, answers)
}

func (s *shop) postOrder(w http.ResponseWriter, r *http.Request) {
	item, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<10))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answers := make(chan answer, 1)
	s.loop.Post(func() {
		s.served++
		order, err := s.book.Place(string(item))
		answers <- answer{order.String() + "\n", err}
	})
	send(w, r, answers)
}

func (s *shop) getStats(w http.ResponseWriter, r *http.Request) {
	answers := make(chan answer, 1)
	s.loop.Post(func() {
		answers <- answer{text: fmt.Sprintf("%d requests, %d orders\n", s.served, s.book.Len())}
	})
	send(w, r, answers)
}

// send waits for the answer, on the goroutine of the connection.
func send(w http.ResponseWriter, r *http.Request, answers <-chan answer) {
	select {
	case a := <-answers:
		if a.err != nil {
			http.Error(w, a.err.Error(), http.StatusInternalServerError)
			return
		}
		io.WriteString(w, a.text)
	case <-r.Context().Done():
	}
}
