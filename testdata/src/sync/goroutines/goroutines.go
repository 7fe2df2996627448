// Package goroutines starts goroutines and defers calls in callbacks. // want package:"effects"
package goroutines

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A go statement moves the call, not its operands.

func address() string {
	names, _ := net.LookupHost("example.com") // want `net.LookupHost blocks the event loop \(dns\): callback of \(\*loop.Loop\).Post -> address -> net.LookupHost`
	return names[0]
}

func literal() string { return "127.0.0.1" }

func dial(addr string) {
	net.Dial("tcp", addr) // ok: on a goroutine of its own
}

func operands(l *loop.Loop) {
	l.Post(func() { go dial(address()) })
	l.Post(func() { go dial(literal()) })
}

// The function that a go statement calls is an operand as well.

func choose() func() {
	time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\): .* -> choose -> time.Sleep`
	return func() {
		http.Get("http://example.com") // ok: on a goroutine of its own
	}
}

func pick() func() {
	return func() {
		http.Get("http://example.com") // ok: on a goroutine of its own
	}
}

func chosen(l *loop.Loop) {
	l.Post(func() { go choose()() })
	l.Post(func() { go pick()() })
}

// Method values, in a go statement and called here.

type backup struct{ name string }

func (b *backup) write() {
	os.WriteFile(b.name, nil, 0o600) // ok: on a goroutine of its own
}

func (b *backup) remove() {
	os.Remove(b.name) // want `os.Remove blocks the event loop \(file\): .* -> \(\*backup\).remove -> os.Remove`
}

func methods(l *loop.Loop, b *backup) {
	l.Post(func() { go b.write() })
	l.Post(func() {
		f := b.write
		go f()
	})
	l.Post(func() {
		f := b.remove
		f()
	})
}

// A WaitGroup's Go starts a goroutine, and so do the timers of package time.
func starters(l *loop.Loop) {
	l.Post(func() {
		var wg sync.WaitGroup
		wg.Go(func() {
			exec.Command("true").Run() // ok: on a goroutine of its own
		})
	})
	l.Post(func() {
		var wg sync.WaitGroup
		wg.Go(func() {})
		wg.Wait() // want `\(\*sync.WaitGroup\).Wait blocks the event loop \(wait\)`
	})
	l.Post(func() {
		time.AfterFunc(time.Second, func() {
			exec.Command("true").Run() // ok: on a goroutine of its own
		})
	})
	l.Post(func() {
		exec.Command("true").Run() // want `\(\*exec.Cmd\).Run blocks the event loop \(exec\)`
	})
	l.Post(func() {
		exec.Command("true").Start() // want `\(\*exec.Cmd\).Start blocks the event loop \(exec\)`
	})
}

func contexts(l *loop.Loop, ctx context.Context) {
	l.Post(func() {
		context.AfterFunc(ctx, func() {
			os.Remove("x") // ok: on a goroutine of its own
		})
	})
	l.Post(func() {
		_, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel() // ok: it does not wait
	})
}

// Deferred calls run when the callback returns, on the loop.
func deferred(l *loop.Loop, f *os.File) {
	l.Post(func() {
		defer time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	l.Post(func() {
		defer time.Sleep(0) // ok: returns at once
	})
	l.Post(func() {
		defer f.Sync() // want `\(\*os.File\).Sync blocks the event loop \(file\)`
	})
	l.Post(func() {
		defer f.Name() // ok: in memory
	})
	l.Post(func() {
		defer func() {
			if recover() != nil {
				http.Get("http://example.com/panic") // want `http.Get blocks the event loop \(net\)`
			}
		}()
	})
	l.Post(func() {
		defer func() {
			if recover() != nil {
				go http.Get("http://example.com/panic") // ok: on a goroutine of its own
			}
		}()
	})
}

// A helper that defers on behalf of its caller's callback.

func finish(done func()) { defer done() }

func deferredHelper(l *loop.Loop) {
	l.Post(func() {
		finish(func() {
			os.Remove("lock") // want `os.Remove blocks the event loop \(file\): .* -> finish -> .*os.Remove`
		})
	})
	l.Post(func() {
		finish(func() {
			_ = len("lock") // ok: in memory
		})
	})
}

// A helper that starts a goroutine for its caller.

func background(f func()) { go f() }

func spawned(l *loop.Loop) {
	l.Post(func() {
		background(func() {
			os.Remove("lock") // ok: on a goroutine of its own
		})
	})
	l.Post(func() {
		background(func() {
			l.Post(func() {
				os.Remove("lock") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).Post`
			})
		})
	})
}
