package loophttp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loophttp"
	"github.com/loopvet/loopvet/runtime/looptest"
)

// A world is a loop with a server whose requests it answers, and a client.
type world struct {
	*testing.T
	l      *loop.Loop
	server *httptest.Server
	opened int // exchanges
	closed int
}

// serve runs f with a server over HTTP/1 and one over HTTP/2. f sets the requests
// up; then the loop runs until nothing is left, and every exchange has to be
// closed.
func serve(t *testing.T, handle func(w *world, x *loophttp.Exchange), f func(w *world)) {
	t.Helper()
	for _, version := range []int{1, 2} {
		t.Run(fmt.Sprintf("HTTP%d", version), func(t *testing.T) {
			w := &world{T: t, l: loop.New(loop.WithOrigins())}
			w.server = httptest.NewUnstartedServer(loophttp.Handler(w.l, func(x *loophttp.Exchange) {
				w.opened++
				x.OnClose(func() { w.closed++ })
				if x.Request.ProtoMajor != version {
					t.Errorf("%s", x.Request.Proto)
				}
				handle(w, x)
			}))
			w.server.EnableHTTP2 = version == 2
			w.server.Config.ErrorLog = log.New(complaints{t}, "", 0)
			if version == 2 {
				w.server.StartTLS()
			} else {
				w.server.Start()
			}
			f(w)
			if err := w.l.Run(context.Background()); err != nil {
				t.Errorf("Run: %v", err)
			}
			w.server.Client().CloseIdleConnections()
			looptest.CheckLeaks(t, w.l)
			if w.opened != w.closed {
				t.Errorf("%d exchanges, %d are closed", w.opened, w.closed)
			}
			if err := w.l.Close(context.Background()); err != nil {
				t.Errorf("Close: %v", err)
			}
			w.server.Close()
		})
	}
}

// complaints fails the test when net/http recovers from a panic.
type complaints struct{ *testing.T }

func (c complaints) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("panic")) {
		c.Errorf("%s", p)
	}
	return len(p), nil
}

// do sends a request; check gets the response and its body on the loop.
func (w *world) do(method, path string, body io.Reader, check func(*http.Response, []byte, error)) *loophttp.Call {
	w.Helper()
	req, err := http.NewRequest(method, w.server.URL+path, body)
	if err != nil {
		w.Fatal(err)
	}
	return loophttp.Do(w.l, w.server.Client(), req, func(c *loophttp.Call, err error) {
		if err != nil {
			check(nil, nil, err)
			return
		}
		if err := c.ReadAll(10<<20, func(body []byte, err error) { check(c.Response(), body, err) }); err != nil {
			w.Errorf("ReadAll: %v", err)
		}
	})
}

func echo(w *world, x *loophttp.Exchange) {
	if err := x.ReadAll(10<<20, func(body []byte, err error) {
		if err != nil {
			w.Errorf("reading the body: %v", err)
		}
		x.Header().Set("X-Method", x.Request.Method)
		x.WriteHeader(http.StatusAccepted)
		if err := x.End(body); err != nil {
			w.Errorf("End: %v", err)
		}
		if err := x.End(nil); err != loophttp.ErrEnded {
			w.Errorf("End after End: %v", err)
		}
		if err := x.Write(nil, nil); err != loophttp.ErrEnded {
			w.Errorf("Write after End: %v", err)
		}
	}); err != nil {
		w.Errorf("ReadAll: %v", err)
	}
}

func TestARequestIsAnsweredByCallbacks(t *testing.T) {
	serve(t, echo, func(w *world) {
		for i, size := range []int{0, 1, 1000, 100_000, 5 << 20} {
			want := bytes.Repeat([]byte{byte('a' + i)}, size)
			w.do("POST", "/", bytes.NewReader(want), func(resp *http.Response, body []byte, err error) {
				if err != nil || resp.StatusCode != http.StatusAccepted || resp.Header.Get("X-Method") != "POST" {
					w.Errorf("%v, %v", resp, err)
				}
				if !bytes.Equal(body, want) {
					w.Errorf("%d bytes came back of %d", len(body), len(want))
				}
				if resp != nil && size < 1000 && resp.ContentLength != int64(size) {
					w.Errorf("the response has length %d, want %d", resp.ContentLength, size)
				}
			})
		}
	})
}

