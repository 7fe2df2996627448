// Package handed calls functions that came by a channel, an atomic value or a once. // want package:"effects"
package handed

import (
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/testdata/src/handed/settings"
)

type worker struct {
	jobs, far chan func()
	runners   chan runner
	hook      atomic.Pointer[func()]
	far2      atomic.Pointer[func()]
	any       atomic.Value
	run       atomic.Pointer[runner]
	once      func() []byte
}

type runner interface{ Run() }

type (
	reader struct{}
	memory struct{ n int }
)

func (reader) Run()  { os.ReadFile("x") } // want `os.ReadFile may block the event loop \(file\)`
func (*memory) Run() {}                   // ok: memory

var swap atomic.Pointer[func() error]

func newWorker() *worker {
	w := &worker{jobs: make(chan func(), 8), far: make(chan func(), 8), runners: make(chan runner, 8)}
	w.once = sync.OnceValue(func() []byte {
		data, _ := os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\)`
		return data
	})
	return w
}

func (w *worker) send() {
	w.jobs <- func() {
		os.Remove("job") // want `os.Remove may block the event loop \(file\)`
	}
	w.far <- func() {
		os.Remove("far") // ok: received by a goroutine of its own
	}
	select {
	case w.jobs <- func() { os.Remove("selected") }: // want `os.Remove may block the event loop \(file\)`
	default:
	}
	w.runners <- reader{}
	w.runners <- &memory{}
	f := func() {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
	}
	w.hook.Store(&f)
	g := func() {
		time.Sleep(time.Second) // ok: loaded by a goroutine of its own
	}
	w.far2.Store(&g)
	w.any.Store(func() {
		http.Get("http://example.com") // want `http.Get blocks the event loop \(net\)`
	})
	h := func() error {
		return os.Remove("swapped") // want `os.Remove blocks the event loop \(file\)`
	}
	swap.CompareAndSwap(nil, &h)
}

func (w *worker) start(l *loop.Loop) {
	l.NextTick(func() {
		for len(w.jobs) > 0 {
			job := <-w.jobs
			job()
		}
		select {
		case r := <-w.runners:
			r.Run()
		case job, ok := <-w.jobs:
			if ok {
				job()
			}
		default:
		}
	})
	l.NextTick(func() {
		if f := w.hook.Load(); f != nil {
			(*f)()
		}
		w.any.Load().(func())()
		(*swap.Load())()
	})
	go func() {
		for job := range w.far {
			job()
		}
		(*w.far2.Load())()
	}()
}

func local(l *loop.Loop) {
	done := make(chan func(), 1)
	var last atomic.Pointer[func()]
	go func() {
		done <- func() {
			os.Remove("local") // want `os.Remove blocks the event loop \(file\)`
		}
		f := func() {
			os.Remove("last") // want `os.Remove blocks the event loop \(file\)`
		}
		last.Store(&f)
	}()
	l.NextTick(func() {
		f := <-done // want `a channel receive may block the event loop \(chan\)`
		f()
		(*last.Load())()
	})
}

func once(l *loop.Loop, w *worker) {
	l.NextTick(func() {
		settings.Home()     // ok: a file, once in the life of the program
		settings.Fetch()    // want `http.Get blocks the event loop \(net\)`
		settings.Replaced() // want `os.Remove may block the event loop \(file\)` `os.Remove may block the event loop \(file\)`
		settings.Now()      // want `time.Sleep blocks the event loop \(sleep\)`
		w.once()            // once for each worker
	})
}
