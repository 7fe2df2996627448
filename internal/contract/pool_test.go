package contract

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"go/types"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const poolContract = `module: x.y/p
aliases: [x.y/fork]
imports: {p: x.y/p, g: x.y/p/group, c: x.y/p/conc}
pool:
  p.New: {makes: 0, size: 0}
  p.NewFunc: {makes: 0, size: 0, task: 1}
  p.NewBoth: {makes: 0, size: 0, on: 1, unlimited: {arg: 0, below: 1}}
  p.Go: {submits: 0, on: none, unlimited: true}
  p.WithQueue: {bounds: 0}
  (*p.Pool).Go: {submits: 0, on: recv, result: 0, kernel: [net, dns]}
  (*p.Pool).Submit: {submits: 0, on: recv, blocks: true, if-bounded: true}
  (*p.Pool).Invoke: {submits: none, on: recv, blocks: true, waits: true}
  (*p.Pool).Resize: {limits: recv, size: 0}
  (*p.Pool).Close: {awaits: recv}
  (*p.Pool).Group: {attaches: 0, on: recv}
  (p.Future).Wait: {awaits: recv}
  p.Submit: {submits: 0, on: none}
  p.WaitAll: {awaits: none}
  p.Both: [{submits: 1, on: 0}, {submits: 2, on: 0}]
  (*g.Group).SetLimit: {limits: recv, size: 0}
  (*g.Group).Go: {submits: 0, on: recv, blocks: true}
  (*g.Group).Done: {finishes: recv}
  (*g.Weighted).Acquire: {acquires: recv}
  (*g.Weighted).Release: {releases: recv}
  c.New: {makes: 0, unlimited: true}
  (*c.Pool).Go: {submits: 0, on: recv, blocks: false}
  (*c.Pool).WithMax: {limits: recv, size: 0, result: 0, unlimited: {arg: 0, is: 0}}
  (*c.Pool).WithErrors: {yields: 0, on: recv}
`

