package fix

import (
	"errors"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/types/typeutil"
)

// stubs are packages with what the bodies under test need of the real ones.
var stubs = []struct{ path, src string }{
	{"context", `package context
		type Context interface{ Done() <-chan struct{} }
		type CancelFunc func()
		func Background() Context { return nil }
		func WithCancel(Context) (Context, CancelFunc) { return nil, nil }`},
	{"time", `package time
		type Duration int64
		const Second Duration = 1e9
		func Sleep(d Duration) {}`},
	{"os", `package os
		type File struct{}
		type FileInfo interface{ Name() string }
		func (*File) Write([]byte) (int, error) { return 0, nil }
		func Open(string) (*File, error) { return nil, nil }
		func Pipe() (r, w *File, err error) { return }
		func ReadFile(string) ([]byte, error) { return nil, nil }
		func Remove(string) error { return nil }
		func Getpid() int { return 0 }
		func Sync() {}
		func LookupEnv(string) (string, bool) { return "", false }`},
	{loopPath, `package loop
		import ("context"; "time")
		type Loop struct{}
		type Timer struct{}
		type Request struct{}
		func New() *Loop { return nil }
		func (*Loop) Post(fn func()) error { return nil }
		func (*Loop) SetTimeout(d time.Duration, fn func()) *Timer { return nil }
		func (*Loop) NewCheck(fn func()) {}
		func (*Loop) Run(context.Context) error { return nil }
		func QueueWork[T any](ctx context.Context, l *Loop, work func(context.Context) (T, error), after func(T, error)) *Request { return nil }
		func QueueFunc(ctx context.Context, l *Loop, work func(context.Context) error, after func(error)) *Request { return nil }`},
}

var stubbed = func() importer {
	m := importer{}
	for _, s := range stubs {
		p, _, err := check(m, s.path, s.src)
		if err != nil {
			panic(err)
		}
		m[s.path] = p.Types
	}
	return m
}()

// check parses and type-checks a package of one file.
func check(m importer, path, src string) (*Package, *ast.File, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x.go", src, parser.ParseComments)
	if err != nil {
		return nil, nil, err
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
		Instances: map[*ast.Ident]types.Instance{},
	}
	conf := types.Config{Importer: m}
	pkg, err := conf.Check(path, fset, []*ast.File{f}, info)
	return &Package{Fset: fset, Files: []*ast.File{f}, Types: pkg, Info: info, ReadFile: func(string) ([]byte, error) { return []byte(src), nil }}, f, err
}

// fixAll returns what each call in the source would become, by its fix.
func fixAll(t *testing.T, src string) (fixed []string) {
	t.Helper()
	p, f, err := check(stubbed, "x", src)
	if err != nil {
		return nil
	}
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fn, ok := typeutil.Callee(p.Info, call).(*types.Func)
		if !ok {
			return true
		}
		fx := Offload(p, call.Fun.Pos(), fn.Origin().FullName())
		if fx == nil {
			return true
		}
		out := string(Apply([]byte(src), fx.Edits))
		if _, _, err := check(stubbed, "x", out); err != nil && !unused(err) {
			t.Errorf("%s: %v\n-- before --\n%s\n-- after --\n%s", fx.Title, err, src, out)
		}
		if was, err := format.Source([]byte(src)); err == nil && string(was) == src {
			if is, err := format.Source([]byte(out)); err != nil || string(is) != out {
				t.Errorf("%s: not formatted\n-- before --\n%s\n-- after --\n%s", fx.Title, src, out)
			}
		}
		if !slices.IsSortedFunc(fx.Edits, func(a, b Edit) int { return a.Start - b.Start }) {
			t.Errorf("%s: edits are not sorted: %v", fx.Title, fx.Edits)
		}
		fixed = append(fixed, out)
		return true
	})
	return fixed
}

func unused(err error) bool {
	var te types.Error
	return errors.As(err, &te) && te.Soft && strings.Contains(te.Msg, "imported and not used")
}

