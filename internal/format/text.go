package format

import (
	"bufio"
	"fmt"
	"io"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/report"
)

// Text writes the findings, a line each, in colour or not.
func (o *Output) Text(w io.Writer, color bool) error {
	b := bufio.NewWriter(w)
	for _, f := range o.Findings {
		place, text := o.place(f.SinkHop().Pos), f.Message()
		if color {
			place = "\x1b[1m" + place + "\x1b[0m"
			if f.Level >= contract.Error {
				text = "\x1b[31m" + text + "\x1b[0m"
			}
		}
		fmt.Fprintf(b, "%s: %s\n", place, text)
	}
	return b.Flush()
}

// CallbacksText writes the callbacks, a line each.
func (o *Output) CallbacksText(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, c := range o.Callbacks {
		fmt.Fprintf(b, "%s: %s: %s (%s)\n", o.place(c.Pos), o.callback(c), report.Shorten(c.Registration, c.Pos.Pkg), c.Loop)
	}
	return b.Flush()
}

func (o *Output) callback(c report.Callback) string {
	if c.Name.Name == "" {
		return "a function value"
	}
	return report.ShortSym(c.Name, c.Pos.Pkg)
}
