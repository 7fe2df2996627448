package lsp

import (
	"strings"
	"testing"
)

func TestUnits(t *testing.T) {
	const s = "aé中😀\xffz" // 1, 2, 3, 4, 1, 1 bytes; 1, 1, 1, 2, 1, 1 units of UTF-16
	if got := utf16Units.units(s); got != 7 {
		t.Errorf("%d units of UTF-16", got)
	}
	if got := utf8Units.units(s); got != 12 {
		t.Errorf("%d units of UTF-8", got)
	}
	for e, want := range map[encoding][]int{
		// What n units are in bytes, from n = 0. In the middle of a character it is
		// its start.
		utf16Units: {0, 1, 3, 6, 6, 10, 11, 12, 12},
		utf8Units:  {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 12, 12},
	} {
		for n, bytes := range want {
			if got := e.cut(s, n); got != bytes {
				t.Errorf("%s: %d units are %d bytes, want %d", e, n, got, bytes)
			}
		}
		if got := e.cut(s, -1); got != 0 {
			t.Errorf("%s: -1 units are %d bytes", e, got)
		}
	}
}

func TestText(t *testing.T) {
	text := newText("one\r\n😀two\n")
	for n, want := range []string{"one", "😀two", "", ""} {
		if got := text.line(n); got != want {
			t.Errorf("line %d is %q, want %q", n, got, want)
		}
	}
	for _, test := range []struct {
		at     position
		offset int
		back   position
		ok     bool
	}{
		{position{0, 0}, 0, position{0, 0}, true},
		{position{0, 9}, 3, position{0, 3}, true}, // behind the end of the line
		{position{1, 2}, 9, position{1, 2}, true},
		{position{1, 1}, 5, position{1, 0}, true}, // half of a character
		{position{2, 0}, 13, position{2, 0}, true},
		{position{2, 5}, 13, position{2, 0}, true},
		{position{3, 0}, 0, position{}, false},
		{position{-1, 0}, 0, position{}, false},
		{position{0, -1}, 0, position{0, 0}, true},
	} {
		offset, ok := text.offset(test.at, utf16Units)
		if offset != test.offset || ok != test.ok {
			t.Errorf("offset of %v is %d, %t; want %d, %t", test.at, offset, ok, test.offset, test.ok)
		} else if got := text.position(offset, utf16Units); ok && got != test.back {
			t.Errorf("position of %d is %v, want %v", offset, got, test.back)
		}
	}
}

func TestSpan(t *testing.T) {
	text := newText("a😀 os.Remove(x)\nlast")
	for _, test := range []struct {
		line, col, end int
		e              encoding
		want           textRange
	}{
		{1, 7, 16, utf16Units, textRange{position{0, 4}, position{0, 13}}},
		{1, 7, 16, utf8Units, textRange{position{0, 6}, position{0, 15}}},
		{2, 3, 99, utf16Units, textRange{position{1, 2}, position{1, 4}}},
		{2, 3, 1, utf16Units, textRange{position{1, 2}, position{1, 2}}},
		{0, 0, 0, utf16Units, textRange{}},
		{9, 1, 2, utf16Units, textRange{position{1, 0}, position{1, 1}}},
	} {
		if got := text.span(test.line, test.col, test.end, test.e); got != test.want {
			t.Errorf("span(%d, %d, %d) in %s is %v, want %v", test.line, test.col, test.end, test.e, got, test.want)
		}
	}
}

func TestReplace(t *testing.T) {
	text := newText("a😀b\nc\n")
	for _, test := range []struct {
		r         textRange
		new, want string
		ok        bool
	}{
		{textRange{position{0, 3}, position{0, 4}}, "X", "a😀X\nc\n", true},
		{textRange{position{0, 4}, position{1, 0}}, "", "a😀bc\n", true},
		{textRange{position{2, 0}, position{2, 0}}, "d", "a😀b\nc\nd", true},
		{textRange{position{1, 0}, position{0, 0}}, "", "", false},
		{textRange{position{0, 0}, position{7, 0}}, "", "", false},
	} {
		got, ok := text.replace(test.r, test.new, utf16Units)
		if ok != test.ok || ok && got.s != test.want {
			t.Errorf("replace(%v, %q) = %v, %t", test.r, test.new, got, ok)
		}
		if ok && strings.Count(got.s, "\n")+1 != len(got.lines) {
			t.Errorf("%q has lines %v", got.s, got.lines)
		}
	}
}
