package effect

// What a function does with worker pools, and what waits for what.
//
// Beside its effects a summary lists operations: tasks handed to a pool,
// functions posted to a loop, waits and what ends them, locks, and loops that a
// function does not come back from. Their operands are abstract values in terms
// of the function, and callers put their own arguments in, as they do for uses.
// So the operations of a task, in terms of the function that submits it, say
// which pool it waits for. This is a may analysis.

import (
	"cmp"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
)

// A Verb is the kind of an operation.
type Verb uint8

// The kinds of operation.
const (
	Submit   Verb = iota // hands Task to the pool On
	Start                // starts Task on a goroutine of its own
	Post                 // hands Task to the loop named Loop
	Await                // waits for what On stands for: a future, group, pool or channel
	Finish               // lets go on who awaits On: a send, a close, a WaitGroup's Done
	Close                // closes the channel On
	Acquire              // takes a slot of the semaphore On
	Release              // gives it back
	Lock                 // takes the mutex On
	Limit                // gives the pool On Size workers
	Endless              // does not come back: Note says from what
	LoopOnly             // does what only a loop's goroutine may, of the loop named Loop
	Grow                 // computes in proportion to the input, and more
)

func (v Verb) String() string {
	return [...]string{"submits", "starts", "posts", "awaits", "finishes", "closes", "acquires", "releases",
		"locks", "limits", "does not come back from", "is for the loop", "computes"}[v]
}

// A Where says on which goroutine an operation is done, relative to the function
// that does it.
type Where uint8

// The places of operations.
const (
	HereOp  Where = iota // on the goroutine that calls
	AwayOp               // on a goroutine that the function starts
	InnerOp              // in a literal that the function makes, wherever that runs
)

// Many says how often an operation is done in one call.
type Many int

// Once, for each element of an input whose length is not known, and without end.
// Positive numbers are constant counts.
const (
	Once      Many = 1
	ForInput  Many = -1
	Unbounded Many = -2
)

// An Op is one operation.
type Op struct {
	Verb  Verb
	Where Where
	On    Values
	Task  Values // of Submit, Start and Post: what is to run
	Held  Values // the mutexes that are held meanwhile
	Under Values // the semaphores of which a slot is held meanwhile
	// Loop names the loop of Post and LoopOnly.
	Loop string
	// Waits says that a Submit or Post waits until Task has run, Blocks that it
	// waits for room where it has none.
	Waits, Blocks bool
	// Limited says that On is a pool only once a Limit is seen.
	Limited bool
	// IfBounded says that it blocks only where the queue of On is bounded.
	IfBounded bool
	// Signal says that what an Endless operation receives carries nothing.
	Signal bool
	// Shared says that Lock is for reading.
	Shared bool
	// Size is the number of workers of Limit, 0 where it is not constant.
	Size int
	// Many counts how often the operation is done, and Lap is where the loop
	// around it begins.
	Many Many
	Lap  Pos
	// Args is what Start calls Task with.
	Args []Values
	// Kernel lists the kinds for which the runtime that Submit belongs to has an
	// asynchronous way.
	Kernel []contract.Kind
	Note   string // of Endless and Grow
	// May says that something else may end a wait, or bounds it, and that not
	// every call that returns gets to a Lock.
	May  bool
	Path *Path

	sink *Hop
}

// Sink returns the place where a finding for this operation stands: the last hop
// of its path inside the module.
func (o *Op) Sink() Hop { return *o.sink }

// maxOps bounds the operations of a summary, and maxOperands the values of one
// operand: what may be everything tells nothing.
const (
	maxOps      = 300
	maxOperands = 12
)

// waits reports whether the operation may wait for others.
func (o *Op) waits() bool {
	return o.Verb == Await || o.Verb == Acquire || o.Verb == Submit && (o.Waits || o.Blocks)
}

// key tells operations apart: the same one at the same place counts once.
func (o *Op) key() string {
	var b strings.Builder
	b.WriteString(itoa(int(o.Verb)) + "|" + itoa(int(o.Where)) + "|" + o.Loop + "|" + o.Note + "|" + o.sink.Pos.String())
	for _, vs := range []Values{o.On, o.Task, o.Held, o.Under} {
		b.WriteByte('|')
		for _, v := range vs {
			v.writeKey(&b)
			b.WriteByte(';')
		}
	}
	return b.String()
}

