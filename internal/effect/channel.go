package effect

import (
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
)

// The channel operations, as methods of a channel.
const (
	send    = "->"
	receive = "<-"
)

var operation = map[string]string{send: "a channel send", receive: "a channel receive"}

// channelOp takes over a send or receive outside a select.
func (w *walker) channelOp(instr ssa.Instruction, ch ssa.Value, op string) {
	if d, ok := w.timer(ch); ok {
		w.timerWait(instr, d)
		return
	}
	vs := w.pkg.eval(ch)
	path := w.open(instr.Pos(), Primitive)
	w.channelOps(instr, vs, op, path)
	if op == send && w.perRequest(instr, vs) {
		return
	}
	if len(vs) == 0 || checked(instr, ch, op) {
		level := contract.Info
		if isDone(ch) {
			level = contract.Warning // nothing ends this wait but a cancel
		}
		w.channelEffect(op, level, closePath(path, operation[op], Primitive, 0, nil), 0)
		return
	}
	w.channelValues(vs, op, path, 0, Sym{})
}

// channelValues takes over a send or receive on what vs may be, found in the
// location loc when that is known.
func (w *walker) channelValues(vs Values, op string, path *Path, bound time.Duration, loc Sym) {
	for _, v := range vs {
		switch v.Op {
		case Channel:
			level := contract.Info
			if v.Index == 0 || op == receive {
				level = contract.Warning
			}
			if op == send && v.Index == 1 && !longLived(v.Sym) {
				continue // a reply: one slot, made for the request
			}
			e := Effect{Kind: contract.Chan, May: true, Level: level, Path: closePath(path, operation[op], Primitive, 0, nil), Bound: bound}
			if op == send {
				e.Sends, e.Room = loc, v.Index
			}
			w.addEffect(e)
		case Param, Location:
			u := Use{What: v, Method: op, Path: closeEdge(path, Primitive), Bound: bound}
			if w.resolving {
				w.resolve(u)
			} else {
				w.addUse(u)
			}
		}
	}
}

func (w *walker) channelEffect(op string, level contract.Level, path *Path, bound time.Duration) {
	w.addEffect(Effect{Kind: contract.Chan, May: true, Level: level, Path: path, Bound: bound})
}

// checked reports whether an operation stands under a test that the channel is
// ready for it: len(ch) > 0 before a receive, len(ch) < cap(ch) before a send.
func checked(instr ssa.Instruction, ch ssa.Value, op string) bool {
	for b := instr.Block(); b.Idom() != nil; b = b.Idom() {
		test, ok := b.Idom().Instrs[len(b.Idom().Instrs)-1].(*ssa.If)
		if !ok || test.Block().Succs[0] != b || len(b.Preds) != 1 {
			continue
		}
		cond, ok := test.Cond.(*ssa.BinOp)
		if !ok || !isBuiltinOf(cond.X, "len", ch) {
			continue
		}
		switch {
		case op == receive && (cond.Op == token.GTR || cond.Op == token.NEQ) && isZero(cond.Y),
			op == send && cond.Op == token.LSS && isBuiltinOf(cond.Y, "cap", ch):
			return true
		}
	}
	return false
}

// isBuiltinOf reports whether v is a call of that builtin on the channel ch.
func isBuiltinOf(v ssa.Value, name string, ch ssa.Value) bool {
	call, ok := v.(*ssa.Call)
	if !ok {
		return false
	}
	b, ok := call.Common().Value.(*ssa.Builtin)
	if !ok || b.Name() != name {
		return false
	}
	arg := call.Common().Args[0]
	if loc := locationOf(ch); loc != (Sym{}) {
		return loc == locationOf(arg)
	}
	return arg == ch || loaded(arg) != nil && loaded(arg) == loaded(ch)
}

// loaded returns the variable that v is loaded from, or nil.
func loaded(v ssa.Value) ssa.Value {
	if u, ok := v.(*ssa.UnOp); ok && u.Op == token.MUL {
		return u.X
	}
	return nil
}

func isZero(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c.Value != nil && c.Value.Kind() == constant.Int && constant.Sign(c.Value) == 0
}

