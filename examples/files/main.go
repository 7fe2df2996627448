// Command files keeps files for its clients, over HTTP and on an event loop.
//
//	go run ./files -addr 127.0.0.1:7001 -dir /tmp/files
//	curl -T notes.txt http://127.0.0.1:7001/notes.txt
//	curl http://127.0.0.1:7001/notes.txt
//	curl http://127.0.0.1:7001/
//	curl -X DELETE http://127.0.0.1:7001/notes.txt
//
// Files go through it piece by piece, whatever their size: while a client does not
// read, its file is not read, and while the disk does not write, no more of an upload is
// read. An upload appears under its name when it is complete; if its client leaves, what
// came is removed. The loop knows how many files are on their way without a lock.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/loophttp"
	"github.com/loopvet/loopvet/runtime/loopio"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7001", "address to listen on")
	dir := flag.String("dir", ".", "directory that the files are in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *addr, *dir); err != nil {
		log.Fatal(err)
	}
}

// serve runs the server until ctx ends, and then lets what is on its way arrive for a
// few seconds.
func serve(ctx context.Context, addr, dir string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	k := &keeper{loop: loop.New(), dir: dir}
	server := &http.Server{Handler: loophttp.Handler(k.loop, k.answer)}
	hold := k.loop.Hold()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		server.Shutdown(grace)
		server.Close()
		hold.Release()
	}()
	fmt.Println("serving on", ln.Addr())
	if err := k.loop.Run(context.Background()); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return k.loop.Close(context.Background())
}

// A keeper has the files of one directory. It belongs to the loop.
type keeper struct {
	loop   *loop.Loop
	dir    string
	moving int // files on their way
}

// answer takes one request.
func (k *keeper) answer(x *loophttp.Exchange) {
	name := strings.TrimPrefix(x.Request.URL.Path, "/")
	switch {
	case name == "" && x.Request.Method == http.MethodGet:
		k.list(x)
	case strings.HasPrefix(name, ".") || name != filepath.Base(name) || name == "":
		refuse(x, http.StatusBadRequest, "want the name of a file")
	case x.Request.Method == http.MethodGet:
		k.send(x, filepath.Join(k.dir, name))
	case x.Request.Method == http.MethodPut:
		k.receive(x, filepath.Join(k.dir, name))
	case x.Request.Method == http.MethodDelete:
		loopfs.Remove(x.Context(), k.loop, filepath.Join(k.dir, name), func(err error) { conclude(x, err) })
	default:
		refuse(x, http.StatusMethodNotAllowed, "GET, PUT and DELETE are understood")
	}
}

// list names the files that are complete.
func (k *keeper) list(x *loophttp.Exchange) {
	loopfs.ReadDir(x.Context(), k.loop, k.dir, func(entries []fs.DirEntry, err error) {
		if err != nil {
			conclude(x, err)
			return
		}
		x.Header().Set("Files-On-Their-Way", strconv.Itoa(k.moving))
		for _, entry := range entries {
			if entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), ".") {
				x.Write([]byte(entry.Name()+"\n"), nil)
			}
		}
		x.End(nil)
	})
}

// send answers with a file.
func (k *keeper) send(x *loophttp.Exchange, name string) {
	ctx := x.Context()
	loopfs.Open(ctx, k.loop, name, os.O_RDONLY, 0, func(f *loopfs.File, err error) {
		if err != nil {
			conclude(x, err)
			return
		}
		f.Stat(ctx, func(info fs.FileInfo, err error) {
			if err == nil && !info.Mode().IsRegular() {
				err = fs.ErrNotExist
			}
			if err != nil {
				f.Close(context.Background(), func(error) {})
				conclude(x, err)
				return
			}
			x.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
			x.Header().Set("Content-Type", "application/octet-stream")
			// A file that grows meanwhile is sent as long as it was.
			file := loopfs.NewReadStream(ctx, f, loopfs.WithLength(info.Size()))
			k.moving++
			file.OnClose(func() { k.moving-- })
			// When the client leaves while the file waits for it, nothing else would
			// tell: its exchange closes.
			x.OnClose(file.Close)
			loopio.Pipe(x, file, func(_ int64, err error) {
				if err != nil {
					x.Close() // the client sees that something is missing
					return
				}
				x.End(nil)
			})
		})
	})
}

// receive makes a file of a request's body.
func (k *keeper) receive(x *loophttp.Exchange, name string) {
	ctx := x.Context()
	loopfs.CreateTemp(ctx, k.loop, k.dir, ".upload-*", func(f *loopfs.File, err error) {
		if err != nil {
			conclude(x, err)
			return
		}
		part := f.Name()
		file := loopfs.NewWriteStream(context.Background(), f)
		done := false
		k.moving++
		file.OnClose(func() {
			k.moving--
			if done {
				loopfs.Rename(context.Background(), k.loop, part, name, func(err error) { conclude(x, err) })
			} else {
				loopfs.Remove(context.Background(), k.loop, part, func(error) {})
			}
		})
		x.OnClose(file.Close) // if the client leaves
		loopio.Pipe(file, x, func(_ int64, err error) {
			if err != nil {
				file.Close()
				conclude(x, err)
				return
			}
			file.End(func(err error) {
				if done = err == nil; !done {
					conclude(x, err)
				}
			})
		})
	})
}

// conclude answers with no more than whether it went well.
func conclude(x *loophttp.Exchange, err error) {
	switch {
	case err == nil:
		x.WriteHeader(http.StatusNoContent)
		x.End(nil)
	case errors.Is(err, fs.ErrNotExist):
		refuse(x, http.StatusNotFound, "there is no such file")
	default:
		log.Printf("%s %s: %v", x.Request.Method, x.Request.URL.Path, err)
		refuse(x, http.StatusInternalServerError, "that did not work")
	}
}

func refuse(x *loophttp.Exchange, status int, text string) {
	x.WriteHeader(status)
	x.End([]byte(text + "\n"))
}
