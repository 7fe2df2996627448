package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/loophttp"
	"github.com/loopvet/loopvet/runtime/loopio"
	"github.com/loopvet/loopvet/runtime/pool"
)

// A keeper has the files of one directory. It belongs to the loop, so what it counts and
// who waits for whom needs no locks.
type keeper struct {
	loop   *loop.Loop
	dir    string
	index  *index
	quota  int64                     // bytes of an owner
	moving int                       // files on their way
	turns  map[string][]func(func()) // changes to what an owner has; the first is under way
}

// prefix begins the names of files in the directory.
const prefix = "file-"

// prepare makes the table, and removes the files that no record has: what an earlier
// server did not come to.
func (k *keeper) prepare(after func(error)) {
	ctx := context.Background()
	k.index.create(ctx, func(err error) {
		if err != nil {
			after(err)
			return
		}
		k.index.stored(ctx, func(known []string, err error) {
			if err != nil {
				after(err)
				return
			}
			loop.QueueFunc(ctx, k.loop, func(context.Context) error { return sweep(k.dir, known) }, after)
		})
	})
}

// sweep removes the files that are not known. A worker runs it.
func sweep(dir string, known []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	slices.Sort(known)
	for _, entry := range entries {
		name := entry.Name()
		if _, found := slices.BinarySearch(known, name); found || !strings.HasPrefix(name, prefix) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// answer takes one request.
func (k *keeper) answer(x *loophttp.Exchange) {
	name := strings.TrimPrefix(x.Request.URL.Path, "/")
	method := x.Request.Method
	if method == http.MethodGet && name == "" {
		k.list(x)
		return
	}
	if name == "" || len(name) > 255 || name[0] == '.' || strings.ContainsFunc(name, func(r rune) bool {
		return r == '/' || r == unicode.ReplacementChar || !unicode.IsPrint(r)
	}) {
		refuse(x, http.StatusBadRequest, "want the name of a file")
		return
	}
	if method == http.MethodGet || method == http.MethodHead {
		k.send(x, name, "")
		return
	}
	if method != http.MethodPut && method != http.MethodDelete {
		refuse(x, http.StatusMethodNotAllowed, "GET, HEAD, PUT and DELETE are understood")
		return
	}
	owner, _, _ := x.Request.BasicAuth()
	if owner == "" {
		x.Header().Set("WWW-Authenticate", `Basic realm="files"`)
		refuse(x, http.StatusUnauthorized, "say who you are")
		return
	}
	if method == http.MethodPut {
		k.receive(x, name, owner)
	} else {
		k.inTurn(owner, func(done func()) { k.remove(x, name, owner, done) })
	}
}

// list tells what there is, a line for each file.
func (k *keeper) list(x *loophttp.Exchange) {
	x.Header().Set("Files-On-Their-Way", strconv.Itoa(k.moving))
	x.Header().Set("Content-Type", "text/plain; charset=utf-8")
	k.listAfter(x, "")
}

// listAfter goes on after a name. While the client does not read it asks for no more, and
// holds no connection to the database.
func (k *keeper) listAfter(x *loophttp.Exchange, last string) {
	k.index.page(x.Context(), last, func(records []record, err error) {
		if err != nil && last != "" {
			x.Close() // the client sees that something is missing
			return
		}
		if err != nil {
			conclude(x, err)
			return
		}
		for _, r := range records {
			x.Write(fmt.Appendf(nil, "%s\t%s\t%d\t%s\n", r.hash, r.owner, r.size, r.name), nil)
			last = r.name
		}
		switch {
		case len(records) < pageSize:
			x.End(nil)
		case x.Full():
			x.OnDrain(func() { k.listAfter(x, last) })
		default:
			k.listAfter(x, last)
		}
	})
}

// send answers with a file, or the part of it that is asked for. It has not been found
// under the name gone.
func (k *keeper) send(x *loophttp.Exchange, name, gone string) {
	ctx := x.Context()
	k.index.find(ctx, name, func(r record, err error) {
		if err != nil {
			conclude(x, err)
			return
		}
		head := x.Header()
		head.Set("Content-Type", "application/octet-stream")
		head.Set("Accept-Ranges", "bytes")
		head.Set("ETag", `"`+r.hash+`"`)
		asked := ""
		if x.Request.Method == http.MethodGet {
			asked = x.Request.Header.Get("Range")
		}
		from, n, part, ok := rangeOf(asked, r.size)
		if !ok {
			head.Set("Content-Range", fmt.Sprintf("bytes */%d", r.size))
			refuse(x, http.StatusRequestedRangeNotSatisfiable, "there is nothing there")
			return
		}
		loopfs.Open(ctx, k.loop, filepath.Join(k.dir, r.stored), os.O_RDONLY, 0, func(f *loopfs.File, err error) {
			if errors.Is(err, fs.ErrNotExist) && r.stored != gone {
				k.send(x, name, r.stored) // another upload has taken its place meanwhile
				return
			}
			if err != nil {
				conclude(x, err)
				return
			}
			head.Set("Content-Length", strconv.FormatInt(n, 10))
			if part {
				head.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+n-1, r.size))
				x.WriteHeader(http.StatusPartialContent)
			}
			if x.Request.Method == http.MethodHead {
				n = 0
			}
			file := loopfs.NewReadStream(ctx, f, loopfs.WithOffset(from), loopfs.WithLength(n))
			k.moving++
			file.OnClose(func() { k.moving-- })
			loopio.Pipe(x, file, func(_ int64, err error) {
				if err != nil { // the client has left, for one
					file.Close()
					x.Close() // the client sees that something is missing
					return
				}
				x.End(nil)
			})
		})
	})
}

