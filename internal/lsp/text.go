package lsp

import (
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An encoding is the unit in which characters of a line are counted.
type encoding string

// The encodings that the server speaks. UTF-16 is what every client knows.
const (
	utf8Units  encoding = "utf-8"
	utf16Units encoding = "utf-16"
)

// units returns the length of s. A byte that is no character counts as one.
func (e encoding) units(s string) int {
	if e == utf8Units {
		return len(s)
	}
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cut returns the length in bytes of the first n units of s, or of all of it. In
// the middle of a character it is the character's start.
func (e encoding) cut(s string, n int) int {
	if n <= 0 {
		return 0
	}
	if e == utf8Units {
		n = min(n, len(s))
		for n > 0 && n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		return n
	}
	for i, r := range s {
		if n -= utf16.RuneLen(r); n < 0 {
			return i
		}
	}
	return len(s)
}

// A text is what a file holds, by lines.
type text struct {
	s     string
	lines []int // offset of the start of each
}

func newText(s string) *text {
	t := &text{s: s, lines: []int{0}}
	for i := range len(s) {
		if s[i] == '\n' {
			t.lines = append(t.lines, i+1)
		}
	}
	return t
}

// line returns line n, counted from 0, without its end. It is empty where there
// is none.
func (t *text) line(n int) string {
	if n < 0 || n >= len(t.lines) {
		return ""
	}
	end := len(t.s)
	if n+1 < len(t.lines) {
		end = t.lines[n+1] - 1
	}
	return strings.TrimSuffix(t.s[t.lines[n]:end], "\r")
}

// offset returns the offset of a position. A character behind the end of its line
// is that end. It reports false when there is no such line.
func (t *text) offset(p position, e encoding) (int, bool) {
	if p.Line < 0 || p.Line >= len(t.lines) {
		return 0, false
	}
	return t.lines[p.Line] + e.cut(t.line(p.Line), p.Character), true
}

// position returns the position of an offset, which must not be behind the end.
func (t *text) position(offset int, e encoding) position {
	n := sort.Search(len(t.lines), func(i int) bool { return t.lines[i] > offset }) - 1
	return position{Line: n, Character: e.units(t.s[t.lines[n]:offset])}
}

// span returns the range of the bytes from column col to column end of a line, as
// the analysis counts: lines and columns from 1, columns in bytes. Where the text
// has no such place, it is the nearest one.
func (t *text) span(line, col, end int, e encoding) textRange {
	n := min(max(line, 1), len(t.lines)) - 1
	s := t.line(n)
	from := min(max(col, 1)-1, len(s))
	to := min(max(end-1, from), len(s))
	return textRange{
		Start: position{n, e.units(s[:from])},
		End:   position{n, e.units(s[:to])},
	}
}

// replace returns the text after an edit of a client. It reports false when the
// edit does not fit.
func (t *text) replace(r textRange, new string, e encoding) (*text, bool) {
	from, ok := t.offset(r.Start, e)
	to, ok2 := t.offset(r.End, e)
	if !ok || !ok2 || to < from {
		return nil, false
	}
	return newText(t.s[:from] + new + t.s[to:]), true
}
