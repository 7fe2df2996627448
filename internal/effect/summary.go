package effect

// What a function does to the goroutine that calls it.
//
// A summary is computed from the function's own instructions and from the
// summaries of what it calls, instantiated with the arguments of each call; no
// call graph merges all callers. It is a may analysis. Functions that call each
// other inside a package are computed together, until nothing changes; static
// calls across packages have no cycles. A call through a field or variable, or
// of a method of one, stays symbolic, and is resolved in the walk from a
// callback (Resolve), which keeps a visited set.

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
)

const (
	// maxEffects and maxUses bound a summary; what is worth least goes first,
	// further ways to a place that is reached already before anything else.
	maxEffects = 1000
	maxUses    = 600
	// maxDepth bounds how deep function values are followed into each other.
	maxDepth = 10
	// maxRounds bounds the iteration of functions that call each other.
	maxRounds = 8
)

// A Registration is a function handed to a loop.
type Registration struct {
	Value Value
	Loop  string
	Via   string // what registered it: "callback of (*loop.Loop).SetTimeout"
	In    Sym
	Pos   Pos
}

// A Holder is a function that holds a mutex while it may block.
type Holder struct {
	Lock    Sym
	Shared  bool
	In      Sym
	Pos     Pos
	Effects []Effect
	Uses    []Use
}

