package fix

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// timer makes the fix for a sleep: the rest of the literal, by a timer.
func (e *editor) timer() *Fix {
	rest := e.rest()
	if e.cond != nil || len(e.lhs) > 0 || len(e.call.Args) != 1 || rest == "" {
		return nil
	}
	e.drop = e.lastOfTime()
	var b block
	b.open("%s.SetTimeout(%s, func() {%s", e.loop, e.text(e.call.Args[0]), e.trailing())
	b.raw(rest)
	b.close("})")
	return e.edit("Wait with SetTimeout instead of time.Sleep", &b)
}

// lastOfTime reports whether the call is all that the file uses package time
// for.
func (e *editor) lastOfTime() bool {
	sel, ok := ast.Unparen(e.call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok {
		return false
	}
	uses := 0
	ast.Inspect(e.file, func(n ast.Node) bool {
		if x, ok := n.(*ast.Ident); ok && e.Info.Uses[x] == e.Info.Uses[id] {
			uses++
		}
		return true
	})
	return uses == 1
}

// A value is a result of the call that the rest of the literal uses.
type value struct {
	index  int
	name   string // that the rest knows it by
	field  string
	typ    string
	from   string // what it is in the after callback, "" when it has its name already
	assign bool   // to a variable that there is already
}

// work makes the fix for any other call: a worker runs it, and the rest of the
// literal is called back with the results.
func (e *editor) work() *Fix {
	ctxPkg, ok := e.contextPackage()
	if !ok {
		return nil
	}
	loopPkg, ok := e.qualifier(e.loopPackage())
	if !ok {
		return nil
	}
	hoists, ok := e.operands()
	if !ok {
		return nil
	}
	values, errName, errAssign, ok := e.values()
	if !ok {
		return nil
	}

	var b block
	taken := map[string]bool{}
	for i, h := range hoists {
		if !e.free(h.name) && e.free(h.other) {
			h.name = h.other
		}
		hoists[i].name = e.fresh(h.name)
		b.line("%s := %s", hoists[i].name, e.text(h.x))
	}
	call := e.callText(hoists)
	ctx := e.context()
	param := ""
	if ctx == "" {
		ctx = ctxPkg + ".Background()"
	} else if e.passes(ctx, hoists) {
		param = ctx + " "
	}
	param += ctxPkg + ".Context"

	results := e.fn.Signature().Results()
	if sig, ok := e.Info.TypeOf(e.call.Fun).(*types.Signature); ok {
		results = sig.Results()
	}
	n := results.Len()
	fails := n > 0 && isError(results.At(n-1).Type())
	rest := e.rest()
	guard := ""
	if !fails && rest != "" {
		// The work may have been cancelled: there is no result then.
		guard = e.fresh("err")
		errName = guard
	}

	// What the work returns, as one value.
	typ, name := "", ""
	switch len(values) {
	case 0:
	case 1:
		typ, name = values[0].typ, values[0].name
		if values[0].assign {
			name = e.fresh("v")
			values[0].from = name
		}
	default:
		typ, name = e.fresh("result"), e.fresh("r")
		b.open("type %s struct {", typ)
		for i := range values {
			v := &values[i]
			for v.field = v.name; taken[v.field]; v.field += "2" {
			}
			taken[v.field] = true
			v.from = name + "." + v.field
			b.line("%s %s", v.field, v.typ)
		}
		b.close("}")
	}
	errParam := errName
	if errAssign {
		errParam = e.fresh("err")
	}
	if rest == "" {
		errParam = ""
	}
	if errParam != "" {
		errParam += " "
	}

	vals := n
	if fails {
		vals--
	}
	trailing := e.trailing()
	queue, returns := "QueueWork", "("+typ+", error)"
	if typ == "" {
		queue, returns = "QueueFunc", "error"
	}
	b.open("%s.%s(%s, %s, func(%s) %s {", loopPkg, queue, ctx, e.loop, param, returns)
	switch {
	case len(values) > 1:
		b.line("var %s %s", name, typ)
		errv := "nil"
		targets := make([]string, n)
		for i := range targets {
			targets[i] = "_"
		}
		for _, v := range values {
			targets[v.index] = name + "." + v.field
		}
		if fails {
			if errv = "err"; strings.Contains(call, errv) || name == errv {
				errv = e.fresh(errv)
			}
			b.line("var %s error", errv)
			targets[n-1] = errv
		}
		b.line("%s = %s%s", strings.Join(targets, ", "), call, trailing)
		b.line("return %s, %s", name, errv)
	case vals == len(values) && fails:
		b.line("return %s%s", call, trailing)
	case len(values) == 1 && n == 1:
		b.line("return %s, nil%s", call, trailing)
	case len(values) == 0 && !fails:
		b.line("%s%s", call, trailing)
		b.line("return nil")
	default: // some of the results are not wanted
		targets := make([]string, n)
		for i := range targets {
			targets[i] = "_"
		}
		var out []string
		for _, v := range values {
			targets[v.index] = "v"
			out = append(out, "v")
		}
		if fails {
			targets[n-1] = "err"
			out = append(out, "err")
		} else {
			out = append(out, "nil")
		}
		b.line("%s := %s%s", strings.Join(targets, ", "), call, trailing)
		b.line("return %s", strings.Join(out, ", "))
	}
	after := ""
	switch {
	case typ == "":
		after = errParam + "error"
	case rest == "":
		after = typ + ", error"
	case errParam == "":
		after = name + " " + typ + ", _ error"
	default:
		after = name + " " + typ + ", " + errParam + "error"
	}
	if rest == "" {
		b.close("}, func(" + after + ") {})")
		return e.edit("Run "+e.title()+" on the worker pool", &b)
	}
	b.reopen("}, func(%s) {", after)
	if guard != "" {
		b.open("if %s != nil {", guard)
		b.line("return")
		b.close("}")
	}
	if errAssign {
		values = append(values, value{name: errName, from: strings.TrimSpace(errParam), assign: true})
	}
	bind(&b, values)
	b.raw(rest)
	b.close("})")
	return e.edit("Run "+e.title()+" on the worker pool", &b)
}

// bind writes what gives the results the names that the rest knows.
func bind(b *block, values []value) {
	for _, assign := range []bool{false, true} {
		var to, from []string
		for _, v := range values {
			if v.assign == assign && v.from != "" {
				to = append(to, v.name)
				from = append(from, v.from)
			}
		}
		op := ":="
		if assign {
			op = "="
		}
		if len(to) > 0 {
			b.line("%s %s %s", strings.Join(to, ", "), op, strings.Join(from, ", "))
		}
	}
}

// values returns the results that are used, without a last error, and the name
// of that error. It reports whether all of them can be handed on.
func (e *editor) values() (values []value, errName string, errAssign, ok bool) {
	sig, isSig := e.Info.TypeOf(e.call.Fun).(*types.Signature)
	if !isSig {
		return nil, "", false, false
	}
	results := sig.Results()
	n := results.Len()
	if len(e.lhs) > 0 && len(e.lhs) != n {
		return nil, "", false, false
	}
	for i, x := range e.lhs {
		id, isIdent := ast.Unparen(x).(*ast.Ident)
		if !isIdent {
			return nil, "", false, false
		}
		if id.Name == "_" {
			continue
		}
		t := results.At(i).Type()
		assign := e.how == token.ASSIGN
		if obj := e.Info.Uses[id]; obj != nil && !assign && !types.Identical(obj.Type(), t) {
			return nil, "", false, false
		}
		if i == n-1 && isError(t) {
			errName, errAssign = id.Name, assign
			continue
		}
		typ, can := e.typeText(t)
		if !can {
			return nil, "", false, false
		}
		values = append(values, value{index: i, name: id.Name, typ: typ, assign: assign})
	}
	return values, errName, errAssign, true
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// contextPackage returns the name of package context.
func (e *editor) contextPackage() (string, bool) {
	f, ok := e.loopFunc("QueueFunc")
	if !ok {
		return "", false
	}
	named, ok := types.Unalias(f.Signature().Params().At(0).Type()).(*types.Named)
	if !ok {
		return "", false
	}
	return e.qualifier(named.Obj().Pkg())
}

func (e *editor) loopPackage() *types.Package {
	return e.calleeOf(e.reg).Pkg()
}

func (e *editor) loopFunc(name string) (*types.Func, bool) {
	f, ok := e.loopPackage().Scope().Lookup(name).(*types.Func)
	return f, ok && f.Signature().Params().Len() > 0
}

// title names what is called as its callers write it.
func (e *editor) title() string {
	fn := e.fn.Origin()
	recv := fn.Signature().Recv()
	if recv == nil {
		return fn.Pkg().Name() + "." + fn.Name()
	}
	t := types.TypeString(recv.Type(), (*types.Package).Name)
	if strings.HasPrefix(t, "*") {
		t = "(" + t + ")"
	}
	return t + "." + fn.Name()
}

// callText returns the source of the call with names in place of what was read
// before.
func (e *editor) callText(hoists []hoist) string {
	hoists = slices.Clone(hoists)
	slices.SortFunc(hoists, func(a, b hoist) int { return int(a.x.Pos() - b.x.Pos()) })
	var b strings.Builder
	at := e.call.Pos()
	for _, h := range hoists {
		b.WriteString(e.between(at, h.x.Pos()) + h.name)
		at = h.x.End()
	}
	b.WriteString(e.between(at, e.call.End()))
	return e.deeper(b.String(), e.call.Pos(), e.call.End())
}

// passes reports whether the call, as it will run, mentions the context of that
// name.
func (e *editor) passes(ctx string, hoists []hoist) (found bool) {
	obj := e.lookup(ctx)
	ast.Inspect(e.call, func(n ast.Node) bool {
		if x, ok := n.(ast.Expr); ok && slices.ContainsFunc(hoists, func(h hoist) bool { return h.x == x }) {
			return false
		}
		if id, ok := n.(*ast.Ident); ok && e.Info.Uses[id] == obj {
			found = true
		}
		return !found
	})
	return found
}

// trailing returns the comment that ends the statement's line.
func (e *editor) trailing() string {
	if e.cond != nil {
		return ""
	}
	_, comment := e.cutTrailing()
	if comment == "" {
		return ""
	}
	return " " + comment
}

// cutTrailing returns where the rest begins, and the comment in front of it that
// belongs to the statement.
func (e *editor) cutTrailing() (token.Pos, string) {
	end := e.stmt.End()
	line := e.line(end)
	for _, c := range e.file.Comments {
		if c.Pos() >= end && c.End() <= e.lit.Body.Rbrace && e.line(c.Pos()) == line && e.line(c.End()) == line &&
			strings.TrimSpace(e.between(end, c.Pos())) == "" && e.line(e.lit.Body.Rbrace) != line && len(c.List) == 1 {
			return c.End(), e.text(c)
		}
	}
	return end, ""
}

func (e *editor) line(p token.Pos) int { return e.tok.PositionFor(p, false).Line }

// rest returns the source of what follows the call in the literal, one level
// deeper, comments included.
func (e *editor) rest() string {
	head := ""
	from, _ := e.cutTrailing()
	end := e.lit.Body.Rbrace
	if e.cond != nil {
		from = e.cond.Cond.Pos()
		head = "if "
	}
	text := e.deeper(e.between(from, end), from, end)
	if e.cond == nil {
		text = strings.TrimLeft(text, " \t\r\n;")
	}
	return head + strings.TrimRight(text, " \t\r\n;")
}

// deeper indents all lines of some source but the first, and those that begin
// inside a raw string.
func (e *editor) deeper(text string, from, to token.Pos) string {
	raw := map[int]bool{} // newlines within raw strings, counted in the text
	src := e.between(from, to)
	ast.Inspect(e.lit, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && l.Value[0] == '`' && from <= l.Pos() && l.End() <= to {
			for i := e.tok.Offset(l.Pos()); i < e.tok.Offset(l.End()); i++ {
				if e.src[i] == '\n' {
					raw[strings.Count(src[:i-e.tok.Offset(from)], "\n")] = true
				}
			}
		}
		return true
	})
	lines := strings.Split(text, "\n")
	for i := 1; i < len(lines); i++ {
		if lines[i] != "" && !raw[i-1] {
			lines[i] = "\t" + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// A block is source text being written, line by line.
type block struct {
	lines []string
	depth int
}

func (b *block) line(format string, args ...any) {
	b.lines = append(b.lines, strings.Repeat("\t", b.depth)+fmt.Sprintf(format, args...))
}

// raw adds text whose further lines have their indentation.
func (b *block) raw(text string) {
	b.lines = append(b.lines, strings.Repeat("\t", b.depth)+text)
}

func (b *block) open(format string, args ...any) {
	b.line(format, args...)
	b.depth++
}

func (b *block) close(text string) {
	b.depth--
	b.line("%s", text)
}

func (b *block) reopen(format string, args ...any) {
	b.depth--
	b.open(format, args...)
}

// edit replaces the statement and the rest of the literal by what was written,
// and adds the imports. It returns nil when the result would not compile.
func (e *editor) edit(title string, b *block) *Fix {
	start, end := e.tok.Offset(e.stmt.Pos()), e.tok.Offset(e.lit.Body.Rbrace)
	bol := bytes.LastIndexByte(e.src[:start], '\n') + 1
	outer := indentation(e.src[bol:])
	indent, lead := outer, ""
	if front := e.tok.Offset(e.lit.Body.Lbrace) + 1; bol < front { // the literal begins on the line
		indent, lead = outer+"\t", "\n"+outer+"\t"
		if s := strings.Trim(string(e.src[front:start]), " \t;"); s != "" {
			lead += s + "\n" + indent
		}
		start = front
	} else if strings.TrimSpace(string(e.src[bol:start])) != "" { // another statement does
		lead = "\n" + indent
		start = len(bytes.TrimRight(e.src[:start], " \t;"))
	}
	closing := outer
	if cl := bytes.LastIndexByte(e.src[:end], '\n') + 1; cl > start {
		closing = indentation(e.src[cl:])
	}
	text := lead + strings.Join(b.lines, "\n"+indent) + "\n" + closing
	// Lines that b holds as one piece have kept their own indentation.
	edits, ok := e.importEdits()
	if !ok {
		return nil
	}
	name := filepath.Base(e.tok.Name())
	body := Edit{File: name, Start: start, End: end, New: text}
	for i := range edits {
		edits[i].File = name
	}
	edits = append(edits, body)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.Start - b.Start })
	e.format(edits)
	if !e.compiles(edits) {
		return nil
	}
	return &Fix{Title: title, Edits: edits}
}

// indentation returns the white space that a line begins with.
func indentation(line []byte) string {
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// Apply returns src with edits made, which are sorted.
func Apply(src []byte, edits []Edit) []byte {
	var out []byte
	at := 0
	for _, ed := range edits {
		out = append(out, src[at:ed.Start]...)
		out = append(out, ed.New...)
		at = ed.End
	}
	return append(out, src[at:]...)
}

// format has the last edit, that of the body, give what gofmt would, where the
// file as it is was formatted and nothing outside of the edit changes.
func (e *editor) format(edits []Edit) {
	if was, err := format.Source(e.src); err != nil || !bytes.Equal(was, e.src) {
		return
	}
	is, err := format.Source(Apply(e.src, edits))
	if err != nil {
		return
	}
	body := &edits[len(edits)-1]
	head := Apply(e.src[:body.Start], edits[:len(edits)-1])
	tail := e.src[body.End:]
	if len(is) >= len(head)+len(tail) && bytes.HasPrefix(is, head) && bytes.HasSuffix(is, tail) {
		body.New = string(is[len(head) : len(is)-len(tail)])
	}
}
