package directive_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name string
		doc  string
		want *directive.Func
		errs []string
	}{
		{"nothing", "// Post posts fn.", nil, nil},
		{"prose", "// loopvet:loop fn", nil, nil},
		{"other tool", "//go:noinline", nil, nil},
		{"loop", "// Post posts fn.\n//\n//loopvet:loop fn", &directive.Func{Loop: []string{"fn"}}, nil},
		{"two parameters", "//loopvet:loop fn after", &directive.Func{Loop: []string{"fn", "after"}}, nil},
		{"two lines", "//loopvet:worker fn\n//loopvet:loop after",
			&directive.Func{Worker: []string{"fn"}, Loop: []string{"after"}}, nil},
		{"blanks", "//loopvet:loop   fn\t after ", &directive.Func{Loop: []string{"fn", "after"}}, nil},
		{"flags", "//loopvet:looponly\n//loopvet:nonblocking\n//loopvet:reentry\n//loopvet:offload",
			&directive.Func{LoopOnly: true, Nonblocking: true, Reentry: true, Offload: true}, nil},
		{"blocks", "//loopvet:blocks wait", &directive.Func{Blocks: []contract.Kind{contract.Wait}}, nil},
		{"several kinds", "//loopvet:blocks file net",
			&directive.Func{Blocks: []contract.Kind{contract.File, contract.Net}}, nil},
		{"ignore", "//loopvet:ignore it is fast", &directive.Func{}, nil},

		{"no parameter", "//loopvet:loop", &directive.Func{}, []string{"//loopvet:loop needs the name of a parameter"}},
		{"no task", "//loopvet:worker", &directive.Func{}, []string{"//loopvet:worker needs the name of a parameter"}},
		{"unknown parameter", "//loopvet:loop f",
			&directive.Func{}, []string{`//loopvet:loop: no parameter is named "f"`}},
		{"one of two unknown", "//loopvet:worker fn f", &directive.Func{Worker: []string{"fn"}},
			[]string{`//loopvet:worker: no parameter is named "f"`}},
		{"no kind", "//loopvet:blocks", &directive.Func{}, []string{"//loopvet:blocks needs a kind"}},
		{"unknown kind", "//loopvet:blocks disk net", &directive.Func{Blocks: []contract.Kind{contract.Net}},
			[]string{`//loopvet:blocks: unknown kind "disk"`}},
		{"worker on a parameter", "//loopvet:worker fn on after",
			&directive.Func{Worker: []string{"fn"}, Tasks: []directive.Task{{"fn", "after"}}}, nil},
		{"workers on the receiver", "//loopvet:worker fn after on p\n//loopvet:worker ctx", &directive.Func{
			Worker: []string{"fn", "after", "ctx"}, Tasks: []directive.Task{{"fn", "p"}, {"after", "p"}}}, nil},
		{"recv", "//loopvet:worker fn on recv",
			&directive.Func{Worker: []string{"fn"}, Tasks: []directive.Task{{"fn", "recv"}}}, nil},
		{"pool", "//loopvet:pool", &directive.Func{Pool: &directive.Pool{}}, nil},
		{"pool of k", "//loopvet:pool ctx", &directive.Func{Pool: &directive.Pool{Workers: "ctx"}}, nil},
		{"resized pool", "//loopvet:pool fn on p", &directive.Func{Pool: &directive.Pool{Workers: "fn", On: "p"}}, nil},
		{"pool resized by itself", "//loopvet:pool on p", &directive.Func{Pool: &directive.Pool{On: "p"}}, nil},
		{"option", "//loopvet:runson ctx\n//loopvet:bounded", &directive.Func{RunsOn: "ctx", Bounded: true}, nil},
		{"awaits", "//loopvet:awaits fn p", &directive.Func{Awaits: []string{"fn", "p"}}, nil},
		{"compensated", "//loopvet:compensated fn", &directive.Func{Compensated: []string{"fn"}}, nil},
		{"kernel", "//loopvet:kernel net dns\n//loopvet:worker fn on p", &directive.Func{Worker: []string{"fn"},
			Tasks: []directive.Task{{"fn", "p"}}, Kernel: []contract.Kind{contract.Net, contract.DNS}}, nil},

		{"worker on nothing", "//loopvet:worker fn on", &directive.Func{Worker: []string{"fn"}},
			[]string{"//loopvet:worker: on needs the name of the pool, a parameter or the receiver"}},
		{"worker on what is not there", "//loopvet:worker fn on q", &directive.Func{Worker: []string{"fn"}},
			[]string{`//loopvet:worker: no parameter or receiver is named "q"`}},
		{"on p runs nothing", "//loopvet:worker on p", &directive.Func{},
			[]string{`//loopvet:worker: no parameter is named "on"`, `//loopvet:worker: no parameter is named "p"`}},
		{"pool of what is not there", "//loopvet:pool n", &directive.Func{Pool: &directive.Pool{}},
			[]string{`//loopvet:pool: no parameter is named "n"`}},
		{"pool of too much", "//loopvet:pool ctx fn", &directive.Func{},
			[]string{"//loopvet:pool needs the name of one parameter, the number of workers, or none"}},
		{"two pools", "//loopvet:pool ctx\n//loopvet:pool fn", &directive.Func{Pool: &directive.Pool{Workers: "ctx"}},
			[]string{"//loopvet:pool stands twice"}},
		{"runson nothing", "//loopvet:runson", &directive.Func{},
			[]string{"//loopvet:runson needs the name of one parameter or of the receiver"}},
		{"runson what is not there", "//loopvet:runson q",
			&directive.Func{}, []string{`//loopvet:runson: no parameter or receiver is named "q"`}},
		{"two runson", "//loopvet:runson ctx\n//loopvet:runson p",
			&directive.Func{RunsOn: "ctx"}, []string{"//loopvet:runson stands twice"}},
		{"awaits nothing", "//loopvet:awaits", &directive.Func{},
			[]string{"//loopvet:awaits needs the name of a parameter or of the receiver"}},
		{"awaits what is not there", "//loopvet:awaits q p", &directive.Func{Awaits: []string{"p"}},
			[]string{`//loopvet:awaits: no parameter or receiver is named "q"`}},
		{"compensated by nothing", "//loopvet:compensated",
			&directive.Func{}, []string{"//loopvet:compensated needs the name of a parameter"}},
		{"compensated receiver", "//loopvet:compensated p",
			&directive.Func{}, []string{`//loopvet:compensated: no parameter is named "p"`}},
		{"kernel without kinds", "//loopvet:kernel\n//loopvet:worker fn on p", &directive.Func{Worker: []string{"fn"},
			Tasks: []directive.Task{{"fn", "p"}}}, []string{"//loopvet:kernel needs a kind"}},
		{"kernel of no pool", "//loopvet:kernel net\n//loopvet:worker fn", &directive.Func{Worker: []string{"fn"},
			Kernel: []contract.Kind{contract.Net}},
			[]string{"//loopvet:kernel needs a //loopvet:worker that names its pool"}},

		{"reentry is no kind", "//loopvet:blocks reentry",
			&directive.Func{}, []string{`//loopvet:blocks: unknown kind "reentry"`}},
		{"unknown directive", "//loopvet:async", &directive.Func{}, []string{"unknown directive //loopvet:async"}},
		{"case matters", "//loopvet:Loop fn", &directive.Func{}, []string{"unknown directive //loopvet:Loop"}},
		{"empty", "//loopvet:", &directive.Func{}, []string{"unknown directive //loopvet:"}},
		{"all errors", "//loopvet:loop f\n//loopvet:blocks disk\n//loopvet:sync\n//loopvet:reentry",
			&directive.Func{Reentry: true},
			[]string{`//loopvet:loop: no parameter is named "f"`, `//loopvet:blocks: unknown kind "disk"`, "unknown directive //loopvet:sync"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			recv, typ := signature(t, "func (p *Pool) F(ctx, fn, after any) any")
			got, errs := directive.Parse(comments(test.doc), recv, typ)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("Parse = %+v, want %+v", got, test.want)
			}
			var texts []string
			for _, err := range errs {
				texts = append(texts, err.Text)
			}
			if !slices.Equal(texts, test.errs) {
				t.Errorf("errors %q, want %q", texts, test.errs)
			}
		})
	}
}

