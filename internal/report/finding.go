package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/fix"
)

// Reentry is the category of a call that waits for the loop it stands on.
const Reentry = "reentry"

// The categories of findings about comments and baselines. They have no kind
// and no callback: their path is the one place, and their message is Text.
const (
	Ignore    = "ignore"    // a comment without a reason, that has expired, or silences nothing
	Baseline  = "baseline"  // an entry that matches nothing
	Directive = "directive" // a directive that cannot be read
)

// A Finding is a callback, what may hold its loop, and the path between them.
// Its identity is (Callback, Sink, Kind).
type Finding struct {
	Category string // the kind, Reentry, Ignore, Baseline or Directive
	Level    contract.Level
	Kind     contract.Kind
	May      bool // may block, rather than blocks

	Root            string // the package that was looked at; empty where only an import of it has the callback
	Callback        effect.Sym
	CallbackPos     effect.Pos
	RegistrationPos effect.Pos
	Registration    string // how the callback came to be one: "callback of (*loop.Loop).SetTimeout"
	Loop            *contract.Loop

	// Path runs from the callback to the primitive; Sink indexes the hop whose
	// line a person would change: the last one inside the callback's module.
	Path []effect.Hop
	Sink int
	// Lock findings carry a second path: from the lock to what its holder does.
	Holder []effect.Hop

	// Says, if set, makes it a finding about a worker pool. Callback is then the
	// task, and Must the second path: to the place that submits the task which
	// must run first, or to the other wait or write.
	Says Sentence
	Must []effect.Hop
	// Lock is the field or variable of the mutex that HeldLock is about.
	Lock effect.Sym
	// Started and Workers are, where they are known, the number of tasks that
	// stay on a worker, and of workers.
	Started, Workers int

	// Others counts the further callbacks that reach the same line.
	Others int
	// Also holds the further ways to the line: one path for each other pair of
	// a call that leaves the callback's package and one that enters the sink's.
	Also [][]effect.Hop
	// Fix is the edit that mends it, nil when there is none.
	Fix *fix.Fix
	// Assumed says what the verdict rests on beyond the path, if anything.
	Assumed string
	// Ranked says why the level is not the one that effects of the kind usually
	// have, if it is not.
	Ranked string
	// Text is the message where Category is Ignore or Baseline.
	Text string

	// Ignores are the comments that hold for a line of the path. They silence
	// the finding unless they have expired; see Silence.
	Ignores []directive.Ignore
	// Suppressed says why the finding is known but not reported; nil when it is
	// reported.
	Suppressed *Suppression
}

// A Suppression is the reason not to report a finding.
type Suppression struct {
	Kind   string     // Ignore for a comment in the source, Baseline, or Exclude
	Reason string     // as it is written there; may be empty
	At     effect.Pos // of the comment, the line in the baseline or in .loopvet.yaml
}

// Rank applies what the project says of findings in that file: how they are
// ranked, and whether they are reported at all.
func (f *Finding) Rank(set *contract.Set) {
	at := f.SinkHop().Pos
	of := contract.Subject{Pkg: at.Pkg, File: at.File, Category: f.Category, Kind: f.Kind}
	if r := set.Severity(of); r != nil {
		f.Level, f.Ranked = r.Level, fmt.Sprintf("severity in %s:%d", r.File, r.Line)
	}
	if r := set.Excluded(of); r != nil {
		f.Suppressed = &Suppression{Kind: Exclude, Reason: r.Reason, At: effect.Pos{File: r.File, Line: r.Line}}
	}
}

// Further kinds of suppression.
const (
	Exclude     = "exclude"      // a path in .loopvet.yaml
	SwitchedOff = "switched-off" // the program switches the loop off; loopvet -why only
)

// SinkHop returns the hop at which the finding stands.
func (f *Finding) SinkHop() effect.Hop { return f.Path[f.Sink] }

// Leaving returns the index of the last hop of a path inside the package that
// the path starts in: the call by which it leaves.
func Leaving(path []effect.Hop) int {
	i := 0
	for i+1 < len(path) && path[i+1].Pos.Pkg == path[0].Pos.Pkg {
		i++
	}
	return i
}

// Places returns where a finding may be shown in a package, for a driver that
// sees one package at a time: at its line, or at the call by which the path
// leaves the package; where the callback is; where it is registered.
func (f *Finding) Places(pkg string) []effect.Pos {
	at := f.SinkHop().Pos
	if at.Pkg != pkg {
		at = f.Path[0].Pos
		for _, h := range f.Path {
			if h.Pos.Pkg != pkg {
				break
			}
			at = h.Pos
		}
	}
	return []effect.Pos{at, f.CallbackPos, f.RegistrationPos}
}

// way returns the places by which a path leaves its first package and enters
// the package of its sink.
func (f *Finding) way() [2]effect.Pos {
	w := [2]effect.Pos{f.Path[Leaving(f.Path)].Pos}
	sink := f.SinkHop().Pos
	for _, h := range f.Path[:f.Sink] {
		if h.Pos.Pkg != sink.Pkg {
			w[1] = h.Pos
		}
	}
	return w
}

// Fingerprint identifies the finding across edits of other lines: it is made of
// names, not of line numbers. Two calls of the same function for the same
// callback from the same function share one.
func (f *Finding) Fingerprint() string {
	h := sha256.New()
	sink := f.SinkHop()
	for _, s := range [...]string{f.Category, string(f.Kind), f.Callback.String(), sink.In.String(), sink.Callee} {
		io.WriteString(h, s)
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// URL returns the address of the page that explains the finding's category.
func (f *Finding) URL() string { return PageOf(f.Category) }

// PageOf returns the address of the page that explains a category.
func PageOf(category string) string {
	if strings.HasPrefix(category, "pool-") {
		return docs + "poolsaturation.md#" + category
	}
	return Manual + "#" + category
}

const docs = "https://github.com/loopvet/loopvet/blob/main/docs/"

// A Callback is a function that was found to run on a loop.
type Callback struct {
	Name         effect.Sym
	Pos          effect.Pos
	Registration string // as in Finding
	Loop         string // the loop's name
}
