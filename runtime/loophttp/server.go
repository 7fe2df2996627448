package loophttp

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Handler returns a handler that has fn called on l for each request, with the
// exchange to answer it by. Once l is closed it answers 503. A request waits while
// l does not run. Handler panics if fn is nil.
//
//loopvet:loop fn
//loopvet:nonblocking
func Handler(l *loop.Loop, fn func(x *Exchange)) http.Handler {
	if fn == nil {
		panic("loophttp: Handler: nil callback")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &Exchange{Request: r, header: make(http.Header), wake: make(chan struct{}, 1)}
		x.body.r = r.Body
		x.control = http.NewResponseController(w)
		if l.Post(func() { x.begin(l, fn) }) != nil {
			http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
			return
		}
		x.serve(w)
	})
}

// An Exchange is a request and its response. All methods are loop-only. It keeps
// the loop alive until it is closed: by itself, when the response is written or
// the client is gone, or by Close.
type Exchange struct {
	handle

	// Request is the request. Its Body belongs to the exchange: see ReadStart and
	// ReadAll.
	Request *http.Request

	header   http.Header
	status   int
	started  bool // header and status are on their way
	ended    bool
	ops      []op // not handed over yet
	buffered int
	full     bool
	drain    func()

	control *http.ResponseController
	wake    chan struct{}

	mu       sync.Mutex
	begun    bool     // guarded by mu; the loop knows the exchange
	queue    []op     // guarded by mu; for the goroutine of the connection
	results  []result // guarded by mu; for the loop
	aborted  bool     // guarded by mu; Close was called
	returned bool     // guarded by mu; the goroutine of the connection has left
}

// An op is something for the goroutine of the connection to do: to write, after
// the header if there is one, and then perhaps to leave.
type op struct {
	header http.Header
	status int
	p      []byte
	done   func(error)
	end    bool
}

// A result is an op that was done.
type result struct {
	op
	err error
}

// highWater is how many bytes make an exchange full, as in Node.
const highWater = 64 << 10

// Header returns the header of the response. Changes count until the first Write,
// WriteHeader or End.
//
//loopvet:looponly
//loopvet:nonblocking
func (x *Exchange) Header() http.Header { return x.header }

// WriteHeader sets the status, 200 without it, and sends the header. Once that
// was done it does nothing. It panics unless status has three digits.
//
//loopvet:looponly
//loopvet:nonblocking
func (x *Exchange) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic("loophttp: WriteHeader: not a status")
	}
	if !x.started && !x.ended && !x.Closing() {
		x.status = status
		x.add(op{})
	}
}

// Write writes a copy of p and then calls done, which may be nil. What the writes
// of one turn of the loop have left goes to the client at once. The errors that
// Write returns, and done is not called then, are [loop.ErrClosed] and [ErrEnded].
//
//loopvet:loop done
//loopvet:looponly
//loopvet:nonblocking
func (x *Exchange) Write(p []byte, done func(error)) error {
	switch {
	case x.Closing():
		return loop.ErrClosed
	case x.ended:
		return ErrEnded
	}
	x.add(op{p: append([]byte(nil), p...), done: done})
	return nil
}

// End writes a copy of p, which may be nil, and ends the response; the exchange
// closes when all is written. No more of the body is read. A response that is ended in the turn in which it
// began has its length in the header. The errors are those of Write.
//
//loopvet:looponly
//loopvet:nonblocking
func (x *Exchange) End(p []byte) error {
	switch {
	case x.Closing():
		return loop.ErrClosed
	case x.ended:
		return ErrEnded
	}
	x.ended = true
	x.read = nil
	x.add(op{p: append([]byte(nil), p...), end: true})
	return nil
}

// Buffered returns how many bytes wait to be written.
//
//loopvet:looponly
//loopvet:nonblocking
func (x *Exchange) Buffered() int { return x.buffered }

// Full reports whether the writer should wait for OnDrain: 64 KiB or more wait to
// be written, or did and some still do.
//
//loopvet:looponly
//loopvet:nonblocking
func (x *Exchange) Full() bool { return x.full }

// OnDrain has fn called each time that the exchange was full and all is written,
// in place of an earlier fn.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (x *Exchange) OnDrain(fn func()) { x.drain = fn }

// Close ends the exchange at once. If the response is not complete, the client
// sees a broken connection. Writes under way get [loop.ErrCanceled].
//
//loopvet:looponly
//loopvet:nonblocking
func (x *Exchange) Close() {
	if !x.ext.Shut() {
		return
	}
	x.read = nil
	x.mu.Lock()
	defer x.mu.Unlock()
	x.aborted = true
	if !x.returned {
		x.control.SetWriteDeadline(aLongTimeAgo)
		x.wakeUp()
	}
}

var aLongTimeAgo = time.Unix(1, 0)

