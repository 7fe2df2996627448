package main

import (
	"bytes"
	"fmt"
	"go/scanner"
	"go/token"
	"html/template"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// markdown reads what GitHub reads, as far as the pages use it.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(blocks{}, 100))),
)

// render returns a page's Markdown as HTML.
func render(src []byte, doc ast.Node) (template.HTML, error) {
	var out bytes.Buffer
	if err := markdown.Renderer().Render(&out, src, doc); err != nil {
		return "", err
	}
	return template.HTML(out.String()), nil
}

// plain returns the text of an inline node without its marks.
func plain(node ast.Node, src []byte) string {
	var out strings.Builder
	ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			out.Write(t.Segment.Value(src))
		}
		return ast.WalkContinue, nil
	})
	return out.String()
}

// slug returns the name that GitHub gives to a heading: letters, digits, hyphens
// and underscores, in lower case, hyphens for spaces, and a number if it is taken.
func slug(words string, taken map[string]bool) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, words)
	unique := name
	for n := 1; taken[unique]; n++ {
		unique = fmt.Sprintf("%s-%d", name, n)
	}
	return unique
}

// blocks renders what is not as goldmark has it: headings with a link to
// themselves, tables in a box that scrolls, code in colours, and short code on
// one line.
type blocks struct{}

func (b blocks) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHeading, b.heading)
	r.Register(ast.KindFencedCodeBlock, b.code)
	r.Register(ast.KindCodeBlock, b.code)
	r.Register(extast.KindTable, b.table)
	r.Register(ast.KindCodeSpan, b.span)
}

func (blocks) heading(w util.BufWriter, src []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	h := node.(*ast.Heading)
	id, _ := h.AttributeString("id")
	name, _ := id.([]byte)
	switch {
	case entering && name == nil:
		fmt.Fprintf(w, "<h%d>", h.Level)
	case entering:
		fmt.Fprintf(w, `<h%d id="%s">`, h.Level, util.EscapeHTML(name))
	case name == nil:
		fmt.Fprintf(w, "</h%d>\n", h.Level)
	default:
		fmt.Fprintf(w, ` <a class="here" href="#%s" aria-label="Link to this section">#</a></h%d>`+"\n", util.EscapeHTML(name), h.Level)
	}
	return ast.WalkContinue, nil
}

func (blocks) table(w util.BufWriter, src []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		fmt.Fprint(w, `<div class="table" tabindex="0">`+"\n<table>\n")
	} else {
		fmt.Fprint(w, "</table>\n</div>\n")
	}
	return ast.WalkContinue, nil
}

// shortCode is the length, in bytes, up to which code is kept on one line. It
// fits a column of a table on a telephone.
const shortCode = 14

// span keeps short code, such as a flag with its value, on one line.
func (blocks) span(w util.BufWriter, src []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	words := plain(node, src)
	class := ""
	if len(words) <= shortCode {
		class = ` class="short"`
	}
	fmt.Fprintf(w, "<code%s>%s</code>", class, template.HTMLEscapeString(words))
	return ast.WalkSkipChildren, nil
}

func (blocks) code(w util.BufWriter, src []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	var code bytes.Buffer
	for i := range node.Lines().Len() {
		line := node.Lines().At(i)
		code.Write(line.Value(src))
	}
	lang := ""
	if f, ok := node.(*ast.FencedCodeBlock); ok {
		lang = string(f.Language(src))
	}
	class := ""
	if lang == "" && wide(code.String()) {
		class = ` class="wrap"`
	}
	fmt.Fprintf(w, `<pre%s tabindex="0"><code>%s</code></pre>`+"\n", class, colour(code.String(), lang))
	return ast.WalkSkipChildren, nil
}

// wide reports whether a text has lines that no screen of usual size holds: a
// finding with its path. Such lines are better broken than scrolled.
func wide(text string) bool {
	for line := range strings.Lines(text) {
		if len(line) > 100 {
			return true
		}
	}
	return false
}

// colour returns code as HTML in which comments, strings and keywords of Go,
// the comments of shells and YAML, and the lines of a diff are marked.
func colour(code, lang string) string {
	switch {
	case lang == "go", lang == "" && (strings.Contains(code, "// WRONG") || strings.Contains(code, "// RIGHT")):
		return colourGo(code)
	case lang == "" && strings.HasPrefix(code, "--- "):
		return colourLines(code, func(line string) string {
			switch {
			case strings.HasPrefix(line, "+"):
				return "ins"
			case strings.HasPrefix(line, "-"):
				return "del"
			}
			return ""
		})
	case lang == "sh", lang == "yaml", lang == "python":
		return colourLines(code, func(line string) string {
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				return "com"
			}
			return ""
		})
	}
	return template.HTMLEscapeString(code)
}

// colourLines marks each line with the class that it has.
func colourLines(code string, class func(line string) string) string {
	var out strings.Builder
	for line := range strings.Lines(code) {
		text, end := strings.CutSuffix(line, "\n")
		mark(&out, class(line), text)
		if end {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

func colourGo(code string) string {
	file := token.NewFileSet().AddFile("", -1, len(code))
	var s scanner.Scanner
	s.Init(file, []byte(code), func(token.Position, string) {}, scanner.ScanComments)
	var out strings.Builder
	done := 0
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			break
		}
		at := file.Offset(pos)
		class := ""
		switch {
		case tok == token.COMMENT && strings.HasPrefix(lit, "// WRONG"):
			class = "wrong"
		case tok == token.COMMENT && strings.HasPrefix(lit, "// RIGHT"):
			class = "right"
		case tok == token.COMMENT:
			class = "com"
		case tok == token.STRING || tok == token.CHAR:
			class = "str"
		case tok.IsKeyword():
			class = "key"
		}
		if class == "" || at < done || at+len(lit) > len(code) {
			continue
		}
		out.WriteString(template.HTMLEscapeString(code[done:at]))
		mark(&out, class, code[at:at+len(lit)])
		done = at + len(lit)
	}
	out.WriteString(template.HTMLEscapeString(code[done:]))
	return out.String()
}

func mark(out *strings.Builder, class, text string) {
	if text = template.HTMLEscapeString(text); class != "" && text != "" {
		fmt.Fprintf(out, `<span class="%s">%s</span>`, class, text)
		return
	}
	out.WriteString(text)
}
