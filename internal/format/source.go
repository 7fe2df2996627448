package format

import (
	"os"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A source is the text of a file, by lines.
type source struct {
	text  string
	lines []int // offset of the start of each
}

// source returns the text of a file, or nil when it cannot be read.
func (o *Output) source(name string) *source {
	if s, ok := o.sources[name]; ok {
		return s
	}
	if o.sources == nil {
		o.sources = map[string]*source{}
	}
	var s *source
	if data, err := os.ReadFile(name); err == nil {
		s = newSource(string(data))
	}
	o.sources[name] = s
	return s
}

func newSource(text string) *source {
	s := &source{text: text, lines: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// position returns the line and the column, in bytes, of an offset. It reports
// whether the file is that long.
func (s *source) position(offset int) (line, col int, ok bool) {
	if offset < 0 || offset > len(s.text) {
		return 0, 0, false
	}
	line = sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > offset })
	return line, offset - s.lines[line-1] + 1, true
}

// line returns the text of line n without its end, or "" when there is none.
func (s *source) line(n int) string {
	if s == nil || n < 1 || n > len(s.lines) {
		return ""
	}
	text := s.text[s.lines[n-1]:]
	if n < len(s.lines) {
		text = s.text[s.lines[n-1] : s.lines[n]-1]
	}
	return strings.TrimSuffix(text, "\r")
}

// utf16Column returns the column in UTF-16 code units of a column in bytes.
func (s *source) utf16Column(line, col int) int {
	text := s.line(line)
	if col < 1 || col-1 > len(text) {
		return col
	}
	n := 1
	for _, r := range text[:col-1] {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// word returns the length of the name, with dots in it, at a column in bytes.
func word(line string, col int) int {
	if col < 1 || col > len(line) {
		return 0
	}
	n := strings.IndexFunc(line[col-1:], func(r rune) bool {
		return !(r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r >= utf8.RuneSelf)
	})
	if n < 0 {
		return len(line) - (col - 1)
	}
	return n
}
