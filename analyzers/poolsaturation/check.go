package poolsaturation

import (
	"slices"
	"strings"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/internal/callback"
	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// Options are what a run may be told. Budget is of no use here, and Kinds may
// name rules: "pool-selfwait".
type Options = blockingcall.Options

// Seen is what a run looked at.
type Seen struct {
	Tasks int // functions that are handed to pools, each once for each place
	// Silencing are the comments on the way of some finding, of whatever level.
	Silencing []directive.Ignore
}

// Check returns the findings of the tasks that the packages submit, sorted. The
// program must list operations on pools.
func Check(prog *effect.Program, paths []string, opts Options) ([]report.Finding, Seen) {
	findings, seen, _ := check(prog, paths, opts, nil)
	return findings, seen
}

// check is Check for packages of which the imported ones have these edges. It
// returns the edges of all.
func check(prog *effect.Program, paths []string, opts Options, imported []edge) ([]report.Finding, Seen, []edge) {
	c := &checker{prog: prog, opts: opts, callback: map[string][]callback.Root{}}
	for _, path := range paths {
		if p := prog.Package(path); p != nil && c.byHand(p) {
			c.hire(p)
		}
	}
	for _, path := range paths {
		if p := prog.Package(path); p != nil {
			c.collect(p)
		}
	}
	for _, w := range c.crews {
		c.crew(w)
	}
	for _, t := range c.tasks {
		c.selfwait(t)
		c.heldlock(t)
		c.forever(t)
		c.kernel(t)
		c.partition(t)
		c.affinity(t)
	}
	edges := c.cycles(imported)
	for _, path := range paths {
		if p := prog.Package(path); p != nil {
			c.semaphores(p)
			c.callbacks(p)
		}
	}
	c.fanout()
	slices.SortFunc(c.silencing, directive.Ignore.Compare)
	seen := Seen{Tasks: len(c.tasks), Silencing: slices.Compact(c.silencing)}
	findings := c.oneEach()
	if opts.Raw {
		slices.SortFunc(findings, report.Compare)
		return findings, seen, edges
	}
	return report.Merge(findings), seen, edges
}

// byHand reports whether pools made by hand are looked for in p: it has callbacks,
// or every package was asked for.
func (c *checker) byHand(p *effect.Package) bool { return c.opts.Pools || len(c.roots(p)) > 0 }

type checker struct {
	prog     *effect.Program
	opts     Options
	tasks    []*task
	limits   []limit
	crews    []*crew
	submits  []submit
	callback map[string][]callback.Root // by package
	findings []report.Finding

	silencing []directive.Ignore
}

// A submit is an operation that hands something to a pool, in terms of the
// function in.
type submit struct {
	pkg *effect.Package
	in  effect.Sym
	op  effect.Op
	on  effect.Values // the pool
}

// A task is one function that one submit hands to a pool.
type task struct {
	submit
	fn  effect.Sym
	res effect.Resolution
}

// A limit is a number of workers that a pool is given somewhere.
type limit struct {
	in   effect.Sym
	on   effect.Values
	size int
}

// collect lists what the functions of p submit.
func (c *checker) collect(p *effect.Package) {
	type found struct {
		in effect.Sym
		op effect.Op
	}
	var ops []found
	for _, fn := range p.Functions() {
		in := effect.SSASym(fn)
		for _, o := range p.Ops(fn) {
			switch o.Verb {
			case effect.Limit:
				c.limits = append(c.limits, limit{in, o.On.Pool(), o.Size})
			case effect.Submit:
				ops = append(ops, found{in, o})
			}
		}
	}
	for _, f := range ops {
		if !c.opts.Tests && strings.HasSuffix(f.op.Sink().Pos.File, "_test.go") {
			continue
		}
		s := submit{p, f.in, f.op, f.op.On.Pool()}
		if c.workers(s) == 0 {
			continue // a group of goroutines, and no pool
		}
		if byHand(s) && c.crewOf(s) == nil {
			continue // a channel, and nobody who runs what is sent
		}
		c.submits = append(c.submits, s)
		for _, v := range c.prog.Runs(f.in, f.op.Task) {
			t := &task{submit: s, fn: v.Sym}
			t.res = c.prog.ResolveTask(f.in, v, nil)
			c.tasks = append(c.tasks, t)
		}
	}
}

// workers returns the number of workers of a submit's pool, when it is constant
// and known; else -1, and 0 where no limit is seen on what needs one.
func (c *checker) workers(s submit) int {
	for _, v := range s.on {
		if v.Op == effect.Object && v.Index > 0 {
			return v.Index
		}
	}
	for _, l := range c.limits {
		if c.same(s.in, s.on, l.in, l.on) != different {
			if l.size > 0 {
				return l.size
			}
			if l.size == 0 {
				return -1
			}
		}
	}
	if s.op.Limited || c.all(s, effect.NoLimit) {
		return 0
	}
	if byHand(s) {
		if w := c.crewOf(s); w != nil && w.many > 0 {
			return int(w.many)
		}
	}
	return -1
}

// all reports whether every pool that a submit is known to be on has this note.
func (c *checker) all(s submit, note string) bool {
	known := false
	for _, v := range c.contents(s.in, c.prog.Supplied(s.in, s.on).Pool()) {
		if v.Op == effect.Object {
			if v.Note != note {
				return false
			}
			known = true
		}
	}
	return known
}

// task returns what a finding about a task has in any case.
func (c *checker) finding(t *task, rule string, level contract.Level, o effect.Op) report.Finding {
	f := report.Finding{
		Category: "pool-" + rule, Level: level, May: level < contract.Error,
		Callback: t.fn, CallbackPos: c.prog.PosOf(t.fn),
		Registration: "task of " + c.submitName(t.submit), RegistrationPos: t.op.Sink().Pos,
		Path: o.Path.Hops(),
	}
	f.Sink = max(0, slices.IndexFunc(f.Path, func(h effect.Hop) bool { return h.Pos == o.Sink().Pos }))
	return f
}

// submitName returns the name of the function that a submit calls.
func (c *checker) submitName(s submit) string {
	return lastHop(s.op).Callee
}

func (c *checker) add(f report.Finding) {
	f.Ignores = c.prog.Ignores(slices.Concat(f.Path, f.Holder))
	c.silencing = append(c.silencing, f.Ignores...)
	if c.opts.Admit(c.prog.Contracts(), &f) {
		c.findings = append(c.findings, f)
	}
}

// Rules returns the names of the rules, which are the categories of findings.
func Rules() []string { return slices.Clone(rules) }

// rules orders the categories by what is said first of a line that breaks
// several: what is certain to stop, then what may, then what is merely unwise.
var rules = []string{"pool-selfwait", "pool-heldlock", "pool-cycle", "pool-affinity", "pool-forever", "pool-fanout", "pool-kernel", "pool-partition"}

// oneEach keeps, for each line, the findings of one rule.
func (c *checker) oneEach() []report.Finding {
	type place struct {
		pkg, file string
		line      int
	}
	at := func(f report.Finding) place {
		p := f.SinkHop().Pos
		return place{p.Pkg, p.File, p.Line}
	}
	rank := func(f report.Finding) int {
		return int(contract.Error-f.Level)*len(rules) + slices.Index(rules, f.Category)
	}
	best := map[place]string{}
	ranks := map[place]int{}
	for _, f := range c.findings {
		p, r := at(f), rank(f)
		if old, ok := ranks[p]; !ok || r < old {
			ranks[p], best[p] = r, f.Category
		}
	}
	return slices.DeleteFunc(c.findings, func(f report.Finding) bool { return best[at(f)] != f.Category })
}

// roots returns the callbacks that a package registers.
func (c *checker) roots(p *effect.Package) []callback.Root {
	roots, ok := c.callback[p.Path]
	if !ok {
		roots = callback.Find(c.prog, p)
		c.callback[p.Path] = roots
	}
	return roots
}
