package loop_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/loopvet/loopvet/runtime/loop"
)

// things are one of each, for the test of debug.
type things struct {
	l    *loop.Loop
	w    *loop.Watcher
	t    *loop.Timer
	a    *loop.Async
	s    *loop.Signal
	i    loop.Immediate
	p    *loop.Promise[int]
	c    *loop.Computation
	stop func()
}

// loopOnly calls each function that is marked loop-only.
var loopOnly = map[string]func(x *things){
	"Loop.NewTimer":       func(x *things) { x.l.NewTimer(x.stop) },
	"Loop.SetTimeout":     func(x *things) { x.l.SetTimeout(1, x.stop) },
	"Loop.SetInterval":    func(x *things) { x.l.SetInterval(1, x.stop) },
	"Loop.SetImmediate":   func(x *things) { x.l.SetImmediate(x.stop) },
	"Loop.NextTick":       func(x *things) { x.l.NextTick(x.stop) },
	"Loop.QueueMicrotask": func(x *things) { x.l.QueueMicrotask(x.stop) },
	"Loop.NewPrepare":     func(x *things) { x.l.NewPrepare(x.stop) },
	"Loop.NewCheck":       func(x *things) { x.l.NewCheck(x.stop) },
	"Loop.NewIdle":        func(x *things) { x.l.NewIdle(x.stop) },
	"Loop.NewAsync":       func(x *things) { x.l.NewAsync(x.stop) },
	"Loop.NewSignal":      func(x *things) { x.l.NewSignal(func(os.Signal) {}) },
	"Loop.Stop":           func(x *things) { x.l.Stop() },
	"Loop.Now":            func(x *things) { x.l.Now() },
	"Loop.UpdateNow":      func(x *things) { x.l.UpdateNow() },
	"Loop.Alive":          func(x *things) { x.l.Alive() },
	"Loop.Context":        func(x *things) { x.l.Context() },
	"Loop.Leaks":          func(x *things) { x.l.Leaks() },
	"Loop.Handles": func(x *things) {
		for range x.l.Handles() {
			break
		}
	},
	"Timer.Stop":      func(x *things) { x.t.Stop() },
	"Timer.Reset":     func(x *things) { x.t.Reset(1) },
	"Timer.Refresh":   func(x *things) { x.t.Refresh() },
	"Timer.Again":     func(x *things) { x.t.Again() },
	"Timer.Repeat":    func(x *things) { x.t.Repeat() },
	"Timer.SetRepeat": func(x *things) { x.t.SetRepeat(1) },
	"Timer.Remaining": func(x *things) { x.t.Remaining() },
	"Timer.Close":     func(x *things) { x.t.Close() },
	"Watcher.Start":   func(x *things) { x.w.Start() },
	"Watcher.Stop":    func(x *things) { x.w.Stop() },
	"Watcher.Close":   func(x *things) { x.w.Close() },
	"Async.Close":     func(x *things) { x.a.Close() },
	"Signal.Start":    func(x *things) { x.s.Start() },
	"Signal.Stop":     func(x *things) { x.s.Stop() },
	"Signal.Close":    func(x *things) { x.s.Close() },
	"Immediate.Stop":  func(x *things) { x.i.Stop() },
	"handle.Active":   func(x *things) { x.w.Active() },
	"handle.Closing":  func(x *things) { x.w.Closing() },
	"handle.HasRef":   func(x *things) { x.w.HasRef() },
	"handle.Ref":      func(x *things) { x.w.Ref() },
	"handle.Unref":    func(x *things) { x.w.Unref() },
	"handle.OnClose":  func(x *things) { x.w.OnClose(x.stop) },
	"NewPromise":      func(x *things) { loop.NewPromise[int](x.l) },
	"Resolved":        func(x *things) { loop.Resolved(x.l, 1) },
	"Rejected":        func(x *things) { loop.Rejected[int](x.l, loop.ErrInvalid) },
	"Promise.Settled": func(x *things) { x.p.Settled() },
	"Promise.Result":  func(x *things) { x.p.Result() },
	"Then":            func(x *things) { loop.Then(x.p, func(int) (int, error) { return 0, nil }) },
	"Chain":           func(x *things) { loop.Chain(x.p, func(int) *loop.Promise[int] { return x.p }) },
	"Catch":           func(x *things) { loop.Catch(x.p, func(error) (int, error) { return 0, nil }) },
	"Finally":         func(x *things) { loop.Finally(x.p, x.stop) },
	"All":             func(x *things) { loop.All(x.l, x.p) },
	"Race":            func(x *things) { loop.Race(x.l, x.p) },
	"Any":             func(x *things) { loop.Any(x.l, x.p) },
	"AllSettled":      func(x *things) { loop.AllSettled(x.l, x.p) },
	"QueueWork": func(x *things) {
		loop.QueueWork(context.Background(), x.l, func(context.Context) (int, error) { return 0, nil }, func(int, error) {})
	},
	"Partition": func(x *things) {
		loop.Partition(context.Background(), x.l, 1, func() (bool, error) { return false, nil }, func(error) {})
	},
	"Computation.Close": func(x *things) { x.c.Close() },
	"QueueFunc": func(x *things) {
		loop.QueueFunc(context.Background(), x.l, func(context.Context) error { return nil }, func(error) {})
	},
	"Offload": func(x *things) {
		loop.Offload(context.Background(), x.l, func(context.Context) (int, error) { return 0, nil })
	},
}

func TestDebugReportsEachLoopOnlyFunction(t *testing.T) {
	for _, name := range markedLoopOnly(t) {
		call, ok := loopOnly[name]
		switch {
		case name == "Loop.TryClose": // returns ErrRunning
			continue
		case !ok:
			t.Errorf("%s is marked loop-only and not tested", name)
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			reports := 0
			type misused struct{}
			l := loop.New(loop.WithDebug(func(*loop.Misuse) {
				reports++
				panic(misused{})
			}))
			x := &things{l: l, stop: func() {}}
			x.w, x.t, x.a, x.s = l.NewPrepare(x.stop), l.NewTimer(x.stop), l.NewAsync(x.stop), l.NewSignal(func(os.Signal) {})
			x.p, _, _ = loop.NewPromise[int](l)
			x.i = l.SetImmediate(x.stop)
			x.c = loop.Partition(t.Context(), l, 1, func() (bool, error) { return false, nil }, func(error) {})
			l.Post(func() {
				done := make(chan struct{})
				go func() {
					defer close(done)
					defer func() {
						if v := recover(); v != nil && v != (misused{}) {
							panic(v)
						}
					}()
					call(x)
				}()
				<-done
			})
			once(t, l)
			if reports != 1 {
				t.Errorf("%s: %d reports, want one", name, reports)
			}
			if err := l.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// markedLoopOnly returns the functions that have the directive.
func markedLoopOnly(t *testing.T) []string {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if file == "external.go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Doc == nil || !marked(fn.Doc) {
				continue
			}
			name := fn.Name.Name
			if fn.Recv != nil {
				name = receiver(fn.Recv.List[0].Type) + "." + name
			}
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatal("nothing is marked loop-only")
	}
	return names
}

func marked(doc *ast.CommentGroup) bool {
	for _, c := range doc.List {
		if c.Text == "//loopvet:looponly" {
			return true
		}
	}
	return false
}

// receiver returns the name of a receiver's type.
func receiver(typ ast.Expr) string {
	switch typ := typ.(type) {
	case *ast.StarExpr:
		return receiver(typ.X)
	case *ast.IndexExpr:
		return receiver(typ.X)
	case *ast.Ident:
		return typ.Name
	}
	return ""
}
