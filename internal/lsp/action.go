package lsp

import (
	"bytes"
	"context"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/creachadair/jrpc2"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/loopvet/loopvet/internal/directive"
	"github.com/loopvet/loopvet/internal/patch"
)

// quickFix is the kind of all code actions.
const quickFix = "quickfix"

// hover explains the findings of a line. While the module is being analysed it
// waits, unless the client cancels it.
func (s *server) hover(ctx context.Context, p *hoverParams) (any, error) {
	name, ok := pathOf(p.TextDocument.URI)
	if !ok {
		return nil, nil
	}
	name = canonical(name)
	root := s.Root(name)
	s.mu.Lock()
	var idle chan struct{}
	if u := s.units[root]; u != nil {
		idle = u.idle
	}
	s.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
			return nil, jrpc2.Errorf(codeCancelled, "cancelled")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.unmovedLocked(name, p.Position.Line) {
		return nil, nil
	}
	items := slices.DeleteFunc(s.itemsLocked(name), func(i item) bool { return i.why == "" || i.line != p.Position.Line })
	if len(items) == 0 {
		return nil, nil
	}
	formats := s.caps.TextDocument.Hover.ContentFormat
	plain := len(formats) > 0 && !slices.Contains(formats, "markdown")
	var parts []string
	for _, i := range items {
		parts = append(parts, i.explanation(plain))
	}
	out := hover{markupContent{"markdown", strings.Join(parts, "\n\n---\n\n")}, items[0].Range}
	if plain {
		out.Contents = markupContent{"plaintext", strings.Join(parts, "\n\n")}
	}
	return out, nil
}

// explanation returns why an item was found, in markdown unless it is to be plain.
func (i *item) explanation(plain bool) string {
	text := strings.TrimRight(i.why, "\n")
	if plain {
		return text + "\n" + i.CodeDescription.Href
	}
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "text\n" + text + "\n" + fence + "\n[" + i.Code + "](" + i.CodeDescription.Href + ")"
}

// unmovedLocked reports whether a line of a file is what it was when the file was
// analysed.
func (s *server) unmovedLocked(name string, line int) bool {
	doc := s.docs[name]
	if doc == nil || doc.text == nil {
		return false
	}
	for _, u := range s.sortedUnitsLocked() {
		if f := u.files[name]; f != nil {
			return f.text != nil && f.text.line(line) == doc.text.line(line)
		}
	}
	return false
}

