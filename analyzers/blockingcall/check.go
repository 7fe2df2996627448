package blockingcall

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loopvet/loopvet/internal/callback"
	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/fix"
	"github.com/loopvet/loopvet/internal/report"
)

// defaultBudget is how long a callback may hold a loop whose contract names no
// budget.
const defaultBudget = time.Millisecond

// Options are what a run may be told.
type Options struct {
	Level  contract.Level  // the lowest level to report; Off means Warning
	Kinds  []contract.Kind // nil means all
	Budget time.Duration   // overrides every loop's; 0 means it does not
	Tests  bool            // report on _test.go files
	Pools  bool            // look for pools made by hand in every package, not only in those that have callbacks
	Raw    bool            // one finding for each callback, not merged
	Off    bool            // callbacks of loops that the program switches off too, suppressed
	// ReadFile reads a source file for the fixes; nil means os.ReadFile.
	ReadFile func(name string) ([]byte, error)
}

// Seen is what a run looked at, so that silence is not mistaken for blindness.
type Seen struct {
	Loops      []string
	Callbacks  []report.Callback
	Unresolved int // calls from callbacks without any known target
	Tasks      int // functions that are handed to worker pools, where these are looked at
	// Silencing are the comments on the way of some effect, of whatever kind and
	// level, sorted.
	Silencing []directive.Ignore
}

// Check returns the findings of the callbacks that the packages register,
// sorted, one for each line and kind.
func Check(prog *effect.Program, paths []string, opts Options) ([]report.Finding, Seen, error) {
	c := check(prog, paths, opts)
	return c.merged, c.seen, nil
}

func check(prog *effect.Program, paths []string, opts Options) *checker {
	c := &checker{prog: prog, opts: opts, loops: map[string]bool{}, silencing: map[directive.Ignore]bool{}, done: map[string]bool{}, callbacks: map[effect.Sym]bool{}, onLoop: map[effect.Sym]bool{}}
	type work struct {
		pkg   *effect.Package
		roots []callback.Root
	}
	prog.Keep(fix.Applies)
	var all []work
	for _, path := range paths {
		p := prog.Package(path)
		if p == nil {
			continue
		}
		for _, d := range p.Problems {
			c.add(report.OfDirective(p.Pos(d.Pos), d.Text))
		}
		find := callback.Find
		if opts.Off {
			find = callback.FindAll
		}
		roots := find(prog, p)
		for _, r := range roots {
			c.callbacks[r.Func] = true
		}
		all = append(all, work{p, roots})
	}
	for _, w := range all {
		for _, r := range w.roots {
			c.root(w.pkg, r)
		}
	}
	c.current = ""
	for _, cb := range prog.Callbacks() {
		c.again(cb)
	}
	for _, l := range c.locks {
		c.lock(l.finding, l.effect, l.module)
	}
	for _, s := range c.sends {
		c.send(s.finding, s.effect)
	}
	if opts.Raw {
		c.merged = c.findings
		slices.SortFunc(c.merged, report.Compare)
	} else {
		c.merged = report.Merge(c.findings)
	}
	addFixes(prog, c.merged, opts.ReadFile)
	c.seen.Loops = sortedNames(c.loops)
	for i := range c.silencing {
		c.seen.Silencing = append(c.seen.Silencing, i)
	}
	slices.SortFunc(c.seen.Silencing, directive.Ignore.Compare)
	return c
}

// again looks at a callback of an imported package once more, for what could
// not be known there.
func (c *checker) again(cb effect.Callback) {
	r := callback.Root{Registration: cb.Registration, Func: cb.Func, Method: cb.Method, Loop: c.prog.Loop(cb.Loop)}
	if r.Loop == nil || c.done[rootKey(r)] {
		return
	}
	c.done[rootKey(r)] = true
	c.follow(r, cb.At, cb.Module, cb.Known)
}

