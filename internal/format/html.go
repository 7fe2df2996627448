package format

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/patch"
	"github.com/loopvet/loopvet/internal/report"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
)

// around is the number of source lines that the page shows before and after
// the line of a hop. Of a path with more than openHops the ends are unfolded.
const (
	around   = 2
	openHops = 3
)

// What the template is filled with.
type (
	page struct {
		Title, Policy   string
		Index           string // heading of the list of groups
		Style           template.CSS
		Script          template.JS
		Seen            []string
		Levels, Kinds   []pageCount
		Groups          []*pageGroup
		Errors          []Error
		SuppressedTitle string
		Suppressed      []pageFinding
		Version, Manual string
	}
	pageCount struct {
		Name string
		N    int
	}
	// A pageGroup is a callback, or a task of a pool, with its findings.
	pageGroup struct {
		ID, Name, Place, Registration, Loop, Level string
		Short, Base                                string // for the index
		Findings                                   []pageFinding
		task                                       bool
		worst                                      contract.Level
	}
	pageFinding struct {
		ID, Level, Category, URL, Place, Headline, Reason, Advice string
		Paths                                                     []pagePath
		Notes                                                     []string
		Also                                                      [][]pageHop
		Fix                                                       *pageFix
		level                                                     contract.Level
	}
	// A pagePath is a list of hops and what they end in.
	pagePath struct {
		Title, Callee, Level string
		Hops                 []pageHop
	}
	pageHop struct {
		Func, Place, Edge string
		Lines             []pageLine
		Sink, Open        bool
	}
	pageLine struct {
		N                   int
		Before, Mark, After string
		Hit                 bool
	}
	pageFix struct {
		Title string
		Lines []pageDiffLine
	}
	pageDiffLine struct{ Class, Text string }
)

// HTML writes the findings as one page that needs nothing else: by callback,
// with the source along each path. It names no file by more than its place in
// the program, and the same findings make the same page.
func (o *Output) HTML(w io.Writer) error {
	p := page{
		Policy:  "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hashSource(pageCSS) + "; script-src " + hashSource(pageJS),
		Style:   template.CSS(pageCSS),
		Script:  template.JS(pageJS),
		Errors:  o.Errors,
		Version: o.Version,
		Manual:  report.Manual,
		Seen:    []string{number(len(o.Loops), "loop"), number(len(o.Callbacks), "callback") + " looked at", number(o.Unresolved, "call") + " not resolved"},
	}
	if o.Excluded > 0 {
		p.Seen = append(p.Seen, number(o.Excluded, "package")+" excluded by build constraints")
	}
	p.Groups = o.pageGroups()
	p.Title = number(len(o.Findings), "finding")
	p.Title, p.Index = title(len(o.Findings), p.Groups)
	for _, l := range []contract.Level{contract.Error, contract.Warning, contract.Info} {
		p.Levels = counted(p.Levels, o.Findings, o.Level(l), func(f *report.Finding) bool { return f.Level == l })
	}
	var categories []string
	for i := range o.Findings {
		categories = append(categories, o.Findings[i].Category)
	}
	slices.Sort(categories)
	for _, c := range slices.Compact(categories) {
		p.Kinds = counted(p.Kinds, o.Findings, c, func(f *report.Finding) bool { return f.Category == c })
	}
	for i := range o.Suppressed {
		f := o.pageFinding(&o.Suppressed[i], fmt.Sprintf("suppressed-%d", i+1))
		p.Suppressed = append(p.Suppressed, f)
	}
	p.SuppressedTitle = number(len(o.Suppressed), "suppressed finding")
	return pageTemplate.Execute(w, p)
}

