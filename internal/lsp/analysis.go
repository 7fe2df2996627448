package lsp

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/format"
	"github.com/loopvet/loopvet/internal/patch"
	"github.com/loopvet/loopvet/internal/report"
)

// A Report is the outcome of an analysis.
type Report struct {
	*format.Output
	// Why explains a finding, in several lines.
	Why func(*report.Finding) string
	// Summary says what was looked at, in one line.
	Summary string
}

// A unit is a module that is analysed as a whole: a callback in any package may
// lead to a line in any other.
type unit struct {
	root  string
	files map[string]*file // by canonical name
	idle  chan struct{}    // closed when its analyses are through; nil when they are
	said  []string         // what the user was told of the last analysis
}

// A file is what an analysis says of a file.
type file struct {
	text  *text // that was analysed; nil when it could not be read
	fresh bool  // the file was open, and the text is the one that was analysed
	items []item
}

// An item is a diagnostic and what belongs to it.
type item struct {
	diagnostic
	line  int    // of its start, counted from 0, also where the text is not known
	why   string // empty for what is no finding
	title string // of the fix
	edits []patch.Edit
}

// A stamp tells versions of a file apart.
type stamp struct {
	size int64
	time time.Time
}

// stampOf returns the stamp of a file, which is zero where there is none.
func stampOf(name string) stamp {
	info, err := os.Stat(name)
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime()}
}

// triggerFile has the module of a file analysed, before all others.
func (s *server) triggerFile(name string) {
	if !isInput(name) {
		return
	}
	root := s.Root(name)
	s.mu.Lock()
	wanted, folders := s.wantedLocked(root), len(s.folders)
	s.mu.Unlock()
	if folders == 0 {
		wanted = !s.Foreign(s.ctx, root)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stage.Load() != stageInitialized:
		return
	case root == "" || !wanted:
		if !s.skipped[name] {
			s.skipped[name] = true
			s.notify("window/logMessage", messageParams{messageInfo, name + ": not analysed: not in a module of a folder that is open"})
		}
		return
	case s.units[root] == nil:
		s.units[root] = &unit{root: root}
	}
	s.order = slices.DeleteFunc(s.order, func(r string) bool { return r == root })
	s.order = slices.Insert(s.order, 0, root)
	s.startLocked(root)
}

// triggerAll has all modules analysed again: modules of a workspace see each
// other, and what has not changed costs little.
func (s *server) triggerAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage.Load() != stageInitialized {
		return
	}
	for _, u := range s.sortedUnitsLocked() {
		if !slices.Contains(s.order, u.root) {
			s.order = append(s.order, u.root)
			s.startLocked(u.root)
		}
	}
}

// startLocked makes a module's analysis begin, or begin again.
func (s *server) startLocked(root string) {
	u := s.units[root]
	if u.idle == nil {
		u.idle = make(chan struct{})
	}
	if s.current == root {
		s.running()
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *server) sortedUnitsLocked() []*unit {
	var out []*unit
	for _, u := range s.units {
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b *unit) int { return strings.Compare(a.root, b.root) })
	return out
}

// work analyses one module after the other until the session ends.
func (s *server) work() {
	for {
		select {
		case <-s.wake:
		case <-s.ctx.Done():
			return
		}
		for s.analyseNext() {
		}
	}
}