// addOp records an operation, if anybody asks for them.
func (w *walker) addOp(o Op) {
	if !w.prog.pools || len(o.On) > maxOperands || len(o.Task) > maxValues/4 {
		return
	}
	if w.light && o.Verb != Submit && o.Verb != Limit {
		return
	}
	if w.spare > 0 && (o.Verb == Await || o.Verb == Submit || o.Verb == Endless || o.Verb == Acquire) {
		return
	}
	if len(o.On) == 0 && (o.Verb == Await || o.Verb == Finish || o.Verb == Close || o.Verb == Lock || o.Verb == Acquire || o.Verb == Release) {
		return
	}
	if o.Where == HereOp {
		o.Held = union(o.Held, w.over)
	}
	o.Many = cmp.Or(o.Many, Once)
	if w.instr != nil && o.Where != InnerOp {
		w.place(&o)
	}
	o.sink = w.sinkOf(o.Path)
	key := o.key() + w.prog.silence(o.Path)
	if o.Verb == Grow {
		key = "grow " + itoa(int(o.Where)) + w.prog.silence(o.Path) // the dearest will do
		if old, ok := w.ops[key]; ok && old.Size > o.Size {
			return
		} else if ok && old.Size < o.Size {
			delete(w.ops, key)
		}
	}
	if old, ok := w.ops[key]; ok && comparePaths(old.Path, o.Path) <= 0 {
		return
	}
	if w.ops == nil {
		w.ops = map[string]Op{}
	}
	w.ops[key] = o
}

// place takes into account where in the function an operation is done: under
// which locks, and how often.
func (w *walker) place(o *Op) {
	if o.Where == HereOp {
		o.Held = union(o.Held, w.heldAt(w.instr))
		o.Under = union(o.Under, w.slotsAt(w.instr))
	}
	if o.Verb == Lock {
		o.May = o.May || !always(w.instr)
	}
	n := w.many(w.instr)
	if n == Once {
		return
	}
	o.Many, o.Lap = times(o.Many, n), w.lap(w.instr)
	if o.Verb == Grow && o.Path.Next != nil && n == ForInput && !w.asks(w.instr.Block()) {
		if o.Size++; o.Size == 2 {
			o.Path = newPath(o.Path.Hop, nil) // the loop is here, with what it calls
		}
	}
}

// times combines how often a call is made with how often its callee does
// something.
func times(inner, outer Many) Many {
	switch inner, outer = cmp.Or(inner, Once), cmp.Or(outer, Once); {
	case inner == Unbounded || outer == Unbounded:
		return Unbounded
	case inner == ForInput || outer == ForInput:
		return ForInput
	default:
		return min(inner*outer, 1<<30)
	}
}

// finishOps sorts and bounds the operations.
func (w *walker) finishOps() (ops []Op, dropped int) {
	keys := make([]string, 0, len(w.ops))
	for k := range w.ops {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		o := w.ops[k]
		if o.Verb == Grow && o.Path.Next == nil && (w.waiting[o.Lap] || w.waiting[o.Path.Pos]) {
			continue // others decide how long it takes
		}
		ops = append(ops, o)
	}
	if n := len(ops); n > maxOps {
		slices.SortStableFunc(ops, func(a, b Op) int { return comparePaths(a.Path, b.Path) })
		return slices.Clip(ops[:maxOps]), n - maxOps
	}
	return ops, 0
}

// instantiateOps takes over the operations of a callee, whose path is head.
func (w *walker) instantiateOps(s *Summary, t target, args argFunc, head *Path, where Where) {
	ends := slices.ContainsFunc(t.argv, hasDeadline)
	for _, o := range s.Ops {
		o.May = o.May || ends && o.waits()
		if o.Where == HereOp {
			o.Where = where
		}
		if where == InnerOp {
			o.Where = InnerOp
		}
		// Of what a literal does, only what it hands on is news to the function
		// that makes it.
		if o.Where == InnerOp && o.Verb != Submit && o.Verb != Limit && o.Verb != Close && o.Verb != Finish {
			continue
		}
		if w.light && where != InnerOp && !mentionsParam(o.On) && !mentionsParam(o.Task) && w.instr != nil && w.many(w.instr) == Once {
			continue // found where it is written, and no caller knows more
		}
		o.On, o.Task, o.Held = substitute(o.On, args), substitute(o.Task, args), substituteHeld(o.Held, args)
		o.Under = substitute(o.Under, args)
		if len(o.Args) > 0 {
			given := make([]Values, len(o.Args))
			for i, a := range o.Args {
				given[i] = substitute(a, args)
			}
			o.Args = trim(given)
		}
		if o.Path.Next != nil || o.Path.Callee != head.lastCallee() {
			o.Path = head.then(o.Path)
		} else {
			o.Path = head // what a directive says of the function belongs to the call of it
		}
		w.addOp(o)
	}
}

// substituteHeld is substitute for mutexes: one that is held for reading stays so under
// whatever name the caller has for it.
func substituteHeld(locks Values, args argFunc) Values {
	var out Values
	for _, v := range locks {
		for _, w := range substitute(Values{v}, args) {
			if v.Note == ForReading {
				w.Note = ForReading
			}
			out = append(out, w)
		}
	}
	return normalize(out)
}

// always reports whether an instruction is executed in every call of its function
// that returns.
func always(instr ssa.Instruction) bool {
	fn := instr.Parent()
	for _, b := range fn.Blocks {
		if _, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && b != fn.Recover && !instr.Block().Dominates(b) {
			return false
		}
	}
	return true
}

