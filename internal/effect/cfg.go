package effect

// Loops in the control flow graph of one function: how often they run, and
// whether a function comes back from them.

import (
	"cmp"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
)

// A cycle is a set of blocks that can reach each other.
type cycle struct {
	blocks map[*ssa.BasicBlock]bool
}

// cycleOf returns the largest cycle that b is in, or nil.
func cycleOf(b *ssa.BasicBlock) *cycle {
	if !inCycle(b) {
		return nil
	}
	after, before := map[*ssa.BasicBlock]bool{}, map[*ssa.BasicBlock]bool{}
	flood(b, after, func(c *ssa.BasicBlock) []*ssa.BasicBlock { return c.Succs })
	flood(b, before, func(c *ssa.BasicBlock) []*ssa.BasicBlock { return c.Preds })
	c := &cycle{blocks: map[*ssa.BasicBlock]bool{}}
	for x := range after {
		if before[x] {
			c.blocks[x] = true
		}
	}
	return c
}

func flood(b *ssa.BasicBlock, seen map[*ssa.BasicBlock]bool, next func(*ssa.BasicBlock) []*ssa.BasicBlock) {
	seen[b] = true
	for _, s := range next(b) {
		if !seen[s] {
			flood(s, seen, next)
		}
	}
}

// trips returns how often a block runs in one call of its function.
func trips(b *ssa.BasicBlock) Many {
	n := Once
	for c := cycleOf(b); c != nil; c = c.inner(b) {
		n = times(n, c.trips())
	}
	return n
}

// inner returns the cycle that b is in when the head of c is taken away, or nil.
func (c *cycle) inner(b *ssa.BasicBlock) *cycle {
	head := c.head()
	if head == nil || head == b {
		return nil
	}
	within := func(next func(*ssa.BasicBlock) []*ssa.BasicBlock) map[*ssa.BasicBlock]bool {
		seen := map[*ssa.BasicBlock]bool{}
		flood(b, seen, func(x *ssa.BasicBlock) []*ssa.BasicBlock {
			return slices.DeleteFunc(slices.Clone(next(x)), func(s *ssa.BasicBlock) bool { return !c.blocks[s] || s == head })
		})
		return seen
	}
	after := within(func(x *ssa.BasicBlock) []*ssa.BasicBlock { return x.Succs })
	before := within(func(x *ssa.BasicBlock) []*ssa.BasicBlock { return x.Preds })
	in := &cycle{blocks: map[*ssa.BasicBlock]bool{}}
	for x := range after {
		if before[x] {
			in.blocks[x] = true
		}
	}
	if len(in.blocks) == 1 && !slices.Contains(b.Succs, b) {
		return nil
	}
	return in
}

// head returns the block by which c is entered, when there is only one.
func (c *cycle) head() *ssa.BasicBlock {
	var head *ssa.BasicBlock
	for b := range c.blocks {
		for _, p := range b.Preds {
			if !c.blocks[p] {
				if head != nil && head != b {
					return nil
				}
				head = b
			}
		}
	}
	return head
}

// trips returns how often a cycle is gone through.
func (c *cycle) trips() Many {
	if !c.leaves() {
		return Unbounded
	}
	for b := range c.blocks {
		test, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok || c.blocks[b.Succs[0]] == c.blocks[b.Succs[1]] {
			continue
		}
		if n, ok := constantTrips(test.Cond); ok {
			return n
		}
	}
	return ForInput
}

// leaves reports whether some block of the cycle goes on to one outside of it,
// other than by a panic.
func (c *cycle) leaves() bool {
	for b := range c.blocks {
		for _, s := range b.Succs {
			if !c.blocks[s] && returns(s) {
				return true
			}
		}
		if _, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok {
			return true
		}
	}
	return false
}

// returns reports whether the function can return from b.
func returns(b *ssa.BasicBlock) bool {
	seen := map[*ssa.BasicBlock]bool{}
	flood(b, seen, func(c *ssa.BasicBlock) []*ssa.BasicBlock { return c.Succs })
	for c := range seen {
		if _, ok := c.Instrs[len(c.Instrs)-1].(*ssa.Return); ok {
			return true
		}
	}
	return false
}

