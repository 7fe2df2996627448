package effect

// Locks. A lock by itself is not news; one that is taken on a loop matters when
// some holder may block while it holds it. A function that takes a lock records
// what it may do between Lock and Unlock (to the end, when the Unlock is
// deferred or out of sight); the join with a callback's own locks is made where
// callbacks are resolved. Locks are told apart by the field or variable they
// stand in. This is a may analysis.

import (
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/loopvet/loopvet/internal/contract"
)

type lockSite struct {
	instr  *ssa.Call
	lock   Sym
	shared bool
}

// lockCall returns the static call of a mutex method that instr is, or nil.
func lockCall(instr ssa.Instruction) *ssa.Call {
	call, ok := instr.(*ssa.Call)
	if !ok {
		return nil
	}
	if locks, _ := mutexMethod(call.Common()); locks {
		return call
	}
	return nil
}

// mutexMethod reports whether a call locks or unlocks a sync mutex.
func mutexMethod(common *ssa.CallCommon) (locks, unlocks bool) {
	callee := common.StaticCallee()
	if callee == nil || len(common.Args) == 0 {
		return false, false
	}
	switch SSASym(callee) {
	case Sym{"sync", "(*Mutex).Lock"}, Sym{"sync", "(*RWMutex).Lock"}, Sym{"sync", "(*RWMutex).RLock"}:
		return true, false
	case Sym{"sync", "(*Mutex).Unlock"}, Sym{"sync", "(*RWMutex).Unlock"}, Sym{"sync", "(*RWMutex).RUnlock"}:
		return false, true
	}
	return false, false
}

// lockSym returns the field or variable that a mutex stands in.
func lockSym(recv ssa.Value) Sym {
	switch v := recv.(type) {
	case *ssa.FieldAddr:
		return fieldSym(v.X.Type(), v.Field)
	case *ssa.Global:
		return globalSym(v)
	case *ssa.UnOp: // a *sync.Mutex in a field or variable
		return lockSym(v.X)
	}
	return Sym{}
}

// lock takes over a call of Lock.
func (w *walker) lock(t target, prefix *Path, name string) {
	if len(t.argv) == 0 {
		return
	}
	sym := lockSym(t.argv[0])
	if sym == (Sym{}) {
		return
	}
	w.addEffect(Effect{
		Kind: contract.Lock, May: true, Lock: sym, Shared: t.sym.Name == "(*RWMutex).RLock",
		Path: closePath(prefix, name, t.edge, t.guess, nil),
	})
}

// findLocks prepares to record what happens under the locks of the function.
func (w *walker) findLocks() {
	if !w.final {
		return
	}
	for _, b := range w.fn.Blocks {
		for _, instr := range b.Instrs {
			if call := lockCall(instr); call != nil && !private(call.Common().Args[0]) {
				if sym := lockSym(call.Common().Args[0]); sym != (Sym{}) {
					w.locks = append(w.locks, lockSite{call, sym, SSASym(call.Common().StaticCallee()).Name == "(*RWMutex).RLock"})
				}
			}
		}
	}
	if len(w.locks) > 0 {
		w.byInstr = map[ssa.Instruction]*instrEffects{}
	}
}

// private reports whether a mutex is a field of what the function makes itself
// and hands to no goroutine: nobody else has that lock yet.
func private(mutex ssa.Value) bool {
	for {
		f, ok := mutex.(*ssa.FieldAddr)
		if !ok {
			break
		}
		mutex = f.X
	}
	made, ok := mutex.(*ssa.Alloc)
	return ok && !slices.ContainsFunc(*made.Referrers(), func(r ssa.Instruction) bool {
		switch r.(type) {
		case *ssa.Go, *ssa.MakeClosure:
			return true
		}
		return false
	})
}

// recordHolders records, for each lock the function takes, what it may do
// before it gives the lock back.
func (w *walker) recordHolders() {
	for _, l := range w.locks {
		h := Holder{Lock: l.lock, Shared: l.shared, In: w.sym, Pos: w.pkg.pos(w.pkg.callPos(l.instr.Pos()))}
		held(l, func(instr ssa.Instruction) {
			ie := w.byInstr[instr]
			if ie == nil {
				return
			}
			for _, e := range ie.effects {
				if e.Level >= contract.Warning && !w.releases(e) {
					h.Effects = append(h.Effects, e)
				}
			}
			h.Uses = append(h.Uses, ie.uses...)
		})
		if len(h.Effects)+len(h.Uses) > 0 {
			w.pkg.holders = append(w.pkg.holders, h)
		}
	}
}

// releases reports whether an effect is a wait for a condition that the lock
// guards: whoever waits for it gives the lock back meanwhile. That is the lock of
// a caller where the function that waits takes none.
func (w *walker) releases(e Effect) bool {
	last := e.Path
	for last.Next != nil {
		last = last.Next
	}
	if last.Callee != "(*sync.Cond).Wait" {
		return false
	}
	fn := w.pkg.body(last.In)
	if fn == nil || fn == w.fn {
		return fn == w.fn
	}
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			if lockCall(instr) != nil {
				return false
			}
		}
	}
	return true
}

// held calls visit for each instruction that may run while the lock is held.
func held(l lockSite, visit func(ssa.Instruction)) {
	heldUntil(l.instr, func(u *ssa.CallCommon) bool { return lockSym(u.Args[0]) == l.lock }, visit)
}

// heldUntil calls visit for each instruction that may run after the call takes a
// lock and before an Unlock of which same is true.
func heldUntil(taken *ssa.Call, same func(*ssa.CallCommon) bool, visit func(ssa.Instruction)) {
	afterUntil(taken, edge{}, func(instr ssa.Instruction) bool {
		call, ok := instr.(*ssa.Call)
		if !ok {
			return false
		}
		_, unlocks := mutexMethod(call.Common())
		return unlocks && same(call.Common())
	}, visit)
}

// An edge is a way from the end of one block to another.
type edge struct{ from, to *ssa.BasicBlock }

// afterUntil calls visit for each instruction that may run after taken and before
// one of which end is true, without going by way of one edge.
func afterUntil(taken ssa.Instruction, not edge, end func(ssa.Instruction) bool, visit func(ssa.Instruction)) {
	seen := map[*ssa.BasicBlock]bool{}
	var walk func(b *ssa.BasicBlock, from int)
	walk = func(b *ssa.BasicBlock, from int) {
		for _, instr := range b.Instrs[from:] {
			if end(instr) {
				return
			}
			visit(instr)
		}
		for _, s := range b.Succs {
			if !seen[s] && (edge{b, s}) != not {
				seen[s] = true
				walk(s, 0)
			}
		}
	}
	for i, instr := range taken.Block().Instrs {
		if instr == taken {
			walk(taken.Block(), i+1)
		}
	}
}

// HoldersOf returns the functions of p that hold a mutex while they may block.
func (p *Package) HoldersOf(lock Sym) []Holder {
	for _, fn := range p.index().locks[lock] {
		p.summary(fn, false)
	}
	var out []Holder
	for _, h := range p.holders {
		if h.Lock == lock {
			out = append(out, h)
		}
	}
	return out
}
