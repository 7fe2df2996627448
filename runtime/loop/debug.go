package loop

import (
	"bytes"
	"runtime"
	"strings"
	"sync/atomic"
)

// A Misuse is a call of a loop-only method from a goroutine that does not run the
// loop while it runs.
type Misuse struct {
	Method    string // the method, as in "loop.(*Loop).SetTimeout"
	Stack     []byte // of the caller
	LoopStack []byte // of the goroutine that runs the loop, at about the same time
}

// WithDebug has fn called for each [Misuse], on the goroutine that does it and
// before it does any harm; fn may panic. That costs a microsecond or two a call
// of a loop-only method.
func WithDebug(fn func(*Misuse)) Option {
	if fn == nil {
		panic("loop: WithDebug: nil callback")
	}
	return func(l *Loop) { l.misuse = &misuse{report: fn} }
}

type misuse struct {
	report func(*Misuse)
	owner  atomic.Pointer[[]byte] // id of the goroutine that runs the loop; nil if none does
}

// check is called by loop-only methods that change the loop.
func (l *Loop) check() {
	if l.misuse != nil {
		l.misuse.check()
	}
}

// check reads one line of the goroutine's own stack, a microsecond, and only where
// WithDebug asks for it. What stops the world runs on the goroutine that should
// not have called.
//
//loopvet:nonblocking
func (m *misuse) check() {
	owner := m.owner.Load()
	if owner == nil || bytes.Equal(*owner, goroutineID()) {
		return
	}
	m.report(&Misuse{Method: entered(), Stack: ownStack(), LoopStack: stackOf(*owner)})
}

// entered returns the name of the outermost function of this package on the
// stack: the method that was called from outside.
func entered() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	name := ""
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, packagePath+".") {
			return name
		}
		name = f.Function[strings.LastIndexByte(f.Function, '/')+1:]
		if !more {
			return name
		}
	}
}

const packagePath = "github.com/loopvet/loopvet/runtime/loop"

// goroutineID returns the number of the calling goroutine, as text.
func goroutineID() []byte {
	var buf [32]byte
	id := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	id, _, _ = bytes.Cut(id, []byte(" "))
	return bytes.Clone(id)
}

func ownStack() []byte {
	buf := make([]byte, 64<<10)
	return buf[:runtime.Stack(buf, false)]
}

// stackOf returns the stack of the goroutine with the given id, nil if there is
// none. It stops the world while it looks.
func stackOf(id []byte) []byte {
	buf := make([]byte, 1<<20)
	all := buf[:runtime.Stack(buf, true)]
	head := append(append([]byte("goroutine "), id...), ' ')
	for len(all) > 0 {
		stack, rest, _ := bytes.Cut(all, []byte("\n\n"))
		if bytes.HasPrefix(stack, head) {
			return bytes.Clone(stack)
		}
		all = rest
	}
	return nil
}
