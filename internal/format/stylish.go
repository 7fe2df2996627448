package format

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/report"
)

// styles are the sequences that a terminal understands, or nothing.
type styles struct{ bold, dim, red, yellow, blue, underline, reset string }

func newStyles(color bool) styles {
	if !color {
		return styles{}
	}
	return styles{"\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[34m", "\x1b[4m", "\x1b[0m"}
}

func (s styles) level(l contract.Level) string {
	switch {
	case l >= contract.Error:
		return s.red
	case l >= contract.Warning:
		return s.yellow
	}
	return s.blue
}

// Stylish writes the findings grouped by file, each with its path on lines of
// its own, and a last line that counts them.
func (o *Output) Stylish(w io.Writer, color bool) error {
	b := bufio.NewWriter(w)
	s := newStyles(color)
	for i := 0; i < len(o.Findings); {
		file := o.file(o.Findings[i].SinkHop().Pos)
		n := i
		for n < len(o.Findings) && o.file(o.Findings[n].SinkHop().Pos) == file {
			n++
		}
		fmt.Fprintf(b, "%s%s%s\n", s.underline, file, s.reset)
		group := o.Findings[i:n]
		wide, deep := 0, 0
		for _, f := range group {
			wide = max(wide, len(lineColumn(&f)))
			deep = max(deep, len(o.Level(f.Level)))
		}
		for _, f := range group {
			o.stylish(b, s, &f, wide, deep)
		}
		fmt.Fprintln(b)
		i = n
	}
	if len(o.Findings)+len(o.Suppressed) > 0 {
		var counts []string
		for _, l := range []contract.Level{contract.Error, contract.Warning, contract.Info} {
			n := 0
			for _, f := range o.Findings {
				if f.Level == l {
					n++
				}
			}
			if n > 0 {
				counts = append(counts, s.level(l)+levelCount(n, o.Level(l))+s.reset)
			}
		}
		text := ""
		if len(counts) > 0 {
			text = " (" + strings.Join(counts, ", ") + ")"
		}
		if n := len(o.Suppressed); n > 0 {
			text += fmt.Sprintf(", %d suppressed", n)
		}
		fmt.Fprintf(b, "%s%s%s%s\n", s.bold, number(len(o.Findings), "finding"), s.reset, text)
	}
	return b.Flush()
}

// levelCount returns "1 warning", "2 warnings" or "2 info".
func levelCount(n int, level string) string {
	if level == "info" {
		return fmt.Sprintf("%d info", n)
	}
	return number(n, level)
}

func lineColumn(f *report.Finding) string {
	at := f.SinkHop().Pos
	return fmt.Sprintf("%d:%d", at.Line, at.Col)
}

func (o *Output) stylish(w io.Writer, s styles, f *report.Finding, wide, deep int) {
	fmt.Fprintf(w, "  %s%*s%s  %s%-*s%s  %s%s%s\n", s.dim, wide, lineColumn(f), s.reset,
		s.level(f.Level), deep, o.Level(f.Level), s.reset, s.bold, f.Headline(), s.reset)
	indent := strings.Repeat(" ", wide+4)
	line := func(text, place string) {
		if place != "" {
			place = "  " + s.dim + place + s.reset
		}
		fmt.Fprintf(w, "%s%s%s\n", indent, text, place)
	}
	if f.Registration != "" {
		place := ""
		if f.CallbackPos.Line > 0 {
			place = o.place(f.CallbackPos)
		}
		text := report.Shorten(f.Registration, f.Callback.Pkg)
		if name := o.callback(report.Callback{Name: f.Callback, Pos: f.CallbackPos}); !strings.HasPrefix(name, "func") && !strings.HasSuffix(text, name) {
			text += ": " + name
		}
		line(text, place)
		for _, h := range f.Path {
			line("-> "+callee(f, h), o.place(h.Pos))
		}
	}
	for _, note := range f.Notes() {
		line(note, "")
	}
	for i, h := range f.Holder {
		text := "-> " + callee(f, h)
		if i == 0 {
			line(f.HolderTitle()+" in "+report.ShortSym(h.In, f.Callback.Pkg), "")
		}
		line(text, o.place(h.Pos))
	}
	for i, h := range f.Must {
		if i == 0 {
			line(f.MustTitle(), "")
		}
		line("-> "+callee(f, h), o.place(h.Pos))
	}
	if text := f.Advice(); text != "" {
		line(text, "")
	}
}