// constantTrips returns the bound of a loop whose condition compares a counter
// with a constant, or with the length of an array or of a literal.
func constantTrips(cond ssa.Value) (Many, bool) {
	test, ok := cond.(*ssa.BinOp)
	if !ok {
		return 0, false
	}
	switch test.Op {
	case token.LSS, token.LEQ, token.NEQ, token.GTR, token.GEQ:
	default:
		return 0, false
	}
	for i, side := range []ssa.Value{test.Y, test.X} {
		if !isCounter([]ssa.Value{test.X, test.Y}[i]) {
			continue
		}
		if n, ok := constantLength(side, 0); ok && n >= 0 {
			if n == 0 {
				// Counting down: the other side starts at a constant.
				return countDown(test)
			}
			return Many(min(n, 1<<30)), true
		}
	}
	return 0, false
}

// isCounter reports whether v is a variable, or one less or more than one, rather
// than the result of a call.
func isCounter(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.BinOp:
		return isCounter(v.X)
	case *ssa.Convert:
		return isCounter(v.X)
	case *ssa.UnOp:
		_, ok := v.X.(*ssa.Alloc)
		return ok && v.Op == token.MUL
	}
	_, ok := v.(*ssa.Phi)
	return ok
}

// countDown returns the constant at which a counter that is compared with zero
// starts.
func countDown(test *ssa.BinOp) (Many, bool) {
	phi, ok := test.X.(*ssa.Phi)
	if !ok {
		return 0, false
	}
	for _, e := range phi.Edges {
		if c, ok := e.(*ssa.Const); ok && c.Value != nil && c.Value.Kind() == constant.Int {
			if n, exact := constant.Int64Val(c.Value); exact && n > 0 {
				return Many(min(n, 1<<30)), true
			}
		}
	}
	return 0, false
}

// constantLength returns v when it is a constant or a length that is known:
// that of an array, of a literal, or what min bounds by a constant.
func constantLength(v ssa.Value, depth int) (int64, bool) {
	if depth > 4 {
		return 0, false
	}
	switch v := v.(type) {
	case *ssa.Const:
		if v.Value != nil && v.Value.Kind() == constant.Int {
			return constant.Int64Val(v.Value)
		}
	case *ssa.Convert:
		return constantLength(v.X, depth+1)
	case *ssa.Call:
		b, ok := v.Call.Value.(*ssa.Builtin)
		if !ok {
			return 0, false
		}
		switch b.Name() {
		case "len", "cap":
			return literalLength(v.Call.Args[0], depth+1)
		case "min":
			for _, a := range v.Call.Args {
				if n, ok := constantLength(a, depth+1); ok {
					return n, true
				}
			}
		}
	}
	return 0, false
}

// literalLength returns the length of an array, or of a slice of a whole array
// that is made here: a literal.
func literalLength(v ssa.Value, depth int) (int64, bool) {
	if depth > 4 {
		return 0, false
	}
	t, _ := deref(v.Type())
	if a, ok := t.Underlying().(*types.Array); ok {
		return a.Len(), true
	}
	switch v := v.(type) {
	case *ssa.Slice:
		if v.High != nil {
			return constantLength(v.High, depth+1)
		}
		if _, ok := v.X.(*ssa.Alloc); ok && v.Low == nil {
			return literalLength(v.X, depth+1)
		}
	case *ssa.MakeSlice:
		return constantLength(v.Len, depth+1)
	case *ssa.UnOp:
		// A variable that is set once, to a literal.
		if g, ok := v.X.(*ssa.Global); ok {
			return globalLength(g, depth+1)
		}
		if a, ok := v.X.(*ssa.Alloc); ok {
			var only ssa.Value
			for _, r := range *a.Referrers() {
				if st, ok := r.(*ssa.Store); ok && st.Addr == a {
					if only != nil {
						return 0, false
					}
					only = st.Val
				}
			}
			if only != nil {
				return literalLength(only, depth+1)
			}
		}
	}
	return 0, false
}

// globalLength returns the length of what the package's initializer stores in a
// variable that only its package can name. Later stores are not looked for.
func globalLength(g *ssa.Global, depth int) (int64, bool) {
	if g.Pkg == nil || g.Object() == nil || g.Object().Exported() {
		return 0, false
	}
	initializer := g.Pkg.Func("init")
	if initializer == nil {
		return 0, false
	}
	var stored ssa.Value
	for _, b := range initializer.Blocks {
		for _, instr := range b.Instrs {
			if st, ok := instr.(*ssa.Store); ok && st.Addr == g {
				stored = st.Val
			}
		}
	}
	if stored == nil {
		return 0, false
	}
	return literalLength(stored, depth)
}

