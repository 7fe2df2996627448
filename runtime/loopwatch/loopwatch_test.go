package loopwatch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fsnotify/fsnotify"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/looptest"
	"github.com/loopvet/loopvet/runtime/loopwatch"
)

func TestMain(m *testing.M) { looptest.Main(m) }

func run(t *testing.T, l *loop.Loop) {
	t.Helper()
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	looptest.CheckLeaks(t, l)
}

func watch(t *testing.T, l *loop.Loop, fn func(fsnotify.Event, error)) *loopwatch.Watcher {
	t.Helper()
	w, err := loopwatch.New(l, fn)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestChangesOfADirectoryAreToldOnTheLoop(t *testing.T) {
	l, dir := loop.New(), t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	var w *loopwatch.Watcher
	next := []struct {
		op   fsnotify.Op
		name string
		then func() error
	}{
		{fsnotify.Create, a, func() error { return os.WriteFile(a, []byte("x"), 0o600) }},
		{fsnotify.Write, a, func() error { return os.Rename(a, b) }},
		{fsnotify.Create, b, func() error { return os.Remove(b) }},
		{fsnotify.Remove, b, func() error { w.Close(); return nil }},
	}
	w = watch(t, l, func(ev fsnotify.Event, err error) {
		if err != nil {
			t.Error(err)
		}
		if w.Closing() {
			t.Errorf("%v after Close", ev)
		}
		if len(next) > 0 && ev.Op.Has(next[0].op) && ev.Name == next[0].name {
			then := next[0].then
			next = next[1:]
			if err := then(); err != nil {
				t.Error(err)
			}
		}
	})
	closed := 0
	w.OnClose(func() { closed++ })
	w.Add(t.Context(), dir, func(err error) {
		if err != nil {
			t.Errorf("Add: %v", err)
		}
		f, err := os.Create(a)
		if err != nil {
			t.Error(err)
		}
		f.Close()
	})
	run(t, l)
	if len(next) != 0 || closed != 1 {
		t.Errorf("%d changes were not told, closed %d times", len(next), closed)
	}
}

func TestAddAndRemoveTellTheirErrors(t *testing.T) {
	l, dir := loop.New(), t.TempDir()
	w := watch(t, l, func(ev fsnotify.Event, _ error) { t.Errorf("told of %v", ev) })
	ctx := t.Context()
	var trace looptest.Trace
	w.Remove(ctx, dir, func(err error) {
		if err == nil {
			t.Error("what is not watched can be removed")
		}
		trace.Log("remove")
		w.Add(ctx, filepath.Join(dir, "none"), func(err error) {
			if !os.IsNotExist(err) {
				t.Errorf("Add of nothing: %v", err)
			}
			trace.Log("add")
			w.Add(ctx, dir, func(error) {
				w.Remove(ctx, dir, func(err error) {
					if err != nil {
						t.Errorf("Remove: %v", err)
					}
					os.Mkdir(filepath.Join(dir, "unseen"), 0o700)
					w.OnClose(func() {
						w.Add(ctx, dir, func(err error) {
							if err != fsnotify.ErrClosed {
								t.Errorf("Add after Close: %v", err)
							}
							trace.Log("closed")
						})
					})
					w.Close()
					w.Close()
				})
			})
		})
	})
	run(t, l)
	trace.Want(t, "remove add closed")
}

func TestAWatcherKeepsTheLoopUnlessItIsUnreferenced(t *testing.T) {
	l := loop.New(loop.WithOrigins())
	w := watch(t, l, func(fsnotify.Event, error) {})
	if !w.Active() || !w.HasRef() || !l.Alive() {
		t.Error("a new watcher does not keep the loop")
	}
	w.Unref()
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	leaks := l.Leaks()
	if len(leaks) != 1 || leaks[0].Kind != "file watcher" || !strings.Contains(leaks[0].Origin, "loopwatch_test.go") {
		t.Errorf("leaks: %v", leaks)
	}
	closed := 0
	w.OnClose(func() { closed++ })
	before := descriptors(t)
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := descriptors(t); closed != 1 || runtime.GOOS == "linux" && n != before-1 {
		t.Errorf("closed %d times, %d watchers are open, %d were", closed, n, before)
	}
}

// descriptors returns how many inotify descriptors are open, 0 where the system does not
// tell.
func descriptors(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, entry := range list {
		if name, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && strings.Contains(name, "inotify") {
			n++
		}
	}
	return n
}

func TestEventsThatTheLoopHasNoTimeForAreBoundedAndTheLossIsTold(t *testing.T) {
	l := loop.New()
	events, lost := 0, 0
	var w *loopwatch.Watcher
	w = watch(t, l, func(ev fsnotify.Event, err error) {
		switch {
		case err == fsnotify.ErrEventOverflow:
			lost++
			if events != loopwatch.MaxEvents {
				t.Errorf("the loss is told after %d events", events)
			}
			l.SetImmediate(w.Close) // after all that has come
		case ev.Name != fmt.Sprint(events):
			t.Errorf("event %d is %s", events, ev.Name)
		default:
			events++
		}
	})
	for i := range loopwatch.MaxEvents + 100 {
		loopwatch.Take(w, fsnotify.Event{Name: fmt.Sprint(i)})
	}
	run(t, l)
	if lost != 1 {
		t.Errorf("the loss is told %d times", lost)
	}
}

func TestAPanicLosesNoEvent(t *testing.T) {
	l := loop.New()
	var trace looptest.Trace
	var w *loopwatch.Watcher
	w = watch(t, l, func(ev fsnotify.Event, err error) {
		trace.Log(ev.Name)
		switch ev.Name {
		case "a":
			panic("oh")
		case "c":
			w.Close()
		}
	})
	for _, name := range []string{"a", "b", "c", "d"} {
		loopwatch.Take(w, fsnotify.Event{Name: name})
	}
	func() {
		defer func() { trace.Log(recover().(string)) }()
		l.Run(t.Context())
	}()
	run(t, l)
	trace.Want(t, "a oh b c")
}
