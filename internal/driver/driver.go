package driver

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"go/version"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/analyzers/poolsaturation"
	"github.com/loopvet/loopvet/internal/baseline"
	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// The exit codes.
const (
	exitClean    = 0
	exitFindings = 1
	exitFailed   = 2 // something could not be analysed; wins over findings
)

// Main runs the command with the given arguments and returns its exit code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(stderr, "loopvet: internal error: %v\n%s", r, debug.Stack())
			code = exitFailed
		}
	}()
	if isUnit(args) {
		return unit(args, stdout, stderr)
	}
	fail := func(err error) int {
		fmt.Fprintf(stderr, "loopvet: %v\n", err)
		return exitFailed
	}
	c, err := parseFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		io.WriteString(stdout, usage)
		return exitClean
	case err != nil:
		return fail(err)
	case c.version:
		fmt.Fprintln(stdout, buildVersion())
		return exitClean
	case c.explain != "":
		text, err := explain(c.explain)
		if err != nil {
			return fail(err)
		}
		fmt.Fprintln(stdout, text)
		return exitClean
	}
	stop, err := profile(c)
	if err != nil {
		return fail(err)
	}
	defer stop()
	if c.command == cmdLSP {
		return serveEditor(ctx, c, os.Stdin, stdout, stderr)
	}
	r := &run{config: c, stderr: stderr, start: time.Now(), now: time.Now(), collector: newCollector()}
	return r.main(ctx, stdout)
}

// A run is one analysis of some packages.
type run struct {
	*config
	stderr    io.Writer
	start     time.Time
	now       time.Time // when comments are judged
	progress  *progress
	env       *environment
	store     *store
	collector *collector
	set       *contract.Set      // in force
	old       *baseline.Baseline // what is known, with -baseline
	graphs    []*graph           // of this platform, then of others; for positions
	files     []string           // that have changed, with -changed
	probes    []*probe           // for each graph, with -why
	diffs     []*change          // for each graph, with -changed
	work      sync.WaitGroup     // what may go on when analyse is cancelled
}

// A result is what a run found. It is what the cache keeps.
type result struct {
	Findings []report.Finding
	Seen     blockingcall.Seen
	Comments []comment
	Problems []Problem
	Packages int // analysed or seen to have no callbacks
	Excluded int // left out by build constraints
}

func (r *run) main(ctx context.Context, stdout io.Writer) int {
	res, ok := r.result(ctx)
	if !ok {
		return exitFailed
	}
	if r.fix {
		return r.mend(ctx, stdout, res)
	}
	if r.whyFile != "" {
		return r.explainLine(stdout, res)
	}
	r.timing("print")
	return r.print(stdout, res)
}

// result runs the analysis. It says what is wrong and reports false when there
// is no result.
func (r *run) result(ctx context.Context) (*result, bool) {
	res, err := r.analyse(ctx)
	r.progress.done()
	if ctx.Err() != nil {
		fmt.Fprintln(r.stderr, "loopvet: interrupted")
		return nil, false
	}
	if err != nil {
		r.failed(err)
		return nil, false
	}
	return res, true
}

// failed prints an error and returns the exit code for it.
func (r *run) failed(err error) int {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(r.stderr, "loopvet: %s\n", strings.TrimRight(line, "\n"))
	}
	return exitFailed
}

// timing says how long the run has taken when a stage begins.
func (r *run) timing(stage string) {
	if r.verbose {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Fprintf(r.stderr, "loopvet: %6.2fs %5d MB %s\n", time.Since(r.start).Seconds(), m.Sys>>20, stage)
	}
}

