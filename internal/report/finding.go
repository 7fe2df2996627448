package report

import (
	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

// A Finding is a callback, what may hold its loop, and the path between them.
// Its identity is (Callback, Sink, Kind).
type Finding struct {
	Category string // the kind, or "reentry"
	Level    contract.Level
	Kind     contract.Kind
	May      bool // may block, rather than blocks

	Callback     effect.Sym
	CallbackPos  effect.Pos
	Registration string // how the callback came to be one: "callback of (*loop.Loop).SetTimeout"
	Loop         *contract.Loop

	// Path runs from the callback to the primitive; Sink indexes the hop whose
	// line a person would change: the last one inside the callback's module.
	Path []effect.Hop
	Sink int
	// Lock findings carry a second path: from the lock to what its holder does.
	Holder []effect.Hop
	// Others counts the further callbacks that reach the same line.
	Others int
	// Assumed says what the verdict rests on beyond the path, if anything.
	Assumed string
}

// SinkHop returns the hop at which the finding stands.
func (f *Finding) SinkHop() effect.Hop { return f.Path[f.Sink] }
