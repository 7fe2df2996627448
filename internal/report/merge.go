package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
	"github.com/loopvet/loopvet/internal/effect"
)

// maxAlso bounds the further ways that a finding lists.
const maxAlso = 50

// Merge makes one finding of those that stand at one line with one category:
// the shortest path is kept, the other callbacks are counted, and the worst
// level wins. What is silenced is not merged with what is not, nor with what
// other comments silence. The result is sorted by position and does not depend on the order
// of the argument, which is not changed.
func Merge(findings []Finding) []Finding {
	type place struct {
		pkg, file string
		line      int
		category  string
		kind      contract.Kind
		silence   string
		text      string
	}
	groups := map[place][]Finding{}
	for _, f := range findings {
		at := f.SinkHop().Pos
		p := place{at.Pkg, at.File, at.Line, f.Category, f.Kind, f.silence(), f.Text}
		groups[p] = append(groups[p], f)
	}
	out := make([]Finding, 0, len(groups))
	for _, group := range groups {
		slices.SortFunc(group, func(a, b Finding) int { return cmp.Or(-cmp.Compare(a.Level, b.Level), compareShown(a, b)) })
		first := group[0]
		first.Also = slices.Clone(first.Also)
		callbacks := map[effect.Sym]int{}
		ways := map[[2]effect.Pos]bool{}
		for i, f := range group {
			if way := f.way(); !ways[way] {
				ways[way] = true
				if i > 0 && len(first.Also) < maxAlso {
					first.Also = append(first.Also, f.Path)
				}
			}
			callbacks[f.Callback] = max(callbacks[f.Callback], f.Others)
			first.Level = max(first.Level, f.Level)
		}
		first.Others = len(callbacks) - 1
		for _, n := range callbacks {
			first.Others += n
		}
		out = append(out, first)
	}
	slices.SortFunc(out, Compare)
	return out
}

// silence tells findings apart by what silences them.
func (f *Finding) silence() string {
	var b strings.Builder
	switch s := f.Suppressed; {
	case s == nil:
	case s.Kind == Baseline:
		b.WriteString(s.Kind + "|") // each callback has a line there
	default:
		b.WriteString(s.Kind + " " + s.At.String() + "|")
	}
	for _, i := range f.Ignores {
		fmt.Fprintf(&b, "%s/%s:%d:%d|", i.Pkg, i.File, i.Line, i.Col)
	}
	return b.String()
}

func compareSuppression(a, b *Suppression) int {
	if a == nil || b == nil {
		return cmp.Compare(b2i(a != nil), b2i(b != nil))
	}
	return a.At.Compare(b.At)
}

// Silence says which findings a comment silences at that time. Those for which no
// comment holds any more are as if there had been none: Merge may join them with
// others. The argument is not changed.
func Silence(findings []Finding, now time.Time) []Finding {
	out := slices.Clone(findings)
	for i := range out {
		f := &out[i]
		if len(f.Ignores) == 0 || f.Suppressed != nil {
			continue
		}
		n := slices.IndexFunc(f.Ignores, func(ig directive.Ignore) bool { return ig.Holds(now) })
		if n < 0 {
			f.Ignores = nil
			continue
		}
		by := f.Ignores[n]
		f.Suppressed = &Suppression{Kind: Ignore, Reason: by.Reason, At: effect.Pos{Pkg: by.Pkg, File: by.File, Line: by.Line, Col: by.Col}}
	}
	return out
}

// Compare orders findings by place, then kind. It is zero only for findings
// that do not differ in what is shown.
func Compare(a, b Finding) int {
	return cmp.Or(
		a.SinkHop().Pos.Compare(b.SinkHop().Pos),
		strings.Compare(a.Category, b.Category),
		strings.Compare(string(a.Kind), string(b.Kind)),
		compareShown(a, b),
	)
}

// compareShown orders findings at one line by how well they explain it.
func compareShown(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(len(a.Path), len(b.Path)),
		a.Callback.Compare(b.Callback),
		cmp.Compare(b2i(a.May), b2i(b.May)),
		cmp.Compare(b.Level, a.Level),
		slices.CompareFunc(a.Path, b.Path, compareHop),
		cmp.Compare(a.Sink, b.Sink),
		strings.Compare(a.Registration, b.Registration),
		a.CallbackPos.Compare(b.CallbackPos),
		strings.Compare(loopName(a.Loop), loopName(b.Loop)),
		slices.CompareFunc(a.Holder, b.Holder, compareHop),
		strings.Compare(a.Assumed, b.Assumed),
		strings.Compare(a.Text, b.Text),
		strings.Compare(a.Root, b.Root),
		strings.Compare(a.silence(), b.silence()),
		compareSuppression(a.Suppressed, b.Suppressed),
		cmp.Compare(a.Others, b.Others),
	)
}

func compareHop(a, b effect.Hop) int {
	return cmp.Or(
		a.In.Compare(b.In),
		a.Pos.Compare(b.Pos),
		strings.Compare(a.Callee, b.Callee),
		cmp.Compare(a.Edge, b.Edge),
		cmp.Compare(a.Guess, b.Guess),
	)
}

// CompareCallback orders callbacks by place, then name and registration.
func CompareCallback(a, b Callback) int {
	return cmp.Or(
		a.Pos.Compare(b.Pos),
		a.Name.Compare(b.Name),
		strings.Compare(a.Registration, b.Registration),
		strings.Compare(a.Loop, b.Loop),
	)
}

func loopName(l *contract.Loop) string {
	if l == nil {
		return ""
	}
	return l.Name
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