// object returns the value of something that a call makes: a pool, a group, an
// option. Note says what it is, size is the number of workers when constant, on
// is the pool that it belongs to, and task what it is to run.
func (p *Package) object(at ssa.Instruction, note string, size int, on, task Values) Value {
	v := Value{Op: Object, Sym: p.site(at), Index: size, Note: note, Recv: on}
	if len(task) > 0 {
		v.Free = []Values{task}
	}
	return v
}

// site names the place of an instruction.
func (p *Package) site(at ssa.Instruction) Sym {
	sym := SSASym(at.Parent())
	pos := p.pos(at.Pos())
	sym.Name += "@" + pos.File + ":" + itoa(pos.Line) + ":" + itoa(pos.Col)
	return sym
}

// Site returns the place of a value that is made somewhere, as an Object and
// a Channel are, without its column.
func (v Value) Site() (in Sym, file string, line string, ok bool) {
	name, at, ok := strings.Cut(v.Sym.Name, "@")
	if !ok {
		return Sym{}, "", "", false
	}
	file, rest, _ := strings.Cut(at, ":")
	line, _, _ = strings.Cut(rest, ":")
	return Sym{v.Sym.Pkg, name}, file, line, true
}

// resite moves what a call returns to the place of the call: each call of a
// constructor makes something of its own.
func (p *Package) resite(vs Values, call *ssa.Call) Values {
	if !slices.ContainsFunc(vs, func(v Value) bool { return v.Op == Object }) {
		return vs
	}
	out := slices.Clone(vs)
	for i := range out {
		if out[i].Op == Object {
			out[i].Sym = p.site(call)
		}
	}
	return out
}

// The notes of an Object.
const (
	ThePool      = "pool"
	BoundPool    = "bounded pool"  // its queue has a bound, and a submit that blocks waits
	RefusingPool = "refusing pool" // an option has its submits fail rather than wait
	NoLimit      = "unlimited"     // a pool with a goroutine for each task, until it is limited
	TheFuture    = "future"
	TheView      = "view"    // an option or a group: what has it runs on the pool Recv
	TheBound     = "bound"   // an option that bounds the queue
	ForReading   = "reading" // in Held: a mutex that is held for reading
	TheObject    = "object"  // a variable of a type that pools or waits are about
)

// Pool returns the pool that a future, a group or a view belongs to, in the end,
// or vs themselves. An option that names a pool wins over what it is given with.
func (vs Values) Pool() Values {
	for range 4 {
		var out, views Values
		up := false
		for _, v := range vs {
			switch {
			case v.Op == Dynamic:
				out = append(out, v.Recv...)
				up = true
			case v.Op == Object && v.Note == TheView && len(v.Recv) > 0:
				views = append(views, v.Recv...)
				up = true
			case v.Op == Object && len(v.Recv) > 0:
				out = append(out, v.Recv...)
				up = true
			case v.Op == Object || v.Op == Location || v.Op == Param || v.Op == Channel:
				out = append(out, v)
			}
		}
		if len(views) > 0 {
			out = views
		}
		vs = normalize(out)
		if !up {
			break
		}
	}
	return vs
}

// many returns how often an instruction is executed in one call of its function.
func (w *walker) many(instr ssa.Instruction) Many {
	if w.fn == nil || instr.Parent() != w.fn {
		return Once
	}
	if w.loops == nil {
		w.loops = map[*ssa.BasicBlock]Many{}
	}
	b := instr.Block()
	n, ok := w.loops[b]
	if !ok {
		n = trips(b)
		if yields(w.fn) {
			n = times(n, ForInput)
		}
		if c := cycleOf(b); c != nil && n < 0 {
			if note, _, _, _ := w.waitsIn(c); note != "" && note != EndlessLoop {
				n = Once // as often as something comes in
			}
		}
		w.loops[b] = n
	}
	return n
}

// heldAt returns the mutexes that may be held at an instruction.
func (w *walker) heldAt(instr ssa.Instruction) Values {
	if w.light || w.fn == nil {
		return nil
	}
	if w.held == nil {
		w.held = map[ssa.Instruction]Values{}
		for _, b := range w.fn.Blocks {
			for _, i := range b.Instrs {
				call := lockCall(i)
				if call == nil {
					continue
				}
				recv := call.Common().Args[0]
				lock := slices.Clone(w.pkg.lockValues(recv))
				if len(lock) == 0 {
					continue
				}
				if SSASym(call.Common().StaticCallee()).Name == "(*RWMutex).RLock" {
					for i := range lock {
						lock[i].Note = ForReading
					}
				}
				heldUntil(call, func(u *ssa.CallCommon) bool {
					return slices.Equal(keys(w.pkg.lockValues(u.Args[0])), keys(w.pkg.lockValues(recv)))
				}, func(at ssa.Instruction) { w.held[at] = union(w.held[at], lock) })
			}
		}
	}
	return w.held[instr]
}

