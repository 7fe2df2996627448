package effect

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loopvet/loopvet/internal/contract"
)

// A Sym names a function, type, field or variable: its package and, inside the
// package, a name that is stable across builds. A method is "(*T).M", a
// function literal "outer$1" (as go/ssa numbers them), a field "T.f".
type Sym struct {
	Pkg, Name string
}

// String returns the symbol as types.Func.FullName writes it.
func (s Sym) String() string {
	switch {
	case s.Pkg == "":
		return s.Name
	case strings.HasPrefix(s.Name, "(*"):
		return "(*" + s.Pkg + "." + s.Name[2:]
	case strings.HasPrefix(s.Name, "("):
		return "(" + s.Pkg + "." + s.Name[1:]
	}
	return s.Pkg + "." + s.Name
}

// Compare orders symbols by package, then name.
func (s Sym) Compare(t Sym) int {
	return cmp.Or(strings.Compare(s.Pkg, t.Pkg), strings.Compare(s.Name, t.Name))
}

// An Edge is how one hop of a witness reaches the next.
type Edge uint8

// The kinds of edge.
const (
	Static    Edge = iota // a call of a named function
	FuncValue             // a call of a function value
	Interface             // a call of an interface method
	Deferred              // a deferred call
	Primitive             // not a call: a channel operation or a select
)

func (e Edge) String() string {
	return [...]string{"static", "func value", "interface", "defer", "primitive"}[e]
}

// A Pos is a place in a source file, without machine paths: the file's base
// name within its package.
type Pos struct {
	Pkg  string
	File string
	Line int
	Col  int
}

func (p Pos) String() string { return p.Pkg + "/" + p.File + ":" + itoa(p.Line) + ":" + itoa(p.Col) }

// Compare orders positions by package, file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(strings.Compare(p.Pkg, q.Pkg), strings.Compare(p.File, q.File),
		cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// A Hop is one step of a witness: In, at Pos, reaches Callee by Edge. The last
// hop's Callee is the primitive.
type Hop struct {
	In     Sym
	Pos    Pos
	Callee string // full name of what is called, or a phrase such as "a channel send"
	Edge   Edge
	Guess  int // number of possible targets of this edge beyond the one taken
	// Repeats says that it stands in a loop of In, and may be taken many times.
	Repeats bool
}

// A Path is a witness: a hop and what follows it. Paths share their hops and
// their tails, since most of the memory of a large program would be paths.
type Path struct {
	*Hop
	Next *Path

	hops, guesses int32 // of the whole path; guesses counts edges with several targets
	looped        bool  // some hop repeats
}

// Guesses returns the number of edges with several targets.
func (p *Path) Guesses() int { return int(p.guesses) }

// Looped reports whether some hop of the path stands in a loop.
func (p *Path) Looped() bool { return p.looped }

// newPath returns the path that takes h and goes on to next.
func newPath(h *Hop, next *Path) *Path {
	p := &Path{Hop: h, Next: next, hops: 1, looped: h.Repeats}
	if h.Guess > 0 {
		p.guesses = 1
	}
	if next != nil {
		p.hops += next.hops
		p.guesses += next.guesses
		p.looped = p.looped || next.looped
	}
	return p
}

// then returns p, followed by next.
func (p *Path) then(next *Path) *Path {
	if p.Next == nil {
		return newPath(p.Hop, next)
	}
	return newPath(p.Hop, p.Next.then(next))
}

// lastCallee returns what the last hop calls.
func (p *Path) lastCallee() string {
	for p.Next != nil {
		p = p.Next
	}
	return p.Callee
}

// Hops returns the hops in order.
func (p *Path) Hops() []Hop {
	var hops []Hop
	for ; p != nil; p = p.Next {
		hops = append(hops, *p.Hop)
	}
	return hops
}

// comparePaths orders witnesses: fewer guessed edges, then fewer hops, then by
// the names and places along the way, so that no two different paths tie.
func comparePaths(a, b *Path) int {
	if c := cmp.Or(cmp.Compare(a.guesses, b.guesses), cmp.Compare(a.hops, b.hops)); c != 0 {
		return c
	}
	for ; a != nil && b != nil && a != b; a, b = a.Next, b.Next {
		if a.Hop == b.Hop {
			continue
		}
		c := cmp.Or(strings.Compare(a.Callee, b.Callee), a.Pos.Compare(b.Pos), a.In.Compare(b.In), cmp.Compare(a.Edge, b.Edge))
		if c != 0 {
			return c
		}
	}
	return 0
}

// An Effect is one thing that may hold the goroutine.
type Effect struct {
	Kind  contract.Kind
	May   bool           // may block, rather than blocks
	Level contract.Level // as the primitive is ranked, before a loop's tolerance
	Bound time.Duration  // longest wait; 0 is unbounded or unknown
	Path  *Path
	// Loop, when set, names the loop that this call waits for: called on that
	// loop it is a deadlock.
	Loop string
	// Lock, when the kind is Lock, is the mutex, and Shared says that it is
	// taken for reading.
	Lock   Sym
	Shared bool
	// Sends, when a callback sends on a channel in a field or variable, is that
	// location, and Room the constant capacity of what is stored there.
	Sends Sym
	Room  int

	sink *Hop // the last one inside the module of the summary
}

// A Mode says where a function value runs, relative to the function that is
// handed it.
type Mode uint8

// The modes.
const (
	Here      Mode = iota // on the goroutine that calls
	OnLoop                // as a callback of a loop
	OnPool                // as a task of a worker pool
	Elsewhere             // on some other goroutine
)

