package report

import (
	"time"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
	"github.com/loopvet/loopvet/internal/effect"
)

// OfIgnore returns the finding about a comment that silences, and whether there
// is one. Used says whether the comment silences anything, or would if it had
// not expired.
func OfIgnore(i directive.Ignore, used bool, now time.Time) (Finding, bool) {
	text := i.Problem(used, now)
	if text == "" {
		return Finding{}, false
	}
	in := i.In
	if in == "" {
		in = i.File
	}
	return ofPlace(Ignore, effect.Hop{
		In: effect.Sym{Pkg: i.Pkg, Name: in}, Callee: text,
		Pos: effect.Pos{Pkg: i.Pkg, File: i.File, Line: i.Line, Col: i.Col},
	}), true
}

// OfDirective returns the finding about a directive that cannot be read.
func OfDirective(at effect.Pos, text string) Finding {
	return ofPlace(Directive, effect.Hop{In: effect.Sym{Pkg: at.Pkg, Name: at.File}, Callee: text, Pos: at})
}

// OfBaseline returns the finding about a line of a baseline that matches
// nothing. The file's name is absolute.
func OfBaseline(file string, line int, entry string) Finding {
	return ofPlace(Baseline, effect.Hop{
		In: effect.Sym{Name: Baseline}, Callee: "matches nothing: " + entry + "; loopvet baseline prune removes it",
		Pos: effect.Pos{File: file, Line: line, Col: 1},
	})
}

func ofPlace(category string, at effect.Hop) Finding {
	at.Edge = effect.Primitive
	return Finding{Category: category, Level: contract.Warning, Path: []effect.Hop{at}, Text: at.Callee}
}