// slotsAt returns the semaphores of which the function may hold a slot at an
// instruction: a channel that it sent an empty struct to and receives from later,
// or one that a contract knows.
func (w *walker) slotsAt(instr ssa.Instruction) Values {
	if w.light || w.fn == nil {
		return nil
	}
	if w.slots == nil {
		w.slots = map[ssa.Instruction]Values{}
		for _, b := range w.fn.Blocks {
			for _, i := range b.Instrs {
				sem := w.slotOp(i, contract.Acquires)
				if len(sem) == 0 {
					continue
				}
				afterUntil(i, refused(i), func(j ssa.Instruction) bool {
					return slices.Equal(keys(w.slotOp(j, contract.Releases)), keys(sem)) || w.handsOver(j, sem)
				}, func(at ssa.Instruction) { w.slots[at] = union(w.slots[at], sem) })
			}
		}
	}
	return w.slots[instr]
}

// refused returns the branch that is taken when the error that a call returns is
// not nil, or the zero edge where that is not tested.
func refused(instr ssa.Instruction) edge {
	call, ok := instr.(*ssa.Call)
	if !ok {
		return edge{}
	}
	for _, r := range *call.Referrers() {
		test, ok := r.(*ssa.BinOp)
		if !ok || test.Op != token.NEQ && test.Op != token.EQL {
			continue
		}
		if c, ok := test.Y.(*ssa.Const); !ok || !c.IsNil() {
			continue
		}
		for _, r := range *test.Referrers() {
			if branch, ok := r.(*ssa.If); ok {
				from := branch.Block()
				if test.Op == token.NEQ {
					return edge{from, from.Succs[0]}
				}
				return edge{from, from.Succs[1]}
			}
		}
	}
	return edge{}
}

// slotOp returns the semaphore that an instruction takes a slot of, or gives one
// back to.
func (w *walker) slotOp(instr ssa.Instruction, verb contract.PoolVerb) Values {
	switch instr := instr.(type) {
	case *ssa.Send:
		if verb == contract.Acquires && isEmpty(instr.X.Type()) {
			if vs := w.pkg.eval(instr.Chan); w.givesBack(vs) {
				return vs
			}
		}
	case *ssa.UnOp:
		if verb == contract.Releases && instr.Op == token.ARROW {
			return w.pkg.eval(instr.X)
		}
	case *ssa.Call:
		return w.semaphoreOf(instr.Common(), verb)
	}
	return nil
}

// semaphoreOf returns what a call does this with, as a contract says.
func (w *walker) semaphoreOf(call *ssa.CallCommon, verb contract.PoolVerb) Values {
	callee := call.StaticCallee()
	if callee == nil || len(call.Args) == 0 {
		return nil
	}
	f := w.prog.contracts.Func(SSASym(callee).String())
	if f == nil || !slices.ContainsFunc(f.Pool, func(o contract.PoolOp) bool { return o.Verb == verb }) {
		return nil
	}
	return w.pkg.lockValues(call.Args[0])
}

// handsOver reports whether an instruction starts a goroutine that gives back
// what this one has taken.
func (w *walker) handsOver(instr ssa.Instruction, sem Values) bool {
	start, ok := instr.(*ssa.Go)
	if !ok {
		return false
	}
	lit, ok := start.Call.Value.(*ssa.MakeClosure)
	return ok && w.givenBackBy(lit, keys(sem), ownParam)
}

// givenBackBy reports whether a literal, or one in it, gives back a slot of a
// semaphore. given are the arguments of the function that makes the literal.
func (w *walker) givenBackBy(lit *ssa.MakeClosure, sem []string, given argFunc) bool {
	fn := lit.Fn.(*ssa.Function)
	free := closureArgs(fn, w.pkg.evaluator().bindings(lit, nil))
	args := func(i int) Values { return substitute(free(i), given) }
	is := func(vs Values) bool { return len(vs) > 0 && slices.Equal(keys(substitute(vs, args)), sem) }
	return hasInstr(fn, func(i ssa.Instruction) bool {
		switch i := i.(type) {
		case *ssa.UnOp:
			return i.Op == token.ARROW && is(w.pkg.eval(i.X))
		case *ssa.Call:
			return is(w.semaphoreOf(i.Common(), contract.Releases))
		case *ssa.Defer:
			return is(w.semaphoreOf(i.Common(), contract.Releases))
		case *ssa.MakeClosure:
			return w.givenBackBy(i, sem, args)
		}
		return false
	})
}

func ownParam(i int) Values { return Values{{Op: Param, Index: i}} }

// givesBack reports whether the function, or a literal in it, receives from a
// channel that has room: then an empty struct sent to it stands for a slot.
func (w *walker) givesBack(ch Values) bool {
	if w.fn == nil || len(ch) == 0 || slices.ContainsFunc(ch, func(v Value) bool { return v.Op == Channel && v.Index == 0 }) {
		return false
	}
	want := keys(ch)
	return hasInstr(w.fn, func(i ssa.Instruction) bool {
		switch i := i.(type) {
		case *ssa.UnOp:
			return i.Op == token.ARROW && slices.Equal(keys(w.pkg.eval(i.X)), want)
		case *ssa.MakeClosure:
			return w.givenBackBy(i, want, ownParam)
		}
		return false
	})
}

