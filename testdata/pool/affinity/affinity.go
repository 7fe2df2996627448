// Package affinity does on workers what only a loop's goroutine may.
package affinity

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

type editor struct {
	loop  *loop.Loop
	pool  *pool.Pool
	timer *loop.Timer

	text    []byte // owned by the loop
	version int    // owned by the loop
	saving  bool   // owned by the loop
	saved   atomic.Int64

	mu    sync.Mutex
	marks map[string]int // guarded by mu
}

// Functions of the loop.

func (e *editor) autosave(name string) {
	e.pool.TrySubmit(func() {
		os.WriteFile(name, nil, 0o600)
		e.timer = e.loop.SetTimeout(time.Minute, func() {}) // want `\(\*loop.Loop\).SetTimeout is for the loop only \(pool-affinity\): task of \(\*pool.Pool\).TrySubmit -> \(\*loop.Loop\).SetTimeout`
	})
}

func (e *editor) autosavePosted(name string) {
	e.pool.TrySubmit(func() {
		os.WriteFile(name, nil, 0o600)
		e.loop.Post(func() { // ok: anybody may post
			e.timer = e.loop.SetTimeout(time.Minute, func() {}) // ok: on the loop
		})
	})
}

func (e *editor) stopTimer() {
	e.timer.Stop() // want `\(\*loop.Timer\).Stop is for the loop only \(pool-affinity\): task of loop.QueueFunc -> \(\*editor\).stopTimer -> \(\*loop.Timer\).Stop`
}

func (e *editor) save(ctx context.Context, name string) {
	loop.QueueFunc(ctx, e.loop, func(context.Context) error {
		e.stopTimer()
		return os.WriteFile(name, nil, 0o600)
	}, func(error) {})
}

func (e *editor) saveThenStop(ctx context.Context, name string) {
	loop.QueueFunc(ctx, e.loop, func(context.Context) error {
		return os.WriteFile(name, nil, 0o600)
	}, func(error) {
		e.timer.Stop() // ok: on the loop
	})
}

// Work that queues more work.
func (e *editor) twice(ctx context.Context, name string) {
	loop.QueueFunc(ctx, e.loop, func(ctx context.Context) error {
		loop.QueueFunc(ctx, e.loop, func(context.Context) error { // want `loop.QueueFunc is for the loop only \(pool-affinity\): task of loop.QueueFunc -> loop.QueueFunc`
			return os.Remove(name)
		}, func(error) {})
		return os.Remove(name + ".bak")
	}, func(error) {})
}

func (e *editor) oneAfterTheOther(ctx context.Context, name string) {
	loop.QueueFunc(ctx, e.loop, func(context.Context) error {
		return os.Remove(name + ".bak")
	}, func(error) {
		loop.QueueFunc(ctx, e.loop, func(context.Context) error { // ok: on the loop
			return os.Remove(name)
		}, func(error) {})
	})
}

// The end of a promise.
func (e *editor) promised(name string) *loop.Promise[int] {
	p, resolve, reject := loop.NewPromise[int](e.loop)
	e.pool.TrySubmit(func() {
		data, err := os.ReadFile(name)
		e.loop.Post(func() {
			if err != nil {
				reject(err) // ok: on the loop
				return
			}
			resolve(len(data)) // ok: on the loop
		})
	})
	return p
}

func (e *editor) stop(ctx context.Context) {
	pool.Go(ctx, e.pool, func(context.Context) (int, error) {
		e.loop.Stop() // want `\(\*loop.Loop\).Stop is for the loop only \(pool-affinity\): task of pool.Go -> \(\*loop.Loop\).Stop`
		return 0, nil
	})
}

// A function of one's own that only the loop may call.

// redraw shows the text.
//
//loopvet:looponly
func (e *editor) redraw() { e.version++ }

func (e *editor) load(name string) {
	e.pool.TrySubmit(func() {
		os.ReadFile(name)
		e.redraw() // want `\(\*editor\).redraw is for the loop only \(pool-affinity\): task of \(\*pool.Pool\).TrySubmit -> \(\*editor\).redraw`
	})
}

