package driver

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// A probe is what an analysis leaves behind for -why.
type probe struct {
	graph *graph
	near  []bool
	set   *contract.Set
	prog  *effect.Program // nil when no package registers callbacks

	callbacks int // that were found
}

// parseWhy splits FILE:LINE. The file is taken from dir.
func parseWhy(arg, dir string) (file string, line int, err error) {
	i := strings.LastIndexByte(arg, ':')
	if i > 0 {
		line, err = strconv.Atoi(arg[i+1:])
	}
	if i <= 0 || err != nil || line < 1 {
		return "", 0, fmt.Errorf("-why wants FILE:LINE, not %q", arg)
	}
	file = filepath.FromSlash(arg[:i])
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		return "", 0, fmt.Errorf("-why: %s: no such file", arg[:i])
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	return file, line, nil
}

// explainLine answers -why, and returns the exit code.
func (r *run) explainLine(w io.Writer, res *result) int {
	r.printProblems(res)
	code := exitClean
	if len(res.Problems) > 0 {
		code = exitFailed
	}
	findings := slices.DeleteFunc(r.all(res), func(f report.Finding) bool { return !r.touches(&f) })
	for i := range findings {
		if i > 0 {
			fmt.Fprintln(w)
		}
		r.explainFinding(w, &findings[i])
	}
	if len(findings) > 0 {
		return code
	}
	text := r.whyNot()
	if text == "" {
		fmt.Fprintf(r.stderr, "loopvet: no package of this run has %s: name its package\n", relative(r.dir, r.whyFile))
		return exitFailed
	}
	io.WriteString(w, text)
	return code
}

// touches reports whether a path of the finding goes through the line.
func (r *run) touches(f *report.Finding) bool {
	on := func(h effect.Hop) bool { return h.Pos.Line == r.whyLine && r.file(h.Pos) == r.whyFile }
	return slices.ContainsFunc(f.Path, on) || slices.ContainsFunc(f.Holder, on)
}

func (r *run) place(p effect.Pos) string {
	name := r.file(p)
	if name == "" {
		name = p.File
	}
	return fmt.Sprintf("%s:%d:%d", relative(r.dir, name), p.Line, p.Col)
}

func (r *run) explainFinding(w io.Writer, f *report.Finding) {
	fmt.Fprintf(w, "%s: %s\n", r.place(f.SinkHop().Pos), f.Headline())
	fmt.Fprintf(w, "  %s\n", r.verdict(f))
	if f.Text != "" {
		return
	}
	home := f.Callback.Pkg
	role := "callback"
	if f.Says != 0 {
		role = "task"
	}
	fmt.Fprintf(w, "  %s: %s at %s, %s\n", role, callbackName(f, home), r.place(f.CallbackPos), report.Shorten(f.Registration, home))
	if f.RegistrationPos.Line > 0 {
		fmt.Fprintf(w, "  registered at %s\n", r.place(f.RegistrationPos))
	}
	if f.Loop != nil {
		fmt.Fprintf(w, "  loop: %s, %s\n", f.Loop.Name, source(f.Loop.Source, f.Loop.Evidence, "//loopvet: comments of that package"))
	}
	fmt.Fprintln(w, "  path:")
	r.explainPath(w, f.Path, home)
	if len(f.Holder) > 0 {
		fmt.Fprintf(w, "  %s by %s:\n", f.HolderTitle(), report.ShortSym(f.Holder[0].In, home))
		r.explainPath(w, f.Holder, home)
	}
	if len(f.Must) > 0 {
		fmt.Fprintf(w, "  %s:\n", f.MustTitle())
		r.explainPath(w, f.Must, home)
	}
	for _, path := range [][]effect.Hop{f.Path, f.Holder} {
		if len(path) == 0 {
			continue
		}
		if text := r.endOf(path[len(path)-1], home); text != "" {
			fmt.Fprintf(w, "  %s\n", text)
		}
	}
	for _, text := range r.assumptions(f) {
		fmt.Fprintf(w, "  assumed: %s\n", text)
	}
}

func callbackName(f *report.Finding, home string) string {
	if f.Callback == (effect.Sym{}) {
		return "a function value"
	}
	return report.ShortSym(f.Callback, home)
}

// explainPath writes the steps of a path: where, what is called, and how.
func (r *run) explainPath(w io.Writer, path []effect.Hop, home string) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, h := range path {
		edge := h.Edge.String()
		if h.Guess > 0 {
			edge += fmt.Sprintf(", one of %d possible targets", h.Guess+1)
		}
		fmt.Fprintf(tw, "    %s\t%s\t%s\n", r.place(h.Pos), report.ShortCallee(h.Callee, home), edge)
	}
	tw.Flush()
}