// rangeOf reads a header Range for a file of so many bytes: where to begin, how much to
// send, and whether that is a part; ok is false if there is no such part. Of what it does
// not understand, several ranges for one, it sends the whole, as RFC 9110, 14.2 has it.
func rangeOf(header string, size int64) (from, n int64, part, ok bool) {
	spec, found := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !found || !dash {
		return 0, size, false, true
	}
	to := size - 1
	var err error
	if first == "" { // the last bytes
		var tail int64
		tail, err = strconv.ParseInt(last, 10, 64)
		from = max(size-tail, 0)
	} else {
		from, err = strconv.ParseInt(first, 10, 64)
		if last != "" && err == nil {
			to, err = strconv.ParseInt(last, 10, 64)
		}
	}
	switch {
	case err != nil || first != "" && to < from && last != "":
		return 0, size, false, true
	case from >= size:
		return 0, 0, false, false
	}
	return from, min(to, size-1) - from + 1, true, true
}

// receive makes a file of a request's body.
func (k *keeper) receive(x *loophttp.Exchange, name, owner string) {
	ctx := x.Context()
	loopfs.CreateTemp(ctx, k.loop, k.dir, prefix+"*", func(f *loopfs.File, err error) {
		if err != nil {
			conclude(x, err)
			return
		}
		r := record{name: name, owner: owner, stored: filepath.Base(f.Name())}
		file := loopfs.NewWriteStream(context.Background(), f)
		complete := false
		k.moving++
		file.OnClose(func() {
			if complete {
				k.seal(x, r)
			} else {
				k.discard(r.stored, k.moved)
			}
		})
		x.OnClose(file.Close) // if the client leaves
		err = loopio.Pipe(file, x, func(_ int64, err error) {
			if err != nil {
				file.Close()
				conclude(x, err)
				return
			}
			file.End(func(err error) {
				if complete = err == nil; !complete {
					conclude(x, err)
				}
			})
		})
		if err != nil { // it has left already
			file.Close()
		}
	})
}

// moved counts a file that has arrived, one way or another.
func (k *keeper) moved() { k.moving-- }