func (m Mode) String() string {
	return [...]string{"here", "loop", "pool", "elsewhere"}[m]
}

// A ValueOp is the kind of an abstract value.
type ValueOp uint8

// The kinds of abstract value. A Value describes what a func, interface or
// channel may hold, in terms of the function it is written for.
const (
	Param    ValueOp = iota // parameter Index; the receiver is 0; captured variables follow the parameters
	Function                // the function Sym, with Free its captured variables and Recv its bound receiver
	Dynamic                 // a value of concrete type Sym
	Location                // whatever is stored in field or variable Sym
	Channel                 // a channel made at Sym with capacity Index (-1 when not constant)
	AnyOf                   // any type that is converted to the interface Sym
	Duration                // the constant time.Duration Index
	Method                  // method Sym.Name of the interface value Recv
	Made                    // what the constructor Sym made, with the options in Recv
	Option                  // the option of a constructor that Sym.Name describes
	Object                  // what the call or variable at Sym makes, as Note says; Index is a pool's size, -1 when not constant
)

// A Value is one abstract value. Values are compared by their key.
type Value struct {
	Op    ValueOp
	Sym   Sym
	Index int
	// Iface, on a Location or Param, is its static interface type: where a
	// call on it is looked for when nothing is known to be stored there.
	Iface Sym
	// Type arguments are not tracked: a generic function is one function.
	Free []Values // of a Function: its captured variables
	// Recv is the bound receiver of a Function or Method, and what a Dynamic
	// value was before it became an interface.
	Recv  Values
	Bound bool // Recv is the first argument, even when nothing is known of it
	// Note says what an Object is: ThePool, TheFuture and so on. Recv is then the
	// pool that it belongs to, and Free[0] what it is to run.
	Note string
}

// Values is a set of values, sorted by key.
type Values []Value

// key returns a string that identifies the value.
func (v Value) key() string {
	var b strings.Builder
	v.writeKey(&b)
	return b.String()
}

func (v Value) writeKey(b *strings.Builder) {
	b.WriteString(strconv.Itoa(int(v.Op)))
	b.WriteByte('|')
	b.WriteString(v.Sym.Pkg)
	b.WriteByte('|')
	b.WriteString(v.Sym.Name)
	b.WriteByte('|')
	b.WriteString(strconv.Itoa(v.Index))
	if v.Note != "" {
		b.WriteString("!" + v.Note)
	}
	for _, vs := range [...]struct {
		open string
		sets []Values
	}{{"{", v.Free}, {"<", []Values{v.Recv}}} {
		for _, set := range vs.sets {
			if len(set) == 0 && vs.open == "<" {
				continue
			}
			b.WriteString(vs.open)
			for _, w := range set {
				w.writeKey(b)
				b.WriteByte(';')
			}
		}
	}
}

func (v Value) String() string {
	switch v.Op {
	case Param:
		return fmt.Sprintf("param %d", v.Index)
	case Function:
		return v.Sym.String()
	case Dynamic:
		return "type " + v.Sym.String()
	case Location:
		return "location " + v.Sym.String()
	case Channel:
		return fmt.Sprintf("channel of capacity %d", v.Index)
	case AnyOf:
		return "any " + v.Sym.String()
	case Method:
		return "method " + v.Sym.Name
	case Made:
		return "made by " + v.Sym.String()
	case Option:
		return "option " + v.Sym.Name
	case Object:
		return "the " + v.Note + " of " + v.Sym.String()
	}
	return time.Duration(v.Index).String()
}

// maxValues bounds a set of values. A set that would grow past it keeps its
// first members and is marked by no sign: a lost member is a lost finding, not
// a false one. It is wide enough for a table of commands.
const maxValues = 256

// union returns the values of both sets.
func union(a, b Values) Values {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	return normalize(append(slices.Clone(a), b...))
}

// normalize sorts vs, and drops duplicates and what exceeds the bound.
func normalize(vs Values) Values {
	if len(vs) < 2 {
		return vs
	}
	type keyed struct {
		key string
		v   Value
	}
	ks := make([]keyed, len(vs))
	for i, v := range vs {
		ks[i] = keyed{v.key(), v}
	}
	slices.SortStableFunc(ks, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	ks = slices.CompactFunc(ks, func(a, b keyed) bool { return a.key == b.key })
	if len(ks) > maxValues {
		ks = ks[:maxValues]
	}
	out := make(Values, len(ks))
	for i, k := range ks {
		out[i] = k.v
	}
	return out
}

// A Use is what a function does with something that only its caller, or the
// contents of a location, can name: it calls it, or a method of it, or sends or
// receives on it.
type Use struct {
	What   Value  // Param, Location or AnyOf
	Method string // "" calls the value itself; "<-" receives, "->" sends
	Mode   Mode
	Loop   string // of OnLoop
	Args   []Values
	Path   *Path
	Bound  time.Duration // of a receive inside a select with a timeout
	Spare  bool          // a worker more stands in while it runs
	Held   Values        // the mutexes that are held meanwhile
}

// A Summary is what a caller needs to know of a function. It is closed: it
// mentions no syntax, and every effect carries its whole path.
type Summary struct {
	Effects []Effect
	Uses    []Use
	Ops     []Op
	Results []Values // by result index
	Dropped int      // effects, uses and operations beyond the cap
	Params  int      // number of parameters, the receiver included
}

func itoa(n int) string { return strconv.Itoa(n) }