// analyseNext analyses the next module, and reports whether there was one.
func (s *server) analyseNext() bool {
	s.mu.Lock()
	if len(s.order) == 0 || s.ctx.Err() != nil {
		s.mu.Unlock()
		return false
	}
	root := s.order[0]
	s.order = s.order[1:]
	u, flags := s.units[root], s.flags
	var open []string
	for name := range s.docs {
		open = append(open, name)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	s.current, s.running = root, cancel
	s.mu.Unlock()

	say, done := s.showProgress(ctx, "loopvet: "+filepath.Base(root))
	rep, files, err := s.guarded(ctx, root, flags, open, say)
	done()

	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.running = "", nil
	if s.units[root] != u || slices.Contains(s.order, root) {
		return true // there is something newer to look at
	}
	switch {
	case err != nil && ctx.Err() == nil:
		s.sayLocked(u, messageError, []string{err.Error()})
	case err != nil:
		s.notify("window/logMessage", messageParams{messageInfo, root + ": the analysis was cancelled"})
	default:
		s.publishLocked(u, files)
		s.logLocked(u, rep)
	}
	close(u.idle)
	u.idle = nil
	return true
}

// guarded analyses a module and arranges what was found by files. Open are the
// files that may change under its hands. A panic on the way is an error.
func (s *server) guarded(
	ctx context.Context, root string, flags, open []string, say func(string),
) (rep *Report, files map[string]*file, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.fault("analysis of "+root, r)
			rep, files, err = nil, nil, fmt.Errorf("internal error: %v", r)
		}
	}()
	before := map[string]string{}
	for _, name := range open {
		if data, err := os.ReadFile(name); err == nil {
			before[name] = string(data)
		}
	}
	if rep, err = s.Analyse(ctx, root, flags, say); err != nil {
		return nil, nil, err
	}
	return rep, s.filesOf(rep, before), nil
}

// logLocked tells the user of problems that lie in no file, and the log what was
// looked at.
func (s *server) logLocked(u *unit, rep *Report) {
	var loose []string
	for _, e := range rep.Errors {
		if e.File == "" {
			loose = append(loose, e.Text)
		}
	}
	s.sayLocked(u, messageWarning, loose)
	s.notify("window/logMessage", messageParams{messageInfo, u.root + ": " + rep.Summary})
}

// sayLocked shows messages on a module, without those that the analysis before
// had too.
func (s *server) sayLocked(u *unit, kind int, messages []string) {
	for _, m := range messages {
		if !slices.Contains(u.said, m) {
			s.notify("window/showMessage", messageParams{kind, fmt.Sprintf("loopvet: %s: %s", u.root, m)})
		}
	}
	u.said = messages
}

// publishLocked replaces what is known of a module's files and tells the client.
func (s *server) publishLocked(u *unit, files map[string]*file) {
	names := maps.Clone(files)
	maps.Copy(names, u.files)
	// An open file is told that it is clean.
	for name := range s.docs {
		if below(name, u.root) {
			names[name] = nil
		}
	}
	u.files = files
	s.sendLocked(names)
}

// dropLocked forgets a module.
func (s *server) dropLocked(u *unit) {
	delete(s.units, u.root)
	s.order = slices.DeleteFunc(s.order, func(r string) bool { return r == u.root })
	if s.current == u.root {
		s.running()
	}
	if u.idle != nil {
		close(u.idle)
		u.idle = nil
	}
}

// sendLocked sends the diagnostics of the files that are keys of names.
func (s *server) sendLocked(names map[string]*file) {
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	for _, name := range sorted {
		p := publishDiagnosticsParams{URI: s.uriLocked(name), Diagnostics: []diagnostic{}}
		for _, i := range s.itemsLocked(name) {
			d := i.diagnostic
			if s.caps.TextDocument.PublishDiagnostics.RelatedInformation {
				d.RelatedInformation = slices.Clone(d.RelatedInformation)
				for n := range d.RelatedInformation {
					at := &d.RelatedInformation[n].Location
					at.URI = s.uriLocked(at.URI)
				}
			} else {
				d.RelatedInformation = nil
			}
			p.Diagnostics = append(p.Diagnostics, d)
		}
		s.notify("textDocument/publishDiagnostics", p)
	}
}

// uriLocked returns the URI of a file as the client would write it: an open file's
// is the client's own, and one in a folder is named from there.
func (s *server) uriLocked(name string) string {
	if doc := s.docs[name]; doc != nil {
		return doc.uri
	}
	for _, f := range s.folders {
		if below(name, f) {
			rel, _ := filepath.Rel(f, name)
			return uriOf(filepath.Join(s.aliases[f], rel))
		}
	}
	return uriOf(name)
}