// What says something of the result needs one, and the name recv a receiver.
func TestParseNeeds(t *testing.T) {
	for _, test := range []struct {
		of, doc string
		errs    []string
	}{
		{"func F(k int)", "//loopvet:pool k", []string{"//loopvet:pool: the function has no result"}},
		{"func F(k, p int)", "//loopvet:pool k on p", nil},
		{"func F(p int)", "//loopvet:runson p", []string{"//loopvet:runson: the function has no result"}},
		{"func F(n int)", "//loopvet:bounded", []string{"//loopvet:bounded: the function has no result"}},
		{"func F(fn, p any)", "//loopvet:bounded\n//loopvet:worker fn on p", nil},
		{"func F(fn any)", "//loopvet:worker fn on recv",
			[]string{`//loopvet:worker: no parameter or receiver is named "recv"`}},
		{"func (T) F(fn any)", "//loopvet:worker fn on recv", nil},
		{"func F(fn, on any)", "//loopvet:worker fn on", nil},
		{"func F(fn, on any)", "//loopvet:worker fn on on", nil},
	} {
		recv, typ := signature(t, test.of)
		_, errs := directive.Parse(comments(test.doc), recv, typ)
		var texts []string
		for _, err := range errs {
			texts = append(texts, err.Text)
		}
		if !slices.Equal(texts, test.errs) {
			t.Errorf("%s, %s: errors %q, want %q", test.of, test.doc, texts, test.errs)
		}
	}
	// A method of an interface has a receiver without a name.
	_, typ := signature(t, "func F(fn any)")
	if _, errs := directive.Parse(comments("//loopvet:worker fn on recv"), new(ast.FieldList), typ); errs != nil {
		t.Errorf("errors %v", errs)
	}
}

