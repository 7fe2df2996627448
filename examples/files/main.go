// Command files keeps files for its clients, over HTTP and on an event loop. What is in
// them lies in a directory; their names, sizes, hashes and owners are in a database: SQLite,
// or PostgreSQL.
//
//	mkdir -p /tmp/files
//	go run -C examples/files . -addr 127.0.0.1:7001 -dir /tmp/files
//	curl -u ann: -T notes.txt http://127.0.0.1:7001/notes.txt
//	curl http://127.0.0.1:7001/notes.txt
//	curl -r 10-19 http://127.0.0.1:7001/notes.txt
//	curl http://127.0.0.1:7001/
//	curl -u ann: -X DELETE http://127.0.0.1:7001/notes.txt
//
// With -db postgres://user:password@host/database the database is there.
//
// Files go through it piece by piece, whatever their size: while a client does not read,
// its file is not read, and while the disk does not write, no more of an upload is read.
//
// What the database says counts. An upload is a file of its own with a name that only the
// database has, and it has it when the file is complete; what a step that fails or a client
// that leaves has left behind is removed, and what a crash has, when the server starts
// again. Who owns a file is the user of HTTP's basic authentication; the password is not
// looked at.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loophttp"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7001", "address to listen on")
	dir := flag.String("dir", ".", "directory that the files are in")
	url := flag.String("db", "", "database: a URL of PostgreSQL, or a file (default DIR/index.db)")
	quota := flag.Int64("quota", 1<<30, "how many bytes one owner may have")
	flag.Parse()
	if *url == "" {
		*url = filepath.Join(*dir, "index.db")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *addr, *dir, *url, *quota); err != nil {
		log.Fatal(err)
	}
}

// serve runs the server until ctx ends, and then lets what is on its way arrive for a few
// seconds.
func serve(ctx context.Context, addr, dir, url string, quota int64) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	defer ln.Close()
	l := loop.New()
	db, err := openIndex(l, url)
	if err != nil {
		return err
	}
	k := &keeper{loop: l, dir: dir, index: db, quota: quota, turns: make(map[string][]func(func()))}
	server := &http.Server{Handler: loophttp.Handler(l, k.answer), ReadHeaderTimeout: 10 * time.Second}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	fail := func(err error) {
		select {
		case failed <- err:
		default: // another one was first
		}
		cancel()
	}
	hold := l.Hold()
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		server.Shutdown(grace)
		server.Close()
		hold.Release()
	}()
	k.prepare(func(err error) {
		if err != nil {
			fail(err)
			return
		}
		fmt.Println("serving on", ln.Addr())
		go func() {
			if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				fail(err)
			}
		}()
	})
	if err := l.Run(context.Background()); err != nil {
		return err
	}
	if err := l.Close(context.Background()); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}
