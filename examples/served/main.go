// Command served is a small shop on an event loop. What has to wait for the disk
// runs on the pool, and its result comes back as a callback. The command stalled
// is the same shop with two callbacks that wait themselves.
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

	"github.com/loopvet/loopvet/examples/served/orders"
	"github.com/loopvet/loopvet/examples/served/receipts"
	"github.com/loopvet/loopvet/runtime/loop"
)

// A shop answers requests. Its counters and its book belong to the loop, so
// they need no locks.
type shop struct {
	loop *loop.Loop
	dir  string // where the menu is and the receipts go

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

	s := &shop{loop: loop.New(), dir: dir, book: new(orders.Book)}
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
		loop.QueueWork(r.Context(), s.loop, func(context.Context) ([]byte, error) {
			return os.ReadFile(filepath.Join(s.dir, "menu.txt"))
		}, func(menu []byte, err error) {
			answers <- answer{string(menu), err}
		})
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
		order := s.book.Place(string(item))
		loop.QueueFunc(r.Context(), s.loop, func(context.Context) error {
			return receipts.Write(s.dir, order.Number, order.String())
		}, func(err error) {
			answers <- answer{order.String() + "\n", err}
		})
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