func (r *run) analyse(ctx context.Context) (*result, error) {
	if r.progress == nil {
		r.progress = newProgress(r.stderr)
	}
	r.progress.say("listing packages")
	r.timing("list")

	type listed struct {
		pkgs  []*pkg
		notes []string
		err   error
	}
	lists := make(chan listed, 1)
	listCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		pkgs, notes, err := r.listing(true, nil, r.patterns).run(listCtx)
		lists <- listed{pkgs, notes, err}
	}()
	if r.baseline != "" && r.command == "" {
		old, err := r.readBaseline(false)
		if err != nil {
			return nil, err
		}
		r.old = old
	}
	env, err := goEnv(ctx, r.dir)
	if err != nil {
		return nil, err
	}
	if r.changed.given {
		if r.files, err = changedFiles(ctx, r.dir, r.changed.name); err != nil {
			return nil, err
		}
	}
	r.env = env
	set, own, err := loadContracts(env.root(), r.dir, r.contracts)
	if err != nil {
		return nil, err
	}
	list := <-lists
	if list.err != nil {
		return nil, list.err
	}
	if err := newerGo(env.GOVERSION, list.pkgs); err != nil {
		return nil, err
	}

	r.store = openStore()
	defer r.store.close()

	r.timing("graph")
	g := newGraph(list.pkgs)
	r.addGraph(g)
	dirs := excludedDirs(g, r.dir, r.patterns)
	res, err := r.pass(ctx, g, set, own, env, nil)
	if err != nil {
		return nil, err
	}
	for _, d := range dirs {
		if d.whole {
			res.Excluded++
		}
	}
	if env.GOOS != "js" && wantsJS(dirs, r.tags) {
		if err := r.browser(ctx, res, dirs, set, own); err != nil {
			return nil, err
		}
	}
	if res.Packages == 0 && len(res.Problems) == 0 {
		text := strings.Join(list.notes, "; ")
		if res.Excluded > 0 {
			text = fmt.Sprintf("build constraints exclude all Go files of %s on %s/%s", count(res.Excluded, "package"), env.GOOS, env.GOARCH)
		}
		if text == "" {
			text = "no packages match"
		}
		res.Problems = append(res.Problems, Problem{Text: strings.TrimPrefix(text, "warning: ")})
	}
	return res, nil
}

// addGraph makes a graph one of the run's.
func (r *run) addGraph(g *graph) {
	r.graphs = append(r.graphs, g)
	if r.changed.given {
		r.diffs = append(r.diffs, r.changes(g))
	}
}

func (r *run) listing(export bool, env, patterns []string) listing {
	return listing{dir: r.dir, tags: r.tags, tests: r.tests, export: export, env: env, patterns: patterns}
}

// newerGo returns an error when the packages are written for, or compiled by, a
// Go that this binary cannot read.
func newerGo(goversion string, pkgs []*pkg) error {
	own := version.Lang(runtime.Version())
	if own == "" {
		return nil // a development version
	}
	if v := version.Lang(goversion); version.Compare(v, own) > 0 {
		return fmt.Errorf("the go command is %s and loopvet was built with %s: build loopvet with %s", goversion, runtime.Version(), v)
	}
	for _, p := range pkgs {
		if p.Module == nil || p.DepOnly {
			continue
		}
		if v := "go" + p.Module.GoVersion; version.Compare(version.Lang(v), own) > 0 {
			return fmt.Errorf("module %s needs %s and loopvet was built with %s: build loopvet with %s", p.Module.Path, v, runtime.Version(), version.Lang(v))
		}
	}
	return nil
}

// pass analyses one graph, or finds the result of that in the cache. Only
// selects the packages whose problems count; nil means all.
func (r *run) pass(ctx context.Context, g *graph, set *contract.Set, own []*contract.Config, env *environment, only func(*pkg) bool) (*result, error) {
	mains := slices.Clone(g.mains)
	for _, p := range g.roots {
		if m := p.modulePath(); m != "" {
			mains = append(mains, m)
		}
	}
	slices.Sort(mains)
	contracts := set.ForMain(slices.Compact(mains)...)
	r.set = cmp.Or(r.set, contracts)

	var diff *change
	if r.changed.given {
		diff = r.diffs[slices.Index(r.graphs, g)]
	}
	key, keyed := resultKey(r.config, contracts.Fingerprint(), env, diff.narrow(g.roots), g.closure(g.roots))
	if keyed = keyed && r.whyFile == ""; keyed {
		res := new(result)
		if r.store.get(key, res) {
			r.timing("result from the cache")
			return res, nil
		}
	}

	r.timing("gate")
	near := g.gate(contracts, r.pools, r.j)
	candidates := diff.narrow(g.candidates(near))
	if r.whyFile != "" {
		r.probes = append(r.probes, &probe{graph: g, near: near, set: contracts})
	}
	l := newLoader(g, near, contracts, env.GOARCH)
	l.loaded = func(path string) {
		r.progress.say("loading " + path)
		r.collector.tune()
	}
	l.stopped = func() bool { return ctx.Err() != nil }
	l.running = &r.work
	if err := l.validate(own); err != nil {
		return nil, err
	}
	r.timing(fmt.Sprintf("check %d of %d packages, %d with dependencies", len(candidates), len(g.roots), len(g.pkgs)))

	done := make(chan struct{})
	defer close(done)
	l.ahead(r.j, candidates, done)
	type checked struct {
		findings []report.Finding
		seen     blockingcall.Seen
		problems []Problem
	}
	out := make(chan checked, 1)
	r.work.Go(func() {
		var c checked
		c.findings, c.seen, c.problems = r.check(l, candidates, r.options())
		out <- c
	})
	var c checked
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case c = <-out:
	}
	r.timing(fmt.Sprintf("loaded %d packages", len(l.jobs)))

	if n := len(r.probes); n > 0 {
		r.probes[n-1].callbacks = len(c.seen.Callbacks)
	}
	res := &result{Seen: c.seen, Comments: r.comments(g, c.seen.Silencing)}
	for _, p := range g.roots {
		if len(p.GoFiles)+len(p.CgoFiles) > 0 {
			res.Packages++
		}
	}
	res.Findings = slices.DeleteFunc(c.findings, func(f report.Finding) bool {
		return r.whyFile == "" && isGenerated(r.file(f.SinkHop().Pos))
	})
	internal := c.problems
	res.Problems = r.problems(g, l, only)
	slices.SortFunc(res.Problems, compareProblem)
	res.Problems = slices.Compact(append(res.Problems, internal...))
	if keyed && len(internal) == 0 {
		r.store.put(key, res)
	}
	return res, nil
}

