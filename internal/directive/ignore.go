package directive

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// An Ignore is a comment that silences what is found on some lines:
//
//	//loopvet:ignore REASON
//	//nolint:loopvet // REASON
//
// Its reason may begin or end with until=2027-01-31, the last day on which it
// holds.
//
// At the end of a line it holds for that line, for the statements that begin or
// end there, but not for those that other statements belong to, and for the
// function that begins there. On a line of its own it holds for all of the
// declaration or statement below it; above the package clause, for the file.
type Ignore struct {
	Pkg, File string // the package, and the file's base name
	Line, Col int    // of the comment
	In        string // the declaration that it stands in or above, if any
	Verb      string // how it begins: "//loopvet:ignore" or "//nolint:loopvet"
	From, To  int    // the lines that it holds for
	Reason    string
	Until     string // a date, or empty
	Bad       string // what cannot be read of it, or empty
}

// dateForm is how a date is written.
const dateForm = "2006-01-02"

// Mentions reports whether src may contain a comment that silences something.
func Mentions(src string) bool {
	return strings.Contains(src, ignoreVerb) || strings.Contains(src, nolintVerb)
}

const (
	ignoreVerb = prefix + "ignore"
	nolintVerb = "//nolint:"
	ownLinter  = "loopvet"
)

// Expired reports whether the comment's last day has passed. Days end at
// midnight UTC, so that one moment is the same day everywhere.
func (i *Ignore) Expired(now time.Time) bool {
	return i.Until != "" && now.UTC().Format(dateForm) > i.Until
}

// Holds reports whether the comment silences anything. One without a reason
// does: it is a finding itself.
func (i *Ignore) Holds(now time.Time) bool { return i.Bad == "" && !i.Expired(now) }

// Problem returns what is wrong with the comment, or "". Used says whether
// there is something that it silences, or would if it had not expired.
func (i *Ignore) Problem(used bool, now time.Time) string {
	because := ""
	if i.Reason != "" {
		because = ": " + i.Reason
	}
	switch {
	case i.Bad != "":
		return i.Verb + ": " + i.Bad
	case !used:
		return i.Verb + " silences nothing" + because
	case i.Reason == "":
		return i.Verb + " needs a reason"
	case i.Expired(now):
		return i.Verb + " expired on " + i.Until + because
	}
	return ""
}

// Covers reports whether the comment holds for a line of its file.
func (i *Ignore) Covers(line int) bool { return i.From <= line && line <= i.To }

// Is reports whether i and j are the same comment, wherever it was read: what cgo
// makes of a file has other columns.
func (i Ignore) Is(j Ignore) bool { return i.Pkg == j.Pkg && i.File == j.File && i.Line == j.Line }

// Compare orders comments by place.
func (i Ignore) Compare(j Ignore) int {
	return cmp.Or(strings.Compare(i.Pkg, j.Pkg), strings.Compare(i.File, j.File), cmp.Compare(i.Line, j.Line), cmp.Compare(i.Col, j.Col))
}

// Ignores returns the comments that silence something in a file of package pkg,
// in order. The file was parsed with its comments.
func Ignores(fset *token.FileSet, file *ast.File, pkg string) []Ignore {
	var out []Ignore
	for _, group := range file.Comments {
		for _, c := range group.List {
			i, ok := parseIgnore(c.Text)
			if !ok {
				continue
			}
			at := fset.Position(c.Pos())
			i.Pkg, i.File, i.Line, i.Col = pkg, filepath.Base(at.Filename), at.Line, at.Column
			s := scope{fset: fset, file: file, comment: c.Pos(), line: at.Line, below: fset.Position(group.End()).Line + 1}
			i.From, i.To, i.In = s.lines()
			out = append(out, i)
		}
	}
	slices.SortFunc(out, Ignore.Compare)
	return out
}