// codeAction offers edits for the findings on the lines of a range. They fit the
// text that was analysed, and are offered only where the client has that.
func (s *server) codeAction(_ context.Context, p *codeActionParams) (any, error) {
	actions := []codeAction{}
	name, ok := pathOf(p.TextDocument.URI)
	wanted := func(kind string) bool { return quickFix == kind || kind == "" }
	if !ok || len(p.Context.Only) > 0 && !slices.ContainsFunc(p.Context.Only, wanted) {
		return actions, nil
	}
	name = canonical(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	doc := s.docs[name]
	if doc == nil || doc.text == nil || s.caps.TextDocument.CodeAction.CodeActionLiteralSupport == nil || !s.analysedLocked(name, doc.text) {
		return actions, nil
	}
	var lines []int
	for _, i := range s.itemsLocked(name) {
		if i.why == "" || i.line < p.Range.Start.Line || i.line > p.Range.End.Line {
			continue
		}
		i.RelatedInformation = nil
		if edits, ok := fixOf(doc.text, name, i.edits, s.enc); ok {
			a := codeAction{Title: i.title, Kind: quickFix, Diagnostics: []diagnostic{i.diagnostic}, IsPreferred: true, Edit: s.editLocked(doc, edits)}
			same := func(b codeAction) bool { return b.Title == a.Title && slices.Equal(editsOf(a, doc), editsOf(b, doc)) }
			if n := slices.IndexFunc(actions, same); n >= 0 {
				actions[n].Diagnostics = append(actions[n].Diagnostics, i.diagnostic)
			} else {
				actions = append(actions, a)
			}
		}
		if i.Code != "ignore" && i.Code != "baseline" && i.Code != "directive" {
			lines = append(lines, i.line)
		}
	}
	for _, line := range slices.Compact(lines) {
		if edit, ok := ignoreEdit(doc.text, name, line, s.enc); ok {
			a := codeAction{Title: "Silence this line with //loopvet:ignore", Kind: quickFix, Diagnostics: []diagnostic{}, Edit: s.editLocked(doc, []textEdit{edit})}
			for _, i := range s.itemsLocked(name) {
				if i.line == line && i.why != "" {
					i.RelatedInformation = nil
					a.Diagnostics = append(a.Diagnostics, i.diagnostic)
				}
			}
			actions = append(actions, a)
		}
	}
	return actions, nil
}

// analysedLocked reports whether text is what all analyses of a file have seen.
func (s *server) analysedLocked(name string, t *text) bool {
	for _, u := range s.units {
		if f := u.files[name]; f != nil && (!f.fresh || f.text.s != t.s) {
			return false
		}
	}
	return true
}

// editLocked returns edits of a document as the client wants to have them.
func (s *server) editLocked(doc *document, edits []textEdit) workspaceEdit {
	if s.caps.Workspace.WorkspaceEdit.DocumentChanges {
		return workspaceEdit{DocumentChanges: []documentEdit{{documentID{doc.uri, doc.version}, edits}}}
	}
	return workspaceEdit{Changes: map[string][]textEdit{doc.uri: edits}}
}

// editsOf returns what editLocked was given.
func editsOf(a codeAction, doc *document) []textEdit {
	if len(a.Edit.DocumentChanges) > 0 {
		return a.Edit.DocumentChanges[0].Edits
	}
	return a.Edit.Changes[doc.uri]
}

// fixOf returns the edits that a fix makes of a file, which is formatted by them.
// It reports false when there is no fix for this file alone.
func fixOf(t *text, name string, edits []patch.Edit, e encoding) ([]textEdit, bool) {
	edits = slices.Clone(edits)
	for n := range edits {
		if canonical(edits[n].File) != name {
			return nil, false
		}
		edits[n].File = name
	}
	set := new(patch.Set)
	if !set.Add(edits) {
		return nil, false
	}
	files, err := set.Files(func(string) ([]byte, error) { return []byte(t.s), nil })
	if err != nil || len(files) != 1 {
		return nil, false
	}
	return changes(t, files[0].New, e), true
}

// changes returns the edits of whole lines that make new of a text.
func changes(t *text, new []byte, e encoding) []textEdit {
	var out []textEdit
	// The difference is a unified diff: hunks with a header that has the number of
	// the first old line, and a sign in front of each line.
	_, hunks, _ := bytes.Cut(diff.Diff("old", []byte(t.s), "new", new), []byte("\n+++ new\n"))
	line, open := 0, false
	at := func(n int) position {
		if n >= len(t.lines) {
			return t.position(len(t.s), e)
		}
		return position{Line: n}
	}
	for raw := range strings.Lines(string(hunks)) {
		sign := raw[0]
		switch sign {
		case '@':
			number, _, _ := strings.Cut(strings.TrimPrefix(raw, "@@ -"), ",")
			n, _ := strconv.Atoi(number)
			line = max(n-1, 0)
		case ' ':
			line++
		case '-', '+':
			if !open {
				out = append(out, textEdit{Range: textRange{at(line), at(line)}})
			}
			last := &out[len(out)-1]
			if sign == '-' {
				line++
				last.Range.End = at(line)
			} else {
				last.NewText += raw[1:]
			}
		case '\\': // no newline at the end of the file
			if len(out) > 0 && open {
				last := &out[len(out)-1]
				last.NewText = strings.TrimSuffix(last.NewText, "\n")
			}
		}
		open = sign == '-' || sign == '+'
	}
	return out
}

// ignoreEdit returns the edit that puts a comment, still without its reason, where
// it silences what is found on a line: at the line's end, or else above it. It
// reports false where neither can be.
func ignoreEdit(t *text, name string, line int, e encoding) (textEdit, bool) {
	const comment = "//loopvet:ignore "
	s := t.line(line)
	indent := s[:len(s)-len(strings.TrimLeft(s, " \t"))]
	end := "\n"
	if strings.HasPrefix(t.s[t.lines[line]+len(s):], "\r") {
		end = "\r\n"
	}
	for _, edit := range []struct {
		offset int
		text   string
	}{
		{t.lines[line] + len(s), " " + comment},
		{t.lines[line], indent + comment + end},
	} {
		if silences(t.s[:edit.offset]+edit.text+t.s[edit.offset:], name, line) {
			at := t.position(edit.offset, e)
			return textEdit{textRange{at, at}, edit.text}, true
		}
	}
	return textEdit{}, false
}

// silences reports whether a source has a comment without a reason, that silences
// something, on a line counted from 0.
func silences(src, name string, line int) bool {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(directive.Ignores(fset, f, ""), func(i directive.Ignore) bool {
		return i.Line == line+1 && i.Reason == ""
	})
}