func (r *run) options() blockingcall.Options {
	if r.whyFile != "" {
		return blockingcall.Options{Level: contract.Info, Budget: r.budget, Tests: true, Raw: true, Off: true}
	}
	return blockingcall.Options{Level: r.level, Kinds: r.kinds, Budget: r.budget, Tests: r.tests, Pools: r.pools, Raw: r.raw()}
}

// check runs the analysis. Where it panics, it is run again on each package by
// itself, so that the others keep their findings.
func (r *run) check(l *loader, candidates []*pkg, opts blockingcall.Options) ([]report.Finding, blockingcall.Seen, []Problem) {
	paths := make([]string, len(candidates))
	for i, p := range candidates {
		paths[i] = p.path
	}
	findings, seen, problems, err := r.checkPaths(l, paths, opts)
	if err == nil {
		return findings, seen, problems
	}
	findings, seen, problems = nil, blockingcall.Seen{}, nil
	for _, path := range paths {
		f, s, p, err := r.checkPaths(l, []string{path}, opts)
		findings = append(findings, f...)
		problems = append(problems, p...)
		mergeSeen(&seen, s)
		if err != nil {
			problems = append(problems, Problem{Text: err.Error()})
			if r.verbose {
				fmt.Fprintf(r.stderr, "loopvet: %v\n%s", err, err.stack)
			}
		}
	}
	if opts.Raw {
		slices.SortFunc(findings, report.Compare)
		return findings, seen, problems
	}
	return report.Merge(findings), seen, problems
}

func (r *run) checkPaths(l *loader, paths []string, opts blockingcall.Options) (findings []report.Finding, seen blockingcall.Seen, problems []Problem, caught *panicError) {
	if len(paths) == 0 {
		return nil, blockingcall.Seen{}, nil, nil
	}
	defer func() {
		if v := recover(); v != nil {
			caught = &panicError{what: "checking " + paths[0], value: v, stack: debug.Stack()}
			if len(paths) > 1 {
				caught.what = "checking"
			}
		}
	}()
	prog := effect.NewProgram(effect.Config{Contracts: l.contracts, Source: l, Pools: true})
	findings, seen, err := blockingcall.Check(prog, paths, opts)
	if err != nil {
		problems = append(problems, Problem{Text: err.Error()})
	}
	tasks, of := poolsaturation.Check(prog, paths, opts)
	findings = append(findings, tasks...)
	slices.SortFunc(findings, report.Compare)
	seen.Tasks, seen.Silencing = of.Tasks, append(seen.Silencing, of.Silencing...)
	for _, path := range sorted(prog.Broken) {
		if r.verbose {
			fmt.Fprintf(r.stderr, "loopvet: %v\n", prog.Broken[path])
		}
		// What is wrong with its source is reported as such.
		if p := l.graph.byPath[path]; p != nil && len(l.problems[p]) == 0 && p.Error == nil {
			problems = append(problems, Problem{Text: prog.Broken[path].Error()})
		}
	}
	if n := len(r.probes); n > 0 {
		r.probes[n-1].prog = prog
	}
	return findings, seen, problems, nil
}