func TestAResponseStreamsAndTheWriterWaitsForTheReader(t *testing.T) {
	const pieces = 200
	piece := bytes.Repeat([]byte("x"), 50_000)
	drains, most := 0, 0
	serve(t, func(w *world, x *loophttp.Exchange) {
		n := 0
		var pump func()
		pump = func() {
			for n < pieces && !x.Full() {
				n++
				x.Write(piece, func(err error) {
					if err != nil {
						w.Errorf("write: %v", err)
					}
				})
				most = max(most, x.Buffered())
			}
			if n == pieces {
				x.End(nil)
			}
		}
		x.OnDrain(func() {
			if x.Full() || x.Buffered() != 0 {
				w.Errorf("drained with %d bytes", x.Buffered())
			}
			drains++
			pump()
		})
		pump()
	}, func(w *world) {
		drains, most = 0, 0
		req, _ := http.NewRequest("GET", w.server.URL, nil)
		total := 0
		loophttp.Do(w.l, w.server.Client(), req, func(c *loophttp.Call, err error) {
			if err != nil {
				w.Errorf("Do: %v", err)
				return
			}
			var take func(p []byte, err error)
			take = func(p []byte, err error) {
				total += len(p)
				if err != nil {
					if err != io.EOF || total != pieces*len(piece) {
						w.Errorf("%v after %d bytes", err, total)
					}
					return
				}
				// It reads again a turn later.
				c.ReadStop()
				w.l.SetImmediate(func() {
					if err := c.ReadStart(take); err != nil {
						w.Errorf("ReadStart: %v", err)
					}
					if err := c.ReadStart(take); err != loophttp.ErrReading {
						w.Errorf("ReadStart while reading: %v", err)
					}
				})
			}
			c.ReadStart(take)
		})
		w.Cleanup(func() {
			if drains < 10 || most >= 200_000 {
				w.Errorf("%d drains, %d bytes buffered at most", drains, most)
			}
		})
	})
}

func TestABodyIsEchoedWhileItComes(t *testing.T) {
	serve(t, func(w *world, x *loophttp.Exchange) {
		x.ReadStart(func(p []byte, err error) {
			if err != nil {
				x.End(nil)
				return
			}
			x.Write(p, nil)
		})
	}, func(w *world) {
		// Each line is sent when the one before it has come back.
		pr, pw := io.Pipe()
		req, _ := http.NewRequest("POST", w.server.URL, pr)
		sent := make(chan string, 1)
		go func() {
			for line := range sent {
				io.WriteString(pw, line)
			}
			pw.Close()
		}()
		sent <- "line 0\n"
		n := 0
		loophttp.Do(w.l, w.server.Client(), req, func(c *loophttp.Call, err error) {
			if err != nil {
				w.Errorf("Do: %v", err)
				return
			}
			c.ReadStart(func(p []byte, err error) {
				if err != nil {
					if err != io.EOF || n != 10 {
						w.Errorf("%v after %d lines", err, n)
					}
					return
				}
				if want := fmt.Sprintf("line %d\n", n); string(p) != want {
					w.Errorf("%q came back, want %q", p, want)
				}
				if n++; n == 10 {
					close(sent)
				} else {
					sent <- fmt.Sprintf("line %d\n", n)
				}
			})
		})
	})
}

