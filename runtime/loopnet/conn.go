package loopnet

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A Conn is a connection: one end of a stream. All methods are loop-only.
//
// It keeps the loop alive while it reads, connects, or has a write or a
// shutdown under way. An error of reading or writing does not close it; Close
// does.
type Conn struct {
	handle
	sock    socket   // nil while opening and if that failed
	opening *opening // connecting, or the handshake of an accepted connection
	failed  error    // of that handshake
	read    func([]byte, error)
	ended   bool // an error or the end was read

	out       *outgoing // nil while there are no writes
	buffered  int       // bytes that are not written
	low, high int
	drain     func()
	shutdown  func(error)
	timers    *connTimers // nil unless asked for

	kind    kind
	waiting bool // for the writable notification: write and flush may not be called
	full    bool
	drained bool // drain is to be called
	ending  bool // Shutdown was called
	finish  bool // and is still to be done
}

// outgoing has the writes of a connection that has any, most have none.
type outgoing struct {
	writes    queue[write]
	completed int // how many of writes, from the oldest, only wait for their callbacks
	offset    int // how much of the oldest other one is written
}

var outgoings = sync.Pool{New: func() any { return new(outgoing) }}

// pending reports whether a write waits for more than its callback.
func (c *Conn) pending() bool {
	return c.out != nil && c.out.completed < c.out.writes.n
}

// completed reports whether a write waits for its callback only.
func (c *Conn) completed() bool {
	return c.out != nil && c.out.completed > 0
}

// pop removes the oldest write.
func (c *Conn) pop() write {
	w := c.out.writes.pop()
	if c.out.writes.n == 0 {
		c.out.completed, c.out.offset = 0, 0
		outgoings.Put(c.out)
		c.out = nil
	}
	return w
}

// A kind is what a connection is called in reports.
type kind uint8

const (
	tcpConn kind = iota
	unixConn
	tlsConn
	adoptedConn
)

func (k kind) String() string {
	return [...]string{"tcp connection", "unix connection", "tls connection", "adopted connection"}[k]
}

// A write is a request on its way.
type write struct {
	p    []byte
	done func(error)
	err  error
}

// opening is a connection that cannot be used yet.
type opening struct {
	ctx    context.Context
	cancel context.CancelFunc
	fn     func(*Conn, error) // nil for an accepted connection

	mu   sync.Mutex
	sock socket // guarded by mu; the result, with err
	err  error  // guarded by mu
	gone bool   // guarded by mu; nobody wants the result
}

// connTimers are the timers of a connection that has any.
type connTimers struct {
	idle        *loop.Timer
	idleFor     time.Duration
	onIdle      func()
	busy        time.Time // of the last traffic, on the loop's clock
	read, write *loop.Timer
}

func newConn(l *loop.Loop, cfg *config, network string) *Conn {
	c := &Conn{low: cfg.low, high: cfg.high, kind: kindOf(network, cfg.tls != nil)}
	c.ext.Init(l, c, (*connDriver)(c))
	return c
}

func kindOf(network string, secure bool) kind {
	switch {
	case secure:
		return tlsConn
	case network == "unix":
		return unixConn
	}
	return tcpConn
}

// Connect connects to address and calls fn once, in poll: with the connection,
// which Connect has returned already, or with an error. After an error it
// closes the connection when fn has returned. network is "tcp", "tcp4", "tcp6"
// or "unix".
//
// Writes, a shutdown and ReadStart may be called at once; they wait for the
// connection. If ctx ends first, fn gets its error, and if the connection is
// closed first, [loop.ErrCanceled], before the function of OnClose
// (libuv test-tcp-close-while-connecting.c). Connect panics if fn is nil.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func Connect(ctx context.Context, l *loop.Loop, network, address string, fn func(c *Conn, err error), opts ...Option) *Conn {
	if fn == nil {
		panic("loopnet: Connect: nil callback")
	}
	cfg := configure(opts)
	c := newConn(l, cfg, network)
	o := c.open(ctx, fn)
	cfg.backend.dial(o.ctx, network, address, cfg, func(s socket, err error) {
		switch {
		case err != nil:
			o.result(c, nil, err)
		case cfg.tls != nil:
			go secure(o, c, s, cfg, host(address))
		default:
			o.result(c, s, nil)
		}
	})
	return c
}