// problems returns what is wrong with the packages of a graph: with the roots,
// with what is missing, and with each dependency that had to be read.
func (r *run) problems(g *graph, l *loader, only func(*pkg) bool) []Problem {
	var out []Problem
	for _, p := range g.pkgs {
		if p.Standard || p.isTestMain() || only != nil && !only(p) {
			continue
		}
		missing := len(p.GoFiles)+len(p.CgoFiles) == 0
		switch {
		case len(l.problems[p]) > 0:
			out = append(out, l.problems[p]...)
		case p.Error == nil:
		case missing && (len(p.IgnoredGoFiles) > 0 || strings.Contains(p.Error.Err, "no non-test Go files")):
		case missing || !p.DepOnly:
			out = append(out, p.problems(r.dir)...)
		}
	}
	// The variants of a package for tests have its errors too.
	slices.SortFunc(out, compareProblem)
	return slices.CompactFunc(out, func(a, b Problem) bool {
		if a.File == "" || a.File != b.File || a.Line != b.Line {
			return a == b
		}
		// The go command says of an import what the type checker says after it.
		return a.Column == b.Column || strings.HasPrefix(b.Text, couldNotImport)
	})
}

// browser analyses what only a build for the browser has. Nothing is compiled
// for that, which could take minutes: what is imported is read from source.
func (r *run) browser(ctx context.Context, res *result, dirs []dir, set *contract.Set, own []*contract.Config) error {
	r.progress.say("listing packages for js/wasm")
	r.timing("list for js/wasm")
	platform := []string{"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"}
	pkgs, _, err := r.listing(false, platform, r.patterns).run(ctx)
	if err != nil {
		return fmt.Errorf("GOOS=js: %v", err)
	}
	g := newGraph(pkgs)
	g.roots = g.candidates(g.browserGate(set.RegistrationNames()[jsPackage]))
	if len(g.roots) == 0 {
		return nil
	}
	r.addGraph(g)
	env := *r.env
	env.GOOS, env.GOARCH, env.CGO_ENABLED = "js", "wasm", "0"
	// What builds for the host need not build for the browser.
	whole := map[string]bool{}
	for _, d := range dirs {
		if d.whole {
			whole[d.path] = true
		}
	}
	js, err := r.pass(ctx, g, set, own, &env, func(p *pkg) bool { return whole[p.Dir] })
	if err != nil {
		return err
	}
	res.Findings = append(res.Findings, js.Findings...)
	mergeSeen(&res.Seen, js.Seen)
	res.Comments = mergeComments(res.Comments, js.Comments)
	res.Problems = append(res.Problems, js.Problems...)
	for _, p := range g.roots {
		if whole[p.Dir] {
			whole[p.Dir] = false
			res.Packages++
			res.Excluded--
		}
	}
	return nil
}

// browserGate is gate for syscall/js alone.
func (g *graph) browserGate(names []string) []bool {
	near := make([]bool, len(g.pkgs))
	for _, p := range g.pkgs {
		for _, dep := range p.imports {
			if near[dep.index] || dep.path == jsPackage && !p.Standard && slices.ContainsFunc(names, p.mentions) {
				near[p.index] = true
				break
			}
		}
	}
	return near
}

func mergeSeen(to *blockingcall.Seen, from blockingcall.Seen) {
	to.Loops = append(to.Loops, from.Loops...)
	slices.Sort(to.Loops)
	to.Loops = slices.Compact(to.Loops)
	to.Callbacks = append(to.Callbacks, from.Callbacks...)
	slices.SortFunc(to.Callbacks, report.CompareCallback)
	to.Callbacks = slices.CompactFunc(to.Callbacks, func(a, b report.Callback) bool { return report.CompareCallback(a, b) == 0 })
	to.Tasks += from.Tasks
	to.Silencing = append(to.Silencing, from.Silencing...)
	to.Unresolved += from.Unresolved
}

// file returns the file that a position lies in, or "" when its package is not
// known.
func (r *run) file(pos effect.Pos) string {
	if pos.File == "" || filepath.IsAbs(pos.File) {
		return pos.File
	}
	for _, g := range r.graphs {
		if p := g.byPath[pos.Pkg]; p != nil && p.Dir != "" {
			return filepath.Join(p.Dir, pos.File)
		}
	}
	return ""
}

// profile starts the profiles that are asked for, and returns what ends them.
func profile(c *config) (stop func(), err error) {
	stop = func() {}
	if c.cpuFile != "" {
		f, err := os.Create(c.cpuFile)
		if err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return nil, err
		}
		stop = func() {
			pprof.StopCPUProfile()
			f.Close()
		}
	}
	if c.memFile == "" {
		return stop, nil
	}
	f, err := os.Create(c.memFile)
	if err != nil {
		return nil, err
	}
	cpu := stop
	return func() {
		cpu()
		pprof.Lookup("allocs").WriteTo(f, 0)
		f.Close()
	}, nil
}

// buildVersion returns the version of the binary, as far as it knows it.
func buildVersion() string {
	return fmt.Sprintf("loopvet %s %s %s/%s", moduleVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// count returns "1 loop" or "2 loops".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