// seal has a worker read a complete file, and enters it.
func (k *keeper) seal(x *loophttp.Exchange, r record) {
	path := filepath.Join(k.dir, r.stored)
	loop.QueueWork(x.Context(), k.loop, func(context.Context) (record, error) { return measure(r, path) },
		func(r record, err error) {
			if err != nil || x.Closing() {
				conclude(x, err)
				k.discard(r.stored, k.moved)
				return
			}
			k.inTurn(r.owner, func(done func()) { k.enter(x, r, done) })
		}, loop.Task(pool.InClass(pool.CPU)))
}

// measure finds out the size and the hash of a file, and has the disk keep it.
func measure(r record, path string) (record, error) {
	f, err := os.Open(path)
	if err != nil {
		return r, err
	}
	defer f.Close()
	hash := sha256.New()
	if r.size, err = io.Copy(hash, f); err != nil {
		return r, err
	}
	r.hash = hex.EncodeToString(hash.Sum(nil))
	return r, f.Sync()
}

// enter enters a record, and answers. The client may leave, but what has begun goes on.
func (k *keeper) enter(x *loophttp.Exchange, r record, done func()) {
	ctx := context.Background()
	through := func() {
		k.moved()
		done()
	}
	k.index.find(ctx, r.name, func(old record, err error) {
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			conclude(x, err)
			k.discard(r.stored, through)
			return
		}
		k.index.put(ctx, r, k.quota, func(err error) {
			conclude(x, err)
			k.settle(r.name, []string{old.stored, r.stored}, through)
		})
	})
}

// remove removes a file, its record first.
func (k *keeper) remove(x *loophttp.Exchange, name, owner string, done func()) {
	ctx := context.Background()
	k.index.find(ctx, name, func(r record, err error) {
		if err == nil && r.owner != owner {
			err = errTaken
		}
		if err != nil {
			conclude(x, err)
			done()
			return
		}
		k.index.remove(ctx, name, func(err error) {
			conclude(x, err)
			k.settle(name, []string{r.stored}, done)
		})
	})
}

// settle removes those of some files that are not in the record of a name. It asks the
// database: of a change that has failed, only it knows whether it has happened. If it
// does not say, they stay until the next start.
func (k *keeper) settle(name string, files []string, done func()) {
	k.index.find(context.Background(), name, func(r record, err error) {
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			log.Print(err)
			done()
			return
		}
		i := slices.IndexFunc(files, func(file string) bool { return file != "" && file != r.stored })
		if i < 0 {
			done()
			return
		}
		k.discard(files[i], done)
	})
}

// discard removes a file.
func (k *keeper) discard(stored string, done func()) {
	loopfs.Remove(context.Background(), k.loop, filepath.Join(k.dir, stored), func(err error) {
		if err != nil {
			log.Print(err)
		}
		done()
	})
}

// inTurn calls change when the changes to what owner has that came before are through.
// Change calls done at its end.
func (k *keeper) inTurn(owner string, change func(done func())) {
	k.turns[owner] = append(k.turns[owner], change)
	if len(k.turns[owner]) == 1 {
		k.nextTurn(owner)
	}
}

func (k *keeper) nextTurn(owner string) {
	k.turns[owner][0](func() {
		if k.turns[owner] = k.turns[owner][1:]; len(k.turns[owner]) > 0 {
			k.nextTurn(owner)
		} else {
			delete(k.turns, owner)
		}
	})
}

// conclude answers with no more than whether it went well.
func conclude(x *loophttp.Exchange, err error) {
	switch {
	case err == nil:
		x.WriteHeader(http.StatusNoContent)
		x.End(nil)
	case errors.Is(err, sql.ErrNoRows):
		refuse(x, http.StatusNotFound, "there is no such file")
	case errors.Is(err, errTaken):
		refuse(x, http.StatusForbidden, err.Error())
	case errors.Is(err, errQuota):
		refuse(x, http.StatusInsufficientStorage, err.Error())
	default:
		if !x.Closing() { // else the client has left
			log.Printf("%s %s: %v", x.Request.Method, x.Request.URL.Path, err)
		}
		refuse(x, http.StatusInternalServerError, "that did not work")
	}
}

func refuse(x *loophttp.Exchange, status int, text string) {
	x.WriteHeader(status)
	x.End([]byte(text + "\n"))
}