// accepted makes the handle of an accepted connection.
func accepted(l *loop.Loop, s socket, cfg *config, network string) *Conn {
	c := newConn(l, cfg, network)
	if cfg.tls == nil {
		c.sock = s
		s.bind(c)
		return c
	}
	o := c.open(context.Background(), nil)
	go secure(o, c, s, cfg, "")
	return c
}

func (c *Conn) open(ctx context.Context, fn func(*Conn, error)) *opening {
	o := &opening{fn: fn}
	o.ctx, o.cancel = context.WithCancel(ctx)
	c.opening = o
	c.ext.Begin()
	c.update()
	return o
}

// result takes the end of opening, from any goroutine.
func (o *opening) result(n notifier, s socket, err error) {
	o.mu.Lock()
	gone := o.gone
	o.sock, o.err = s, err
	o.mu.Unlock()
	if !gone {
		n.notify(opened)
	} else if s != nil {
		s.close(true)
	}
}

// abandon has the result of opening thrown away.
func (o *opening) abandon() {
	o.cancel()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gone = true
	if o.sock != nil {
		o.sock.close(true)
	}
}

// update says whether the handle is active.
func (c *Conn) update() {
	c.ext.SetActive(c.opening != nil || c.read != nil || c.pending() || c.finish)
}

// LocalAddr returns the local address, nil if the connection is not open yet.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) LocalAddr() net.Addr {
	if c.sock == nil {
		return nil
	}
	return c.sock.localAddr()
}

// RemoteAddr returns the peer's address, nil if the connection is not open yet.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) RemoteAddr() net.Addr {
	if c.sock == nil {
		return nil
	}
	return c.sock.remoteAddr()
}

// TLS returns what the handshake has come to. It reports false if the
// connection does not speak TLS or not yet.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) TLS() (tls.ConnectionState, bool) {
	if s, ok := c.sock.(*tlsSocket); ok {
		return s.conn.ConnectionState(), true
	}
	return tls.ConnectionState{}, false
}

// Close closes the connection at once. What was not written is lost, and what
// is under way gets [loop.ErrCanceled]: call Shutdown first, and Close in its
// callback, to have everything arrive.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) Close() { c.close(false) }

// Reset is Close with a reset: the peer gets an error in place of the end
// (libuv's uv_tcp_close_reset).
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) Reset() { c.close(true) }

func (c *Conn) close(reset bool) {
	if !c.ext.Shut() {
		return
	}
	c.read = nil
	if t := c.timers; t != nil {
		for _, timer := range []*loop.Timer{t.idle, t.read, t.write} {
			if timer != nil {
				timer.Stop()
			}
		}
	}
	if c.opening != nil {
		c.opening.abandon()
	}
	if c.sock != nil {
		c.sock.close(reset)
	}
}

// connDriver is a Conn as the loop sees it.
type connDriver Conn

func (d *connDriver) Kind() string { return d.kind.String() }

func (d *connDriver) Arrived() {
	c := (*Conn)(d)
	r := ready(c.bits.Swap(0))
	defer func() {
		// Normally nothing is left. After a panic the next Run goes on here.
		if r != 0 && !c.Closing() {
			c.notify(r)
		}
	}()
	if r&opened != 0 {
		r &^= opened
		c.opened()
	}
	if c.Closing() {
		r = 0
		return
	}
	if c.sock == nil {
		r = 0
		c.endFailed()
		return
	}
	if r&readable != 0 {
		c.readSome()
		r &^= readable
	}
	if c.Closing() {
		r = 0
		return
	}
	if r&(writable|more) != 0 {
		proceed := r&writable != 0
		r &^= writable | more
		c.writeSome(proceed)
	}
}

func (d *connDriver) Deferred() {
	c := (*Conn)(d)
	c.settle()
}

// Closed cancels what was under way, in the order of libuv's
// uv__stream_destroy: connect, writes, shutdown.
func (d *connDriver) Closed() {
	c := (*Conn)(d)
	if o := c.opening; o != nil {
		c.opening = nil
		c.ext.End()
		if o.fn != nil {
			c.ext.Call(&connectCall{o, c, loop.ErrCanceled})
		}
	}
	for c.out != nil {
		told := c.completed()
		if told {
			c.out.completed--
		}
		w := c.pop()
		if !told {
			w.err = loop.ErrCanceled
		}
		c.tell(w.done, w.err)
	}
	c.buffered = 0
	if c.finish {
		c.finish = false
		c.tell(c.shutdown, loop.ErrCanceled)
	}
}

