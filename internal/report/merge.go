package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/loopvet/loopvet/internal/effect"
)

// A Callback is a function that runs on a loop, for the list of what was seen.
type Callback struct {
	Name         effect.Sym
	Pos          effect.Pos
	Registration string
	Loop         string
}

// Merge joins the findings that stand on one line and are of one kind: the
// shortest path is kept, the worst level wins, the other callbacks are counted.
// The result is sorted by place.
func Merge(findings []Finding) []Finding {
	type key struct {
		pkg, file string
		line      int
		category  string
	}
	sorted := slices.Clone(findings)
	slices.SortFunc(sorted, compare)
	var out []Finding
	at := map[key]int{}
	callbacks := map[key]map[effect.Sym]bool{}
	for _, f := range sorted {
		p := f.SinkHop().Pos
		k := key{p.Pkg, p.File, p.Line, f.Category}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			callbacks[k] = map[effect.Sym]bool{f.Callback: true}
			out = append(out, f)
			continue
		}
		if !callbacks[k][f.Callback] {
			callbacks[k][f.Callback] = true
			out[i].Others++
		}
		out[i].Level = max(out[i].Level, f.Level)
	}
	return out
}

// compare orders findings by place, then kind, then by how much they say: fewer
// guesses, shorter paths, then names, so that no two different findings tie.
func compare(a, b Finding) int {
	if c := cmp.Or(a.SinkHop().Pos.Compare(b.SinkHop().Pos), strings.Compare(a.Category, b.Category),
		cmp.Compare(guesses(a), guesses(b)), cmp.Compare(len(a.Path), len(b.Path)), a.Callback.Compare(b.Callback),
		strings.Compare(a.Registration, b.Registration)); c != 0 {
		return c
	}
	for i := range a.Path {
		x, y := a.Path[i], b.Path[i]
		if c := cmp.Or(x.Pos.Compare(y.Pos), strings.Compare(x.Callee, y.Callee)); c != 0 {
			return c
		}
	}
	return 0
}

func guesses(f Finding) int {
	n := 0
	for _, h := range f.Path {
		if h.Guess > 0 {
			n++
		}
	}
	return n
}
