package format

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// The address of the schema that the output follows, and the key of our
// fingerprints, with the version of how they are made.
const (
	sarifSchema      = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	sarifFingerprint = "loopvetFinding/v1"
	informationURI   = "https://github.com/loopvet/loopvet"
)

// SARIF writes the findings in the Static Analysis Results Interchange Format,
// version 2.1.0. Paths are code flows; the second path of a finding is a second
// thread of it. Suppressed findings are there, with their suppression.
func (o *Output) SARIF(w io.Writer) error {
	log := sarif.NewReport()
	log.Schema = sarifSchema
	run := sarif.NewRunWithInformationURI("loopvet", informationURI)
	if o.Version != "" {
		run.Tool.Driver.WithVersion(o.Version)
	}
	run.WithColumnKind("utf16CodeUnits")
	rules := map[string]int{}
	rule := func(category string) int {
		i, ok := rules[category]
		if !ok {
			i = len(rules)
			rules[category] = i
			run.Tool.Driver.AddRule(o.sarifRule(category))
		}
		return i
	}
	for _, category := range o.Categories {
		rule(category)
	}
	seen := map[string]int{}
	for _, list := range [][]report.Finding{o.Findings, o.Suppressed} {
		for i := range list {
			f := &list[i]
			print := f.Fingerprint()
			seen[print]++
			r := o.sarifResult(f, rule(f.Category))
			// Those that share one are told apart by their order.
			r.PartialFingerprints = map[string]string{sarifFingerprint: fmt.Sprintf("%s:%d", print, seen[print])}
			run.AddResult(r)
		}
	}
	run.AddInvocation(o.sarifInvocation())
	log.AddRun(run)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "\t")
	return enc.Encode(log)
}

// sarifRule describes a category by what the documentation says of it.
func (o *Output) sarifRule(category string) *sarif.ReportingDescriptor {
	rule := sarif.NewRule(category).WithName(category).WithHelpURI(report.PageOf(category))
	if o.Explain == nil {
		return rule
	}
	_, text, ok := strings.Cut(o.Explain(category), "\n\n")
	if !ok {
		return rule
	}
	first, _, _ := strings.Cut(text, "\n\n")
	first = strings.ReplaceAll(first, "\n", " ")
	short := first
	if i := strings.Index(first, ". "); i >= 0 {
		short = first[:i+1]
	}
	return rule.WithShortDescription(sarif.NewMultiformatMessageString().WithText(short)).
		WithFullDescription(sarif.NewMultiformatMessageString().WithText(first)).
		WithHelp(sarif.NewMultiformatMessageString().WithText(text).WithMarkdown(text))
}

func (o *Output) sarifResult(f *report.Finding, rule int) *sarif.Result {
	r := sarif.NewRuleResult(f.Category).WithRuleIndex(rule).WithLevel(sarifLevel(f.Level)).
		WithMessage(sarif.NewTextMessage(f.Message())).
		AddLocation(o.sarifLocation(f.SinkHop().Pos, ""))
	if f.CallbackPos.Line > 0 {
		r.AddRelatedLocation(o.sarifLocation(f.CallbackPos, "the callback").WithID(1))
	}
	if len(f.Path) > 1 || len(f.Holder)+len(f.Must) > 0 {
		flow := sarif.NewCodeFlow()
		flow.AddThreadFlow(o.threadFlow(f, f.Path, f.Sink))
		if len(f.Holder) > 0 {
			flow.AddThreadFlow(o.threadFlow(f, f.Holder, -1).WithMessage(sarif.NewTextMessage(f.HolderTitle())))
		}
		if len(f.Must) > 0 {
			flow.AddThreadFlow(o.threadFlow(f, f.Must, -1).WithMessage(sarif.NewTextMessage(f.MustTitle())))
		}
		r.AddCodeFlow(flow)
	}
	for _, path := range f.Also {
		flow := sarif.NewCodeFlow()
		flow.AddThreadFlow(o.threadFlow(f, path, -1))
		r.AddCodeFlow(flow)
	}
	if fix := o.sarifFix(f); fix != nil {
		r.WithFixes([]*sarif.Fix{fix})
	}
	if s := f.Suppressed; s != nil {
		suppression := sarif.NewSuppression().WithKind("external").WithStatus("accepted")
		if s.Kind == report.Ignore {
			suppression.WithKind("inSource")
		}
		if s.Reason != "" {
			suppression.WithJustification(s.Reason)
		}
		if s.At.Line > 0 {
			suppression.WithLocation(o.sarifLocation(s.At, ""))
		}
		r.AddSuppression(suppression)
	}
	return r
}

