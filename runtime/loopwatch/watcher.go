package loopwatch

import (
	"context"
	"sync"

	"github.com/fsnotify/fsnotify"

	"github.com/loopvet/loopvet/runtime/loop"
)

// maxEvents is how many events may wait for the loop: half of what Linux keeps for
// one watcher (/proc/sys/fs/inotify/max_queued_events).
const maxEvents = 8192

// A Watcher is a handle that is active, and keeps the loop alive, from New to Close. All
// methods are loop-only.
type Watcher struct {
	ext     loop.External
	fn      func(fsnotify.Event, error)
	watcher *fsnotify.Watcher
	closing bool

	mu    sync.Mutex
	news  []news // guarded by mu; for the loop to tell
	full  bool   // guarded by mu; events were lost since the loop was told
	ended bool   // guarded by mu; fsnotify is closed
}

// news is an event or an error.
type news struct {
	event fsnotify.Event
	err   error
}

// New makes a watcher that watches nothing yet, and that calls fn, in poll, with each
// change of what it watches, or with an error. [fsnotify.ErrEventOverflow] says that
// events were lost, because the system or the loop, for which up to 8192 wait, was behind:
// then look at the files themselves. New panics if fn is nil. Its error is the system's,
// for lack of descriptors or of watchers.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func New(l *loop.Loop, fn func(event fsnotify.Event, err error)) (*Watcher, error) {
	if fn == nil {
		panic("loopwatch: New: nil callback")
	}
	fw, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &Watcher{fn: fn, watcher: fw}
	w.ext.Init(l, w, (*driver)(w))
	w.ext.SetActive(true)
	go w.collect()
	return w, nil
}

// collect is the goroutine that takes what fsnotify has, until that is closed.
func (w *Watcher) collect() {
	events, errs := w.watcher.Events, w.watcher.Errors
	for events != nil || errs != nil {
		select {
		case ev, ok := <-events:
			if ok {
				w.take(news{event: ev})
			} else {
				events = nil
			}
		case err, ok := <-errs:
			if ok {
				w.take(news{err: err})
			} else {
				errs = nil
			}
		}
	}
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.ext.Arrive()
}

// take keeps an event or an error for the loop.
func (w *Watcher) take(n news) {
	w.mu.Lock()
	switch {
	case len(w.news) < maxEvents:
		w.news = append(w.news, n)
	case !w.full:
		w.full = true
		w.news = append(w.news, news{err: fsnotify.ErrEventOverflow})
	}
	w.mu.Unlock()
	w.ext.Arrive()
}

// Add watches a file or directory, and then calls after. It is a task of the loop's pool
// for fast I/O unless opts say otherwise, since it has to find what name leads to. The
// error is [fsnotify.ErrClosed] if the watcher is closed by then.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) Add(ctx context.Context, name string, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, w.Loop(), func(context.Context) error { return w.watcher.Add(name) }, after, opts...)
}

// Remove no longer watches what Add was given by that name, and then calls after. Events
// from before may still come. The error is [fsnotify.ErrNonExistentWatch] if name is not
// watched.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) Remove(ctx context.Context, name string, after func(error), opts ...loop.WorkOption) *loop.Request {
	return loop.QueueFunc(ctx, w.Loop(), func(context.Context) error { return w.watcher.Remove(name) }, after, opts...)
}

// Loop returns the loop of the watcher.
//
//loopvet:nonblocking
func (w *Watcher) Loop() *loop.Loop { return w.ext.Loop() }

// Active reports whether the watcher is open.
//
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) Active() bool { return w.ext.Active() }

// Closing reports whether Close was called.
//
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) Closing() bool { return w.closing }

// Ref has the watcher keep the loop alive, as it does from the start.
//
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) Ref() { w.ext.Ref() }

// Unref has the watcher no longer keep the loop alive.
//
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) Unref() { w.ext.Unref() }

// HasRef reports whether the watcher keeps the loop alive.
//
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) HasRef() bool { return w.ext.HasRef() }

// OnClose has fn called in the closing phase once the watcher is closed and its
// descriptors are given back.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) OnClose(fn func()) { w.ext.OnClose(fn) }

// Close closes the watcher. Its callback is not called any more.
//
//loopvet:looponly
//loopvet:nonblocking
func (w *Watcher) Close() {
	if w.closing {
		return
	}
	w.closing = true
	w.ext.Begin() // until it is shut, referenced or not
	go w.watcher.Close()
}

// driver is a Watcher as the loop sees it.
type driver Watcher

func (d *driver) Kind() string { return "file watcher" }
func (d *driver) Deferred()    {}
func (d *driver) Closed()      {}

// Arrived tells what has come, no more than had come before, so that who changes what it
// watches does not keep the loop.
func (d *driver) Arrived() {
	w := (*Watcher)(d)
	w.mu.Lock()
	all := w.news
	w.news, w.full = nil, false
	ended := w.ended
	w.mu.Unlock()
	defer func() {
		if len(all) > 0 && !w.closing { // a callback has panicked
			w.mu.Lock()
			w.news = append(all, w.news...)
			w.mu.Unlock()
			w.ext.Arrive()
		}
	}()
	for len(all) > 0 && !w.closing {
		n := all[0]
		all = all[1:]
		w.ext.Call(&call{w, n})
	}
	if w.closing && ended {
		w.ext.End()
		w.ext.Shut()
	}
}

// call is the callback of New.
type call struct {
	w *Watcher
	news
}

func (c *call) Run()                     { c.w.fn(c.event, c.err) }
func (c *call) Func() any                { return c.w.fn }
func (c *call) Context() context.Context { return nil }