func (e *editor) loadAndPost(name string) {
	e.pool.TrySubmit(func() {
		os.ReadFile(name)
		e.loop.Post(e.redraw) // ok: on the loop
	})
}

// State that is written on both sides.
func (e *editor) count(ctx context.Context, names [3]string) {
	done := 0
	e.loop.NextTick(func() {
		for _, name := range names {
			loop.QueueFunc(ctx, e.loop, func(context.Context) error {
				err := os.Remove(name)
				done++ // want `done is written here and in a callback \(pool-affinity\): task of loop.QueueFunc`
				return err
			}, func(error) {
				done++
			})
		}
	})
}

// The result comes back as a value.
func (e *editor) countBack(ctx context.Context, names [3]string) {
	done := 0
	e.loop.NextTick(func() {
		for _, name := range names {
			loop.QueueFunc(ctx, e.loop, func(context.Context) error {
				return os.Remove(name)
			}, func(error) {
				done++ // ok: on the loop only
			})
		}
	})
}

// Written in the work and read in its own callback: one comes after the other.
func (e *editor) length(ctx context.Context, name string, show func(int)) {
	n := 0
	e.loop.NextTick(func() {
		loop.QueueFunc(ctx, e.loop, func(context.Context) error {
			data, err := os.ReadFile(name)
			n = len(data) // ok: the callback comes after it
			return err
		}, func(error) {
			show(n)
		})
	})
}

// A field.
func (e *editor) reformat() {
	e.pool.TrySubmit(func() {
		e.text = append(e.text, '\n') // want `text is written here and in a callback \(pool-affinity\): task of \(\*pool.Pool\).TrySubmit`
	})
	e.loop.Post(func() {
		e.text = nil
	})
}

// A field, in methods.
func (e *editor) beginSave() { e.saving = true }

func (e *editor) endSave() {
	e.saving = false // want `saving is written here and in a callback \(pool-affinity\): task of pool.Go -> \(\*editor\).endSave`
}

func (e *editor) startSave(ctx context.Context) {
	e.loop.SetImmediate(e.beginSave)
	e.loop.SetImmediate(func() {
		pool.Go(ctx, e.pool, func(context.Context) (int, error) {
			e.endSave()
			return 0, nil
		})
	})
}

// The elements of a map.
func (e *editor) words() {
	seen := map[string]int{}
	e.pool.TrySubmit(func() {
		seen["draft"]++ // want `seen is written here and in a callback \(pool-affinity\): task of \(\*pool.Pool\).TrySubmit`
	})
	e.loop.Post(func() {
		seen["text"]++
	})
}

// A map of the task's own, handed over when it is full.
func (e *editor) wordsPosted() {
	e.pool.TrySubmit(func() {
		seen := map[string]int{}
		seen["draft"]++ // ok: the task's own
		e.loop.Post(func() {
			seen["text"]++
		})
	})
}

// Under a mutex on both sides.
func (e *editor) mark(name string) {
	e.pool.TrySubmit(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.marks[name] = 1 // ok: under the mutex here and there
	})
	e.loop.Post(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.marks[name] = 0
	})
}

// With sync/atomic.
func (e *editor) tally() {
	e.pool.TrySubmit(func() {
		e.saved.Add(1) // ok: atomic
	})
	e.loop.Post(func() {
		e.saved.Store(0)
	})
}

// A posted function in between.
func (e *editor) advance() {
	e.pool.TrySubmit(func() {
		os.Remove("draft")
		e.loop.Post(func() {
			e.version++ // ok: on the loop
		})
	})
	e.loop.Post(func() {
		e.version++
	})
}

// Each task has a variable of its own.
func (e *editor) scratch() {
	e.loop.NextTick(func() {
		e.pool.TrySubmit(func() {
			words := 0
			for _, b := range [...]byte{'a', ' ', 'b'} {
				if b == ' ' {
					words++ // ok: the task's own
				}
			}
			e.saved.Add(int64(words))
		})
	})
}