func TestPool(t *testing.T) {
	op := func(verb PoolVerb, set ...func(o *PoolOp)) PoolOp {
		o := PoolOp{Verb: verb, On: NoArg, Task: NoArg, Size: NoArg, Result: NoArg}
		for _, f := range set {
			f(&o)
		}
		return o
	}
	on := func(i int) func(*PoolOp) { return func(o *PoolOp) { o.On = i } }
	task := func(i int) func(*PoolOp) { return func(o *PoolOp) { o.Task = i } }
	size := func(i int) func(*PoolOp) { return func(o *PoolOp) { o.Size = i } }
	result := func(i int) func(*PoolOp) { return func(o *PoolOp) { o.Result = i } }
	blocks := func(o *PoolOp) { o.Blocks = true }
	s := newSet([]*Config{mustParse(t, poolContract)}, nil)
	for name, want := range map[string][]PoolOp{
		"x.y/p.New":     {op(Makes, result(0), size(0))},
		"x.y/p.NewFunc": {op(Makes, result(0), size(0), task(1))},
		"x.y/p.NewBoth": {op(Makes, result(0), size(0), on(1),
			func(o *PoolOp) { o.UnlimitedIf = Unless{0, "below", 1} })},
		"x.y/p.Go":        {op(Submits, task(0), func(o *PoolOp) { o.Unlimited = true })},
		"x.y/p.WithQueue": {op(Attaches, result(0), func(o *PoolOp) { o.Bounds = true })},
		"(*x.y/p.Pool).Go": {op(Submits, task(0), on(Recv), result(0),
			func(o *PoolOp) { o.Kernel = []Kind{DNS, Net} })},
		"(*x.y/p.Pool).Submit": {op(Submits, task(0), on(Recv), blocks,
			func(o *PoolOp) { o.IfBounded = true })},
		"(*x.y/p.Pool).Invoke":            {op(Submits, on(Recv), blocks, func(o *PoolOp) { o.Waits = true })},
		"(*x.y/p.Pool).Resize":            {op(Limits, on(Recv), size(0))},
		"(*x.y/p.Pool).Close":             {op(Awaits, on(Recv))},
		"(*x.y/p.Pool).Group":             {op(Attaches, on(Recv), result(0))},
		"x.y/p.Submit":                    {op(Submits, task(0))},
		"x.y/p.WaitAll":                   {op(Awaits)},
		"x.y/p.Both":                      {op(Submits, task(1), on(0)), op(Submits, task(2), on(0))},
		"(*x.y/p/group.Group).Done":       {op(Finishes, on(Recv))},
		"(*x.y/p/group.Weighted).Acquire": {op(Acquires, on(Recv))},
		"(*x.y/p/group.Weighted).Release": {op(Releases, on(Recv))},
		"x.y/p/conc.New":                  {op(Makes, result(0), func(o *PoolOp) { o.Unlimited = true })},
		"(*x.y/p/conc.Pool[T]).WithMax": {op(Limits, on(Recv), size(0), result(0),
			func(o *PoolOp) { o.UnlimitedIf = Unless{0, "is", 0} })},
		"(*x.y/p/conc.Pool).WithErrors": {op(Yields, on(Recv), result(0))},
		"(*x.y/p/conc.Pool).Go":         {op(Submits, task(0), on(Recv))},
		"(*x.y/fork.Pool).Close":        {op(Awaits, on(Recv))},
	} {
		if f := s.Func(name); f == nil || !reflect.DeepEqual(f.Pool, want) {
			t.Errorf("%s is %+v, want %+v", name, f, want)
		}
	}
	for typ, want := range map[string]bool{
		"x.y/p.Pool": true, "x.y/p.Future": true, "x.y/fork.Future": true, "x.y/p/group.Weighted": true,
		"x.y/p": false, "x.y/p.Other": false, "(*x.y/p.Pool)": false, "Pool": false, "": false,
	} {
		if got := s.Tracked(typ); got != want {
			t.Errorf("%q is tracked: %v", typ, got)
		}
	}
	for method, want := range map[string]bool{
		"(*x.y/p.Pool).Submit": false, "(*x.y/p/group.Group).Go": true,
		"(*x.y/p/conc.Pool).Go": true, "x.y/p.Submit": false, "x.y/p.Go": true, "": false,
	} {
		if got := s.Limited(method); got != want {
			t.Errorf("%q has a limit only once it is set: %v", method, got)
		}
	}
	want := map[string][]string{
		"x.y/p":          {"Both", "Go", "Invoke", "New", "NewBoth", "NewFunc", "Resize", "Submit"},
		"x.y/fork":       {"Both", "Go", "Invoke", "New", "NewBoth", "NewFunc", "Resize", "Submit"},
		"x.y/p/group":    {"SetLimit"},
		"x.y/fork/group": {"SetLimit"},
		"x.y/p/conc":     {"WithMax"},
		"x.y/fork/conc":  {"WithMax"},
	}
	if got := s.PoolNames(); !reflect.DeepEqual(got, want) {
		t.Errorf("names %v, want %v", got, want)
	}
	// What a later contract says of a function replaces what an earlier one says.
	s = s.With(mustParse(t, "module: x.y/p\npool: {x.y/p.New: {makes: 0, unlimited: true}}\n"))
	if f := s.Func("x.y/p.New"); len(f.Pool) != 1 || !f.Pool[0].Unlimited {
		t.Errorf("New is %+v", f.Pool)
	}
}

// The types that tasks and waits of the standard library and of x/sync are about.
func TestBuiltinTracked(t *testing.T) {
	for typ, want := range map[string]bool{
		"sync.WaitGroup": true, "golang.org/x/sync/errgroup.Group": true, "golang.org/x/sync/semaphore.Weighted": true,
		"github.com/panjf2000/ants/v2.Pool": true, "sync.Once": false, "golang.org/x/sync/singleflight.Group": false,
	} {
		if got := Builtin().Tracked(typ); got != want {
			t.Errorf("%s is tracked: %v", typ, got)
		}
	}
	if names := Builtin().PoolNames(); names["sync"] != nil ||
		!slices.Equal(names["golang.org/x/sync/errgroup"], []string{"SetLimit"}) {
		t.Errorf("sync %q, errgroup %q", names["sync"], names["golang.org/x/sync/errgroup"])
	}
}

