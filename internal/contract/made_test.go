package contract

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

const madeContract = `module: x.y/p
aliases: [x.y/fork]
imports: {p: x.y/p}
blocks: {(*p.Pool).Submit: may wait}
blocks-unless:
  - methods: [(*p.Pool).Submit, p.New, (*p.Pool).Go]
    made: [p.New, p.Default, p.Nothing, p.Gone]
    option: [p.WithDropping(true), "p.WithOptions(Dropping: true)", "p.WithOptions(Droping: true)", p.New(true)]
    unless: {arg: 0, below: 1}
  - methods: [(*p.Pool).Submit]
    made: [p.New]
    unless: {arg: 1, is: 0}
  - methods: [(*p.Pool).Submit]
    made: [p.New]
    unless: {arg: 2, is: 0}
`

// What blocks-unless names must be a method, a constructor, an option.
func TestValidateMade(t *testing.T) {
	fset := token.NewFileSet()
	f, err := goparser.ParseFile(fset, "p.go", `package p
type Pool struct{}
func (*Pool) Submit(func()) {}
type Option func()
type Options struct{ Dropping bool }
func New(size int, opts ...Option) *Pool { return nil }
func Nothing(int) {}
func WithDropping(bool) Option { return nil }
func WithOptions(Options) Option { return nil }
var Default = New(1)
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := new(types.Config).Check("x.y/p", fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, err := range mustParse(t, madeContract).Validate(func(string) (*types.Package, error) { return pkg, nil }) {
		got = append(got, err.Error())
	}
	slices.Sort(got)
	want := []string{
		"user.yaml:11: argument 1 of x.y/p.New is not an integer",
		"user.yaml:14: x.y/p.New has no argument 2",
		"user.yaml:6: (*x.y/p.Pool).Go is not a method",
		"user.yaml:6: x.y/p.New is not a method",
		"user.yaml:7: x.y/p.Gone is not a function",
		"user.yaml:7: x.y/p.Nothing has no result",
		"user.yaml:8: the argument of x.y/p.WithOptions has no field Droping",
		"user.yaml:8: x.y/p.New does not take one argument, as an option does",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A condition is known to the method, to what makes the value and to what makes
// an option; a fork has its own.
func TestMade(t *testing.T) {
	s := newSet([]*Config{mustParse(t, madeContract)}, nil)
	for _, mod := range []string{"x.y/p", "x.y/fork"} {
		submit := s.Func("(*" + mod + ".Pool).Submit")
		if submit == nil || len(submit.UnlessMade) != 3 || len(submit.Blocks) != 1 {
			t.Fatalf("%s: Submit is %+v", mod, submit)
		}
		if m := submit.UnlessMade[0]; m.By[0] != mod+".New" || m.By[1] != mod+".Default" ||
			m.Options[0] != mod+".WithDropping(true)" || m.Options[1] != mod+".WithOptions(Dropping: true)" || !m.Unless.Holds(0) {
			t.Errorf("%s: Submit is spared by %+v", mod, *m)
		}
		if f := s.Func(mod + ".New"); f == nil || len(f.Makes) != 3 {
			t.Errorf("%s: New is %+v", mod, f)
		}
		if f := s.Func(mod + ".WithOptions"); f == nil || !f.Option || !slices.Equal(f.OptionFields, []string{"Dropping", "Droping"}) {
			t.Errorf("%s: WithOptions is %+v", mod, f)
		}
	}
}