// itemsLocked returns what the modules say of a file, sorted. What two of them say
// counts once.
func (s *server) itemsLocked(name string) []item {
	var out []item
	for _, u := range s.sortedUnitsLocked() {
		if f := u.files[name]; f != nil {
			out = append(out, f.items...)
		}
	}
	slices.SortStableFunc(out, func(a, b item) int {
		return cmp.Or(
			cmp.Compare(a.Range.Start.Line, b.Range.Start.Line),
			cmp.Compare(a.Range.Start.Character, b.Range.Start.Character),
			strings.Compare(a.Code, b.Code),
			strings.Compare(a.Message, b.Message),
		)
	})
	return slices.CompactFunc(out, func(a, b item) bool {
		return a.Range == b.Range && a.Code == b.Code && a.Message == b.Message
	})
}

// filesOf arranges a report by files. Before has what was in open files when the
// analysis began.
func (s *server) filesOf(rep *Report, before map[string]string) map[string]*file {
	texts := map[string]*file{}
	read := func(name string) *file {
		f := texts[name]
		if f == nil {
			f = new(file)
			texts[name] = f
			if data, err := os.ReadFile(name); err == nil {
				f.text = newText(string(data))
				was, ok := before[name]
				f.fresh = ok && was == f.text.s
			}
		}
		return f
	}
	// Where the text is not at hand, lines are all there is.
	span := func(name string, line, col, end int) textRange {
		if f := read(name); f.text != nil {
			return f.text.span(line, col, end, s.enc)
		}
		at := position{Line: max(line, 1) - 1}
		return textRange{at, at}
	}
	at := func(p effect.Pos) location {
		name := rep.File(p)
		if name == "" {
			return location{}
		}
		name = canonical(name)
		return location{name, span(name, p.Line, p.Col, rep.End(p))}
	}
	files := map[string]*file{}
	add := func(name string, i item) {
		f := read(name)
		i.line = i.Range.Start.Line
		i.Source = section
		f.items = append(f.items, i)
		files[name] = f
	}
	for _, e := range rep.Errors {
		if e.File == "" {
			continue
		}
		name := e.File
		if !filepath.IsAbs(name) {
			name = filepath.Join(rep.Dir, name)
		}
		name = canonical(name)
		from, to := e.Column, e.Column
		if f := read(name); from == 0 && f.text != nil { // the line
			line := f.text.line(e.Line - 1)
			from, to = len(line)-len(strings.TrimLeft(line, " \t"))+1, len(line)+1
		}
		d := diagnostic{Range: span(name, e.Line, from, to), Severity: severityInfo, Code: "compile", Message: "not analysed: " + e.Text}
		if filepath.Ext(name) != ".go" {
			d.Severity, d.Code, d.Message = severityError, "config", e.Text
		}
		add(name, item{diagnostic: d})
	}
	for n := range rep.Findings {
		f := &rep.Findings[n]
		place := at(f.SinkHop().Pos)
		if place.URI == "" {
			continue
		}
		i := item{
			diagnostic: diagnostic{
				Range:              place.Range,
				Severity:           severityOf(f.Level),
				Code:               f.Category,
				CodeDescription:    &codeDescription{f.URL()},
				Message:            f.Message(),
				RelatedInformation: relatedOf(f, at),
			},
			why: rep.Why(f),
		}
		if edits := rep.Edits(f); edits != nil {
			i.title, i.edits = f.Fix.Title, edits
		}
		add(place.URI, i)
	}
	return files
}

func severityOf(l contract.Level) int {
	switch {
	case l >= contract.Error:
		return severityError
	case l >= contract.Warning:
		return severityWarning
	}
	return severityInfo
}

// relatedOf returns the steps of a finding's paths, with names of files in place
// of URIs.
func relatedOf(f *report.Finding, at func(effect.Pos) location) []related {
	var out []related
	add := func(p effect.Pos, message string) {
		if place := at(p); place.URI != "" {
			out = append(out, related{place, message})
		}
	}
	home := f.Callback.Pkg
	if f.RegistrationPos.Line > 0 {
		add(f.RegistrationPos, report.Shorten(f.Registration, home))
	}
	for _, path := range []struct {
		title string
		hops  []effect.Hop
	}{
		{"", f.Path},
		{f.HolderTitle() + ": ", f.Holder},
		{f.MustTitle() + ": ", f.Must},
	} {
		for _, h := range path.hops {
			add(h.Pos, path.title+report.ShortCallee(h.Callee, home))
		}
	}
	return out
}