// longLived reports whether a channel made in that function is likely to
// outlive one request: constructors and initializers make what lasts.
func longLived(site Sym) bool {
	name, _, _ := strings.Cut(site.Name, "@")
	name = name[strings.LastIndexByte(name, '.')+1:]
	lower := strings.ToLower(name)
	return strings.HasPrefix(lower, "new") || strings.HasPrefix(lower, "init") || strings.HasPrefix(lower, "main") ||
		strings.HasPrefix(lower, "make") || strings.HasPrefix(lower, "create")
}

// perRequest reports whether a send cannot block because its channel is made in
// the same function with room for every send on it, none of them in a loop.
func (w *walker) perRequest(instr ssa.Instruction, vs Values) bool {
	if len(vs) != 1 {
		return false
	}
	family := outermost(w.fn)
	sends := 0
	mk := makeChanOf(instr.(*ssa.Send).Chan, 0)
	if mk == nil || outermost(mk.Parent()) != family {
		return false
	}
	site := w.pkg.channel(mk)
	if site.Index <= 0 {
		return false
	}
	ok := true
	var visit func(fn *ssa.Function)
	visit = func(fn *ssa.Function) {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if s, isSend := i.(*ssa.Send); isSend && makeChanOf(s.Chan, 0) == mk {
					sends++
					ok = ok && !inCycle(b)
				}
			}
		}
		for _, anon := range fn.AnonFuncs {
			visit(anon)
		}
	}
	visit(family)
	return ok && sends <= site.Index
}

// makeChanOf returns the make that v comes from, through local variables and
// captures, or nil when there is not exactly one.
func makeChanOf(v ssa.Value, depth int) *ssa.MakeChan {
	if depth > 6 {
		return nil
	}
	switch v := v.(type) {
	case *ssa.MakeChan:
		return v
	case *ssa.ChangeType:
		return makeChanOf(v.X, depth+1)
	case *ssa.UnOp:
		return makeChanOf(v.X, depth+1)
	case *ssa.Alloc:
		var found *ssa.MakeChan
		for _, r := range *v.Referrers() {
			if st, ok := r.(*ssa.Store); ok && st.Addr == v {
				mk := makeChanOf(st.Val, depth+1)
				if mk == nil || found != nil && found != mk {
					return nil
				}
				found = mk
			}
		}
		return found
	case *ssa.FreeVar:
		if mc := makeClosureOf(v.Parent()); mc != nil {
			return makeChanOf(mc.Bindings[slices.Index(v.Parent().FreeVars, v)], depth+1)
		}
	}
	return nil
}

// sendsOn returns what the functions around a make send on its channel.
func sendsOn(mk *ssa.MakeChan) []ssa.Value {
	var out []ssa.Value
	var visit func(fn *ssa.Function)
	visit = func(fn *ssa.Function) {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				switch i := i.(type) {
				case *ssa.Send:
					if makeChanOf(i.Chan, 0) == mk {
						out = append(out, i.X)
					}
				case *ssa.Select:
					for _, st := range i.States {
						if st.Dir == types.SendOnly && makeChanOf(st.Chan, 0) == mk {
							out = append(out, st.Send)
						}
					}
				}
			}
		}
		for _, anon := range fn.AnonFuncs {
			visit(anon)
		}
	}
	visit(outermost(mk.Parent()))
	return out
}

// makeClosureOf returns the one place that makes the literal fn, or nil.
func makeClosureOf(fn *ssa.Function) *ssa.MakeClosure {
	parent := fn.Parent()
	if parent == nil {
		return nil
	}
	for _, b := range parent.Blocks {
		for _, i := range b.Instrs {
			if mc, ok := i.(*ssa.MakeClosure); ok && mc.Fn == fn {
				return mc
			}
		}
	}
	return nil
}

func outermost(fn *ssa.Function) *ssa.Function {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	return fn
}

// inCycle reports whether a block can run more than once in one call.
func inCycle(b *ssa.BasicBlock) bool { return cyclic(b.Parent())[b.Index] }