func keys(vs Values) []string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = v.key()
	}
	return out
}

// lockValues returns what the mutex that a lock method is called on may be.
func (p *Package) lockValues(recv ssa.Value) Values { return p.eval(recv) }

// Runs returns the functions that running vs may call, those stored in a
// location and the methods of what is known included.
func (prog *Program) Runs(in Sym, vs Values) Values {
	prog.root = in.Pkg
	var out Values
	for _, t := range prog.valueTargets(prog.opened(vs), "", target{edge: FuncValue}) {
		if t.sym != (Sym{}) {
			out = append(out, Value{Op: Function, Sym: t.sym, Free: t.free, Recv: t.recv, Bound: t.bound})
		}
	}
	return normalize(out)
}

// ResolveTask returns what running the value v as a task, with these arguments, may
// do, in terms of the function that submits it. The answer is shared, and is not to
// be changed.
func (prog *Program) ResolveTask(in Sym, v Value, args []Values) Resolution {
	if len(args) > 0 {
		return prog.resolveTask(in, v, args)
	}
	key := taskKey{in, v.key()}
	r, ok := prog.tasks[key]
	if !ok {
		r = prog.resolveTask(in, v, nil)
		prog.tasks[key] = r
	}
	return r
}

type taskKey struct {
	in    Sym
	value string
}

func (prog *Program) resolveTask(in Sym, v Value, args []Values) Resolution {
	p := prog.packages[in.Pkg]
	w := &walker{prog: prog, pkg: p, sym: in, module: prog.module(in.Pkg), resolving: true, task: true, visited: map[string]bool{}}
	prog.root = in.Pkg
	base := target{edge: FuncValue, given: func(i int) Values {
		if i < len(args) {
			return args[i]
		}
		return nil
	}}
	for _, t := range prog.valueTargets(prog.opened(Values{v}), "", base) {
		if t.symbolic() {
			continue
		}
		t.nargs = prog.paramCount(t.sym)
		if t.bound {
			t.nargs--
		}
		w.enter(t, t.args(noEval), newPath(&Hop{In: in, Pos: Pos{Pkg: t.sym.Pkg}, Edge: FuncValue}, nil), Here)
	}
	w.drain()
	return w.resolution()
}

// opened returns vs with what is stored in them in place of locations.
func (prog *Program) opened(vs Values) Values {
	var out Values
	for _, v := range vs {
		if v.Op == Location {
			out = append(out, prog.locationValues(v.Sym)...)
			continue
		}
		out = append(out, v)
	}
	return normalize(out)
}

// Supplied returns vs, which are in terms of the function in, with what is known
// to be passed in place of its parameters.
func (prog *Program) Supplied(in Sym, vs Values) Values {
	prog.root = in.Pkg
	return substitute(vs, func(i int) Values {
		f := flow{prog: prog, seen: map[string]bool{}}
		f.parameter(in, i, Sym{})
		return normalize(f.out)
	})
}

// Contents returns what is known to be stored in a location, seen from the
// package root.
func (prog *Program) Contents(root string, loc Sym) Values {
	prog.root = root
	return prog.locationValues(loc)
}

// Ops returns the operations that matter to the tasks that fn submits: those
// that are written in it or in its literals, and those that a callee leaves open.
func (p *Package) Ops(fn *ssa.Function) []Op {
	p.Register()
	return slices.Concat(p.summary(fn, true).Ops, p.through[fn])
}

// AllOps returns every operation of fn.
func (p *Package) AllOps(fn *ssa.Function) []Op { return p.summary(fn, false).Ops }

// tracked reports whether pools or waits are about the type t, so that each
// variable of it counts.
func (p *Package) tracked(t types.Type) bool {
	if !p.prog.pools {
		return false
	}
	sym, ok := TypeSym(t)
	if !ok {
		return false
	}
	sym.Name = strings.TrimPrefix(sym.Name, "*")
	return isMutex(sym) || holdsMutex(t) || p.prog.contracts.Tracked(sym.String()) || p.prog.declaresPools(sym.Pkg)
}

// holdsMutex reports whether a struct, or what a pointer to one points to, has a
// mutex among its fields.
func holdsMutex(t types.Type) bool {
	t, _ = deref(t)
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for i := range s.NumFields() {
		if sym, ok := TypeSym(s.Field(i).Type()); ok && isMutex(sym) {
			return true
		}
	}
	return false
}

func isMutex(sym Sym) bool {
	return sym.Pkg == "sync" && (sym.Name == "Mutex" || sym.Name == "RWMutex")
}

// declaresPools reports whether directives of a package speak of pools.
func (prog *Program) declaresPools(path string) bool {
	if prog.known.pools[path] != nil {
		return true
	}
	if prog.source != nil && !prog.source.Declares(path) {
		return false
	}
	p := prog.Package(path)
	return p != nil && len(p.pools) > 0
}