func TestAClientThatGoesClosesTheExchange(t *testing.T) {
	cancelled := false
	serve(t, func(w *world, x *loophttp.Exchange) {
		x.Write([]byte("hello"), nil)
		x.OnClose(func() {
			w.closed++
			if x.Context().Err() == nil {
				w.Error("the request's context goes on")
			}
			if err := x.Write([]byte("x"), nil); err != loop.ErrClosed {
				w.Errorf("Write: %v", err)
			}
			cancelled = true
		})
	}, func(w *world) {
		cancelled = false
		req, _ := http.NewRequest("GET", w.server.URL, nil)
		loophttp.Do(w.l, w.server.Client(), req, func(c *loophttp.Call, err error) {
			if err != nil {
				w.Errorf("Do: %v", err)
			}
			c.ReadStart(func(p []byte, err error) {
				if string(p) != "hello" || err != nil {
					w.Errorf("%q, %v", p, err)
				}
				c.Close()
			})
		})
		w.Cleanup(func() {
			if !cancelled {
				w.Error("the exchange was not told")
			}
		})
	})
}

func TestCloseOfAnExchangeBreaksTheResponse(t *testing.T) {
	serve(t, func(w *world, x *loophttp.Exchange) {
		x.Write([]byte("hello"), func(err error) {
			if err != nil {
				w.Errorf("write: %v", err)
			}
			told := false
			x.Write(make([]byte, 1000), func(err error) {
				if err != loop.ErrCanceled {
					w.Errorf("the write that Close interrupts: %v", err)
				}
				told = true
			})
			x.OnClose(func() {
				w.closed++
				if !told {
					w.Error("closed before the write is told")
				}
			})
			x.Close()
			x.Close()
		})
	}, func(w *world) {
		w.do("GET", "/", nil, func(resp *http.Response, body []byte, err error) {
			if err == nil {
				w.Errorf("the client read %q and no error", body)
			}
		})
	})
}

func TestCloseOfACallCancelsItBeforeOnClose(t *testing.T) {
	serve(t, func(w *world, x *loophttp.Exchange) { x.End(nil) }, func(w *world) {
		var trace looptest.Trace
		c := w.do("GET", "/", nil, func(resp *http.Response, body []byte, err error) {
			if err != loop.ErrCanceled {
				w.Errorf("%v", err)
			}
			trace.Log("response")
		})
		c.OnClose(func() {
			trace.Log("close")
			trace.Want(w, "response close")
		})
		c.Close()
		if err := c.ReadStart(func([]byte, error) {}); err != loop.ErrClosed {
			w.Errorf("ReadStart: %v", err)
		}
	})
}

// What follows a body that nobody has read comes on the same connection, or on a new one.
func TestAnAnswerThatLeavesTheBodyUnreadSparesTheNextRequest(t *testing.T) {
	serve(t, func(w *world, x *loophttp.Exchange) {
		if x.Request.URL.Path == "/at-once" {
			x.WriteHeader(http.StatusForbidden)
			x.End([]byte("no"))
			return
		}
		x.WriteHeader(http.StatusForbidden)
		x.Write([]byte("n"), func(error) { x.End([]byte("o")) })
	}, func(w *world) {
		var next func(n int)
		next = func(n int) {
			if n == 0 {
				return
			}
			path := []string{"/at-once", "/in-pieces"}[n%2]
			w.do("PUT", path, strings.NewReader("a body"), func(resp *http.Response, body []byte, err error) {
				if err != nil || resp.StatusCode != http.StatusForbidden || string(body) != "no" {
					w.Errorf("%s: %v, %q, %v", path, resp, body, err)
				}
				next(n - 1)
			})
		}
		next(20)
	})
}

func TestABodyThatIsTooLongIsAnError(t *testing.T) {
	serve(t, func(w *world, x *loophttp.Exchange) {
		x.ReadAll(999, func(body []byte, err error) {
			if err != loophttp.ErrTooLong || body != nil {
				w.Errorf("%d bytes, %v", len(body), err)
			}
			x.WriteHeader(http.StatusRequestEntityTooLarge)
			x.End(nil)
		})
	}, func(w *world) {
		w.do("POST", "/", strings.NewReader(strings.Repeat("x", 1000)), func(resp *http.Response, body []byte, err error) {
			if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge {
				w.Errorf("%v, %v", resp, err)
			}
		})
	})
}

