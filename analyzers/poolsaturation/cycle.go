package poolsaturation

// Pools that wait for each other. Each wait of a task on one pool for a task of
// another is an edge; a cycle of edges can hold all workers of its pools at once.
// Edges travel as facts, so that packages which know nothing of each other are
// joined in the one that imports both.

import (
	"cmp"
	"slices"

	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// An edge is a wait of a task on the pool From for a task on the pool To, both in
// terms of the function In.
type edge struct {
	In       effect.Sym
	From, To effect.Values
	Certain  bool // the wait is for that task and nothing else ends it
	Full     bool // tasks like this one are certain to hold all workers of From
	May      bool

	Task               effect.Sym
	TaskPos, SubmitPos effect.Pos
	Registration       string
	Path               []effect.Hop
	Sink               int
	imported           bool
}

// waits is the fact that lists the edges of a package and of what it imports.
type waits struct{ Edges []edge }

// AFact marks waits as a fact of go/analysis.
func (*waits) AFact() {}

func (w *waits) String() string { return "waits of tasks for tasks on other pools" }

// edges returns the edges of the tasks of this run.
func (c *checker) edges() []edge {
	var out []edge
	add := func(t *task, o effect.Op, to effect.Values, sure bool) {
		f := c.finding(t, "cycle", 0, o)
		out = append(out, edge{
			In: t.in, From: t.on, To: to, Certain: sure && !o.May, Full: c.full(t), May: o.May,
			Task: f.Callback, TaskPos: f.CallbackPos, SubmitPos: f.RegistrationPos, Registration: f.Registration, Path: f.Path, Sink: f.Sink,
		})
	}
	for _, t := range c.tasks {
		for _, o := range t.res.Ops {
			if o.Where != effect.HereOp {
				continue
			}
			switch {
			case o.Verb == effect.Await:
				for _, n := range c.needs(t.in, o, t.res.Ops) {
					if c.same(t.in, t.on, t.in, n.pool) == different {
						add(t, o, n.pool, n.rel == certain)
					}
				}
			case o.Verb == effect.Submit && (o.Waits || c.blocks(submit{t.pkg, t.in, o, o.On.Pool()})):
				if to := o.On.Pool(); c.same(t.in, t.on, t.in, to) == different {
					add(t, o, to, true)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b edge) int {
		return cmp.Or(slices.CompareFunc(a.Path, b.Path, func(g, h effect.Hop) int { return g.Pos.Compare(h.Pos) }), a.In.Compare(b.In), a.Task.Compare(b.Task))
	})
	return out
}

// exported returns the edges that mean something in other packages.
func exported(edges []edge) []edge {
	var out []edge
	for _, e := range edges {
		e.From, e.To = absolute(plain(e.From)), absolute(plain(e.To))
		e.imported = false
		if len(e.From) > 0 && len(e.To) > 0 {
			out = append(out, e)
		}
	}
	return out
}

// cycles reports the waits by which pools wait for each other: those of this run,
// and those of imported packages that it completes.
func (c *checker) cycles(imported []edge) []edge {
	edges := c.edges()
	for _, e := range imported {
		e.imported = true
		edges = append(edges, e)
	}
	for i, e := range edges {
		way := c.way(edges, e, i, map[int]bool{i: true})
		if len(way) == 0 || e.imported && !slices.ContainsFunc(way, func(e edge) bool { return !e.imported }) {
			continue
		}
		rel, sure, from := certain, true, e
		for _, next := range append(way[:len(way):len(way)], e) {
			rel = min(rel, c.same(from.In, from.To, next.In, next.From))
			sure = sure && next.Certain && next.Full
			from = next
		}
		f := report.Finding{
			Category: "pool-cycle", Level: c.level(rel == certain && sure), May: rel < certain || e.May, Says: report.OtherPool,
			Callback: e.Task, CallbackPos: e.TaskPos, Registration: e.Registration, RegistrationPos: e.SubmitPos,
			Path: e.Path, Sink: e.Sink, Must: way[0].Path,
		}
		c.add(f)
	}
	return edges
}

// way returns the edges that lead from the pool which e waits for to the one that
// the edge number start comes from, nil when there are none.
func (c *checker) way(edges []edge, e edge, start int, seen map[int]bool) []edge {
	home := edges[start]
	for i, next := range edges {
		if seen[i] || c.same(e.In, e.To, next.In, next.From) == different {
			continue
		}
		if c.same(next.In, next.To, home.In, home.From) != different {
			return []edge{next}
		}
		seen[i] = true
		if more := c.way(edges, next, start, seen); more != nil {
			return append([]edge{next}, more...)
		}
	}
	return nil
}