// declaredOps returns what the directives of a function say it does with pools.
func (prog *Program) declaredOps(sym Sym) []contract.PoolOp {
	if !prog.pools {
		return nil
	}
	if ops := prog.known.pools[sym.Pkg]; ops != nil {
		return ops[sym]
	}
	if p := prog.packages[sym.Pkg]; p != nil {
		return p.pools[sym]
	}
	if prog.source == nil || !prog.source.Declares(sym.Pkg) {
		return nil
	}
	if p := prog.Package(sym.Pkg); p != nil {
		return p.pools[sym]
	}
	return nil
}

// pooled adds what the operations of a callee make of result index.
func (e *evaluator) pooled(call *ssa.Call, ops []contract.PoolOp, t target, args argFunc, index int) {
	if !e.pkg.prog.pools {
		return
	}
	for _, o := range ops {
		if o.Result != index {
			continue
		}
		on := on(o, t, args)
		switch o.Verb {
		case contract.Makes:
			e.add(e.pkg.poolMade(call, o, t, args))
		case contract.Submits:
			e.add(e.pkg.object(call, TheFuture, 0, on, task(o, t, args)))
		case contract.Attaches:
			note := TheView
			if o.Bounds {
				note = TheBound
			}
			e.add(e.pkg.object(call, note, 0, on, nil))
		case contract.Limits, contract.Yields:
			// A builder: the same pool, with a limit or not.
			e.add(on...)
		}
	}
}

// poolMade returns the pool that a call makes.
func (p *Package) poolMade(call *ssa.Call, o contract.PoolOp, t target, args argFunc) Value {
	note, size := ThePool, -1
	var pool Values
	if o.On != contract.NoArg {
		pool = on(o, t, args) // a part of its workers
	}
	for i := range t.argv {
		for _, v := range args(i) {
			switch {
			case v.Op == Object && v.Note == TheBound:
				note = BoundPool
			case v.Op == Object && v.Note == TheView:
				pool = union(pool, v.Recv)
			}
		}
	}
	if o.Size != contract.NoArg {
		if n, ok := t.constant(t.param(o.Size)); ok && n < 1<<31 {
			size = int(n)
		}
	}
	if f := p.prog.contracts.Func(t.sym.String()); f != nil {
		v := madeBy(f, t, args)
		if slices.ContainsFunc(f.Makes, func(m *contract.Made) bool { return madeSo(m, v) }) {
			note = RefusingPool
		}
	}
	if o.Unlimited || unlimited(o, t) {
		note = NoLimit
	}
	return p.object(call, note, size, pool, nil)
}

// on returns what an operation of a call is on.
func on(o contract.PoolOp, t target, args argFunc) Values {
	switch o.On {
	case contract.NoArg:
		return Values{{Op: Location, Sym: Sym{t.sym.Pkg, "default pool"}}}
	case contract.Recv:
		return args(0)
	}
	return args(t.param(o.On))
}

// unlimited reports whether a call gives an operation the constant for which
// there is no limit.
func unlimited(o contract.PoolOp, t target) bool {
	n, ok := t.constant(t.param(o.UnlimitedIf.Arg))
	return ok && o.UnlimitedIf.Holds(n)
}

func task(o contract.PoolOp, t target, args argFunc) Values {
	if o.Task == contract.NoArg {
		return nil
	}
	return args(t.param(o.Task))
}

// contractOps records what a contract says that a call does with pools, or posts
// to a loop.
func (w *walker) contractOps(f *contract.Func, t target, args argFunc, path *Path, mode Mode) {
	if !w.prog.pools {
		return
	}
	where := HereOp
	if mode != Here {
		where = AwayOp
	}
	limited := w.prog.contracts.Limited(f.Symbol)
	constant := func(arg int) (int64, bool) { return t.constant(t.param(arg)) }
	ends := slices.ContainsFunc(t.argv, hasDeadline)
	for _, o := range f.Pool {
		if call, ok := w.instr.(*ssa.Call); ok && o.Verb == contract.Makes && o.Task != contract.NoArg {
			// What it is handed goes to this function.
			pool := w.pkg.poolMade(call, o, t, args)
			w.addOp(Op{Verb: Submit, Where: where, On: Values{pool}, Task: task(o, t, args), Path: path})
			continue
		}
		w.poolOp(o, where, on(o, t, args), task(o, t, args), constant, limited, ends, path)
	}
	for _, b := range f.Blocks {
		if b.Kind == contract.Lock && len(t.argv) > 0 {
			w.addOp(Op{Verb: Lock, Where: where, On: w.pkg.lockValues(t.argv[0]), Shared: t.sym.Name == "(*RWMutex).RLock", Path: path})
		}
	}
	if f.Loop == nil {
		return
	}
	for _, i := range f.OnLoop {
		w.addOp(Op{Verb: Post, Where: where, Loop: f.Loop.Name, Task: args(t.param(i)), Waits: f.Reentrant, May: f.ReentrantMay, Path: path})
	}
	if f.Reentrant && len(f.OnLoop) == 0 {
		w.addOp(Op{Verb: Post, Where: where, Loop: f.Loop.Name, Waits: true, May: f.ReentrantMay, Path: path})
	}
}