// The notes of Endless operations on loops.
const (
	AcceptLoop  = "an accept loop"
	TickerLoop  = "a ticker loop"
	ReceiveLoop = "a receive loop" // where May is set, it ends when the channels On are closed
	EndlessLoop = "an endless loop"
)

// endless records the loops that the function does not come back from, or only
// when something outside ends it, and those that compute on all of their input.
func (w *walker) endless(live map[*ssa.BasicBlock]bool) {
	if w.light || !w.prog.pools {
		return
	}
	seen := map[*ssa.BasicBlock]bool{}
	for _, b := range w.fn.Blocks {
		if !live[b] || seen[b] || !w.inCycle(b) {
			continue
		}
		c := cycleOf(b)
		for x := range c.blocks {
			seen[x] = true
		}
		if note, at, on, may := w.waitsIn(c); note != "" {
			if note != AcceptLoop && c.polls() {
				continue
			}
			w.addOp(Op{Verb: Endless, Note: note, On: on, May: may, Signal: isSignal(at), Path: closePath(w.open(at.Pos(), Primitive), note, Primitive, 0, nil)})
		} else if depth := w.growsIn(c); depth > 0 {
			if at := w.firstPos(c); at != nil {
				pos := w.pkg.outermostLoop(w.fn, at.Pos())
				w.addOp(Op{Verb: Grow, Size: depth, Path: newPath(&Hop{In: w.sym, Pos: w.pkg.pos(pos), Callee: "a loop over its input", Edge: Primitive}, nil)})
			}
		}
	}
}

// loopAt returns where the innermost loop around a position begins.
func (p *Package) loopAt(at token.Pos) token.Pos {
	i, _ := slices.BinarySearchFunc(p.laps, at, func(l [2]token.Pos, at token.Pos) int { return cmp.Compare(l[0], at) })
	for i = min(i, len(p.laps)-1); i >= 0; i-- {
		if p.laps[i][0] <= at && at < p.laps[i][1] {
			return p.laps[i][0]
		}
	}
	return at
}

// outermostLoop returns where the outermost loop of fn around a position begins.
func (p *Package) outermostLoop(fn *ssa.Function, at token.Pos) token.Pos {
	for _, l := range p.laps {
		if fn.Pos() <= l[0] && l[0] <= at && at < l[1] {
			return l[0]
		}
	}
	return at
}

// readLaps lists the loops of the package by their place.
func (p *Package) readLaps() {
	for _, f := range p.unit.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ForStmt, *ast.RangeStmt:
				p.laps = append(p.laps, [2]token.Pos{n.Pos(), n.End()})
			}
			return true
		})
	}
	slices.SortFunc(p.laps, func(a, b [2]token.Pos) int { return cmp.Compare(a[0], b[0]) })
}

// lap returns where the loop around an instruction begins.
func (w *walker) lap(instr ssa.Instruction) Pos { return w.pkg.pos(w.pkg.loopAt(instr.Pos())) }

// waits reports whether an effect leaves the processor to others meanwhile.
func waits(e Effect) bool {
	switch e.Kind {
	case contract.Sleep, contract.Wait, contract.Net, contract.DNS, contract.Exec, contract.DB:
		return e.Level >= contract.Warning
	}
	return false
}

// waitsHere notes that the loops around the instruction wait in their laps.
func (w *walker) waitsHere() {
	at := w.instr.Pos()
	if !at.IsValid() {
		return
	}
	for _, l := range w.pkg.laps {
		if l[0] > at {
			break
		}
		if at < l[1] {
			if w.waiting == nil {
				w.waiting = map[Pos]bool{}
			}
			w.waiting[w.pkg.pos(l[0])] = true
		}
	}
}

// asks reports whether a loop around a block looks at a context.
func (w *walker) asks(b *ssa.BasicBlock) bool {
	c := cycleOf(b)
	if c == nil {
		return false
	}
	for b := range c.blocks {
		for _, instr := range b.Instrs {
			if call, ok := instr.(*ssa.Call); ok && asksContext(call.Common()) {
				return true
			}
		}
	}
	return false
}

// polls reports whether a cycle ends when something has come about: by a
// condition, or by a timer. What a context, a channel that only signals, or the
// close of a channel ends goes on as long as what started it.
func (c *cycle) polls() bool {
	for b := range c.blocks {
		test, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok {
			continue
		}
		for _, s := range b.Succs {
			if !c.blocks[s] && returns(s) && !stops(test, s) {
				return true
			}
		}
	}
	return false
}