func sarifLevel(l contract.Level) string {
	switch {
	case l >= contract.Error:
		return "error"
	case l >= contract.Warning:
		return "warning"
	}
	return "note"
}

// threadFlow returns a path as what a thread does in turn. The hop at which the
// finding stands is essential.
func (o *Output) threadFlow(f *report.Finding, path []effect.Hop, sink int) *sarif.ThreadFlow {
	flow := sarif.NewThreadFlow()
	for i, h := range path {
		at := sarif.NewThreadFlowLocation().WithLocation(o.sarifLocation(h.Pos, callee(f, h))).
			WithExecutionOrder(i + 1).WithNestingLevel(i).WithImportance("important")
		if i == sink {
			at.WithImportance("essential")
		}
		flow.AddLocation(at)
	}
	return flow
}

func (o *Output) sarifLocation(p effect.Pos, message string) *sarif.Location {
	name := o.File(p)
	physical := sarif.NewPhysicalLocation().WithArtifactLocation(o.artifact(name))
	if name == "" {
		physical.WithArtifactLocation(sarif.NewSimpleArtifactLocation(url.PathEscape(p.File)))
	}
	if p.Line > 0 {
		src := o.source(name)
		region := sarif.NewRegion().WithStartLine(p.Line).WithStartColumn(src.utf16Column(p.Line, p.Col))
		if end := o.End(p); end > p.Col {
			region.WithEndColumn(src.utf16Column(p.Line, end))
		}
		physical.WithRegion(region)
	}
	at := sarif.NewLocationWithPhysicalLocation(physical)
	if message != "" {
		at.WithMessage(sarif.NewTextMessage(message))
	}
	return at
}

// artifact names a file: relative to the root of the repository, or absolutely
// when it lies elsewhere.
func (o *Output) artifact(name string) *sarif.ArtifactLocation {
	rel, inside := o.fromRoot(name)
	u := url.URL{Path: rel}
	if inside {
		// A first element with a colon in it is not a scheme: String puts ./ before it.
		return sarif.NewSimpleArtifactLocation(u.String()).WithURIBaseID("%SRCROOT%")
	}
	u.Scheme = "file"
	if filepath.VolumeName(name) != "" {
		u.Path = "/" + u.Path
	}
	return sarif.NewSimpleArtifactLocation(u.String())
}

func (o *Output) sarifFix(f *report.Finding) *sarif.Fix {
	changes := map[string]*sarif.ArtifactChange{}
	var fix *sarif.Fix
	for _, e := range o.Edits(f) {
		src := o.source(e.File)
		if src == nil {
			return nil
		}
		line, col, ok := src.position(e.Start)
		endLine, endCol, endOK := src.position(e.End)
		if !ok || !endOK {
			return nil
		}
		if fix == nil {
			fix = sarif.NewFix().WithDescription(sarif.NewTextMessage(f.Fix.Title))
		}
		change := changes[e.File]
		if change == nil {
			change = sarif.NewArtifactChange().WithArtifactLocation(o.artifact(e.File))
			changes[e.File] = change
			fix.AddArtifactChange(change)
		}
		change.AddReplacement(sarif.NewReplacement().
			WithDeletedRegion(sarif.NewRegion().WithStartLine(line).WithStartColumn(src.utf16Column(line, col)).
				WithEndLine(endLine).WithEndColumn(src.utf16Column(endLine, endCol))).
			WithInsertedContent(sarif.NewArtifactContent().WithText(e.New)))
	}
	return fix
}

// sarifInvocation says what could not be analysed.
func (o *Output) sarifInvocation() *sarif.Invocation {
	inv := sarif.NewInvocation().WithExecutionSuccessful(len(o.Errors) == 0)
	for _, e := range o.Errors {
		n := sarif.NewNotification().WithLevel("error").WithMessage(sarif.NewTextMessage(e.Text))
		if e.File != "" {
			physical := sarif.NewPhysicalLocation().WithArtifactLocation(o.artifact(absolute(o.Dir, e.File)))
			if e.Line > 0 {
				physical.WithRegion(sarif.NewRegion().WithStartLine(e.Line).WithStartColumn(max(e.Column, 1)))
			}
			n.AddLocation(sarif.NewLocationWithPhysicalLocation(physical))
		}
		inv.AddToolExecutionNotification(n)
	}
	return inv
}