// parseIgnore reads the text of a comment.
func parseIgnore(text string) (i Ignore, ok bool) {
	rest, ok := strings.CutPrefix(text, ignoreVerb)
	switch {
	case ok:
		if rest != "" && rest[0] != ' ' && rest[0] != '\t' {
			return i, false
		}
		i.Verb = ignoreVerb
	default:
		if rest, ok = strings.CutPrefix(text, nolintVerb); !ok {
			return i, false
		}
		linters, reason, _ := strings.Cut(rest, "//")
		if linters, rest, ok = strings.Cut(linters, " "); ok && strings.TrimSpace(rest) != "" {
			reason = rest + " " + reason // no second slashes
		}
		named := slices.ContainsFunc(strings.Split(linters, ","), func(name string) bool { return strings.TrimSpace(name) == ownLinter })
		if !named {
			return i, false
		}
		i.Verb, rest = nolintVerb+ownLinter, reason
	}
	words := strings.Fields(rest)
	for _, at := range []int{0, len(words) - 1} {
		if at < 0 || at >= len(words) {
			break
		}
		if date, ok := strings.CutPrefix(words[at], "until="); ok {
			if _, err := time.Parse(dateForm, date); err != nil {
				i.Bad = fmt.Sprintf("until=%s is no date, such as until=2027-01-31", date)
			}
			i.Until = date
			words = slices.Delete(words, at, at+1)
			break
		}
	}
	i.Reason = strings.Join(words, " ")
	return i, true
}

// A scope finds out what a comment holds for.
type scope struct {
	fset    *token.FileSet
	file    *ast.File
	comment token.Pos
	line    int // of the comment
	below   int // the line below its group
}

func (s *scope) lineOf(at token.Pos) int { return s.fset.Position(at).Line }

func (s *scope) lines() (from, to int, in string) {
	if s.lineOf(s.file.Package) == s.below && s.comment < s.file.Package {
		return 1, s.lineOf(s.file.FileEnd), ""
	}
	trails := false
	from, to = s.line, s.line
	extend := func(n ast.Node) { from, to = min(from, s.lineOf(n.Pos())), max(to, s.lineOf(n.End()-1)) }
	end := s.line // of what begins on the line below
	for _, decl := range s.file.Decls {
		if s.lineOf(decl.Pos()) <= max(s.line, s.below) && s.line <= s.lineOf(decl.End()-1) {
			in = declName(decl)
			break
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.Comment, *ast.CommentGroup:
			return false
		case *ast.File:
			return true
		}
		first, last := s.lineOf(n.Pos()), s.lineOf(n.End()-1)
		if n.Pos() < s.comment && (first == s.line || last == s.line && n.End() <= s.comment) {
			trails = true
		}
		if _, block := n.(*ast.BlockStmt); first == s.below && !block {
			end = max(end, last)
		}
		if last < s.line || first > s.below {
			return false
		}
		switch n := n.(type) {
		case *ast.ExprStmt, *ast.SendStmt, *ast.IncDecStmt, *ast.AssignStmt, *ast.GoStmt, *ast.DeferStmt, *ast.ReturnStmt, *ast.ValueSpec:
			if first == s.line || last == s.line {
				extend(n)
			}
		case *ast.FuncDecl:
			if n.Body != nil && (first == s.line || s.lineOf(n.Body.Lbrace) == s.line) {
				extend(n)
			}
		case *ast.FuncLit:
			if first == s.line || s.lineOf(n.Body.Lbrace) == s.line {
				extend(n)
			}
		}
		return true
	})
	if trails {
		return from, to, in
	}
	return s.line, end, in
}

// declName returns the name of what a declaration declares, the first of several.
func declName(decl ast.Decl) string {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil || len(decl.Recv.List) == 0 {
			return decl.Name.Name
		}
		t := decl.Recv.List[0].Type
		if star, ok := t.(*ast.StarExpr); ok {
			t = star.X
		}
		switch x := t.(type) {
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		}
		if id, ok := t.(*ast.Ident); ok {
			return id.Name + "." + decl.Name.Name
		}
		return decl.Name.Name
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				return spec.Names[0].Name
			case *ast.TypeSpec:
				return spec.Name.Name
			}
		}
	}
	return ""
}
