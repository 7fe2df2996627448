// Package waits waits for other goroutines and for people on the loop. // want package:"effects"
package waits

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing/synctest"

	"github.com/loopvet/loopvet/runtime/loop"
)

type worker struct {
	mu   sync.Mutex
	more *sync.Cond
	wg   sync.WaitGroup
	once sync.Once
}

func (w *worker) start(ctx context.Context, l *loop.Loop, srv *http.Server) {
	l.NextTick(func() {
		w.more.Wait() // want `\(\*sync.Cond\).Wait blocks the event loop \(wait\)`
	})
	l.NextTick(func() {
		w.more.Broadcast() // ok: it wakes the others
	})
	l.NextTick(func() {
		defer w.wg.Wait() // want `\(\*sync.WaitGroup\).Wait blocks the event loop \(wait\)`
	})
	l.NextTick(func() {
		w.wg.Add(1) // ok: a counter
	})
	l.NextTick(func() {
		w.once.Do(w.wg.Wait) // want `\(\*sync.WaitGroup\).Wait blocks the event loop \(wait\): .*\(\*sync.Once\).Do`
	})
	l.NextTick(func() {
		w.once.Do(w.wg.Done) // ok: a counter
	})
	l.NextTick(func() {
		srv.Shutdown(ctx) // want `\(\*http.Server\).Shutdown blocks the event loop \(wait\)`
	})
	l.NextTick(func() {
		srv.Close() // ok: it waits for nobody
	})
	l.NextTick(func() {
		fmt.Scanln() // want `fmt.Scanln blocks the event loop \(wait\)`
	})
	l.NextTick(func() {
		fmt.Sscanln("x") // ok: in memory
	})
	l.NextTick(func() {
		synctest.Wait() // want `synctest.Wait blocks the event loop \(wait\)`
	})
	l.NextTick(func() {
		_ = ctx.Err() // ok: it only asks
	})
	l.NextTick(func() {
		go w.wg.Wait() // ok: on a goroutine
	})
}