// verdict says whether the finding is reported, and why not.
func (r *run) verdict(f *report.Finding) string {
	level := "level " + f.Level.String()
	if f.Ranked != "" {
		level += " (" + f.Ranked + ")"
	} else if f.Level == contract.Info {
		level += " (as what is called there is ranked)"
	}
	switch s := f.Suppressed; {
	case s != nil && s.Kind == report.SwitchedOff:
		return "not reported: the program switches the loop off, it calls " + s.Reason
	case s != nil:
		by := map[string]string{report.Ignore: "silenced by a comment", report.Baseline: "known to the baseline", report.Exclude: "excluded"}[s.Kind]
		text := fmt.Sprintf("not reported: %s, %s", by, strings.TrimSuffix(r.place(s.At), ":0"))
		if s.Reason != "" {
			text += ": " + s.Reason
		}
		return text
	case isGenerated(r.file(f.SinkHop().Pos)):
		return "not reported: the file is generated"
	case !r.tests && slices.ContainsFunc([]effect.Pos{f.SinkHop().Pos, f.CallbackPos, f.RegistrationPos}, func(p effect.Pos) bool { return strings.HasSuffix(p.File, "_test.go") }):
		return "not reported: a test file; -tests asks for these"
	case f.Level < r.level:
		return fmt.Sprintf("not reported: %s; -level %s shows it", level, f.Level)
	case len(r.kinds) > 0 && !slices.Contains(r.kinds, f.Kind) && !slices.Contains(r.kinds, contract.Kind(f.Category)):
		return fmt.Sprintf("not reported: -kinds asks for %s", joinKinds(r.kinds, ","))
	}
	return "reported, at " + level
}

// assumptions lists what the verdict rests on beyond the code on the path.
func (r *run) assumptions(f *report.Finding) []string {
	var out []string
	for _, h := range slices.Concat(f.Path, f.Holder) {
		if h.Guess > 0 {
			out = append(out, fmt.Sprintf("the call at %s reaches %s, one of %d that are possible", r.place(h.Pos), report.ShortCallee(h.Callee, f.Callback.Pkg), h.Guess+1))
		}
	}
	if f.Assumed != "" {
		out = append(out, f.Assumed)
	}
	if f.May && len(out) == 0 {
		out = append(out, "it depends on more than the code on the path whether the call waits")
	}
	return out
}

// source says where something is laid down.
func source(at, evidence, otherwise string) string {
	if at == "" {
		return otherwise
	}
	text := "contract " + at
	if evidence != "" {
		text += ": " + evidence
	}
	return text
}

// endOf says what the end of a path rests on. It is "" where only the source
// would say it, and the run has no probes that keep that.
func (r *run) endOf(h effect.Hop, home string) string {
	name := report.ShortCallee(h.Callee, home)
	if f := r.set.Func(h.Callee); f != nil {
		return fmt.Sprintf("%s: %s, %s", name, blocks(f), source(f.Source, f.Evidence, "contract"))
	}
	switch {
	case h.Edge == effect.Primitive && h.In.String() != h.Callee:
		return name + ": an operation of the language"
	case strings.HasPrefix(h.Callee, "C."):
		return name + ": what C does, and for how long, is out of sight"
	case len(r.probes) == 0:
		return ""
	}
	for _, pr := range r.probes {
		if at, ok := pr.declared(r, h.Callee); ok {
			return name + ": a //loopvet: comment at " + r.place(at)
		}
	}
	return name + ": its name, which is that of a logger's function, or the kind of what it is called on"
}

// declared returns where a function is declared whose comments say what it does.
func (pr *probe) declared(r *run, full string) (effect.Pos, bool) {
	p, _ := r.packageOf(full)
	if p == nil || pr.prog == nil {
		return effect.Pos{}, false
	}
	q := pr.prog.Package(p.path)
	if q == nil {
		return effect.Pos{}, false
	}
	for sym := range q.Directives {
		if sym.String() == full {
			return pr.prog.PosOf(sym), true
		}
	}
	return effect.Pos{}, false
}

// blocks says what a contract says of a function.
func blocks(f *contract.Func) string {
	var parts []string
	for _, b := range f.Blocks {
		text := "blocks "
		if b.May {
			text = "may block "
		}
		text += "(" + string(b.Kind) + ")"
		if b.Level != contract.Off {
			text += " at level " + b.Level.String()
		}
		if b.Bound != contract.NoBound {
			text += fmt.Sprintf(", for argument %d", b.Bound)
		}
		if b.Unless.Op != "" {
			text += fmt.Sprintf(", unless argument %d %s %d", b.Unless.Arg, b.Unless.Op, b.Unless.N)
		}
		parts = append(parts, text)
	}
	switch {
	case f.Reentrant:
		parts = append(parts, "waits for the loop")
	case f.Nonblocking:
		parts = append(parts, "does not block")
	case len(parts) == 0:
		parts = append(parts, "nothing of how it blocks")
	}
	return strings.Join(parts, ", ")
}