// summary returns the summary of fn. A light one has only the uses that put
// something on a loop, and reads only packages that can reach one.
func (p *Package) summary(fn *ssa.Function, light bool) *Summary {
	fn = origin(fn)
	memo := p.sums[b2i(light)]
	if s, ok := memo[fn]; ok {
		return s
	}
	if fn.Blocks == nil {
		s := &Summary{}
		if d := p.Directives[SSASym(fn)]; d != nil {
			s = p.declared(d, SSASym(fn), fn)
		}
		memo[fn] = s
		return s
	}
	comp := p.componentOf(fn)
	for _, f := range comp.members {
		memo[f] = &Summary{}
	}
	for range maxRounds {
		changed := false
		for _, f := range comp.members {
			w := &walker{prog: p.prog, pkg: p, fn: f, sym: SSASym(f), module: p.Module, light: light}
			s := w.summarize()
			if !s.equal(memo[f]) {
				changed = true
			}
			memo[f] = s
		}
		if !changed || !comp.cyclic {
			break
		}
	}
	for _, f := range comp.members {
		w := &walker{prog: p.prog, pkg: p, fn: f, sym: SSASym(f), module: p.Module, light: light, final: true}
		if w.wantsFinal() {
			w.summarize()
		}
	}
	return memo[fn]
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// equal reports whether two summaries say the same, whatever their paths.
func (s *Summary) equal(t *Summary) bool {
	if len(s.Effects) != len(t.Effects) || len(s.Uses) != len(t.Uses) || len(s.Ops) != len(t.Ops) {
		return false
	}
	for i := range s.Ops {
		if s.Ops[i].key() != t.Ops[i].key() || comparePaths(s.Ops[i].Path, t.Ops[i].Path) != 0 {
			return false
		}
	}
	for i := range s.Effects {
		a, b := s.Effects[i], t.Effects[i]
		if a.Kind != b.Kind || a.sink.Pos != b.sink.Pos || a.Loop != b.Loop || a.Lock != b.Lock || comparePaths(a.Path, b.Path) != 0 {
			return false
		}
	}
	for i := range s.Uses {
		if s.Uses[i].key() != t.Uses[i].key() || comparePaths(s.Uses[i].Path, t.Uses[i].Path) != 0 {
			return false
		}
	}
	return true
}

// A walker summarizes one function, or resolves one callback when fn is nil.
type walker struct {
	prog   *Program
	pkg    *Package
	fn     *ssa.Function
	sym    Sym
	module string
	light  bool
	final  bool // record what belongs to the package: registrations, holders

	effects map[effectKey]Effect
	uses    map[string]Use
	depth   int
	once    int // inside what runs once in the life of the program

	// Of a function that takes locks: what each instruction may do.
	instr   ssa.Instruction
	locks   []lockSite
	byInstr map[ssa.Instruction]*instrEffects
	cyclic  []bool       // by index, which blocks are in a loop
	waiting map[Pos]bool // the loops, by where they begin, in which something is waited for

	// Of a walk from a callback.
	resolving  bool
	task       bool // from a task, rather
	visited    map[string]bool
	queue      []Use // symbolic uses to look up
	found      []Registration
	unresolved int
	symbolic   bool // something was looked up

	// Of a walk that lists operations.
	ops     map[string]Op
	loops   map[*ssa.BasicBlock]Many
	held    map[ssa.Instruction]Values
	slots   map[ssa.Instruction]Values
	over    Values // the mutexes that a callee holds over what it is handed
	spare   int    // inside what runs while a worker more stands in
	literal bool   // what is entered is a literal that is made here
}

type instrEffects struct {
	effects []Effect
	uses    []Use
}

// An effectKey tells effects apart. The same sink counts once for each way to
// it: each is a line to change.
type effectKey struct {
	kind contract.Kind
	sink Pos
	way  way
	loop string
	lock Sym
	// silence is the comments on the path.
	silence string
	// repeats tells a look at a file in a loop from a lone one.
	repeats bool
}

// A way is how a path gets to its sink: the call by which it leaves the package
// it starts in, and the one by which it enters the package of the sink.
type way struct{ leave, enter Pos }

// wayOf returns the way of a path to its sink.
func wayOf(path *Path, sink *Hop) way {
	w := way{leave: path.Pos}
	for h := path; h != nil && h.Pos.Pkg == path.Pos.Pkg; h = h.Next {
		w.leave = h.Pos
	}
	for h := path; h != nil; h = h.Next {
		if h.Pos.Pkg != sink.Pos.Pkg {
			w.enter = h.Pos
		}
		if h.Hop == sink {
			break
		}
	}
	return w
}

// key tells uses apart, by what is used and how.
func (u Use) key() string {
	return u.What.key() + "|" + u.Method + "|" + u.Mode.String() + "|" + u.Loop
}

// key tells ways apart.
func (v way) key() string { return v.leave.String() + "|" + v.enter.String() }

// foreign reports whether the function is outside the main modules, so that one
// way to each kind of effect is enough: its callers show their own line.
func (w *walker) foreign() bool { return w.fn != nil && w.pkg.foreign }

// sinkOf returns the last hop inside the walker's module.
func (w *walker) sinkOf(path *Path) *Hop {
	sink := path.Hop
	for h := path.Next; h != nil; h = h.Next {
		if w.prog.module(h.Pos.Pkg) == w.module {
			sink = h.Hop
		}
	}
	return sink
}

func (w *walker) addEffect(e Effect) {
	if w.light {
		return
	}
	e.sink = w.sinkOf(e.Path)
	if e.Path.guesses > 0 {
		e.May = true
	}
	if w.once > 0 && brief(e.Kind) {
		e.Level = min(e.Level, contract.Info)
	}
	key := effectKey{e.Kind, e.sink.Pos, wayOf(e.Path, e.sink), e.Loop, e.Lock, w.prog.silence(e.Path), e.Kind == contract.FileMeta && e.Path.looped}
	if e.Kind == contract.Lock && e.Lock != (Sym{}) || w.foreign() {
		key.sink, key.way = Pos{}, way{}
	}
	if w.byInstr != nil && w.instr != nil {
		w.at().effects = append(w.at().effects, e)
	}
	if w.instr != nil && w.prog.pools && waits(e) {
		w.waitsHere()
	}
	if old, ok := w.effects[key]; ok && compareEffects(old, e) <= 0 {
		return
	}
	if w.effects == nil {
		w.effects = map[effectKey]Effect{}
	}
	w.effects[key] = e
}

func (w *walker) at() *instrEffects {
	ie := w.byInstr[w.instr]
	if ie == nil {
		ie = new(instrEffects)
		w.byInstr[w.instr] = ie
	}
	return ie
}

// compareEffects orders effects of one key by worth, the most telling first.
func compareEffects(a, b Effect) int {
	return cmp.Or(
		-cmp.Compare(a.Level, b.Level),
		cmp.Compare(bound(a), bound(b)),
		comparePaths(a.Path, b.Path),
		cmp.Compare(b2i(a.May), b2i(b.May)),
	)
}

// bound orders unbounded before longer before shorter.
func bound(e Effect) time.Duration {
	if e.Bound == 0 {
		return 0
	}
	return 1<<62 - e.Bound
}

func (w *walker) addUse(u Use) {
	if w.light && u.Mode == Here && u.Method != "" {
		return
	}
	if u.Mode == Elsewhere {
		return
	}
	if w.byInstr != nil && w.instr != nil && u.Mode == Here {
		w.at().uses = append(w.at().uses, u)
	}
	if w.prog.pools && !w.light && w.instr != nil && u.Mode == Here {
		u.Held = union(u.Held, w.heldAt(w.instr))
	}
	key := u.key()
	if !w.foreign() {
		sink := w.sinkOf(u.Path)
		key += "|" + sink.Pos.String() + "|" + wayOf(u.Path, sink).key()
	}
	if u.Mode == Here {
		key += "|" + w.prog.silence(u.Path)
		if u.Path.looped {
			key += "|repeats"
		}
	}
	if old, ok := w.uses[key]; ok && comparePaths(old.Path, u.Path) <= 0 {
		return
	}
	if w.uses == nil {
		w.uses = map[string]Use{}
	}
	w.uses[key] = u
}

// finish sorts and bounds what was found.
func (w *walker) finish() *Summary {
	s := &Summary{Effects: make([]Effect, 0, len(w.effects)), Uses: make([]Use, 0, len(w.uses))}
	for _, e := range w.effects {
		s.Effects = append(s.Effects, e)
	}
	slices.SortFunc(s.Effects, func(a, b Effect) int {
		return cmp.Or(compareEffects(a, b), strings.Compare(string(a.Kind), string(b.Kind)), a.sink.Pos.Compare(b.sink.Pos),
			strings.Compare(a.Loop, b.Loop), a.Lock.Compare(b.Lock))
	})
	if n := len(s.Effects); n > maxEffects && !w.resolving {
		s.Effects = firstOfEach(s.Effects)[:maxEffects]
		s.Dropped += n - maxEffects
	}
	keys := make([]string, 0, len(w.uses))
	for k := range w.uses {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		s.Uses = append(s.Uses, w.uses[k])
	}
	if n := len(s.Uses); n > maxUses {
		slices.SortStableFunc(s.Uses, func(a, b Use) int { return comparePaths(a.Path, b.Path) })
		s.Dropped += n - maxUses
		s.Uses = slices.Clip(s.Uses[:maxUses])
	}
	ops, dropped := w.finishOps()
	s.Ops = ops
	s.Dropped += dropped
	return s
}

// firstOfEach moves the effects that reach a sink that an earlier one reaches
// behind all others.
func firstOfEach(effects []Effect) []Effect {
	type sink struct {
		kind contract.Kind
		pos  Pos
	}
	seen := map[sink]bool{}
	var first, more []Effect
	for _, e := range effects {
		k := sink{e.Kind, e.sink.Pos}
		if seen[k] {
			more = append(more, e)
		} else {
			seen[k] = true
			first = append(first, e)
		}
	}
	return append(first, more...)
}

// wantsFinal reports whether the function does something that belongs to its
// package rather than to its summary.
func (w *walker) wantsFinal() bool {
	if w.light {
		return true
	}
	return slices.ContainsFunc(w.fn.Blocks, func(b *ssa.BasicBlock) bool {
		return slices.ContainsFunc(b.Instrs, func(i ssa.Instruction) bool { return lockCall(i) != nil })
	})
}

// summarize walks the instructions of a function.
func (w *walker) summarize() *Summary {
	if d := w.pkg.Directives[w.sym]; d != nil {
		declared := w.pkg.declared(d, w.sym, w.fn)
		if d.Decides() || len(d.Loop)+len(d.Worker) > 0 && w.light {
			return declared
		}
		for _, u := range declared.Uses {
			w.addUse(u)
		}
		for _, o := range declared.Ops {
			w.addOp(o)
		}
	}
	if !w.light {
		w.findLocks()
	}
	live := liveBlocks(w.fn)
	w.endless(live)
	for _, b := range w.fn.Blocks {
		if !live[b] {
			continue
		}
		for _, instr := range b.Instrs {
			w.instr = instr
			w.instruction(instr)
		}
	}
	w.instr = nil
	w.recordHolders()
	s := w.finish()
	if d := w.pkg.Directives[w.sym]; d != nil {
		s.Uses = slices.DeleteFunc(s.Uses, func(u Use) bool {
			return u.Mode == Here && u.What.Op == Param && isNamed(w.fn, u.What.Index, d.Loop, d.Worker)
		})
		for i, u := range s.Uses {
			s.Uses[i].Spare = u.Spare || u.Mode == Here && u.What.Op == Param && isNamed(w.fn, u.What.Index, d.Compensated)
		}
	}
	return s
}

// isNamed reports whether parameter i of fn is one of those names.
func isNamed(fn *ssa.Function, i int, lists ...[]string) bool {
	if i >= len(fn.Params) {
		return false
	}
	for _, l := range lists {
		if slices.Contains(l, fn.Params[i].Name()) {
			return true
		}
	}
	return false
}

// declared returns the summary that directives alone give.
func (p *Package) declared(d *directive.Func, sym Sym, fn *ssa.Function) *Summary {
	s := &Summary{}
	hop := &Hop{In: sym, Pos: Pos{Pkg: p.Path}, Callee: sym.String(), Edge: Primitive}
	if fn != nil {
		hop.Pos = p.pos(fn.Pos())
	}
	path := newPath(hop, nil)
	for _, k := range d.Blocks {
		s.Effects = append(s.Effects, Effect{Kind: k, Level: k.Level(), Path: path, sink: hop, May: true})
	}
	s.Ops = p.declaredPool(sym, fn, path)
	if d.Reentry {
		s.Effects = append(s.Effects, Effect{Kind: contract.Wait, Level: contract.Warning, Path: path, sink: hop, Loop: p.Path})
	}
	for i, name := range p.params[sym] {
		v := Value{Op: Param, Index: i}
		if slices.Contains(d.Loop, name) {
			s.Uses = append(s.Uses, Use{What: v, Mode: OnLoop, Loop: p.Path, Path: path})
		}
		if slices.Contains(d.Compensated, name) {
			s.Uses = append(s.Uses, Use{What: v, Mode: Here, Path: path, Spare: true})
		}
		if slices.Contains(d.Worker, name) {
			s.Uses = append(s.Uses, Use{What: v, Mode: OnPool, Path: path})
		}
	}
	return s
}

func (w *walker) instruction(instr ssa.Instruction) {
	switch instr := instr.(type) {
	case *ssa.Call:
		w.call(instr, instr.Common(), Here, false)
	case *ssa.Defer:
		w.call(instr, instr.Common(), Here, true)
	case *ssa.Go:
		w.call(instr, instr.Common(), Elsewhere, false)
	case *ssa.MakeClosure:
		w.makeClosure(instr)
	case *ssa.Send:
		w.channelOp(instr, instr.Chan, send)
	case *ssa.UnOp:
		if instr.Op == token.ARROW {
			w.channelOp(instr, instr.X, receive)
		}
	case *ssa.Select:
		w.selectStmt(instr)
	}
}

// open returns a hop at pos whose callee is not known yet.
func (w *walker) open(pos token.Pos, edge Edge) *Path {
	return newPath(&Hop{In: w.sym, Pos: w.pkg.pos(w.pkg.callPos(pos)), Edge: edge, Repeats: w.repeats()}, nil)
}

// repeats reports whether the instruction may run more than once in one call of
// its function.
func (w *walker) repeats() bool {
	if w.instr == nil {
		return false
	}
	return w.inCycle(w.instr.Block())
}

// inCycle reports whether a block of the function may run more than once in one
// call.
func (w *walker) inCycle(b *ssa.BasicBlock) bool {
	if w.cyclic == nil {
		w.cyclic = cyclic(w.fn)
	}
	return w.cyclic[b.Index]
}

// closePath names the callee of the last hop of prefix, and goes on to next.
func closePath(prefix *Path, callee string, edge Edge, guess int, next *Path) *Path {
	if prefix.Next != nil {
		return newPath(prefix.Hop, closePath(prefix.Next, callee, edge, guess, next))
	}
	h := *prefix.Hop
	h.Callee, h.Guess = callee, guess
	if h.Edge != Deferred {
		h.Edge = edge
	}
	return newPath(&h, next)
}

func (w *walker) call(instr ssa.CallInstruction, common *ssa.CallCommon, mode Mode, deferred bool) {
	if b, ok := common.Value.(*ssa.Builtin); ok {
		if b.Name() == "close" {
			w.closes(instr, common.Args[0], mode)
		}
		return
	}
	var vs Values
	if common.IsInvoke() || common.StaticCallee() == nil {
		vs = w.pkg.eval(common.Value)
	}
	w.starts(instr, common)
	edge := Static
	if deferred {
		edge = Deferred
	}
	prefix := w.open(instr.Pos(), edge)
	targets := w.pkg.targets(common, vs, w.pkg.evaluator())
	for _, t := range targets {
		w.enter(t, t.args(w.pkg.eval), prefix, mode)
	}
}

// makeClosure takes over what a literal does wherever it runs: it may register
// what it captures with a loop. The body of a range-over-func loop runs here.
func (w *walker) makeClosure(mc *ssa.MakeClosure) {
	fn := mc.Fn.(*ssa.Function)
	if strings.HasPrefix(fn.Synthetic, "bound method wrapper") {
		return
	}
	mode := Elsewhere
	if yields(fn) {
		mode = Here
	}
	t := target{sym: SSASym(fn), edge: FuncValue, nargs: len(fn.Params), given: func(int) Values { return nil }, free: w.pkg.evaluator().bindings(mc, nil)}
	prefix := w.open(mc.Pos(), FuncValue)
	if fn.Pos().IsValid() {
		prefix = w.open(fn.Pos(), FuncValue)
	}
	w.literal = mode == Elsewhere
	if yields(fn) {
		prefix.Hop.Repeats, prefix.looped = true, true
	}
	w.enter(t, t.args(w.pkg.eval), prefix, mode)
	w.literal = false
}

// yields reports whether a function is the body of a loop over a function.
func yields(fn *ssa.Function) bool { return fn.Synthetic == "range-over-func yield" }

// enter takes over what the target does, at the open end of prefix.
func (w *walker) enter(t target, args argFunc, prefix *Path, mode Mode) {
	if w.depth >= maxDepth {
		return
	}
	w.depth++
	defer func() { w.depth-- }()

	if t.symbolic() {
		w.symbolicCall(t, args, prefix, mode)
		return
	}
	if t.kind != "" {
		if mode == Here {
			w.addEffect(Effect{Kind: t.kind, May: true, Level: t.kind.Level(), Path: closePath(prefix, cmp.Or(t.method, "the call"), t.edge, t.guess, nil)})
		}
		return
	}
	name := t.sym.String()
	if f, opaque := w.prog.contractOf(t); f != nil || opaque {
		if f != nil {
			w.contracted(f, t, args, prefix, mode)
		}
		if opaque {
			return
		}
	}
	if c, ok := strings.CutPrefix(t.sym.Name, "_Cfunc_"); ok {
		// What C does, and for how long, is out of sight.
		if mode == Here {
			w.addEffect(Effect{Kind: contract.CPU, May: true, Level: contract.Info, Path: closePath(prefix, "C."+c, t.edge, t.guess, nil)})
		}
		return
	}
	if mode == Here && t.static != nil && loggerLike(t.sym, t.static) {
		w.addEffect(Effect{Kind: contract.Console, May: true, Level: contract.Info, Path: closePath(prefix, name, t.edge, t.guess, nil)})
		return
	}
	if w.light && t.sym.Pkg != w.sym.Pkg && !w.prog.reachesLoop(t.sym.Pkg) {
		return
	}
	s := w.prog.summary(t.sym, w.light)
	if s == nil {
		return
	}
	w.instantiate(s, name, t, args, prefix, mode)
}

// instantiate takes over a summary.
func (w *walker) instantiate(s *Summary, name string, t target, args argFunc, prefix *Path, mode Mode) {
	head := closePath(prefix, name, t.edge, t.guess, nil)
	where := HereOp
	switch {
	case w.literal:
		where = InnerOp
	case mode != Here:
		where = AwayOp
	}
	w.instantiateOps(s, t, args, head, where)
	if mode == Here {
		for _, e := range s.Effects {
			// What a directive says of the function belongs to the call of it.
			if e.Path.Next != nil || e.Path.Callee != name || prefix.Pos.File == "" {
				e.Path = head.then(e.Path)
			} else {
				e.Path = head
			}
			w.addEffect(e)
		}
	}
	for _, u := range s.Uses {
		m := u.Mode
		if m == Here {
			m = mode
		}
		if m == Elsewhere {
			continue
		}
		path := head.then(u.Path)
		given := func(i int) Values {
			if i < len(u.Args) {
				return substitute(u.Args[i], args)
			}
			return nil
		}
		vs := Values{u.What}
		if u.What.Op == Param {
			vs = args(u.What.Index)
			if len(vs) == 0 && u.What.Iface != (Sym{}) && !wide(u.What.Iface) && u.Method != "" {
				vs = Values{{Op: AnyOf, Sym: u.What.Iface, Iface: u.What.Iface}}
			}
		}
		if u.Spare {
			w.spare++
		}
		outer := w.over
		w.over = union(outer, substitute(u.Held, args))
		w.dispatch(vs, u, given, path, m)
		w.over = outer
		if u.Spare {
			w.spare--
		}
	}
}

// dispatch does to the values vs what the use u does, at the open end of path.
func (w *walker) dispatch(vs Values, u Use, given argFunc, path *Path, mode Mode) {
	switch {
	case mode == OnLoop:
		w.register(vs, u.Loop, path)
		return
	case mode == OnPool:
		for _, v := range vs {
			if v.Op == Param || v.Op == Location {
				w.addUse(Use{What: v, Mode: OnPool, Path: path})
			}
		}
		return
	case u.Method == send || u.Method == receive:
		if len(vs) == 0 {
			w.channelEffect(u.Method, contract.Info, closePath(path, operation[u.Method], Primitive, 0, nil), u.Bound)
		}
		w.channelValues(vs, u.Method, path, u.Bound, Sym{})
		return
	}
	base := target{edge: FuncValue, given: given}
	if u.Method != "" {
		base.edge = Interface
		if w.contractMethod(vs, u, path, mode) {
			return
		}
	}
	for _, t := range w.prog.valueTargets(vs, u.Method, base) {
		if t.sym.Pkg != "" && t.given != nil {
			t.nargs = w.prog.paramCount(t.sym)
			if t.bound {
				t.nargs--
			}
		}
		w.enter(t, t.args(noEval), path, mode)
	}
}

func noEval(ssa.Value) Values { return nil }

// contractMethod applies a contract on the interface that a symbolic value has,
// when no concrete type is known for it.
func (w *walker) contractMethod(vs Values, u Use, path *Path, mode Mode) bool {
	if sym, ok := u.pinned(); ok {
		if f := w.prog.contracts.Func(sym.String()); f != nil {
			w.contracted(f, target{sym: sym, edge: Static}, func(i int) Values {
				if i == 0 {
					return vs
				}
				return nil
			}, path, mode)
		}
		return true
	}
	for _, v := range vs {
		if v.Op == Dynamic {
			return false
		}
	}
	for _, v := range vs {
		if v.Iface == (Sym{}) || v.Op == Param {
			continue
		}
		sym := MethodSym(v.Iface, u.Method)
		if f := w.prog.contracts.Func(sym.String()); f != nil {
			w.contracted(f, target{sym: sym, edge: Interface}, func(int) Values { return nil }, path, mode)
			return true
		}
	}
	return false
}

// symbolicCall records a call of something that only a caller, or the contents
// of a location, can name.
func (w *walker) symbolicCall(t target, args argFunc, prefix *Path, mode Mode) {
	if mode == Elsewhere {
		return
	}
	if mode == Here && t.static != nil && t.method != "" && loggerName(t.method) && variadicAny(t.static) {
		w.addEffect(Effect{Kind: contract.Console, May: true, Level: contract.Info,
			Path: closePath(prefix, MethodSym(t.what.Iface, t.method).String(), Interface, 0, nil)})
		return
	}
	u := Use{What: t.what, Method: t.method, Mode: mode, Path: closeEdge(prefix, t.edge)}
	n := len(t.argv)
	if t.given != nil {
		n = 4
	}
	for i := range n {
		u.Args = append(u.Args, args(i))
	}
	u.Args = trim(u.Args)
	if w.resolving {
		w.resolve(u)
		return
	}
	w.addUse(u)
}

// closeEdge sets the edge of the last hop of prefix and leaves its callee open.
func closeEdge(prefix *Path, edge Edge) *Path {
	return closePath(prefix, "", edge, 0, nil)
}

// register records that the values vs run as callbacks of a loop.
func (w *walker) register(vs Values, loop string, path *Path) {
	for _, v := range vs {
		switch v.Op {
		case Param:
			w.addUse(Use{What: v, Mode: OnLoop, Loop: loop, Path: path})
		case Function, Method, Location, Dynamic:
			r := Registration{Value: v, Loop: loop, Via: path.Callee, In: path.In, Pos: path.Pos}
			switch {
			case w.resolving:
				w.found = append(w.found, r)
			case w.final && w.light:
				w.pkg.registrations = append(w.pkg.registrations, r)
			}
		}
	}
}

// contracted takes over what a contract says of the target.
func (w *walker) contracted(f *contract.Func, t target, args argFunc, prefix *Path, mode Mode) {
	name := t.sym.String()
	if len(t.names) > 0 && f.Symbol == t.names[0] {
		name = t.names[0]
	}
	closed := func() *Path { return closePath(prefix, name, t.edge, t.guess, nil) }
	if mode == Here && !w.light {
		blocks := f.Blocks
		if w.spared(f, t, args(0), prefix) {
			blocks = nil
		}
		for _, b := range blocks {
			if b.Kind == contract.Lock {
				w.lock(t, prefix, name)
				continue
			}
			if b.Unless.Op != "" {
				if n, ok := t.constant(t.param(b.Unless.Arg)); ok && b.Unless.Holds(n) {
					continue
				}
			}
			e := Effect{Kind: b.Kind, May: b.May, Level: b.Level, Path: closed()}
			if k, ok := receiverKind(t, args); ok && b.Kind != contract.CPU {
				e.Kind, e.Level = k, k.Level()
			}
			if e.Level == contract.Off {
				e.Level = b.Kind.Level()
			}
			if b.Bound != contract.NoBound {
				d, ok := constDuration(args(t.param(b.Bound)))
				if ok && d <= 0 {
					continue
				}
				e.Bound = d
			}
			w.addEffect(e)
		}
		if f.Reentrant && f.Loop != nil {
			w.prog.loops[f.Loop.Name] = f.Loop
			w.addEffect(Effect{Kind: contract.Wait, May: f.ReentrantMay, Level: contract.Warning, Loop: f.Loop.Name, Path: closed()})
		}
	}
	run := func(indexes []int, method string, mode Mode, loop string) {
		for _, i := range indexes {
			u := Use{Method: method, Mode: mode, Loop: loop}
			w.dispatch(args(t.param(i)), u, func(int) Values { return nil }, closePath(prefix, name, t.edge, t.guess, newPath(&Hop{In: t.sym, Pos: w.last(prefix)}, nil)), mode)
		}
	}
	if mode == Here {
		if once(t) {
			w.once++
			defer func() { w.once-- }()
		}
		run(f.Here, "", Here, "")
		for _, c := range f.Calls {
			run([]int{c.Arg}, c.Method, Here, "")
		}
	}
	if f.Loop != nil && len(f.OnLoop) > 0 {
		w.prog.loops[f.Loop.Name] = f.Loop
		run(f.OnLoop, "", OnLoop, f.Loop.Name)
	}
	run(f.OnWorker, "", OnPool, "")
	w.contractOps(f, t, args, closed(), mode)
}

// once reports whether a call is of a sync.Once that is a variable of a package:
// what it runs, it runs once in the life of the program.
func once(t target) bool {
	if t.sym != (Sym{"sync", "(*Once).Do"}) || len(t.argv) == 0 {
		return false
	}
	_, ok := t.argv[0].(*ssa.Global)
	return ok
}

// brief reports whether a loop can bear an effect of kind k once.
func brief(k contract.Kind) bool {
	return k == contract.File || k == contract.FileMeta || k == contract.CPU || k == contract.GC
}

// receiverKind returns the kind that the receiver of a method call is known to
// have: a write to os.Stdout is no file call.
func receiverKind(t target, args argFunc) (contract.Kind, bool) {
	if !t.isMethod() {
		return "", false
	}
	vs := args(0)
	if len(vs) == 0 {
		return "", false
	}
	return kindOf(vs[0])
}

// last returns the place of the last hop of a path.
func (w *walker) last(h *Path) Pos {
	for h.Next != nil {
		h = h.Next
	}
	return h.Pos
}

// loggerLike reports whether a function is named like a logger's and takes what
// a logger takes.
func loggerLike(sym Sym, sig *types.Signature) bool {
	name := sym.Name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	return loggerName(name) && variadicAny(sig)
}

func loggerName(name string) bool {
	name = strings.TrimSuffix(name, "Context")
	name = strings.TrimSuffix(name, "ln")
	name = strings.TrimSuffix(name, "w")
	name = strings.TrimSuffix(name, "f")
	name = strings.ToLower(name)
	if level := strings.TrimPrefix(name, "log"); level != "" {
		name = level // LogErrorf, logWarn
	}
	switch name {
	case "debug", "info", "warn", "warning", "error", "print", "log", "trace", "notice", "verbose", "fatal", "panic":
		return true
	}
	return false
}

// variadicAny reports whether the last parameter is ...any or the like.
func variadicAny(sig *types.Signature) bool {
	if !sig.Variadic() {
		return false
	}
	last := sig.Params().At(sig.Params().Len() - 1).Type()
	s, ok := last.(*types.Slice)
	if !ok {
		return false
	}
	if it, ok := s.Elem().Underlying().(*types.Interface); ok {
		return it.Empty()
	}
	obj := typeName(s.Elem()) // zap.Field, slog.Attr
	return obj != nil && (obj.Name() == "Field" || obj.Name() == "Attr")
}

// callPos returns the place to show for a call whose opening parenthesis is at
// pos: where the call begins, or the method's name when the call spans lines.
func (p *Package) callPos(pos token.Pos) token.Pos {
	if p.shown == nil {
		p.indexCalls()
	}
	if at, ok := p.shown[pos]; ok {
		return at
	}
	return pos
}

func (p *Package) indexCalls() {
	p.shown = map[token.Pos]token.Pos{}
	line := func(at token.Pos) int { return p.unit.Fset.Position(at).Line }
	for _, f := range p.unit.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if line(c.Fun.Pos()) == line(c.Lparen) {
				p.shown[c.Lparen] = c.Fun.Pos()
			} else if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
				p.shown[c.Lparen] = sel.Sel.Pos()
			}
			return true
		})
	}
}