func sortedNames(set map[string]bool) []string {
	var names []string
	for n := range set {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

type checker struct {
	prog      *effect.Program
	opts      Options
	findings  []report.Finding
	merged    []report.Finding
	open      []effect.Callback // to be looked at again by importers
	seen      Seen
	loops     map[string]bool
	silencing map[directive.Ignore]bool
	done      map[string]bool // roots that were followed
	current   string          // the package whose callbacks are followed
	callbacks map[effect.Sym]bool
	onLoop    map[effect.Sym]bool // functions by which a callback may block
	locks     []pending
	sends     []pending
}

// A pending is a lock that a callback takes, or a channel that it sends on.
// Whether it matters is decided when all is known that runs on the loops.
type pending struct {
	finding report.Finding
	effect  effect.Effect
	module  string
}

// root reports what one callback may do, and then the callbacks that it
// registers in ways only seen from it.
func (c *checker) root(p *effect.Package, r callback.Root) {
	if c.done[rootKey(r)] {
		return
	}
	c.done[rootKey(r)] = true
	at := r.Pos
	if r.Func != (effect.Sym{}) {
		at = c.prog.PosOf(r.Func)
		if at.Line == 0 {
			at = r.Pos
		}
	}
	if !c.opts.Tests && (strings.HasSuffix(at.File, "_test.go") || strings.HasSuffix(r.Pos.File, "_test.go")) {
		return
	}
	c.loops[r.Loop.Name] = true
	c.seen.Callbacks = append(c.seen.Callbacks, report.Callback{Name: r.Func, Pos: at, Registration: registration(r), Loop: r.Loop.Name})
	c.current = p.Path
	c.follow(r, at, p.Module, nil)
}

// rootKey tells callbacks apart.
func rootKey(r callback.Root) string {
	if r.Func == (effect.Sym{}) {
		return r.Value.String() + "|" + r.Loop.Name + "|" + r.Pos.String()
	}
	return r.Func.String() + "|" + r.Loop.Name
}

// follow reports what a callback may do, but for what is known of it already.
func (c *checker) follow(r callback.Root, at effect.Pos, module string, known []string) {
	res := c.prog.Resolve(r.Registration, module)
	c.seen.Unresolved += res.Unresolved
	keys := slices.Clone(known)
	for _, e := range res.Effects {
		keys = append(keys, c.effectKey(e))
	}
	slices.Sort(keys)
	if res.Open {
		c.open = append(c.open, effect.Callback{Registration: r.Registration, Func: r.Func, Method: r.Method, At: at, Module: module, Known: slices.Compact(keys)})
	}
	res.Effects = slices.DeleteFunc(res.Effects, func(e effect.Effect) bool {
		_, found := slices.BinarySearch(known, c.effectKey(e))
		return found
	})
	base := report.Finding{Suppressed: off(r), Root: c.current, Callback: r.Func, CallbackPos: at, RegistrationPos: r.Pos, Registration: registration(r), Loop: r.Loop}
	reentrant := map[effect.Pos]bool{}
	for _, e := range res.Effects {
		if e.Loop == r.Loop.Name {
			reentrant[last(e.Path).Pos] = true
		}
	}
	bySink := map[effect.Pos][]effect.Effect{}
	for _, e := range res.Effects {
		bySink[e.Sink()] = append(bySink[e.Sink()], e)
	}
	for _, e := range res.Effects {
		if e.Loop == "" && (reentrant[last(e.Path).Pos] || c.secondary(r, e, bySink[e.Sink()])) {
			continue // the same call, and less to say of it
		}
		if e.Kind == contract.Lock {
			c.locks = append(c.locks, pending{base, e, module})
			continue
		}
		for h := e.Path; h != nil; h = h.Next {
			c.onLoop[h.In] = true
		}
		if e.Sends != (effect.Sym{}) {
			c.sends = append(c.sends, pending{c.of(base, r, e), e, module})
			continue
		}
		c.effect(base, r, e)
	}
	for _, found := range res.Found {
		if root := callback.FromRegistration(c.prog, found); root.Loop != nil && !c.done[rootKey(root)] {
			c.done[rootKey(root)] = true
			c.follow(root, c.prog.PosOf(root.Func), module, nil)
		}
	}
}

// secondary reports whether some other effect of the call at which e stands says
// what there is to say of it, as loudly as e or louder.
func (c *checker) secondary(r callback.Root, e effect.Effect, beside []effect.Effect) bool {
	level, _ := c.level(r, e)
	return slices.ContainsFunc(beside, func(o effect.Effect) bool {
		if o.Kind == e.Kind || o.Loop != "" || o.Kind == contract.Lock || !c.opts.wants(o.Kind) {
			return false
		}
		other, _ := c.level(r, o)
		d := other - level
		a, b := last(o.Path), last(e.Path)
		if a.Pos == b.Pos && a.Callee == b.Callee {
			return d > 0 || d == 0 && c.rank(o) < c.rank(e)
		}
		// How a library that makes such a call waits for it is the library's own.
		return d >= 0 && b.Pos != e.Sink() && a.Pos != o.Sink() && covers(o.Kind, e.Kind)
	})
}

// rank returns the place of an effect among those of the contract it is from.
func (c *checker) rank(e effect.Effect) int {
	if f := c.prog.Contracts().Func(last(e.Path).Callee); f != nil {
		return slices.IndexFunc(f.Blocks, func(b contract.Block) bool { return b.Kind == e.Kind })
	}
	return -1
}

// covers reports whether a call that is of kind k need not be said to be of kind
// l too.
func covers(k, l contract.Kind) bool {
	switch l {
	case contract.Chan, contract.Wait:
		return k == contract.Exec || k == contract.Net || k == contract.DB
	case contract.FileMeta:
		return k == contract.File
	}
	return false
}

// off returns the reason not to report what a callback of a loop does that the
// program switches off.
func off(r callback.Root) *report.Suppression {
	if r.Off == nil {
		return nil
	}
	reason := r.Off.Call
	if r.Off.Value != "" {
		reason += " with " + r.Off.Value
	}
	return &report.Suppression{Kind: report.SwitchedOff, Reason: reason}
}

// effectKey tells the effects of a callback apart across packages.
func (c *checker) effectKey(e effect.Effect) string {
	key := string(e.Kind) + "|" + e.Sink().String() + "|" + e.Loop + "|" + e.Lock.String()
	for _, i := range c.prog.Ignores(e.Path.Hops()) {
		key += fmt.Sprintf("|%s/%s:%d:%d", i.Pkg, i.File, i.Line, i.Col)
	}
	return key
}

func last(h *effect.Path) *effect.Path {
	for h.Next != nil {
		h = h.Next
	}
	return h
}

// effect reports one effect of a callback. A wait for another loop is left to
// the other effects of the call.
func (c *checker) effect(f report.Finding, r callback.Root, e effect.Effect) {
	if e.Loop == "" || e.Loop == r.Loop.Name {
		c.add(c.of(f, r, e))
	}
}

// of returns the finding that an effect of a callback makes.
func (c *checker) of(f report.Finding, r callback.Root, e effect.Effect) report.Finding {
	f.Kind, f.May = e.Kind, e.May
	f.Category = string(e.Kind)
	f.Path = e.Path.Hops()
	f.Sink = slices.IndexFunc(f.Path, func(h effect.Hop) bool { return h.Pos == e.Sink() })
	f.Level, f.Ranked = c.level(r, e)
	f.Ignores = c.prog.Ignores(f.Path)
	if e.Loop != "" || slices.Contains(r.Loop.Deadlocks, e.Kind) {
		f.Category = report.Reentry
	}
	return f
}

// send reports a send. A channel that only callbacks of the loop empty is a trap
// whatever its size: when it is full, the one goroutine that could make room is
// the one that waits.
func (c *checker) send(f report.Finding, e effect.Effect) {
	name := e.Sends.Name[strings.LastIndexByte(e.Sends.Name, '.')+1:]
	receivers, off := 0, false
	for _, p := range c.prog.Known(f.Callback.Pkg, e.Sends.Pkg, name) {
		for _, r := range p.Receivers(e.Sends) {
			receivers++
			off = off || p.OffLoop(r, effect.Sym{}, c.callbacks, c.onLoop)
		}
	}
	if receivers > 0 && !off && e.Room >= 0 && !guessed(f.Path) {
		f.Category = report.Reentry
		f.Level = contract.Warning
		if e.Room == 0 {
			f.Level, f.May = contract.Error, false
		}
		f.Assumed = "only callbacks of this loop receive from " + e.Sends.Name
	}
	c.add(f)
}

func (c *checker) add(f report.Finding) {
	if f.Sink < 0 {
		f.Sink = 0
	}
	if f.Level == contract.Off {
		return
	}
	for _, i := range f.Ignores {
		c.silencing[i] = true
	}
	if c.opts.Admit(c.prog.Contracts(), &f) {
		c.findings = append(c.findings, f)
	}
}

// wants reports whether findings of kind k were asked for.
func (o *Options) wants(k contract.Kind) bool {
	return len(o.Kinds) == 0 || slices.Contains(o.Kinds, k)
}

// Admit applies to a finding what the project says of its file, and reports
// whether it was asked for.
func (o *Options) Admit(set *contract.Set, f *report.Finding) bool {
	f.Rank(set)
	switch {
	case f.Level < contract.Info, o.Level == contract.Off && f.Level < contract.Warning, f.Level < o.Level:
		return false
	case !o.wants(f.Kind) && !o.wants(contract.Kind(f.Category)):
		return false
	}
	return o.Tests || !strings.HasSuffix(f.SinkHop().Pos.File, "_test.go")
}

// level ranks an effect for the loop it holds, and says why it is not what it
// usually is, if it is not.
func (c *checker) level(r callback.Root, e effect.Effect) (contract.Level, string) {
	guesses := e.Path.Guesses()
	switch {
	case e.Loop == r.Loop.Name, e.Loop == "" && slices.Contains(r.Loop.Deadlocks, e.Kind):
		if guesses > 0 || e.May {
			return contract.Warning, ""
		}
		return contract.Error, ""
	case guesses >= 2:
		return contract.Info, fmt.Sprintf("%d calls on the path have several possible targets", guesses)
	case c.tolerated(r, e):
		return contract.Info, "the loop tolerates " + string(e.Kind)
	case e.Bound > 0 && e.Bound < c.budget(r.Loop):
		return contract.Info, fmt.Sprintf("bounded by %v, below the budget of %v", e.Bound, c.budget(r.Loop))
	}
	return e.Level, ""
}

func (c *checker) budget(l *contract.Loop) time.Duration {
	return cmp.Or(c.opts.Budget, l.Budget, defaultBudget)
}

// tolerated reports whether the loop puts up with this kind of effect here: not
// in a callback that draws, and not with one look at a file after another.
func (c *checker) tolerated(r callback.Root, e effect.Effect) bool {
	via := r.Via[strings.LastIndexByte(r.Via, '.')+1:]
	return slices.Contains(r.Loop.Tolerates, e.Kind) && !slices.Contains(r.Loop.StrictIn, cmp.Or(r.Method, via)) &&
		!(e.Kind == contract.FileMeta && e.Path.Looped())
}

// lock reports a mutex that a callback takes when some holder of it, on another
// goroutine, may block while it holds it. Only paths without a guess lead here.
func (c *checker) lock(f report.Finding, e effect.Effect, module string) {
	path := e.Path.Hops()
	if guessed(path) {
		return
	}
	name := e.Lock.Name[strings.LastIndexByte(e.Lock.Name, '.')+1:]
	var best *effect.Effect
	quiet := false // a comment silences it
	for _, p := range c.prog.Known(f.Callback.Pkg, e.Lock.Pkg, name) {
		for _, h := range p.HoldersOf(e.Lock) {
			if h.Shared && e.Shared || !p.OffLoop(h.In, e.Lock, c.callbacks, c.onLoop) {
				continue
			}
			for _, he := range c.prog.ResolveHolder(h, module) {
				if he.Level < contract.Warning || he.Kind == contract.Lock || he.Kind == contract.CPU || guessed(he.Path.Hops()) {
					continue
				}
				silenced := len(c.prog.Ignores(he.Path.Hops())) > 0
				if best == nil || quiet && !silenced || quiet == silenced && less(he, *best) {
					best, quiet = &he, silenced
				}
			}
		}
	}
	if best == nil {
		return
	}
	f.Kind, f.Category, f.May, f.Level = contract.Lock, string(contract.Lock), true, contract.Warning
	f.Path, f.Holder = path, best.Path.Hops()
	f.Ignores = c.prog.Ignores(slices.Concat(f.Path, f.Holder))
	f.Sink = slices.IndexFunc(f.Path, func(h effect.Hop) bool { return h.Pos == e.Sink() })
	c.add(f)
}

func guessed(path []effect.Hop) bool {
	return slices.ContainsFunc(path, func(h effect.Hop) bool { return h.Guess > 0 })
}

// less orders what holders do: by length of path, then by name.
func less(a, b effect.Effect) bool {
	x, y := a.Path.Hops(), b.Path.Hops()
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x[len(x)-1].Callee, y[len(y)-1].Callee), x[0].Pos.Compare(y[0].Pos)) < 0
}

// registration says how a function came to be a callback.
func registration(r callback.Root) string { return "callback of " + r.Via }