// stops reports whether what a test leads to, one of the blocks behind it, is
// reached at a context's end, by a signal, or when a channel was closed.
func stops(test *ssa.If, to *ssa.BasicBlock) bool {
	sel, st := selected(test.Cond)
	if sel == nil {
		return asksForStop(test.Cond)
	}
	if to == test.Block().Succs[0] {
		elem, ok := st.Chan.Type().Underlying().(*types.Chan)
		return isDone(st.Chan) || ok && isEmpty(elem.Elem())
	}
	// The next case of the select.
	next, ok := to.Instrs[len(to.Instrs)-1].(*ssa.If)
	if !ok {
		return !returns(to)
	}
	if other, _ := selected(next.Cond); other != sel {
		return false
	}
	return !slices.ContainsFunc(to.Succs, func(s *ssa.BasicBlock) bool { return returns(s) && !stops(next, s) })
}

// selected returns the select and its case that a condition asks for.
func selected(cond ssa.Value) (*ssa.Select, *ssa.SelectState) {
	test, ok := cond.(*ssa.BinOp)
	if !ok {
		return nil, nil
	}
	index, ok := test.X.(*ssa.Extract)
	if !ok || index.Index != 0 {
		return nil, nil
	}
	sel, ok := index.Tuple.(*ssa.Select)
	if !ok {
		return nil, nil
	}
	i, ok := test.Y.(*ssa.Const)
	if !ok || i.Int64() < 0 || i.Int64() >= int64(len(sel.States)) {
		return nil, nil
	}
	return sel, sel.States[i.Int64()]
}

// asksForStop reports whether a condition asks for a context's end, or whether a
// channel was closed.
func asksForStop(cond ssa.Value) bool {
	switch v := cond.(type) {
	case *ssa.BinOp:
		call, ok := v.X.(*ssa.Call)
		return ok && asksContext(call.Common())
	case *ssa.UnOp:
		return v.Op == token.NOT && asksForStop(v.X)
	case *ssa.Extract:
		switch t := v.Tuple.(type) {
		case *ssa.UnOp:
			return t.Op == token.ARROW
		case *ssa.Select:
			return v.Index == 1
		}
	}
	return false
}

// isSignal reports whether an instruction receives what carries nothing.
func isSignal(at ssa.Instruction) bool {
	u, ok := at.(*ssa.UnOp)
	if !ok {
		return false
	}
	ch, ok := u.X.Type().Underlying().(*types.Chan)
	return ok && isEmpty(ch.Elem())
}

// waitsIn returns what kind of loop a cycle is that only something outside ends:
// its name, the instruction that tells it, and the channels that it receives
// from, and whether their close, or something like it, ends the loop. The name is
// empty for any other loop, and for one that a deadline ends.
func (w *walker) waitsIn(c *cycle) (note string, at ssa.Instruction, on Values, may bool) {
	var accept, tick, recv ssa.Instruction
	for _, b := range w.fn.Blocks {
		if !c.blocks[b] {
			continue
		}
		for _, instr := range b.Instrs {
			switch instr := instr.(type) {
			case ssa.CallInstruction:
				if _, started := instr.(*ssa.Go); !started && accept == nil && isAccept(instr.Common()) {
					accept = instr
				}
			case *ssa.UnOp:
				if instr.Op != token.ARROW {
					continue
				}
				if _, ok := w.timer(instr.X); ok {
					tick = first(tick, instr)
				} else {
					recv = first(recv, instr)
					on = union(on, w.pkg.eval(instr.X))
				}
			case *ssa.Select:
				for _, st := range instr.States {
					switch _, ok := w.timer(st.Chan); {
					case st.Dir == types.RecvOnly && isDone(st.Chan):
						if hasDeadline(st.Chan.(*ssa.Call).Call.Value) {
							return "", nil, nil, false
						}
					case st.Dir == types.SendOnly:
					case ok:
						tick = first(tick, instr)
					default:
						recv = first(recv, instr)
						on = union(on, w.pkg.eval(st.Chan))
					}
				}
			}
		}
	}
	switch {
	case c.trips() > 0:
		return "", nil, nil, false
	case accept != nil:
		return AcceptLoop, accept, nil, false
	case tick != nil && c.repeats(tick):
		return TickerLoop, tick, nil, false
	case recv != nil && c.repeats(recv):
		return ReceiveLoop, recv, on, c.leaves()
	case !c.leaves():
		if at := w.firstPos(c); at != nil {
			return EndlessLoop, at, nil, false
		}
	}
	return "", nil, nil, false
}

