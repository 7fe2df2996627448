package loop

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// How the watchdog sees a stall: a goroutine beside the loop raises a flag four
// times per limit, and the loop lowers it at each callback's start and when it
// goes to wait. A flag that was up four times in a row has seen one callback for
// all that time. So the loop reads no clock and writes nothing while all is well,
// and what stops the whole process (a garbage collection's pauses, a debugger, a
// suspended laptop) stops the watchdog as well and is not blamed on a callback:
// it counts its own turns and not the time.

const (
	looksPerLimit = 4
	minDumpGap    = time.Second // a dump stops the world for a moment
)

// A Stall is a callback that holds the loop for longer than the limit.
type Stall struct {
	Callback   string        // function and line that the loop called
	Registered string        // file:line that made the handle or request or queued it; "" unless WithOrigins
	Kind       string        // what holds it, in the linter's words, as "sleep" or "file"; "unknown" else
	Held       time.Duration // how long so far, at least
	State      string        // the goroutine's state, as the Go runtime words it
	Stack      []byte        // of the loop's goroutine
	Suppressed int           // stalls since the last report that came too close on another one
}

// LogValue returns the stall for log/slog, without the stack.
func (s *Stall) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("callback", s.Callback),
		slog.String("registered", s.Registered),
		slog.String("kind", s.Kind),
		slog.Duration("held", s.Held),
		slog.String("state", s.State),
		slog.Int("suppressed", s.Suppressed),
	)
}

// WithWatchdog has fn called when a callback holds the loop for longer than
// limit, while it still does: once a stall, at most once a second, and within a
// quarter of the limit. fn runs on a goroutine of the watchdog's own. What led to
// the stall [WithFlightRecorder] keeps. If fn is nil, stalls go
// to slog.Default as warnings. The watchdog's goroutine runs while Run does.
// WithWatchdog panics if limit is below a millisecond.
func WithWatchdog(limit time.Duration, fn func(*Stall)) Option {
	if limit < time.Millisecond {
		panic("loop: WithWatchdog: limit is below 1ms")
	}
	if fn == nil {
		fn = func(s *Stall) {
			slog.Warn("the event loop is held by a callback", "stall", s, "stack", string(s.Stack))
		}
	}
	return func(l *Loop) { l.watchdog = &watchdog{period: limit / looksPerLimit, report: fn} }
}

type watchdog struct {
	period time.Duration
	report func(*Stall)

	dumped     time.Time // the watchdog's; when it reported last
	suppressed int       // the watchdog's
}

// boundary is called by the loop between callbacks. The flag is a field of the
// loop, so that a loop with a watchdog and one without execute the same code.
func (l *Loop) boundary() {
	if l.stalled.Load() {
		l.stalled.Store(false)
	}
}

// start starts the watchdog for the calling goroutine. The function that it
// returns ends it and waits until its report, if it makes one, is made.
func (w *watchdog) start(l *Loop) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	owner := goroutineID()
	l.stalled.Store(false)
	go func() {
		defer close(done)
		ticker := time.NewTicker(w.period)
		defer ticker.Stop()
		looks := 0 // that found the flag still up
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
			}
			if !l.stalled.Swap(true) || l.inbox.sleeps() {
				looks = 0
				continue
			}
			if looks++; looks == looksPerLimit {
				w.dump(owner, l.current.Load(), l.flight)
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func (w *watchdog) dump(owner []byte, o *origin, f *flight) {
	if !w.dumped.IsZero() && time.Since(w.dumped) < minDumpGap {
		w.suppressed++
		return
	}
	w.dumped = time.Now()
	stack := stackOf(owner)
	s := &Stall{Held: w.period * looksPerLimit, Stack: stack, Suppressed: w.suppressed}
	w.suppressed = 0
	s.State, s.Callback = stateOf(stack), calledByLoop(stack)
	s.Kind = kindOf(s.State, stack)
	s.Registered = o.line()
	w.report(s)
	if f != nil {
		f.dump(s)
	}
}

// sleeps reports whether the loop is parked.
func (in *inbox) sleeps() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.parked
}

// stateOf returns what a stack's first line has in brackets, without how long.
func stateOf(stack []byte) string {
	_, state, _ := bytes.Cut(stack, []byte("["))
	state, _, _ = bytes.Cut(state, []byte("]"))
	state, _, _ = bytes.Cut(state, []byte(","))
	return string(state)
}

// calledByLoop returns the function, and its line, that the loop has called: the
// frame above the first one of the loop's.
func calledByLoop(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	for i := 1; i+2 < len(lines); i += 2 {
		below := lines[i+2]
		if strings.HasPrefix(below, packagePath+".(*Loop).") || strings.HasPrefix(below, packagePath+".(*valueRequest") ||
			strings.HasPrefix(below, packagePath+".(*errorRequest") || strings.HasPrefix(below, packagePath+".posted.run") {
			name, _, _ := strings.Cut(lines[i], "({")
			if n := strings.LastIndexByte(name, '('); n > 0 && strings.HasSuffix(name, ")") {
				name = name[:n]
			}
			file, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
			return fmt.Sprintf("%s (%s)", name, file[strings.LastIndexByte(file, '/')+1:])
		}
	}
	return "unknown"
}

// kindOf names what holds a goroutine, by its state and, where that is too
// general, by the innermost function that tells.
func kindOf(state string, stack []byte) string {
	switch {
	case strings.HasPrefix(state, "sleep"):
		return "sleep"
	case strings.HasPrefix(state, "chan"), strings.HasPrefix(state, "select"):
		if strings.HasSuffix(state, "(nil chan)") || strings.HasSuffix(state, "(no cases)") {
			return "forever"
		}
		return calling(stack, "chan")
	case strings.HasPrefix(state, "sync.Mutex"), strings.HasPrefix(state, "sync.RWMutex"):
		return "lock"
	case strings.HasPrefix(state, "sync."), strings.HasPrefix(state, "semacquire"):
		return "wait"
	case strings.HasPrefix(state, "GC"):
		return "gc"
	case strings.HasPrefix(state, "IO wait"):
		return calling(stack, "net")
	case strings.HasPrefix(state, "syscall"):
		return calling(stack, "file")
	case strings.HasPrefix(state, "running"), strings.HasPrefix(state, "runnable"):
		return calling(stack, "cpu")
	}
	return "unknown"
}

// calling returns the kind of the outermost call that is known, or otherwise.
func calling(stack []byte, otherwise string) string {
	kind := otherwise
	for line := range strings.Lines(string(stack)) {
		for _, c := range [...]struct{ prefix, kind string }{
			{"os/exec.", "exec"},
			{"database/sql.", "db"},
			{"net.(*Resolver).", "dns"},
			{"net.", "net"},
			{"fmt.Print", "console"},
			{"log.", "console"},
			{"log/slog.", "console"},
			{"os.", "file"},
		} {
			if strings.HasPrefix(line, c.prefix) {
				if kind != "dns" || c.kind != "net" {
					kind = c.kind
				}
				break
			}
		}
	}
	return kind
}