// poolOp records one thing that a contract or a directive says of a pool.
func (w *walker) poolOp(
	o contract.PoolOp, where Where, on, task Values, constant func(arg int) (int64, bool), limited, ends bool, path *Path,
) {
	op := Op{Where: where, On: on, Limited: limited, Path: path}
	switch o.Verb {
	case contract.Submits:
		op.Verb, op.Task, op.Waits, op.Kernel = Submit, task, o.Waits, o.Kernel
		op.Blocks = o.Blocks
		op.IfBounded = o.IfBounded
	case contract.Awaits:
		op.Verb = Await
	case contract.Finishes:
		op.Verb = Finish
	case contract.Acquires:
		op.Verb = Acquire
	case contract.Releases:
		op.Verb = Release
	case contract.Limits:
		op.Verb = Limit
		if n, ok := constant(o.Size); ok && o.Size != contract.NoArg {
			op.Size = int(max(n, -1))
		}
	default:
		return
	}
	op.May = ends && op.waits()
	w.addOp(op)
}

// declaredPool returns the operations that the directives above a function
// amount to, in terms of its parameters.
func (p *Package) declaredPool(sym Sym, fn *ssa.Function, path *Path) []Op {
	w := &walker{prog: p.prog, pkg: p, sym: sym, module: p.Module}
	method := strings.HasPrefix(sym.Name, "(")
	param := func(arg int) Values {
		switch {
		case arg == contract.NoArg:
			return nil
		case arg == contract.Recv:
			return Values{{Op: Param}}
		case method:
			arg++
		}
		return Values{{Op: Param, Index: arg}}
	}
	for _, o := range p.pools[sym] {
		on := param(o.On)
		if o.Verb == contract.Submits && fn != nil && fn.Signature.Variadic() {
			on = union(on, Values{{Op: Param, Index: len(fn.Params) - 1}}) // an option may name another pool
		}
		w.poolOp(o, HereOp, on, param(o.Task), func(int) (int64, bool) { return 0, false }, false, false, path)
	}
	d := p.Directives[sym]
	if d.LoopOnly {
		w.addOp(Op{Verb: LoopOnly, Loop: p.Path, Path: path})
	}
	for i, name := range p.params[sym] {
		if slices.Contains(d.Loop, name) {
			w.addOp(Op{Verb: Post, Loop: p.Path, Task: Values{{Op: Param, Index: i}}, Path: path})
		}
	}
	ops, _ := w.finishOps()
	return ops
}

// starts records a go statement.
func (w *walker) starts(instr ssa.CallInstruction, common *ssa.CallCommon) {
	if _, ok := instr.(*ssa.Go); !ok || w.light || !w.prog.pools || common.IsInvoke() {
		return
	}
	o := Op{Verb: Start, Task: w.pkg.eval(common.Value), Path: closePath(w.open(instr.Pos(), Primitive), "go", Primitive, 0, nil)}
	for _, a := range common.Args {
		o.Args = append(o.Args, w.pkg.eval(a))
	}
	o.Args = trim(o.Args)
	w.addOp(o)
}

// closes records the close of a channel.
func (w *walker) closes(instr ssa.CallInstruction, ch ssa.Value, mode Mode) {
	if w.light || !w.prog.pools {
		return
	}
	where := HereOp
	if mode != Here {
		where = AwayOp
	}
	edge := Primitive
	if _, ok := instr.(*ssa.Defer); ok {
		edge = Deferred
	}
	path := closePath(w.open(instr.Pos(), edge), "close", Primitive, 0, nil)
	vs := w.pkg.eval(ch)
	w.addOp(Op{Verb: Close, Where: where, On: vs, Path: path})
	w.addOp(Op{Verb: Finish, Where: where, On: vs, Path: path})
}

// channelOps records a send or receive outside a select.
func (w *walker) channelOps(instr ssa.Instruction, vs Values, op string, path *Path) {
	if !w.prog.pools {
		return
	}
	path = closePath(path, operation[op], Primitive, 0, nil)
	if op == receive {
		w.addOp(Op{Verb: Await, On: vs, Path: path})
		return
	}
	w.addOp(Op{Verb: Finish, On: vs, Path: path})
	s := instr.(*ssa.Send)
	switch {
	case isFunc(s.X.Type()):
		// A pool made by hand, if goroutines range over the channel.
		w.addOp(Op{Verb: Submit, On: vs, Task: w.pkg.eval(s.X), Blocks: true, Path: path})
	case isEmpty(s.X.Type()) && w.givesBack(vs):
		w.addOp(Op{Verb: Acquire, On: vs, Path: path})
	}
}

func isChan(t types.Type) bool {
	_, ok := t.Underlying().(*types.Chan)
	return ok
}