// hasDeadline reports whether a context is made with a deadline in sight.
func hasDeadline(ctx ssa.Value) bool {
	for range 6 {
		switch v := ctx.(type) {
		case *ssa.Extract:
			ctx = v.Tuple
		case *ssa.UnOp:
			ctx = v.X
		case *ssa.Alloc:
			var only ssa.Value
			for _, r := range *v.Referrers() {
				if st, ok := r.(*ssa.Store); ok && st.Addr == v {
					only = st.Val
				}
			}
			ctx = only
		case *ssa.FreeVar:
			mc := makeClosureOf(v.Parent())
			if mc == nil {
				return false
			}
			ctx = mc.Bindings[slices.Index(v.Parent().FreeVars, v)]
		case *ssa.Call:
			callee := v.Common().StaticCallee()
			if callee == nil {
				return false
			}
			sym := SSASym(callee)
			return sym.Pkg == "context" && (strings.HasPrefix(sym.Name, "WithTimeout") || strings.HasPrefix(sym.Name, "WithDeadline"))
		default:
			return false
		}
	}
	return false
}

func first(a, b ssa.Instruction) ssa.Instruction {
	if a != nil {
		return a
	}
	return b
}

// repeats reports whether a wait is what the loop does over and over: it is on
// every way around the cycle.
func (c *cycle) repeats(instr ssa.Instruction) bool {
	head := c.head()
	if head == nil || head == instr.Block() {
		return true
	}
	// Without the wait's block the head must not reach itself.
	seen := map[*ssa.BasicBlock]bool{instr.Block(): true}
	again := false
	var visit func(*ssa.BasicBlock)
	visit = func(b *ssa.BasicBlock) {
		for _, s := range b.Succs {
			if s == head {
				again = true
			}
			if c.blocks[s] && !seen[s] {
				seen[s] = true
				visit(s)
			}
		}
	}
	visit(head)
	return !again
}

// isAccept reports whether a call waits for the next connection of a listener.
func isAccept(common *ssa.CallCommon) bool {
	var name string
	switch {
	case common.IsInvoke():
		name = common.Method.Name()
	case common.StaticCallee() != nil && common.Signature().Recv() != nil:
		name = common.StaticCallee().Name()
	}
	sig := common.Signature()
	return strings.HasPrefix(name, "Accept") && sig.Results().Len() == 2 && sig.Params().Len() == 0 &&
		types.Identical(sig.Results().At(1).Type(), types.Universe.Lookup("error").Type())
}

// growsIn returns how deep the loops over its input are in a cycle that waits for
// nothing and looks at no context, 0 for any other.
func (w *walker) growsIn(c *cycle) int {
	if w.foreign() {
		return 0 // nobody asks
	}
	most := 0
	for b := range c.blocks {
		for _, instr := range b.Instrs {
			switch instr := instr.(type) {
			case *ssa.Select, *ssa.Send, *ssa.Go, *ssa.Defer:
				return 0
			case *ssa.UnOp:
				if instr.Op == token.ARROW {
					return 0
				}
			case *ssa.Call:
				if asksContext(instr.Common()) {
					return 0
				}
			}
		}
		depth := 0
		for in := c; in != nil && in.blocks[b]; in = in.inner(b) {
			if in.trips() == ForInput {
				depth++
			}
		}
		most = max(most, depth)
	}
	return most
}

// asksContext reports whether a call looks whether a context has ended.
func asksContext(common *ssa.CallCommon) bool {
	if !common.IsInvoke() || common.Method.Name() != "Err" && common.Method.Name() != "Done" {
		return false
	}
	obj := typeName(common.Value.Type())
	return obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "context"
}

// firstPos returns the first instruction of a cycle that has a place.
func (w *walker) firstPos(c *cycle) ssa.Instruction {
	var at ssa.Instruction
	for b := range c.blocks {
		for _, instr := range b.Instrs {
			if _, ok := instr.(*ssa.Phi); ok || !instr.Pos().IsValid() {
				continue // a variable's place is where it is declared
			}
			if at == nil || instr.Pos() < at.Pos() {
				at = instr
			}
		}
	}
	return at
}