// title returns the heading of the page, and that of its list of groups. What is
// found about comments and baselines is in no callback.
func title(findings int, groups []*pageGroup) (text, index string) {
	callbacks, tasks := 0, 0
	for _, g := range groups {
		switch {
		case g.task:
			tasks++
		case g.Registration != "":
			callbacks++
		}
	}
	var in []string
	if callbacks > 0 {
		in = append(in, number(callbacks, "callback"))
	}
	if tasks > 0 {
		in = append(in, number(tasks, "task"))
	}
	text = number(findings, "finding")
	if len(in) > 0 && callbacks+tasks == len(groups) {
		text += " in " + strings.Join(in, " and ")
	}
	switch {
	case tasks == 0:
		return text, "Callbacks"
	case callbacks == 0:
		return text, "Tasks"
	}
	return text, "Callbacks and tasks"
}

// hashSource allows one inline element, and nothing else, to be used.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func counted(to []pageCount, findings []report.Finding, name string, is func(*report.Finding) bool) []pageCount {
	n := 0
	for i := range findings {
		if is(&findings[i]) {
			n++
		}
	}
	if n > 0 {
		to = append(to, pageCount{name, n})
	}
	return to
}

// pageGroups returns the callbacks that have findings, the worst first.
func (o *Output) pageGroups() []*pageGroup {
	type key struct {
		name effect.Sym
		pos  effect.Pos
	}
	groups := map[key]*pageGroup{}
	var out []*pageGroup
	for i := range o.Findings {
		f := &o.Findings[i]
		k := key{f.Callback, f.CallbackPos}
		g := groups[k]
		if g == nil {
			g = o.pageGroup(f)
			groups[k] = g
			out = append(out, g)
		}
		g.worst = max(g.worst, f.Level)
		g.Findings = append(g.Findings, o.pageFinding(f, fmt.Sprintf("finding-%d", i+1)))
	}
	slices.SortStableFunc(out, func(a, b *pageGroup) int { return cmp.Compare(b.worst, a.worst) })
	for i, g := range out {
		g.ID = fmt.Sprintf("callback-%d", i+1)
		g.Level = o.Level(g.worst)
		slices.SortStableFunc(g.Findings, func(a, b pageFinding) int { return cmp.Compare(b.level, a.level) })
	}
	return out
}

func (o *Output) pageGroup(f *report.Finding) *pageGroup {
	if f.Registration == "" {
		return &pageGroup{Name: f.Category, Short: f.Category}
	}
	g := &pageGroup{
		Name:         o.callback(report.Callback{Name: f.Callback, Pos: f.CallbackPos}),
		Registration: report.Shorten(f.Registration, f.Callback.Pkg),
		task:         f.Says != 0,
	}
	g.Short = strings.TrimPrefix(g.Name, "func literal in ")
	// A loop that a directive declares has the name of its package only.
	if name := f.LoopName(); !strings.Contains(name, "/") {
		g.Loop = name
	}
	if f.CallbackPos.Line > 0 {
		g.Place = o.line(f.CallbackPos)
		g.Base = fmt.Sprintf("%s:%d", f.CallbackPos.File, f.CallbackPos.Line)
	}
	return g
}

func (o *Output) pageFinding(f *report.Finding, id string) pageFinding {
	p := pageFinding{
		ID: id, Level: o.Level(f.Level), Category: f.Category, URL: f.URL(), Place: o.place(f.SinkHop().Pos),
		Headline: strings.TrimSuffix(f.Headline(), " ("+f.Category+")"), Notes: f.Notes(), Advice: f.Advice(), level: f.Level,
	}
	if s := f.Suppressed; s != nil {
		p.Reason = strings.TrimSuffix(s.Kind+": "+s.Reason, ": ")
		if s.At.Line > 0 {
			p.Reason += fmt.Sprintf(" (%s:%d)", o.file(s.At), s.At.Line)
		}
	}
	add := func(title string, path []effect.Hop, sink int) {
		if len(path) > 0 {
			hops := o.pageHops(f, path, sink)
			p.Paths = append(p.Paths, pagePath{title, callee(f, path[len(path)-1]), p.Level, hops})
		}
	}
	add("", f.Path, f.Sink)
	add(capital(f.HolderTitle()), f.Holder, -1)
	add(capital(f.MustTitle()), f.Must, -1)
	for _, path := range f.Also {
		var hops []pageHop
		for _, h := range path {
			hops = append(hops, pageHop{Func: callee(f, h), Place: o.line(h.Pos)})
		}
		p.Also = append(p.Also, hops)
	}
	p.Fix = o.pageFix(f)
	return p
}