func (x *Exchange) begin(l *loop.Loop, fn func(*Exchange)) {
	x.ext.Init(l, x, (*exchangeDriver)(x))
	x.ext.SetActive(true)
	x.mu.Lock()
	x.begun = true
	gone := x.returned
	x.mu.Unlock()
	if gone {
		x.ext.Shut()
		return
	}
	fn(x)
}

// add keeps an op until the end of what the loop is doing, so that an end may
// come with it.
func (x *Exchange) add(o op) {
	if !x.started {
		x.started = true
		o.header, o.status = x.header.Clone(), x.status
	}
	x.ops = append(x.ops, o)
	x.buffered += len(o.p)
	if x.buffered >= highWater {
		x.full = true
	}
	x.ext.Defer()
}

func (x *Exchange) wakeUp() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// exchangeDriver is an Exchange as the loop sees it.
type exchangeDriver Exchange

func (d *exchangeDriver) Kind() string { return "http exchange" }

// Deferred hands over what is to be written.
func (d *exchangeDriver) Deferred() {
	x := (*Exchange)(d)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.queue = append(x.queue, x.ops...)
	x.ops = nil
	x.wakeUp()
}

func (d *exchangeDriver) Arrived() {
	x := (*Exchange)(d)
	x.deliver()
	x.tell()
	if x.Closing() {
		return
	}
	if x.full && x.buffered == 0 {
		x.full = false
		if x.drain != nil {
			x.ext.Call(plainCall(x.drain))
		}
	}
	x.mu.Lock()
	through := x.returned && len(x.results) == 0
	x.mu.Unlock()
	if through {
		x.Close()
	}
}

// tell calls the callbacks of what was written.
func (x *Exchange) tell() {
	for !x.Closing() {
		x.mu.Lock()
		if len(x.results) == 0 {
			x.mu.Unlock()
			return
		}
		r := x.results[0]
		x.results = x.results[1:]
		x.mu.Unlock()
		x.told(r.op, r.err)
	}
}

func (x *Exchange) told(o op, err error) {
	x.buffered -= len(o.p)
	if o.done != nil {
		x.ext.Call(&errCall{o.done, err})
	}
}

// Closed cancels what was not written.
func (d *exchangeDriver) Closed() {
	x := (*Exchange)(d)
	x.mu.Lock()
	results, queue := x.results, x.queue
	x.results, x.queue = nil, nil
	x.mu.Unlock()
	for _, o := range append(queue, x.ops...) {
		results = append(results, result{o, loop.ErrCanceled})
	}
	x.ops = nil
	for _, r := range results {
		x.told(r.op, r.err)
	}
}

// serve is the goroutine of the connection: it writes until the response ends,
// the client is gone, or the exchange is closed.
func (x *Exchange) serve(w http.ResponseWriter) {
	gone := x.Request.Context().Done()
	complete := false
	for !complete {
		select {
		case <-x.wake:
		case <-gone:
			x.leave()
			panic(http.ErrAbortHandler)
		}
		x.mu.Lock()
		ops, aborted := x.queue, x.aborted
		x.queue = nil
		x.mu.Unlock()
		if aborted {
			x.leave()
			panic(http.ErrAbortHandler)
		}
		complete = x.write(w, ops)
	}
	x.leave()
}

// write does what is asked for, and reports whether the response is at its end.
func (x *Exchange) write(w http.ResponseWriter, ops []op) (complete bool) {
	for _, o := range ops {
		if o.header != nil {
			for key, values := range o.header {
				w.Header()[key] = values
			}
			if !o.end {
				x.enableFullDuplex(w)
			}
			if o.status != 0 {
				w.WriteHeader(o.status)
			}
		}
		var err error
		if len(o.p) > 0 {
			_, err = w.Write(o.p)
		}
		complete = o.end
		x.mu.Lock()
		x.results = append(x.results, result{o, err})
		x.mu.Unlock()
	}
	if !complete && len(ops) > 0 {
		x.control.Flush()
	}
	x.ext.Arrive()
	return complete
}

// enableFullDuplex has HTTP/1 read the body while the response is written, as HTTP/2 does
// anyway. In that mode net/http reads what is left of a body when nothing stops it any more
// from reading the next request at the same time, which then panics (Go 1.26,
// (*response).finishRequest): such a connection is not used again.
func (x *Exchange) enableFullDuplex(w http.ResponseWriter) {
	if x.Request.ProtoMajor == 1 {
		x.control.EnableFullDuplex()
		if x.Request.Body != http.NoBody && !x.body.ended() {
			w.Header().Set("Connection", "close")
		}
	}
}

// leave ends the use of what net/http lent.
func (x *Exchange) leave() {
	if reading := x.body.shut(); reading != nil {
		x.control.SetReadDeadline(aLongTimeAgo)
		<-reading
	}
	x.mu.Lock()
	x.returned = true
	begun := x.begun
	x.mu.Unlock()
	if begun {
		x.ext.Arrive()
	}
}

// Context returns the context of the request. It ends when the client is gone.
//
//loopvet:nonblocking
func (x *Exchange) Context() context.Context { return x.Request.Context() }
