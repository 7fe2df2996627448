package lsp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A gate is a reader that has nothing, but only after something was written to
// it.
type gate struct {
	once sync.Once
	open chan struct{}
}

func (g *gate) Read([]byte) (int, error) {
	<-g.open
	return 0, io.EOF
}

func (g *gate) Write(p []byte) (int, error) {
	g.once.Do(func() { close(g.open) })
	return len(p), nil
}

func (g *gate) Close() error { return nil }

// served runs a server on some bytes, and returns what it writes of faults. First
// is read before the rest, and answered, unless it is empty.
func served(t *testing.T, dir, first string, rest io.Reader) string {
	var errs bytes.Buffer
	g := &gate{open: make(chan struct{})}
	in := rest
	if first != "" {
		in = io.MultiReader(strings.NewReader(framing(first)), g, rest)
	}
	Serve(t.Context(), Config{
		Check:   func([]string) error { return nil },
		Root:    func(string) string { return dir },
		Foreign: func(context.Context, string) bool { return false },
		Analyse: func(ctx context.Context, _ string, _ []string, say func(string)) (*Report, error) {
			return removals(ctx, dir, say)
		},
		Errors: &errs,
	}, in, g)
	return errs.String()
}

func framing(message string) string {
	return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(message), message)
}

func fuzzModule(f *testing.F) (dir, uri string) {
	dir = canonical(f.TempDir())
	name := filepath.Join(dir, "p.go")
	if err := os.WriteFile(name, []byte(source), 0o666); err != nil {
		f.Fatal(err)
	}
	return dir, uriOf(name)
}

// FuzzBytes sends anything: no input makes the server panic, or stay.
func FuzzBytes(f *testing.F) {
	dir, _ := fuzzModule(f)
	ok := framing(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`)
	for _, s := range []string{
		"", "x", "\r\n", ok, ok[:20], ok + ok, ok + "Content-Length: 99999999999999999999\r\n\r\n", "Content-Length: 9223372036854775807\r\n\r\n{}",
		framing(""), framing("{"), framing("null"), framing("[]"), framing("[1]"), framing("{}"), framing(`"`), framing("\xff"), framing(strings.Repeat("[", 100000)),
		framing(`{"jsonrpc":"1.0","id":1,"method":"initialize"}`), framing(`{"jsonrpc":"2.0","id":{},"method":1}`), framing(`{"jsonrpc":"2.0","id":7,"result":1}`),
		framing(`[{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}},{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}]`),
		ok + framing(`{"jsonrpc":"2.0","method":"exit"}`) + ok,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if text := served(t, dir, "", bytes.NewReader(data)); strings.Contains(text, "internal error") {
			t.Error(text)
		}
	})
}

// FuzzMessages sends messages after a proper beginning, one for each line. FILE
// stands for the URI of a file with a finding.
func FuzzMessages(f *testing.F) {
	dir, uri := fuzzModule(f)
	const first = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"rootUri":"FILE","capabilities":{"window":{"workDoneProgress":true},` +
		`"workspace":{"configuration":true,"workspaceEdit":{"documentChanges":true},"didChangeWatchedFiles":{"dynamicRegistration":true}},` +
		`"textDocument":{"publishDiagnostics":{"relatedInformation":true},"codeAction":{"codeActionLiteralSupport":{}}}}}}`
	note := func(method, params string) string {
		return `{"jsonrpc":"2.0","method":"` + method + `","params":` + params + `}`
	}
	ask := func(method, params string) string {
		return `{"jsonrpc":"2.0","id":"` + method + `","method":"` + method + `","params":` + params + `}`
	}
	const doc = `{"uri":"FILE","version":1,"text":"package p\n\nimport \"os\"\n\nfunc f() {\n\t_ = \"😀\"; os.Remove(\"x\")\n}\n"}`
	f.Add(strings.Join([]string{
		note("initialized", "{}"),
		note("textDocument/didOpen", `{"textDocument":`+doc+`}`),
		ask("textDocument/hover", `{"textDocument":`+doc+`,"position":{"line":5,"character":12}}`),
		ask("textDocument/codeAction", `{"textDocument":`+doc+`,"range":{"start":{"line":5,"character":0},"end":{"line":5,"character":1}}}`),
		note("textDocument/didChange", `{"textDocument":`+doc+`,"contentChanges":[{"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"text":"x"}]}`),
		note("textDocument/didSave", `{"textDocument":`+doc+`,"text":"x"}`),
		note("workspace/didChangeWatchedFiles", `{"changes":[{"uri":"FILE","type":1}]}`),
		note("workspace/didChangeConfiguration", `{"settings":{"loopvet":{"kinds":["file"]}}}`),
		note("workspace/didChangeWorkspaceFolders", `{"event":{"added":[{"uri":"FILE"}],"removed":[{"uri":"FILE"}]}}`),
		note("window/workDoneProgress/cancel", `{"token":"loopvet-1"}`),
		note("$/cancelRequest", `{"id":1}`),
		note("textDocument/didClose", `{"textDocument":`+doc+`}`),
		ask("shutdown", "null"),
		note("exit", "null"),
	}, "\n"))
	for method := range handlers {
		for _, params := range []string{
			"null", "[]", "[null]", "{}", `{"textDocument":null}`, `{"textDocument":{"uri":7}}`, `{"textDocument":{"uri":"FILE"}}`,
			`{"textDocument":` + doc + `,"position":{"line":-1,"character":-1},"range":{"start":{"line":-5,"character":-5},"end":{"line":1e9,"character":1}}}`,
			`{"textDocument":` + doc + `,"contentChanges":[{"range":{"start":{"line":9,"character":-1},"end":{"line":0,"character":0}},"text":"x"},{}]}`,
			`{"changes":[{}],"event":{"added":[{}],"removed":[null]},"settings":[],"token":[],"id":[]}`,
			`{"settings":{"loopvet":{"kinds":{}}},"event":7}`,
		} {
			open := note("textDocument/didOpen", `{"textDocument":`+doc+`}`)
			f.Add(open + "\n" + ask(method, params) + "\n" + note(method, params))
		}
	}
	f.Fuzz(func(t *testing.T, messages string) {
		var rest strings.Builder
		for line := range strings.SplitSeq(messages, "\n") {
			rest.WriteString(framing(strings.ReplaceAll(line, "FILE", uri)))
		}
		if text := served(t, dir, strings.ReplaceAll(first, "FILE", uri), strings.NewReader(rest.String())); strings.Contains(text, "internal error") {
			t.Error(text)
		}
	})
}
