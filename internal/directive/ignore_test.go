package directive_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loopvet/loopvet/internal/directive"
)

// TestIgnoreText holds what may stand in the comment itself.
func TestIgnoreText(t *testing.T) {
	for _, test := range []struct{ text, reason, until, bad string }{
		{"//loopvet:ignore small file", "small file", "", ""},
		{"//loopvet:ignore\tsmall  file ", "small file", "", ""},
		{"//loopvet:ignore until=2027-01-31 small file", "small file", "2027-01-31", ""},
		{"//loopvet:ignore small file until=2027-01-31", "small file", "2027-01-31", ""},
		{"//loopvet:ignore until=2027-01-31", "", "2027-01-31", ""},
		{"//loopvet:ignore", "", "", ""},
		{"//loopvet:ignore wait until=soon enough", "wait until=soon enough", "", ""},
		{"//loopvet:ignore until=2027-13-31 small", "small", "2027-13-31", "until=2027-13-31 is no date, such as until=2027-01-31"},
		{"//loopvet:ignore until= small", "small", "", "until= is no date, such as until=2027-01-31"},
		{"//nolint:loopvet // small file", "small file", "", ""},
		{"//nolint:loopvet // small file until=2027-01-31", "small file", "2027-01-31", ""},
		{"//nolint:gosec,loopvet // small file", "small file", "", ""},
		{"//nolint:loopvet", "", "", ""},
		{"//nolint:loopvet small file", "small file", "", ""},
	} {
		got := ignores(t, "package p\n\nvar x = 1 "+test.text+"\n")
		if len(got) != 1 {
			t.Errorf("%s: %d comments", test.text, len(got))
			continue
		}
		if g := got[0]; g.Reason != test.reason || g.Until != test.until || g.Bad != test.bad {
			t.Errorf("%s: reason %q, until %q, bad %q", test.text, g.Reason, g.Until, g.Bad)
		}
	}
	for _, text := range []string{"// loopvet:ignore x", "//loopvet:ignored x", "//nolint", "//nolint:gosec // loopvet", "//nolint:all", "// //nolint:loopvet"} {
		if got := ignores(t, "package p\n\nvar x = 1 "+text+"\n"); len(got) != 0 {
			t.Errorf("%s is taken for %+v", text, got)
		}
	}
}

// TestIgnoreScope marks in a file the lines that each comment holds for: a digit
// before the bar is the number of the comment.
func TestIgnoreScope(t *testing.T) {
	const marked = `
 |package p
 |
 |func trailing() {
 |	a()
1|	b() //loopvet:ignore 1
 |	c()
 |}
 |
 |func above() {
 |	a()
2|	//loopvet:ignore 2
2|	b()
 |	c()
 |	// Why.
3|	//loopvet:ignore 3
3|	// More.
3|	b(
3|		1,
3|	)
 |	c()
 |	//loopvet:ignore 4
 |
 |	d()
 |}
 |
 |// whole is silenced.
 |//
5|//loopvet:ignore 5
5|func whole() {
5|	f(func() {
5|		a()
5|	})
5|}
 |
6|func first() { //nolint:loopvet // 6
6|	a()
6|}
 |
7|func (t *T) manyLines(
7|	x int,
7|) { //nolint:loopvet // 7
7|	a()
7|}
 |
 |func literals() {
8|	post(func() { //loopvet:ignore 8
8|		a()
8|	})
9|	post(func() {
9|		a()
9|	}) //loopvet:ignore 9
 |	post(func() {
 |		a()
A|		b() //loopvet:ignore A
 |	})
 |	go func() {
 |		a()
 |		if x {
B|			b() //loopvet:ignore B
 |		}
 |	}()
 |}
 |
 |func compound() {
C|	if a() { //loopvet:ignore C
 |		b()
 |	}
D|	//loopvet:ignore D
D|	for a() {
D|		b()
D|	}
 |	switch {
E|	//loopvet:ignore E
E|	case a():
E|		b()
 |	case c():
 |	}
F|	x := open(
F|		1,
F|	) //loopvet:ignore F
 |	y.
G|		//loopvet:ignore G
G|		One().
 |		Two()
 |}
 |
 |var (
H|	a = b() //loopvet:ignore H
I|	//loopvet:ignore I
I|	c = func() {
I|		d()
I|	}
 |	e = map[string]func(){
J|		"x": func() { //loopvet:ignore J
J|			d()
J|		},
K|		//loopvet:ignore K
K|		"y": func() {
K|			d()
K|		},
 |	}
 |)
`
	var src, want strings.Builder
	for line := range strings.Lines(strings.TrimPrefix(marked, "\n")) {
		mark, code, _ := strings.Cut(line, "|")
		src.WriteString(code)
		want.WriteString(mark + "|" + code)
	}
	// Number 4 holds for its own line only, where there is nothing to silence.
	lines := strings.Split(src.String(), "\n")
	marks := make([]string, len(lines)+1)
	for _, i := range ignores(t, src.String()) {
		if i.From == i.To && i.From == i.Line && strings.HasPrefix(strings.TrimSpace(lines[i.Line-1]), "//") {
			continue
		}
		for n := i.From; n <= i.To; n++ {
			marks[n] += i.Reason
		}
	}
	var got strings.Builder
	for n, line := range lines[:len(lines)-1] {
		mark := marks[n+1]
		if mark == "" {
			mark = " "
		}
		fmt.Fprintf(&got, "%s|%s\n", mark, line)
	}
	if got.String() != want.String() {
		t.Errorf("got\n%s\nwant\n%s", &got, &want)
	}
}