// cyclic returns, by index, which blocks of fn can run more than once in one call:
// those in strongly connected components that are cycles, found as Tarjan does.
func cyclic(fn *ssa.Function) []bool {
	n := len(fn.Blocks)
	out, on := make([]bool, n), make([]bool, n)
	order, low := make([]int, n), make([]int, n) // order 0: not met yet
	var stack []*ssa.BasicBlock
	met := 0
	var visit func(*ssa.BasicBlock)
	visit = func(b *ssa.BasicBlock) {
		met++
		order[b.Index], low[b.Index], on[b.Index] = met, met, true
		stack = append(stack, b)
		for _, s := range b.Succs {
			switch {
			case s == b:
				out[b.Index] = true
			case order[s.Index] == 0:
				visit(s)
				low[b.Index] = min(low[b.Index], low[s.Index])
			case on[s.Index]:
				low[b.Index] = min(low[b.Index], order[s.Index])
			}
		}
		if low[b.Index] != order[b.Index] {
			return
		}
		more := stack[len(stack)-1] != b
		for {
			s := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			on[s.Index] = false
			out[s.Index] = out[s.Index] || more
			if s == b {
				return
			}
		}
	}
	for _, b := range fn.Blocks {
		if order[b.Index] == 0 {
			visit(b)
		}
	}
	return out
}

// timer reports whether ch is the channel of a timer, and the constant delay of
// a time.After.
func (w *walker) timer(ch ssa.Value) (time.Duration, bool) {
	switch v := ch.(type) {
	case *ssa.Call:
		if callee := v.Common().StaticCallee(); callee != nil {
			switch SSASym(callee) {
			case Sym{"time", "After"}, Sym{"time", "Tick"}:
				d, _ := constDuration(w.pkg.eval(v.Common().Args[0]))
				return d, true
			}
		}
	case *ssa.UnOp:
		if f, ok := v.X.(*ssa.FieldAddr); ok {
			switch fieldSym(f.X.Type(), f.Field) {
			case Sym{"time", "Timer.C"}, Sym{"time", "Ticker.C"}:
				return 0, true
			}
		}
	}
	return 0, false
}

func (w *walker) timerWait(instr ssa.Instruction, d time.Duration) {
	path := closePath(w.open(instr.Pos(), Primitive), "a receive from a timer", Primitive, 0, nil)
	w.addEffect(Effect{Kind: contract.Sleep, Level: contract.Warning, Path: path, Bound: d})
}

// selectStmt takes over a select. It waits for the case that is ready first, so
// it is worth no more than its mildest case, and no longer than its timer.
func (w *walker) selectStmt(sel *ssa.Select) {
	if !sel.Blocking {
		return
	}
	open := w.open(sel.Pos(), Primitive)
	path := closePath(open, "select", Primitive, 0, nil)
	if len(sel.States) == 0 {
		w.addEffect(Effect{Kind: contract.Forever, Level: contract.Warning, Path: path})
		w.addOp(Op{Verb: Endless, Note: "select {}", Path: closePath(open, "select {}", Primitive, 0, nil)})
		return
	}
	w.selectOps(sel, open)
	level := contract.Warning
	var limit time.Duration
	var symbolic []Use
	for _, st := range sel.States {
		if d, ok := w.timer(st.Chan); ok {
			if d > 0 && (limit == 0 || d < limit) {
				limit = d
			}
			continue
		}
		op := receive
		if st.Dir == types.SendOnly {
			op = send
		}
		vs := w.pkg.eval(st.Chan)
		if len(vs) == 0 && !isDone(st.Chan) {
			level = contract.Info
		}
		for _, v := range vs {
			switch {
			case v.Op == Channel && op == send && v.Index != 0:
				level = contract.Info
			case v.Op == Param || v.Op == Location:
				symbolic = append(symbolic, Use{What: v, Method: op, Path: open})
			}
		}
	}
	if level == contract.Warning && len(symbolic) == 1 {
		u := symbolic[0]
		u.Bound = limit
		if w.resolving {
			w.resolve(u)
		} else {
			w.addUse(u)
		}
		return
	}
	if len(symbolic) > 0 {
		level = contract.Info
	}
	w.channelEffect("", level, path, limit)
}

// isDone reports whether ch is the Done channel of a context.
func isDone(ch ssa.Value) bool {
	c, ok := ch.(*ssa.Call)
	return ok && c.Common().IsInvoke() && c.Common().Method.Name() == "Done"
}
