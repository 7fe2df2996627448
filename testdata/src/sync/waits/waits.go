// Package waits waits for groups, conditions and pipes. // want package:"effects"
package waits

import (
	"io"
	"os"
	"sync"

	"github.com/loopvet/loopvet/runtime/loop"
)

type batch struct {
	wg    sync.WaitGroup
	names []string
}

func (b *batch) run() {
	for _, n := range b.names {
		b.wg.Add(1) // ok: it does not wait
		go func() {
			defer b.wg.Done() // ok: it does not wait
			os.Remove(n)      // ok: on a goroutine
		}()
	}
}

func (b *batch) join() {
	b.wg.Wait() // want `\(\*sync.WaitGroup\).Wait blocks the event loop \(wait\): callback of \(\*loop.Loop\).Post -> \(\*batch\).join -> \(\*sync.WaitGroup\).Wait`
}

func groups(l *loop.Loop, b *batch) {
	l.Post(b.run)
	l.Post(b.join)
	l.Post(func() {
		b.run()
		go func() {
			b.wg.Wait() // ok: on a goroutine
			l.Post(func() {
				clear(b.names) // ok: in memory
			})
		}()
	})
}

// A condition.
type box struct {
	mu    sync.Mutex
	full  *sync.Cond
	value any
}

func newBox() *box {
	b := &box{}
	b.full = sync.NewCond(&b.mu)
	return b
}

func (b *box) get() any {
	b.mu.Lock() // ok: whoever waits in get has given it back
	defer b.mu.Unlock()
	for b.value == nil {
		b.full.Wait() // want `\(\*sync.Cond\).Wait blocks the event loop \(wait\): .* -> \(\*box\).get -> \(\*sync.Cond\).Wait`
	}
	return b.value
}

func (b *box) put(v any) {
	b.mu.Lock() // ok: whoever waits in get has given it back
	b.value = v
	b.mu.Unlock()
	b.full.Signal()    // ok: it does not wait
	b.full.Broadcast() // ok: it does not wait
}

func conditions(l *loop.Loop, b *box) {
	go b.get()
	l.Post(func() { b.get() })
	l.Post(func() { b.put(1) })
}

// The two ends of a pipe wait for each other.
func pipes(l *loop.Loop) {
	r, w := io.Pipe()
	l.Post(func() {
		w.Write(nil) // want `\(\*io.PipeWriter\).Write blocks the event loop \(chan\)`
	})
	l.Post(func() {
		r.Read(nil) // want `\(\*io.PipeReader\).Read blocks the event loop \(chan\)`
	})
	l.Post(func() {
		w.Close() // ok: it does not wait
	})
	l.Post(func() {
		go w.Write(nil) // ok: on a goroutine
	})
}

// Once: what it runs, it runs here.
func once(l *loop.Loop) {
	l.Post(func() {
		var o sync.Once
		o.Do(func() {
			os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
		})
	})
	l.Post(func() {
		var o sync.Once
		o.Do(func() {
			_ = len("x") // ok: in memory
		})
	})
	value := sync.OnceValue(func() []byte {
		b, _ := os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\)`
		return b
	})
	l.Post(func() { _ = value() })
	constant := sync.OnceValue(func() []byte {
		return []byte("x") // ok: in memory
	})
	l.Post(func() { _ = constant() })
}

// Maps and pools run what they are given.
func containers(l *loop.Loop, m *sync.Map) {
	l.Post(func() {
		m.Range(func(k, _ any) bool {
			return os.Remove(k.(string)) == nil // want `os.Remove blocks the event loop \(file\)`
		})
	})
	l.Post(func() {
		m.Range(func(_, _ any) bool {
			return true // ok: in memory
		})
		m.Load("x") // ok: it does not wait
	})
}

var buffers = sync.Pool{New: func() any {
	return new([512]byte) // ok: in memory
}}

func pools(l *loop.Loop) {
	l.Post(func() { buffers.Get() })
}