// line is place without the column.
func (o *Output) line(p effect.Pos) string { return fmt.Sprintf("%s:%d", o.file(p), p.Line) }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// edges says how one function of a path reaches the next.
var edges = map[effect.Edge]string{
	effect.Static:    "calls",
	effect.FuncValue: "calls a function value",
	effect.Interface: "calls through an interface",
	effect.Deferred:  "defers",
}

func (o *Output) pageHops(f *report.Finding, path []effect.Hop, sink int) []pageHop {
	var out []pageHop
	for i, h := range path {
		out = append(out, pageHop{
			Func:  report.ShortSym(h.In, f.Callback.Pkg),
			Place: o.line(h.Pos),
			Edge:  edges[h.Edge],
			Lines: o.pageLines(h.Pos),
			Sink:  i == sink,
			Open:  len(path) <= openHops || i == 0 || i == sink || i == len(path)-1,
		})
	}
	return out
}

// pageLines returns the lines around a place, without the indentation that all
// of them share.
func (o *Output) pageLines(p effect.Pos) []pageLine {
	src := o.source(o.File(p))
	if src == nil || p.Line < 1 || p.Line > len(src.lines) {
		return nil
	}
	from, to := max(p.Line-around, 1), min(p.Line+around, len(src.lines))
	var texts []string
	indent := -1
	for n := from; n <= to; n++ {
		text := src.line(n)
		texts = append(texts, text)
		if own := len(text) - len(strings.TrimLeft(text, "\t")); strings.TrimSpace(text) != "" && (indent < 0 || own < indent) {
			indent = own
		}
	}
	indent = max(indent, 0)
	var out []pageLine
	for i, text := range texts {
		line := pageLine{N: from + i, Hit: from+i == p.Line}
		cut := min(indent, len(text))
		text, line.Before = text[cut:], text[cut:]
		if col := p.Col - cut; line.Hit && col >= 1 && col <= len(text) {
			n := word(text, col)
			line.Before, line.Mark, line.After = text[:col-1], text[col-1:col-1+n], text[col-1+n:]
		}
		out = append(out, line)
	}
	for len(out) > 0 && !out[len(out)-1].Hit && strings.TrimSpace(out[len(out)-1].Before) == "" {
		out = out[:len(out)-1]
	}
	for len(out) > 0 && !out[0].Hit && strings.TrimSpace(out[0].Before) == "" {
		out = out[1:]
	}
	return out
}

// pageFix shows what a fix changes, or returns nil when it cannot be applied.
func (o *Output) pageFix(f *report.Finding) *pageFix {
	var set patch.Set
	if !set.Add(o.Edits(f)) {
		return nil
	}
	files, err := set.Files(nil)
	if err != nil {
		return nil
	}
	fix := &pageFix{Title: f.Fix.Title}
	for _, file := range files {
		lines := strings.SplitAfter(string(file.Diff("")), "\n")
		for _, line := range lines[min(2, len(lines)):] { // without the names
			line = strings.TrimRight(line, "\r\n")
			class := ""
			switch {
			case line == "":
				continue
			case strings.HasPrefix(line, "@@"):
				class = "at"
			case strings.HasPrefix(line, "+"):
				class = "plus"
			case strings.HasPrefix(line, "-"):
				class = "minus"
			}
			fix.Lines = append(fix.Lines, pageDiffLine{class, line})
		}
	}
	return fix
}
