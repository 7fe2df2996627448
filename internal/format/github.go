package format

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
)

// GitHub writes the findings as workflow commands, which GitHub Actions shows at
// their lines in a pull request. The form and its escapes are those of
// @actions/core, packages/core/src/command.ts of github.com/actions/toolkit.
func (o *Output) GitHub(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, f := range o.Findings {
		at := f.SinkHop().Pos
		command := "notice"
		switch {
		case f.Level >= contract.Error:
			command = "error"
		case f.Level >= contract.Warning:
			command = "warning"
		}
		file, ok := o.fromRoot(o.File(at))
		o.command(b, command, file, ok, at.Line, at.Col, "loopvet: "+f.Category, f.Message())
	}
	for _, e := range o.Errors {
		file, ok := o.fromRoot(e.File)
		o.command(b, "error", file, ok, e.Line, e.Column, "loopvet", e.Text)
	}
	return b.Flush()
}

// command writes one command. A file outside of the repository has no place
// there: its name is put into the text.
func (o *Output) command(w io.Writer, command, file string, inside bool, line, col int, title, text string) {
	place := ""
	if inside {
		place = "file=" + escapeProperty(file) + ","
		if line > 0 {
			place += fmt.Sprintf("line=%d,", line)
		}
		if col > 0 {
			place += fmt.Sprintf("col=%d,", col)
		}
	} else if file != "" {
		text = fmt.Sprintf("%s:%d:%d: %s", file, line, col, text)
	}
	fmt.Fprintf(w, "::%s %stitle=%s::%s\n", command, place, escapeProperty(title), escapeData(text))
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func escapeData(s string) string     { return dataEscapes.Replace(s) }
func escapeProperty(s string) string { return propertyEscapes.Replace(s) }
