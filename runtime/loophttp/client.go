package loophttp

import (
	"context"
	"net/http"
	"sync"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A Call is a request of a client and its response. All methods are loop-only. It
// keeps the loop alive while it waits for the response or reads it, and closes
// itself after the end of the body and after an error.
type Call struct {
	handle
	fn     func(*Call, error)
	ctx    context.Context
	cancel context.CancelFunc
	resp   *http.Response // once fn was called

	mu     sync.Mutex
	result *http.Response // guarded by mu; with err, for the loop
	err    error          // guarded by mu
	ready  bool           // guarded by mu; there is a result
	gone   bool           // guarded by mu; nobody wants it
}

// Do sends req with client, and calls fn once, with the call, which Do has
// returned already, when the header of the response is there, or with an error.
// req is Do's from then on. A nil client is [http.DefaultClient]. Do panics if fn
// is nil.
//
// Who does not want the body has to close the call.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func Do(l *loop.Loop, client *http.Client, req *http.Request, fn func(c *Call, err error)) *Call {
	if fn == nil {
		panic("loophttp: Do: nil callback")
	}
	if client == nil {
		client = http.DefaultClient
	}
	c := &Call{fn: fn}
	c.ctx, c.cancel = context.WithCancel(req.Context())
	c.ext.Init(l, c, (*callDriver)(c))
	c.ext.SetActive(true)
	go c.send(client, req.WithContext(c.ctx))
	return c
}

// send is the goroutine of the request.
func (c *Call) send(client *http.Client, req *http.Request) {
	resp, err := client.Do(req)
	c.mu.Lock()
	gone := c.gone
	if !gone {
		c.result, c.err, c.ready = resp, err, true
	}
	c.mu.Unlock()
	if !gone {
		c.ext.Arrive()
	} else if err == nil {
		resp.Body.Close()
	}
}

// Response returns the response, nil before it is there. Its Body belongs to the
// call: see ReadStart and ReadAll.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Call) Response() *http.Response { return c.resp }

// Close ends the call. If there is no response yet, its callback gets
// [loop.ErrCanceled], before the function of OnClose.
//
//loopvet:looponly
//loopvet:nonblocking
func (c *Call) Close() {
	if !c.ext.Shut() {
		return
	}
	c.read = nil
	c.cancel()
	c.mu.Lock()
	c.gone = true
	resp := c.result
	c.mu.Unlock()
	if resp != nil {
		go resp.Body.Close() // it may read what is left
	}
}

// callDriver is a Call as the loop sees it.
type callDriver Call

func (d *callDriver) Kind() string { return "http call" }

func (d *callDriver) Arrived() {
	c := (*Call)(d)
	if c.fn != nil {
		c.mu.Lock()
		resp, err, ready := c.result, c.err, c.ready
		c.mu.Unlock()
		if !ready {
			return
		}
		if err == nil {
			c.resp, c.body.r = resp, resp.Body
		}
		fn := c.fn
		c.fn = nil
		if err != nil {
			defer c.Close()
		}
		c.ext.Call(&callCall{c, fn, err})
	}
	if !c.Closing() && c.resp != nil && c.deliver() {
		c.Close()
	}
}

func (d *callDriver) Deferred() {}

func (d *callDriver) Closed() {
	c := (*Call)(d)
	if fn := c.fn; fn != nil {
		c.fn = nil
		c.ext.Call(&callCall{c, fn, loop.ErrCanceled})
	}
}

// callCall is the callback of Do.
type callCall struct {
	c   *Call
	fn  func(*Call, error)
	err error
}

func (c *callCall) Run()                     { c.fn(c.c, c.err) }
func (c *callCall) Func() any                { return c.fn }
func (c *callCall) Context() context.Context { return c.c.ctx }