func program(body string) string {
	return `package x

import (
	"context"
	"os"
	"time"

	"` + loopPath + `"
)

type state struct {
	l    *loop.Loop
	name string
	data []byte
}

func show(...any) {}

func (s *state) f(ctx context.Context, l *loop.Loop, name string, data []byte, file *os.File) {
	` + body + `
}

var _ = time.Second
var _ = os.Getpid
`
}

// TestCombinations makes callbacks of all combinations of a front, a statement
// with a call, and a rest, and wants each fix to compile.
func TestCombinations(t *testing.T) {
	fronts := []string{"", "n := 1; show(n)", "err := error(nil); show(err)", "var data []byte; var err error; show(data, err)",
		"name := name + s.name", "defer show()", "again: show(); goto again", "// a comment\n", "v, r, result := 1, 2, 3; show(v, r, result)"}
	calls := []string{
		`data, err := os.ReadFile("x"); show(data)`, `data, err := os.ReadFile(s.name); show(data, err)`, `_, err := os.ReadFile(name)`,
		`data, err = os.ReadFile("x")`, `s.data, _ = os.ReadFile("x")`, `os.Remove("x") // why`, `os.Remove(string(data))`, `err := os.Remove(name)`,
		`if err := os.Remove("x"); err != nil { return }`, `if data, err := os.ReadFile("x"); err != nil { show(err) } else { show(data) }`,
		`r, w, err := os.Pipe(); show(r, w)`, `v, ok := os.LookupEnv("x"); show(v, ok)`, `if _, ok := os.LookupEnv("x"); !ok { return }`,
		`pid := os.Getpid(); show(pid)`, `os.Getpid()`, `os.Sync()`, `time.Sleep(time.Second)`, `time.Sleep(time.Duration(len(name)))`,
		`file.Write(data)`, "os.Remove(`a\nb`)", `_ = os.Remove("x")`, `_, _ = os.ReadFile("x")`, `r, _, err := os.Pipe(); show(r)`,
	}
	rests := []string{"", "show(err)", "more, err := os.ReadFile(\"y\"); show(more, err)", "err := os.Remove(\"y\"); show(err)",
		"if err != nil { return }; show(`\n`)", "for { break }", "defer show(1) // at the end", "\n\n// only a comment\n"}
	wraps := []string{"l.Post(func() {\n%\n})", "s.l.SetTimeout(time.Second, func() { % })",
		"loop.QueueFunc(context.Background(), l, func(context.Context) error { return nil }, func(err error) {\n%\n})", "l.NewCheck(func() {\n%\n})"}
	checked, fixed := 0, 0
	for _, wrap := range wraps {
		for _, front := range fronts {
			for _, call := range calls {
				for _, rest := range rests {
					src := program(strings.Replace(wrap, "%", front+"\n"+call+"\n"+rest, 1))
					if out, err := format.Source([]byte(src)); err == nil {
						src = string(out)
					}
					checked++
					out := fixAll(t, src)
					fixed += len(out)
					if len(out) > 0 && strings.Contains(wrap, "NewCheck") {
						t.Errorf("a watcher's callback is cut:\n%s", out[0])
					}
					if t.Failed() {
						return
					}
				}
			}
		}
	}
	if fixed < 1000 {
		t.Errorf("%d programs, %d fixes", checked, fixed)
	}
}

func FuzzOffload(f *testing.F) {
	for _, body := range []string{
		`l.Post(func() { os.Remove("x") })`,
		"l.Post(func() {\n\tdata, err := os.ReadFile(name)\n\tshow(data, err)\n})",
		"s.l.SetTimeout(time.Second, func() {\n\ttime.Sleep(1)\n\tshow()\n})",
		"l.Post(func() {\n\tif err := os.Remove(s.name); err != nil {\n\t\treturn\n\t}\n})",
		"ctx, cancel := context.WithCancel(ctx)\ndefer cancel()\nl.Post(func() { _, _, err := os.Pipe(); show(err) })",
		"type result int\nl.Post(func() { r, w, err := os.Pipe()\nshow(r, w, err) })",
		"}\nvar _ = func(l *loop.Loop) { l.Post(func() { os.Sync(); show() }) }\nfunc g[T any](x T) {",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, "\r") { // the parser drops them, and gofmt too
			return
		}
		fixAll(t, program(body))
	})
}