// PoolOps says with numbers what the directives say with names.
func TestPoolOps(t *testing.T) {
	const none = contract.NoArg
	op := func(verb contract.PoolVerb, on, task, size, result int, set ...func(*contract.PoolOp)) contract.PoolOp {
		o := contract.PoolOp{Verb: verb, On: on, Task: task, Size: size, Result: result}
		for _, f := range set {
			f(&o)
		}
		return o
	}
	for _, test := range []struct {
		of, doc string
		want    []contract.PoolOp
	}{
		{"func F(fn func())", "//loopvet:worker fn", nil},
		{"func F(p *T, fn func()) *T", "//loopvet:worker fn on p", []contract.PoolOp{op(contract.Submits, 0, 1, none, 0)}},
		{"func F(p *T, fn func()) any", "//loopvet:worker fn on p", []contract.PoolOp{op(contract.Submits, 0, 1, none, 0)}},
		{"func F(p *T, fn func()) error", "//loopvet:worker fn on p", []contract.PoolOp{op(contract.Submits, 0, 1, none, none)}},
		{"func F(p *T, fn func()) bool", "//loopvet:worker fn on p", []contract.PoolOp{op(contract.Submits, 0, 1, none, none)}},
		{"func (p *T) F(fn func())", "//loopvet:worker fn on p\n//loopvet:blocks file wait", []contract.PoolOp{
			op(contract.Submits, contract.Recv, 0, none, none, func(o *contract.PoolOp) { o.Blocks = true })}},
		{"func (p *T) F(fn func())", "//loopvet:worker fn on p\n//loopvet:blocks file", []contract.PoolOp{
			op(contract.Submits, contract.Recv, 0, none, none)}},
		{"func (p *T) F(fn func())", "//loopvet:worker fn on p\n//loopvet:blocks chan\n//loopvet:bounded", []contract.PoolOp{
			op(contract.Submits, contract.Recv, 0, none, none, func(o *contract.PoolOp) { o.Blocks, o.IfBounded = true, true })}},
		{"func (p *T) F(fn func())", "//loopvet:worker fn on recv\n//loopvet:awaits fn", []contract.PoolOp{
			op(contract.Submits, contract.Recv, 0, none, none, func(o *contract.PoolOp) { o.Waits = true })}},
		{"func (p *T) F(a, b func())", "//loopvet:worker a b on p\n//loopvet:kernel net", []contract.PoolOp{
			op(contract.Submits, contract.Recv, 0, none, none, func(o *contract.PoolOp) { o.Kernel = []contract.Kind{contract.Net} }),
			op(contract.Submits, contract.Recv, 1, none, none, func(o *contract.PoolOp) { o.Kernel = []contract.Kind{contract.Net} })}},
		{"func F(opt any, k int) *T", "//loopvet:pool k", []contract.PoolOp{op(contract.Makes, none, none, 1, 0)}},
		{"func F() *T", "//loopvet:pool", []contract.PoolOp{op(contract.Makes, none, none, none, 0)}},
		{"func (p *T) F(k int)", "//loopvet:pool k on p", []contract.PoolOp{op(contract.Limits, contract.Recv, none, 0, none)}},
		{"func F(p *T) any", "//loopvet:runson p", []contract.PoolOp{op(contract.Attaches, 0, none, none, 0)}},
		{"func F(n int) any", "//loopvet:bounded", []contract.PoolOp{
			op(contract.Attaches, none, none, none, 0, func(o *contract.PoolOp) { o.Bounds = true })}},
		{"func (p *T) F(q *T)", "//loopvet:awaits p q", []contract.PoolOp{
			op(contract.Awaits, contract.Recv, none, none, none), op(contract.Awaits, 0, none, none, none)}},
		{"func F(fn func())", "//loopvet:compensated fn", nil},
	} {
		recv, typ := signature(t, test.of)
		d, errs := directive.Parse(comments(test.doc), recv, typ)
		if errs != nil {
			t.Errorf("%s: %v", test.doc, errs)
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "p.go", "package p\ntype T struct{}\n"+test.of, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
		conf := types.Config{IgnoreFuncBodies: true}
		if _, err := conf.Check("p", fset, []*ast.File{f}, info); err != nil {
			t.Fatal(err)
		}
		sig := info.Defs[f.Decls[1].(*ast.FuncDecl).Name].Type().(*types.Signature)
		if got := d.PoolOps(sig); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s\n%s\ngot  %+v\nwant %+v", test.doc, test.of, got, test.want)
		}
	}
}

