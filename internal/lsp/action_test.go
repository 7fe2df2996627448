package lsp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/internal/patch"
)

// applied makes edits as a client does: all of them are about the text before.
func applied(t *testing.T, before string, edits []textEdit, e encoding) string {
	t.Helper()
	text := newText(before)
	var b strings.Builder
	done := 0
	for _, edit := range edits {
		from, ok := text.offset(edit.Range.Start, e)
		to, ok2 := text.offset(edit.Range.End, e)
		if !ok || !ok2 || from < done || to < from {
			t.Fatalf("edit %v of %q does not fit behind %d", edit, before, done)
		}
		b.WriteString(before[done:from] + edit.NewText)
		done = to
	}
	return b.String() + before[done:]
}

// The edits that changes finds make the one text of the other.
func TestChanges(t *testing.T) {
	check := func(before, after string) {
		t.Helper()
		edits := changes(newText(before), []byte(after), utf16Units)
		if got := applied(t, before, edits, utf16Units); got != after {
			t.Errorf("%v makes %q of %q, want %q", edits, got, before, after)
		}
	}
	for _, test := range [][2]string{
		{"", ""}, {"", "a\n"}, {"a\n", ""}, {"a\n", "a\n"}, {"a", "a\n"}, {"a\n", "a"}, {"a", "b"}, {"a\nb", "a\nb\nc\n"},
		{"a\r\nb\r\n", "a\r\nc\r\n"}, {"a\n-- x\n++ y\n", "a\n-- z\n++ y\n"}, {"x\ny", "y"}, {"é😀\n", "😀é\n"},
	} {
		check(test[0], test[1])
	}
	r := rand.New(rand.NewPCG(1, 2))
	lines := func(n int) string {
		var b strings.Builder
		for range n {
			fmt.Fprintf(&b, "line %d\n", r.IntN(12))
		}
		return b.String()
	}
	for range 300 {
		head, tail := lines(r.IntN(8)), lines(r.IntN(8))
		check(head+lines(r.IntN(8))+tail, head+lines(r.IntN(8))+tail)
	}
	// What does not change is not touched.
	before := strings.Repeat("same\n", 20) + "old\n" + strings.Repeat("same\n", 20)
	edits := changes(newText(before), []byte(strings.Replace(before, "old", "new", 1)), utf16Units)
	if want := []textEdit{{textRange{position{20, 0}, position{21, 0}}, "new\n"}}; !slices.Equal(edits, want) {
		t.Errorf("got %v, want %v", edits, want)
	}
}

func TestFixOf(t *testing.T) {
	const src = "package p\n\nimport \"os\"\n\nfunc f() { os.Remove(\"x\") }\n"
	at := strings.Index(src, "os.Remove")
	edit := patch.Edit{File: "/p.go", Start: at, End: at + len(`os.Remove("x")`), New: "g(  1 )"}
	edits, ok := fixOf(newText(src), "/p.go", []patch.Edit{edit}, utf16Units)
	if got := applied(t, src, edits, utf16Units); !ok || got != "package p\n\nfunc f() { g(1) }\n" {
		t.Errorf("%t, makes %q", ok, got)
	}
	elsewhere := edit
	elsewhere.File = "/q.go"
	behind := edit
	behind.End = len(src) + 1
	broken := edit
	broken.New = "g("
	for _, edits := range [][]patch.Edit{nil, {elsewhere}, {edit, elsewhere}, {behind}, {broken}, {edit, edit}} {
		if got, ok := fixOf(newText(src), "/p.go", edits, utf16Units); ok {
			t.Errorf("%v is offered as %v", edits, got)
		}
	}
}

func TestIgnoreEdit(t *testing.T) {
	for _, test := range []struct{ body, want string }{ // the line is that with "os."
		{"\tos.Remove(x)\n", "\tos.Remove(x) //loopvet:ignore \n"},
		{"\tos.Remove(x)\r\n", "\tos.Remove(x) //loopvet:ignore \r\n"},
		{"\tos.Remove(x) // now\n", "\t//loopvet:ignore \n\tos.Remove(x) // now\n"},
		{"\tos.Remove(x) // now\r\n", "\t//loopvet:ignore \r\n\tos.Remove(x) // now\r\n"},
		{"\tos.Remove(x) // now\n\tg() //loopvet:ignore\n", "\t//loopvet:ignore \n\tos.Remove(x) // now\n\tg() //loopvet:ignore\n"},
		{"\tos.Remove(x) //loopvet:ignore y\n", "\t//loopvet:ignore \n\tos.Remove(x) //loopvet:ignore y\n"},
		{"\tos.Remove(`a\n`)\n", "\t//loopvet:ignore \n\tos.Remove(`a\n`)\n"},
		{"\tf(`a\n`, os.Remove(x))\n", "\tf(`a\n`, os.Remove(x)) //loopvet:ignore \n"},
		{"\tf(`a\n`, os.Remove(`\n`))\n", ""},
		{"\tos.Remove(\n", ""}, // does not parse
	} {
		head := "package p\n\nfunc _() {\n"
		src := head + test.body + "}\n"
		text := newText(src)
		at := text.position(strings.Index(src, "os."), utf16Units)
		edit, ok := ignoreEdit(text, "p.go", at.Line, utf16Units)
		if ok != (test.want != "") {
			t.Errorf("%q: %t", test.body, ok)
		} else if got := applied(t, src, []textEdit{edit}, utf16Units); ok && got != head+test.want+"}\n" {
			t.Errorf("%q becomes %q", test.body, got)
		}
	}
}