// What the built-in contracts say of pools agrees with what they say of the
// goroutine that calls and of where functions run.
func TestBuiltinPoolsAgree(t *testing.T) {
	// A wait that an argument bounds is no deadlock, and no operation.
	waits := func(f *Func) bool {
		return slices.ContainsFunc(f.Blocks, func(b Block) bool { return (b.Kind == Wait || b.Kind == Chan) && b.Bound == NoBound })
	}
	ops, packages := 0, map[string]bool{}
	for name, f := range Builtin().funcs {
		tasks := []int{}
		for _, o := range f.Pool {
			ops++
			switch {
			case (o.Verb == Awaits || o.Verb == Acquires || o.Blocks || o.Waits) && !waits(f):
				t.Errorf("%s %s, and blocks says nothing of a wait", name, o.Verb)
			case o.Verb == Submits && !o.Blocks && !o.Waits && waits(f):
				t.Errorf("%s submits without a wait, and blocks says that it waits", name)
			}
			if o.Task != NoArg {
				tasks = append(tasks, o.Task)
			}
		}
		for _, i := range tasks {
			if !slices.Contains(f.OnWorker, i) && !slices.Contains(f.Elsewhere, i) {
				t.Errorf("argument %d of %s is a task, and neither worker nor elsewhere says so", i, name)
			}
		}
		if sym, ok := splitFullName(name); ok && len(f.Pool) > 0 {
			packages[sym.Pkg] = true
		}
	}
	if ops < 100 {
		t.Errorf("%d operations only", ops)
	}
	for name, f := range Builtin().funcs {
		sym, ok := splitFullName(name)
		for _, i := range f.OnWorker {
			if ok && packages[sym.Pkg] && !slices.ContainsFunc(f.Pool, func(o PoolOp) bool { return o.Task == i }) {
				t.Errorf("argument %d of %s runs on a worker, and no operation says so", i, name)
			}
		}
	}
}

// The manual has every key of an operation.
func TestPoolDocs(t *testing.T) {
	manual, err := os.ReadFile("../../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(manual), "\n## Pools\n")
	section, _, _ = strings.Cut(section, "\n## ")
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for key, k := range poolKeys {
		for _, with := range k.with {
			if !regexp.MustCompile("(?m)^\\| `" + with + "` \\| [a-z`, ]*`" + key + "`").MatchString(section) {
				t.Errorf("docs/contracts.md does not say that %s goes with %s", with, key)
			}
			if !strings.Contains(string(doc), with+": ") {
				t.Errorf("doc.go has no %s", with)
			}
		}
		if !strings.Contains(section, "`"+key+"`") || !strings.Contains(string(doc), "{"+key+": ") {
			t.Errorf("%s is missing in docs/contracts.md or doc.go", key)
		}
	}
}

// What an operation names must be an argument or result that can be it.
func TestValidatePool(t *testing.T) {
	fset := token.NewFileSet()
	f, err := goparser.ParseFile(fset, "p.go", `package p
type Pool[T any] struct{}
func New(size int, name string) *Pool[int] { return nil }
func (*Pool[T]) Submit(func()) {}
func (*Pool[T]) Wait() {}
func Submit(task any, n int) {}
func F()
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := new(types.Config).Check("x.y/p", fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text string) (got []string) {
		for _, err := range mustParse(t, text).Validate(func(string) (*types.Package, error) { return pkg, nil }) {
			got = append(got, err.Error())
		}
		return got
	}
	if got := validate(`module: x.y/p
imports: {p: x.y/p}
pool:
  p.New: {makes: 0, size: 0}
  (*p.Pool).Submit: [{submits: 0, on: recv, blocks: true}, {awaits: recv}]
  p.Submit: {submits: 0, on: 1}
  (*p.Pool).Wait: {awaits: recv}
`); got != nil {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	got := validate(`module: x.y/p
imports: {p: x.y/p}
pool:
  p.New: [{makes: 1, size: 1}, {makes: 0, size: 2, task: 0, unlimited: {arg: 1, is: 0}}]
  (*p.Pool).Submit: {submits: 1, on: 2, result: 0}
  (p.Pool).Wait: {awaits: recv}
  (*p.Pool).Close: {awaits: recv}
  p.Submit: {awaits: recv}
  p.F: [{attaches: 0, on: none}, {bounds: 0}, {limits: 0}]
`)
	want := []string{
		"user.yaml:4: argument 0 of x.y/p.New cannot hold a func",
		"user.yaml:4: argument 1 of x.y/p.New is not an integer",
		"user.yaml:4: argument 1 of x.y/p.New is not an integer",
		"user.yaml:4: x.y/p.New has no argument 2",
		"user.yaml:4: x.y/p.New has no result 1",
		"user.yaml:5: (*x.y/p.Pool).Submit has no argument 1",
		"user.yaml:5: (*x.y/p.Pool).Submit has no argument 2",
		"user.yaml:5: (*x.y/p.Pool).Submit has no result 0",
		"user.yaml:6: (x.y/p.Pool).Wait is (*x.y/p.Pool).Wait",
		"user.yaml:7: (*x.y/p.Pool).Close is not a method",
		"user.yaml:8: x.y/p.Submit has no receiver",
		"user.yaml:9: x.y/p.F has no argument 0",
		"user.yaml:9: x.y/p.F has no result 0",
		"user.yaml:9: x.y/p.F has no result 0",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
