package directive_test

import (
	"go/ast"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
)

func TestParse(t *testing.T) {
	params := []string{"ctx", "fn", "after"}
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
		{"unknown parameter", "//loopvet:loop f", &directive.Func{}, []string{`//loopvet:loop: no parameter is named "f"`}},
		{"one of two unknown", "//loopvet:worker fn f", &directive.Func{Worker: []string{"fn"}},
			[]string{`//loopvet:worker: no parameter is named "f"`}},
		{"no kind", "//loopvet:blocks", &directive.Func{}, []string{"//loopvet:blocks needs a kind"}},
		{"unknown kind", "//loopvet:blocks disk net", &directive.Func{Blocks: []contract.Kind{contract.Net}},
			[]string{`//loopvet:blocks: unknown kind "disk"`}},
		{"reentry is no kind", "//loopvet:blocks reentry", &directive.Func{}, []string{`//loopvet:blocks: unknown kind "reentry"`}},
		{"unknown directive", "//loopvet:async", &directive.Func{}, []string{"unknown directive //loopvet:async"}},
		{"case matters", "//loopvet:Loop fn", &directive.Func{}, []string{"unknown directive //loopvet:Loop"}},
		{"empty", "//loopvet:", &directive.Func{}, []string{"unknown directive //loopvet:"}},
		{"all errors", "//loopvet:loop f\n//loopvet:blocks disk\n//loopvet:sync\n//loopvet:reentry", &directive.Func{Reentry: true},
			[]string{`//loopvet:loop: no parameter is named "f"`, `//loopvet:blocks: unknown kind "disk"`, "unknown directive //loopvet:sync"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := new(ast.CommentGroup)
			for line := range strings.SplitSeq(test.doc, "\n") {
				doc.List = append(doc.List, &ast.Comment{Slash: 1, Text: line})
			}
			got, errs := directive.Parse(doc, params)
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

func TestParseWithoutDoc(t *testing.T) {
	if f, errs := directive.Parse(nil, nil); f != nil || errs != nil {
		t.Errorf("Parse(nil) = %v, %v", f, errs)
	}
}

// An error stands where its line does.
func TestErrorPosition(t *testing.T) {
	doc := &ast.CommentGroup{List: []*ast.Comment{
		{Slash: 10, Text: "// F."}, {Slash: 20, Text: "//loopvet:looponly"}, {Slash: 30, Text: "//loopvet:nope"},
	}}
	if _, errs := directive.Parse(doc, nil); len(errs) != 1 || errs[0].Pos != 30 {
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
