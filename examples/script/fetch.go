package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/dop251/goja"

	"github.com/loopvet/loopvet/runtime/loophttp"
)

// maxBody is how many bytes of a response are kept in memory at most.
const maxBody = 256 << 20

// A response is what lib.js makes a Response of.
type response struct {
	Call       *loophttp.Call
	Status     int
	StatusText string
	Url        string // as lib.js calls it
	Redirected bool
	Headers    []any // pairs
}

// bindHTTP gives lib.js what fetch stands on.
func (h *host) bindHTTP(to *goja.Object) {
	// fetch(url, method, headers, body, done) reports whether there is such a URL.
	h.give(to, "fetch", func(c goja.FunctionCall) goja.Value {
		url, method, done := c.Argument(0).String(), c.Argument(1).String(), c.Argument(4)
		req, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader(bytesOf(c.Argument(3))))
		if err != nil || req.URL.Scheme == "" {
			return h.vm.ToValue(false)
		}
		var fields [][]string
		if err := h.vm.ExportTo(c.Argument(2), &fields); err != nil {
			panic(h.vm.NewGoError(err))
		}
		for _, field := range fields {
			req.Header.Set(field[0], field[1])
		}
		loophttp.Do(h.loop, h.client, req, func(call *loophttp.Call, err error) {
			if err != nil {
				h.callback(done, netFailureOf(err))
				return
			}
			call.Unref() // a body that is never read does not keep the script alive
			h.callback(done, nil, h.responseOf(call))
		})
		return h.vm.ToValue(true)
	})
	// readBody(call, text, done) reads a body to its end.
	h.give(to, "readBody", func(c goja.FunctionCall) goja.Value {
		call, text, done := c.Argument(0).Export().(*loophttp.Call), c.Argument(1).ToBoolean(), c.Argument(2)
		call.Ref()
		err := call.ReadAll(maxBody, func(body []byte, err error) {
			if err != nil {
				call.Close()
				h.callback(done, netFailureOf(err))
				return
			}
			h.callback(done, nil, h.data(bytes.TrimPrefix(body, utf8Mark(text)), text))
		})
		if err != nil {
			panic(h.vm.NewGoError(err))
		}
		return goja.Undefined()
	})
}

// utf8Mark is what text may begin with without having it.
func utf8Mark(text bool) []byte {
	if text {
		return []byte("\uFEFF")
	}
	return nil
}

func (h *host) responseOf(call *loophttp.Call) *response {
	resp := call.Response()
	r := &response{Call: call, Status: resp.StatusCode, Url: resp.Request.URL.String()}
	r.Redirected = resp.Request.Response != nil
	_, r.StatusText, _ = strings.Cut(resp.Status, " ")
	var names []string
	for name := range resp.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range resp.Header[name] {
			r.Headers = append(r.Headers, h.vm.NewArray(name, value))
		}
	}
	return r
}

// netFailureOf is failureOf for errors of the network.
func netFailureOf(err error) *failure {
	f := failureOf(err)
	var name *net.DNSError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		f.Code = "ENOTFOUND"
	case errors.Is(err, loophttp.ErrTooLong):
		f.Code = "ERR_BODY_TOO_LONG"
	}
	f.Text = err.Error()
	return f
}