func TestIgnoreFile(t *testing.T) {
	got := ignores(t, "// Package p does.\n//\n//loopvet:ignore only tests\npackage p\n\nfunc f() {\n}\n")
	if len(got) != 1 || got[0].From != 1 || !got[0].Covers(7) || got[0].In != "" {
		t.Errorf("got %+v", got)
	}
}

// The declaration is part of the comment's identity, the line is not.
func TestIgnoreIn(t *testing.T) {
	const src = `package p

var v = 1 //loopvet:ignore v

//loopvet:ignore f
func f() {}

func (t *T[K]) m() {
	a() //loopvet:ignore T.m
}

type u struct {
	f int //loopvet:ignore u
}
`
	for _, i := range ignores(t, src) {
		if i.In != i.Reason {
			t.Errorf("the comment on line %d stands in %q, want %q", i.Line, i.In, i.Reason)
		}
	}
}

// Lines are those that a //line comment gives, as everywhere else.
func TestIgnoreLineComment(t *testing.T) {
	got := ignores(t, "package p\n\n//line gram.y:100\nfunc f() {\n\ta() //loopvet:ignore x\n}\n")
	if len(got) != 1 || got[0].File != "gram.y" || got[0].Line != 101 || got[0].From != 101 {
		t.Errorf("got %+v", got)
	}
}

func TestIgnoreDays(t *testing.T) {
	i := directive.Ignore{Verb: "//loopvet:ignore", Reason: "r", Until: "2027-01-31"}
	east := time.FixedZone("east", 14*60*60)
	for _, test := range []struct {
		now     time.Time
		expired bool
	}{
		{time.Date(2027, 1, 31, 23, 59, 59, 0, time.UTC), false},
		{time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), true},
		{time.Date(2027, 2, 1, 0, 0, 0, 0, east), false},
		{time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), false},
	} {
		if got := i.Expired(test.now); got != test.expired || i.Holds(test.now) == test.expired {
			t.Errorf("on %v: expired %v, holds %v", test.now, got, i.Holds(test.now))
		}
	}
}

func TestIgnoreProblem(t *testing.T) {
	now := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		i    directive.Ignore
		used bool
		want string
	}{
		{directive.Ignore{Reason: "r"}, true, ""},
		{directive.Ignore{Reason: "r", Until: "2027-02-01"}, true, ""},
		{directive.Ignore{Reason: "r", Until: "2027-01-31"}, true, "V expired on 2027-01-31: r"},
		{directive.Ignore{Reason: "r", Until: "2027-01-31"}, false, "V silences nothing: r"},
		{directive.Ignore{Reason: "r"}, false, "V silences nothing: r"},
		{directive.Ignore{}, false, "V silences nothing"},
		{directive.Ignore{}, true, "V needs a reason"},
		{directive.Ignore{Bad: "b", Until: "x"}, true, "V: b"},
	} {
		test.i.Verb = "V"
		if got := test.i.Problem(test.used, now); got != test.want {
			t.Errorf("%+v, used %v: %q, want %q", test.i, test.used, got, test.want)
		}
	}
}

func ignores(t *testing.T, src string) []directive.Ignore {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	out := directive.Ignores(fset, f, "p")
	if len(out) > 0 && !directive.Mentions(src) {
		t.Errorf("Mentions overlooks %q", src)
	}
	if !slices.IsSortedFunc(out, directive.Ignore.Compare) {
		t.Error("not sorted")
	}
	return out
}

// FuzzIgnores checks that no source upsets the reading of comments, and that each
// holds for the line it stands on or those below.
func FuzzIgnores(f *testing.F) {
	f.Add("package p\n\nfunc f() {\n\ta() //loopvet:ignore x\n}\n")
	f.Add("//loopvet:ignore until=2027-01-31 x\npackage p\n\nvar x = func() { //nolint:a,loopvet // y\n}\n")
	f.Add("package p\n//loopvet:ignore")
	f.Add("package p\nvar x = (T[int]{//nolint:loopvet\n//line x:7\n})")
	f.Fuzz(func(t *testing.T, src string) {
		fset := token.NewFileSet()
		file, _ := parser.ParseFile(fset, "p.go", src, parser.ParseComments|parser.SkipObjectResolution)
		if file == nil {
			return
		}
		for _, i := range directive.Ignores(fset, file, "p") {
			if strings.Contains(src, "//line") || strings.Contains(src, "/*line") {
				continue
			}
			if !i.Covers(i.Line) && i.From != 1 {
				t.Errorf("%+v does not hold for its own line", i)
			}
		}
	})
}