// signature parses the head of a function.
func signature(t *testing.T, head string) (*ast.FieldList, *ast.FuncType) {
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", "package p\n"+head, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	fn := f.Decls[0].(*ast.FuncDecl)
	return fn.Recv, fn.Type
}

func comments(doc string) *ast.CommentGroup {
	group := new(ast.CommentGroup)
	for line := range strings.SplitSeq(doc, "\n") {
		group.List = append(group.List, &ast.Comment{Slash: 1, Text: line})
	}
	return group
}

func TestParseWithoutDoc(t *testing.T) {
	if f, errs := directive.Parse(nil, nil, nil); f != nil || errs != nil {
		t.Errorf("Parse(nil) = %v, %v", f, errs)
	}
}

// An error stands where its line does.
func TestErrorPosition(t *testing.T) {
	doc := &ast.CommentGroup{List: []*ast.Comment{
		{Slash: 10, Text: "// F."}, {Slash: 20, Text: "//loopvet:looponly"}, {Slash: 30, Text: "//loopvet:nope"},
	}}
	recv, typ := signature(t, "func F()")
	if _, errs := directive.Parse(doc, recv, typ); len(errs) != 1 || errs[0].Pos != 30 {
		t.Errorf("errors %v, want one at 30", errs)
	}
}

func TestDecides(t *testing.T) {
	for _, test := range []struct {
		f    directive.Func
		want bool
	}{
		{directive.Func{}, false},
		{directive.Func{Loop: []string{"fn"}, LoopOnly: true, Offload: true}, false},
		{directive.Func{Nonblocking: true}, true},
		{directive.Func{Reentry: true}, true},
		{directive.Func{Blocks: []contract.Kind{contract.Net}}, true},
	} {
		if got := test.f.Decides(); got != test.want {
			t.Errorf("%+v decides: %v", test.f, got)
		}
	}
}
