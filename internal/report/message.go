package report

import (
	"fmt"
	"strings"

	"github.com/loopvet/loopvet/internal/effect"
)

// maxPath is the number of names in a path that is shown in full. Of a longer
// one the ends are kept: what the callback calls first, and what blocks.
const (
	maxPath  = 7
	pathHead = 3
	pathTail = 3
)

// Message returns the finding as a sentence, without its position:
//
//	os.ReadFile blocks the event loop (file): callback of (*loop.Loop).SetTimeout -> (*Server).reload -> config.Load -> os.ReadFile; offload it with loop.QueueWork
//
// Names are written as in the callback's package.
func (f *Finding) Message() string {
	if f.Text != "" {
		return f.Text
	}
	home := f.Callback.Pkg
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", f.Headline(), Shorten(f.Registration, home))
	for _, name := range f.names() {
		b.WriteString(" -> " + name)
	}
	what := "callback"
	if f.Says != 0 {
		what = "task"
	}
	switch f.Others {
	case 0:
	case 1:
		fmt.Fprintf(&b, " (and 1 more %s)", what)
	default:
		fmt.Fprintf(&b, " (and %d more %ss)", f.Others, what)
	}
	if f.Says != 0 {
		f.writePool(&b)
		return b.String()
	}
	if n := len(f.Also); n > 0 {
		at := f.Also[0][Leaving(f.Also[0])].Pos
		fmt.Fprintf(&b, "; also by way of %s:%d", at.File, at.Line)
		if n > 1 {
			fmt.Fprintf(&b, " and %d more", n-1)
		}
	}
	if len(f.Holder) > 0 {
		b.WriteString("; the lock is held over " + ShortSym(f.Holder[0].In, home))
		for _, name := range compact(callees(f.Holder, home)) {
			b.WriteString(" -> " + name)
		}
	}
	if f.Assumed != "" {
		b.WriteString("; " + f.Assumed)
	}
	if text := f.Advice(); text != "" {
		b.WriteString("; " + text)
	}
	return b.String()
}

// names returns the path as it is shown: a callback that has a name, and what
// is called from there on.
func (f *Finding) names() []string {
	names := callees(f.Path, f.Callback.Pkg)
	if !isLiteral(f.Callback) {
		if name := ShortSym(f.Callback, f.Callback.Pkg); !strings.HasSuffix(f.Registration, name) {
			names = append([]string{name}, names...)
		}
	}
	return compact(names)
}

func callees(path []effect.Hop, home string) []string {
	names := make([]string, len(path))
	for i, h := range path {
		names[i] = ShortCallee(h.Callee, home)
	}
	return names
}

func compact(names []string) []string {
	if len(names) <= maxPath {
		return names
	}
	out := append([]string{}, names[:pathHead]...)
	out = append(out, fmt.Sprintf("(%d more)", len(names)-pathHead-pathTail))
	return append(out, names[len(names)-pathTail:]...)
}