// opened is the end of connecting and of the handshake.
func (c *Conn) opened() {
	o := c.opening
	if o == nil {
		return
	}
	c.opening = nil
	c.ext.End()
	o.cancel()
	o.mu.Lock()
	s, err := o.sock, o.err
	o.mu.Unlock()
	if err == nil {
		c.sock = s
		s.bind(c)
		c.notify(readable | more)
	}
	c.update()
	if o.fn != nil {
		if err != nil {
			defer c.Close()
		}
		c.ext.Call(&connectCall{o, c, err})
		return
	}
	if err == nil {
		return
	}
	c.failed = err
	c.failWrites(err)
	c.ext.Defer()
	c.endFailed()
}

// endFailed ends reading of a connection whose handshake failed.
func (c *Conn) endFailed() {
	if c.read != nil && c.failed != nil {
		c.endRead(new(readCall), c.failed)
	}
}

// connectCall is the callback of Connect.
type connectCall struct {
	o   *opening
	c   *Conn
	err error
}

func (c *connectCall) Run()                     { c.o.fn(c.c, c.err) }
func (c *connectCall) Func() any                { return c.o.fn }
func (c *connectCall) Context() context.Context { return c.o.ctx }

// SetIdleTimeout has fn called whenever d has passed without traffic in either
// direction, in place of an earlier fn. It does not close the connection, and
// does not keep the loop alive (Node's socket.setTimeout). With d at 0 or less
// there is none. It panics if fn is nil and d is positive.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) SetIdleTimeout(d time.Duration, fn func()) {
	if fn == nil && d > 0 {
		panic("loopnet: SetIdleTimeout: nil callback")
	}
	if c.Closing() {
		return
	}
	t := c.needTimers()
	t.idleFor, t.onIdle = d, fn
	t.busy = time.Now()
	t.idle = c.setTimer(t.idle, d, c.idle)
}

// idle is called when the idle timeout may have passed: traffic notes its time
// and leaves the timer alone.
func (c *Conn) idle() {
	t := c.timers
	left := t.idleFor - time.Since(t.busy)
	if left > 0 {
		t.idle.Reset(left)
		return
	}
	t.busy = time.Now()
	t.idle.Reset(t.idleFor)
	t.onIdle()
}

// touch notes traffic.
func (c *Conn) touch() {
	if c.timers != nil {
		c.timers.busy = c.ext.Loop().Now()
	}
}

// SetReadDeadline has reading end at t: the read callback gets
// [os.ErrDeadlineExceeded], and ReadStart may be called again. While the
// connection does not read, nothing happens at t. The zero time is none.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) SetReadDeadline(t time.Time) {
	if !c.Closing() {
		timers := c.needTimers()
		timers.read = c.setDeadline(timers.read, t, c.readTimedOut)
	}
}

// SetWriteDeadline has writes that are not done at t fail with
// [os.ErrDeadlineExceeded]. Some of them may have been written in part, so that
// all later writes fail with it too. The zero time is none.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Conn) SetWriteDeadline(t time.Time) {
	if !c.Closing() {
		timers := c.needTimers()
		timers.write = c.setDeadline(timers.write, t, c.writeTimedOut)
	}
}

func (c *Conn) readTimedOut() {
	if c.read != nil {
		fn := c.read
		c.read = nil
		c.update()
		fn(nil, os.ErrDeadlineExceeded)
	}
}

func (c *Conn) writeTimedOut() {
	if !c.pending() {
		return
	}
	c.failed = os.ErrDeadlineExceeded
	if c.waiting {
		c.sock.stopWaiting() // it may be reading the oldest write's memory
		return
	}
	c.failWrites(c.failed)
	c.ext.Defer()
}

func (c *Conn) needTimers() *connTimers {
	if c.timers == nil {
		c.timers = new(connTimers)
	}
	return c.timers
}

func (c *Conn) setDeadline(timer *loop.Timer, t time.Time, fn func()) *loop.Timer {
	if t.IsZero() {
		return c.setTimer(timer, 0, fn)
	}
	return c.setTimer(timer, max(time.Until(t), 1), fn)
}

// setTimer arms a timer of the connection, or stops it if d is not positive.
func (c *Conn) setTimer(timer *loop.Timer, d time.Duration, fn func()) *loop.Timer {
	if timer == nil {
		if d <= 0 {
			return nil
		}
		timer = c.Loop().NewTimer(fn)
		timer.Unref()
	}
	if d <= 0 {
		timer.Stop()
	} else {
		timer.Reset(d)
	}
	return timer
}