func TestCloseOfACallBeforeTheResponseEndsTheRequest(t *testing.T) {
	var call *loophttp.Call
	serve(t, func(w *world, x *loophttp.Exchange) {
		call.Close() // and no answer
	}, func(w *world) {
		call = w.do("GET", "/", nil, func(resp *http.Response, body []byte, err error) {
			if err != loop.ErrCanceled {
				w.Errorf("%v", err)
			}
		})
	})
}

func TestAPieceOfABodyAndItsEndAreTwoCalls(t *testing.T) {
	serve(t, func(w *world, x *loophttp.Exchange) {
		x.Write(bytes.Repeat([]byte("x"), 2000), nil)
		_ = strings.Repeat("so that the other goroutine could begin", 1<<16)
		x.End([]byte("y"))
	}, func(w *world) {
		req, _ := http.NewRequest("GET", w.server.URL, nil)
		loophttp.Do(w.l, w.server.Client(), req, func(c *loophttp.Call, err error) {
			if err != nil || c.Response().ContentLength != 2001 {
				w.Errorf("%v, %v: a response of one turn has a length", c.Response(), err)
			}
			total := 0
			c.ReadStart(func(p []byte, err error) {
				total += len(p)
				if err != nil && (err != io.EOF || len(p) != 0 || total != 2001) {
					w.Errorf("%d bytes with %v, %d in all", len(p), err, total)
				}
			})
		})
	})
}

func TestARequestThatFailsSaysSoAndClosesTheCall(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	l := loop.New()
	req, _ := http.NewRequest("GET", "http://"+ln.Addr().String(), nil)
	var trace looptest.Trace
	c := loophttp.Do(l, nil, req, func(c *loophttp.Call, err error) {
		var op *net.OpError
		if !errors.As(err, &op) || c.Response() != nil {
			t.Errorf("%v, %v", c.Response(), err)
		}
		trace.Log("error")
	})
	c.OnClose(trace.Add("close"))
	if err := l.Run(t.Context()); err != nil {
		t.Error(err)
	}
	trace.Want(t, "error close")
}

func TestAClosedLoopAnswers503(t *testing.T) {
	l := loop.New()
	server := httptest.NewServer(loophttp.Handler(l, func(x *loophttp.Exchange) { t.Error("called") }))
	defer server.Close()
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%s", resp.Status)
	}
}

func TestANilCallbackPanicsAtTheCall(t *testing.T) {
	l := loop.New()
	for name, call := range map[string]func(){
		"Handler": func() { loophttp.Handler(l, nil) },
		"Do":      func() { loophttp.Do(l, nil, nil, nil) },
	} {
		func() {
			defer func() {
				if msg, _ := recover().(string); msg != "loophttp: "+name+": nil callback" {
					t.Errorf("%s: %q", name, msg)
				}
			}()
			call()
		}()
	}
}

func TestCurlIsServed(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip(err)
	}
	l := loop.New()
	server := httptest.NewServer(loophttp.Handler(l, func(x *loophttp.Exchange) {
		x.ReadAll(1<<20, func(body []byte, err error) { x.End(bytes.ToUpper(body)) })
	}))
	defer server.Close()
	hold := l.Hold()
	go func() {
		defer hold.Release()
		out, err := exec.Command(curl, "-s", "-S", "-d", "tea, please", server.URL).CombinedOutput()
		if err != nil || string(out) != "TEA, PLEASE" {
			t.Errorf("curl printed %q, %v", out, err)
		}
	}()
	if err := l.Run(t.Context()); err != nil {
		t.Error(err)
	}
}