// whyNot says why nothing is reported on the line; "" when its file is in no
// package of the run.
func (r *run) whyNot() string {
	at := fmt.Sprintf("%s:%d: ", relative(r.dir, r.whyFile), r.whyLine)
	base := filepath.Base(r.whyFile)
	left := ""
	for _, pr := range r.probes {
		for _, p := range pr.graph.pkgs {
			if p.Dir != filepath.Dir(r.whyFile) || p.isTestMain() {
				continue
			}
			switch {
			case slices.Contains(p.files(), r.whyFile):
				if pr.graph.byPath[p.path] != p {
					continue // another variant of it counts
				}
				return r.whyNotIn(at, base, pr, p)
			case slices.Contains(p.IgnoredGoFiles, base):
				left = at + "build constraints leave the file out\n"
			case strings.HasSuffix(base, "_test.go") && !r.tests:
				left = at + "a test file; -tests asks for these\n"
			}
		}
	}
	return left
}

// whyNotIn is whyNot for a line in a package of the run.
func (r *run) whyNotIn(at, base string, pr *probe, p *pkg) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, at+format+"\n", args...) }
	if pr.set.Opaque(p.path) {
		say("contracts alone decide for package %s: its source is not read", p.path)
		return b.String()
	}
	var q *effect.Package
	if pr.prog != nil {
		q = pr.prog.Package(p.path)
	}
	gate := fmt.Sprintf("package %s registers no callback, and imports none that does", p.path)
	if q == nil {
		if pr.prog == nil || !pr.near[p.index] {
			say("%s", gate)
		} else {
			say("the package could not be read")
		}
		return b.String()
	}
	sites := q.At(base, r.whyLine)
	if len(sites) == 0 {
		say("nothing is called on this line, and nothing waited for")
	}
	for _, s := range sites {
		say("%s", r.whyNotSite(pr, s))
	}
	if isGenerated(r.whyFile) {
		say("the file is generated: nothing is reported in it")
	}
	if len(sites) > 0 && !pr.near[p.index] {
		say("%s: only callbacks elsewhere could come here", gate)
	}
	return b.String()
}

// whyNotSite says why nothing is reported of one call or operation.
func (r *run) whyNotSite(pr *probe, s effect.Site) string {
	home := s.In.Pkg
	in := report.ShortSym(s.In, home)
	what := s.What
	var names []string
	for _, t := range s.Targets {
		names = append(names, report.ShortCallee(t.Name, home))
	}
	if what == "" {
		what = strings.Join(names, ", ")
	}
	switch {
	case s.Dead:
		return fmt.Sprintf("%s: this build never comes here", what)
	case s.Go:
		return fmt.Sprintf("%s: starts a goroutine, and does not wait for it", what)
	case len(s.Effects) > 0 && !slices.ContainsFunc(s.Effects, func(e effect.Effect) bool { return e.Kind != contract.Lock }):
		return what + " takes a lock: that is reported when a callback comes here and one that holds it meanwhile may block, " +
			"and no such pair was found"
	case len(s.Effects) > 0:
		var kinds []string
		for _, e := range s.Effects {
			text := "blocks (" + string(e.Kind) + ")"
			if e.May {
				text = "may block (" + string(e.Kind) + ")"
			}
			if e.Kind == contract.Lock {
				text = "takes a lock, which matters when one that holds it may block"
			}
			if !slices.Contains(kinds, text) {
				kinds = append(kinds, text)
			}
		}
		return fmt.Sprintf("%s %s, but %s is not on a loop: none of %s that were found comes here", what, strings.Join(kinds, ", "), in, count(pr.callbacks, "callback"))
	case s.What != "":
		return fmt.Sprintf("%s: what is known of the channel says that it does not wait, or that nothing is known of it", what)
	case len(s.Targets) == 0:
		return "a call whose target is not known"
	}
	var parts []string
	for i, t := range s.Targets {
		parts = append(parts, names[i]+": "+whyNotTarget(pr, t))
	}
	return strings.Join(parts, "; ")
}

func whyNotTarget(pr *probe, t effect.Target) string {
	switch f := t.Contract; {
	case t.Symbolic && len(t.Values) == 0:
		return "what is there is up to callers, or not known"
	case t.Symbolic:
		return "known to be there: " + strings.Join(t.Values, ", ") + "; none of these was found to block"
	case t.Declared:
		return "a //loopvet: comment at its declaration decides"
	case f != nil && len(f.Blocks) > 0:
		return fmt.Sprintf("%s, but not with these arguments: bounded, or a constant for which it does not wait (%s)", blocks(f), source(f.Source, f.Evidence, "contract"))
	case f != nil:
		return fmt.Sprintf("%s (%s)", blocks(f), source(f.Source, f.Evidence, "contract"))
	case t.Opaque:
		return "contracts alone decide for its package, and none says that it blocks"
	}
	return "its source was read, and nothing in it was found to block"
}
