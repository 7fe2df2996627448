//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package looptty

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// maxPush is how much of a write a borrowed terminal is given at once: between two of them
// a close can end it.
const maxPush = 1 << 10

// A threaded is a terminal for which a goroutine waits in a system call. If the open file
// is ours, the loop reads and writes it all the same; if it is borrowed, it may block, and
// the goroutine does that too.
type threaded struct {
	descriptor
	ours  bool
	n     notifier
	wakes *os.File   // closed by close, which ends all waiting
	woken descriptor // the other end
	uses  atomic.Int32

	mu      sync.Mutex
	reading bool   // guarded by mu; a goroutine waits or reads
	hot     bool   // guarded by mu; one has seen that a borrowed terminal has something to read
	data    []byte // guarded by mu; what was read from a borrowed terminal
	err     error  // guarded by mu; what came in place of more
	took    int    // guarded by mu; how much of a write was written
	werr    error  // guarded by mu
}

// newThreaded returns the port of d, which it closes if it fails.
func newThreaded(d descriptor, ours bool, n notifier) (port, error) {
	r, w, err := os.Pipe()
	if err != nil {
		d.file.Close()
		return nil, err
	}
	t := &threaded{descriptor: d, ours: ours, n: n, wakes: w}
	t.uses.Store(1)
	t.woken, err = describe(r)
	if err == nil && max(t.number, t.woken.number) >= maxDescriptor {
		err = fmt.Errorf("looptty: descriptor %d is too high to wait for", max(t.number, t.woken.number))
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// start runs fn on a goroutine that has the descriptors.
func (t *threaded) start(fn func()) {
	t.uses.Add(1)
	go func() {
		defer t.release()
		fn()
	}()
}

// release closes the descriptors when nobody has them any more.
func (t *threaded) release() {
	if t.uses.Add(-1) == 0 {
		t.file.Close()
		t.woken.file.Close()
	}
}

func (t *threaded) close() {
	t.wakes.Close()
	t.release()
}

func (t *threaded) read(p []byte) (int, error) {
	if t.ours {
		return t.descriptor.read(p)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case len(t.data) > 0:
		n := copy(p, t.data)
		t.data = t.data[n:]
		return n, nil
	case t.err != nil:
		err := t.err
		t.err = nil
		return 0, err
	case t.hot && !t.reading:
		t.hot, t.reading = false, true
		t.start(t.fetch)
	}
	return 0, errAgain
}

// fetch reads what is there. It does not wait, unless another process is faster.
func (t *threaded) fetch() {
	buf := make([]byte, readSize)
	n, err := t.descriptor.read(buf)
	if err == errAgain {
		err = nil
	}
	t.mu.Lock()
	t.reading, t.data, t.err = false, buf[:n], err
	t.mu.Unlock()
	t.n.notify(readable)
}

func (t *threaded) awaitRead() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reading {
		return
	}
	t.reading = true
	t.start(func() {
		if !awaitReady(t.number, t.woken.number, false) {
			return
		}
		t.mu.Lock()
		t.reading, t.hot = false, true
		t.mu.Unlock()
		t.n.notify(readable)
	})
}

func (t *threaded) write(p []byte) (int, error) {
	if t.ours {
		return t.descriptor.write(p)
	}
	return 0, errAgain
}

// awaitWrite has a borrowed terminal written from a copy of p, since close does not wait
// for that.
func (t *threaded) awaitWrite(p []byte) {
	t.mu.Lock()
	t.took, t.werr = 0, nil
	t.mu.Unlock()
	if !t.ours {
		p = bytes.Clone(p)
	}
	t.start(func() {
		if !awaitReady(t.number, t.woken.number, true) {
			return
		}
		if !t.ours {
			n, err := t.descriptor.write(p[:min(len(p), maxPush)])
			if err == errAgain {
				err = nil
			}
			t.mu.Lock()
			t.took, t.werr = n, err
			t.mu.Unlock()
		}
		t.n.notify(writable)
	})
}

func (t *threaded) written() (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.took, t.werr
}