func isFunc(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

// isEmpty reports whether t is a struct without fields, as a semaphore made of a
// channel holds.
func isEmpty(t types.Type) bool {
	st, ok := t.Underlying().(*types.Struct)
	return ok && st.NumFields() == 0
}

// selectOps records the waits and sends of a select that blocks. What has an end
// of its own besides, a timer or a context, only may wait.
func (w *walker) selectOps(sel *ssa.Select, open *Path) {
	if w.light || !w.prog.pools {
		return
	}
	path := closePath(open, "select", Primitive, 0, nil)
	waits := 0
	for _, st := range sel.States {
		if _, ok := w.timer(st.Chan); ok {
			return
		}
		if st.Dir == types.RecvOnly && !isDone(st.Chan) {
			waits++
		}
	}
	for _, st := range sel.States {
		vs := w.pkg.eval(st.Chan)
		switch {
		case st.Dir == types.SendOnly:
			w.addOp(Op{Verb: Finish, On: vs, Path: path})
			if isEmpty(st.Send.Type()) && w.givesBack(vs) {
				w.addOp(Op{Verb: Acquire, On: vs, May: true, Path: path})
			}
		case !isDone(st.Chan) && waits == 1:
			w.addOp(Op{Verb: Await, On: vs, May: len(sel.States) > 1, Path: path})
		}
	}
}

// placeKey is the key under which a channel is remembered: its field, variable
// or the place that makes it.
func (v Value) placeKey() string {
	if v.Op != Location && v.Op != Channel {
		return ""
	}
	return itoa(int(v.Op)) + v.Sym.String()
}

// closers adds to the index the channels that a close may be of.
func (p *Package) closers(x *index, ch ssa.Value) {
	if mk := makeChanOf(ch, 0); mk != nil {
		x.closes[p.channel(mk).placeKey()] = true
		return
	}
	for _, v := range p.eval(ch) {
		if v.Op == Param {
			x.closed = append(x.closed, paramClose{SSASym(ch.Parent()), v.Index})
		} else {
			x.closes[v.placeKey()] = true
		}
	}
}

// A paramClose is a close of what a function is given.
type paramClose struct {
	fn    Sym
	index int
}

// closesGiven reports whether a function of p closes a channel that it is given
// and that may be the one with that key.
func (prog *Program) closesGiven(p *Package, key string) bool {
	return slices.ContainsFunc(p.index().closed, func(c paramClose) bool {
		f := flow{prog: prog, seen: map[string]bool{}}
		f.parameter(c.fn, c.index, Sym{})
		return slices.ContainsFunc(f.out, func(v Value) bool { return v.placeKey() == key })
	})
}

// Closes reports whether the program closes a channel that may be one of vs, as
// far as is known; what a caller passes may be closed anywhere.
func (prog *Program) Closes(root string, vs Values) bool {
	prog.root = root
	for _, v := range vs {
		if v.Op == Param {
			return true
		}
		key := v.placeKey()
		if key == "" {
			continue
		}
		if prog.known.closed[key] {
			return true
		}
		name, _, _ := strings.Cut(v.Sym.Name, "@")
		name = name[strings.LastIndexByte(name, '.')+1:]
		if v.Op == Channel {
			if p := prog.packages[v.Sym.Pkg]; p != nil && (p.index().closes[key] || prog.closesGiven(p, key)) {
				return true
			}
			continue
		}
		for _, p := range prog.Known(root, v.Sym.Pkg, name) {
			if p.index().closes[key] {
				return true
			}
		}
		for _, w := range prog.locationValues(v.Sym) {
			if w.Op == Channel && prog.Closes(root, Values{w}) {
				return true
			}
		}
	}
	return false
}

// Starts reports whether fn has a go statement.
func (p *Package) Starts(fn *ssa.Function) bool {
	return hasInstr(fn, func(i ssa.Instruction) bool { _, ok := i.(*ssa.Go); return ok })
}

// Takes reports whether fn takes a slot of a semaphore, as far as its own
// instructions tell: of one that a contract knows or, if so asked, of one made of
// a channel.
func (p *Package) Takes(fn *ssa.Function, channels bool) bool {
	w := &walker{prog: p.prog, pkg: p, fn: fn, sym: SSASym(fn)}
	return hasInstr(fn, func(i ssa.Instruction) bool {
		switch i := i.(type) {
		case *ssa.Send:
			return channels && isEmpty(i.X.Type())
		case *ssa.Select:
			return channels && slices.ContainsFunc(i.States, func(s *ssa.SelectState) bool { return s.Dir == types.SendOnly && isEmpty(s.Send.Type()) })
		case *ssa.Call:
			return len(w.slotOp(i, contract.Acquires)) > 0
		}
		return false
	})
}

func hasInstr(fn *ssa.Function, ok func(ssa.Instruction) bool) bool {
	return slices.ContainsFunc(fn.Blocks, func(b *ssa.BasicBlock) bool { return slices.ContainsFunc(b.Instrs, ok) })
}
