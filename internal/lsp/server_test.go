package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/fix"
	"github.com/loopvet/loopvet/internal/format"
	"github.com/loopvet/loopvet/internal/lsp/lsptest"
	"github.com/loopvet/loopvet/internal/report"
)

// source has one finding, at os.Remove, behind a character of two units.
const source = `package p

import "os"

func f() {
	_ = "😀"; os.Remove("x")
}
`

// A session is a client, and a server that runs with an analysis made up by the
// test: each call of os.Remove in a file of the module is a finding with a fix.
type session struct {
	*lsptest.Client
	t    *testing.T
	dir  string // of a module with the file p.go
	uri  string // of p.go
	code chan int

	mu      sync.Mutex
	errors  bytes.Buffer
	flags   [][]string // of each analysis
	analyse func(ctx context.Context, dir string, say func(string)) (*Report, error)
}

// lockedWriter lets the test look at what the server has written.
type lockedWriter struct{ s *session }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.errors.Write(p)
}

func (s *session) written() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errors.String()
}

func start(t *testing.T) *session {
	s, r, w := connect(t)
	s.Client = lsptest.New(r, w)
	t.Cleanup(func() { s.Close() })
	return s
}

// connect starts a server, without a client.
func connect(t *testing.T) (s *session, r io.Reader, w io.WriteCloser) {
	dir := canonical(t.TempDir())
	s = &session{t: t, dir: dir, code: make(chan int, 1), analyse: removals}
	s.write("go.mod", "module example.com/p\n")
	s.uri = s.write("p.go", source)
	fromClient, toServer := io.Pipe()
	fromServer, toClient := io.Pipe()
	go func() {
		s.code <- Serve(t.Context(), Config{
			Version: "v1.2.3",
			Check: func(flags []string) error {
				if slices.Contains(flags, "-level=loud") {
					return errors.New("want error, warning or info")
				}
				return nil
			},
			Root: func(file string) string {
				for dir := filepath.Dir(file); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
					if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
						return dir
					}
				}
				return ""
			},
			Foreign: func(_ context.Context, dir string) bool { return strings.Contains(dir, "cache") },
			Analyse: func(ctx context.Context, dir string, flags []string, say func(string)) (*Report, error) {
				s.mu.Lock()
				s.flags = append(s.flags, flags)
				f := s.analyse
				s.mu.Unlock()
				return f(ctx, dir, say)
			},
			Errors: lockedWriter{s},
		}, fromClient, toClient)
		toClient.Close()
	}()
	return s, fromServer, toServer
}

// removals is the analysis of a session.
func removals(_ context.Context, dir string, _ func(string)) (*Report, error) {
	out := &format.Output{
		Dir:  dir,
		File: func(p effect.Pos) string { return filepath.Join(dir, p.File) },
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		base := filepath.Base(name)
		for n, line := range strings.Split(string(data), "\n") {
			col := strings.Index(line, "os.Remove")
			if col < 0 {
				continue
			}
			sym := effect.Sym{Pkg: "example.com/p", Name: "f"}
			at := effect.Pos{Pkg: sym.Pkg, File: base, Line: n + 1, Col: col + 1}
			call := `os.Remove("x")`
			start := strings.Index(string(data), call)
			out.Findings = append(out.Findings, report.Finding{
				Category: "file", Kind: "file", Level: contract.Warning,
				Callback: sym, CallbackPos: effect.Pos{Pkg: sym.Pkg, File: base, Line: 5, Col: 6},
				Registration: "callback of example.com/ev.Post", RegistrationPos: effect.Pos{Pkg: sym.Pkg, File: base, Line: 1, Col: 1},
				Path: []effect.Hop{{In: sym, Pos: at, Callee: "os.Remove"}},
				Fix:  &fix.Fix{Title: "Call work", Edits: []fix.Edit{{File: base, Start: start, End: start + len(call), New: "work()"}}},
			})
		}
	}
	return &Report{
		Output:  out,
		Why:     func(f *report.Finding) string { return f.Headline() + "\n  path: ```\n" },
		Summary: fmt.Sprintf("%d findings", len(out.Findings)),
	}, nil
}

// write writes a file of the module and returns its URI.
func (s *session) write(name, text string) string {
	s.t.Helper()
	name = filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		s.t.Fatal(err)
	}
	return uriOf(name)
}

// setAnalyse has the next analyses done by f.
func (s *session) setAnalyse(f func(ctx context.Context, dir string, say func(string)) (*Report, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.analyse = f
}

func (s *session) call(method string, params, result any) {
	s.t.Helper()
	if err := s.Call(s.t.Context(), method, params, result); err != nil {
		s.t.Fatalf("%s: %v", method, err)
	}
}

func (s *session) notify(method string, params any) {
	s.t.Helper()
	if err := s.Notify(s.t.Context(), method, params); err != nil {
		s.t.Fatalf("%s: %v", method, err)
	}
}

// next waits for a message of the server and decodes its parameters.
func (s *session) next(method string, params any) {
	s.t.Helper()
	data, err := s.Next(s.t.Context(), method, nil)
	if err == nil {
		err = json.Unmarshal(data, params)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// obj saves space.
type obj = map[string]any

// fullCaps is what a modern client can do.
func fullCaps() obj {
	return obj{
		"window": obj{"workDoneProgress": true},
		"workspace": obj{
			"configuration":         true,
			"workspaceEdit":         obj{"documentChanges": true},
			"didChangeWatchedFiles": obj{"dynamicRegistration": true},
		},
		"textDocument": obj{
			"publishDiagnostics": obj{"relatedInformation": true},
			"codeAction":         obj{"codeActionLiteralSupport": obj{"codeActionKind": obj{"valueSet": []string{"quickfix"}}}},
			"hover":              obj{"contentFormat": []string{"markdown", "plaintext"}},
		},
	}
}

// initialize begins the session with the module as its folder.
func (s *session) initialize(caps obj, options any) {
	s.t.Helper()
	s.call("initialize", obj{
		"rootUri": nil, "capabilities": caps, "initializationOptions": options,
		"workspaceFolders": []obj{{"uri": uriOf(s.dir), "name": "p"}},
	}, nil)
	s.notify("initialized", obj{})
}

func (s *session) open(uri, text string) {
	s.t.Helper()
	s.notify("textDocument/didOpen", obj{"textDocument": obj{"uri": uri, "languageId": "go", "version": 1, "text": text}})
}

func (s *session) save(uri string) {
	s.t.Helper()
	s.notify("textDocument/didSave", obj{"textDocument": obj{"uri": uri}})
}

// diagnostics waits for the next diagnostics of a file.
func (s *session) diagnostics(uri string) []diagnostic {
	s.t.Helper()
	var p publishDiagnosticsParams
	data, err := s.Next(s.t.Context(), "textDocument/publishDiagnostics", func(data json.RawMessage) bool {
		var p publishDiagnosticsParams
		return json.Unmarshal(data, &p) == nil && p.URI == uri
	})
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if strings.Contains(string(data), `"version"`) {
		s.t.Errorf("diagnostics with a version: %s", data)
	}
	return p.Diagnostics
}

// fails checks that a request is answered with that error.
func (s *session) fails(code jrpc2.Code, text, method string, params any) {
	s.t.Helper()
	err := s.Call(s.t.Context(), method, params, nil)
	if e, ok := errors.AsType[*jrpc2.Error](err); !ok || e.Code != code || !strings.Contains(e.Message, text) {
		s.t.Errorf("%s: %v, want code %d and %q", method, err, code, text)
	}
}

// ends checks the exit code, and that there was no fault.
func (s *session) ends(want int) {
	s.t.Helper()
	if got := <-s.code; got != want {
		s.t.Errorf("exit code %d, want %d", got, want)
	}
	if text := s.written(); strings.Contains(text, "internal error") {
		s.t.Error(text)
	}
}

func TestLifecycle(t *testing.T) {
	s := start(t)
	s.fails(codeNotInitialized, "before initialize", "textDocument/hover", obj{})
	s.fails(codeNotInitialized, "before initialize", "shutdown", nil)
	s.fails(jrpc2.InvalidParams, "", "initialize", []int{1})
	s.open(s.uri, source) // dropped
	var result struct {
		ServerInfo   struct{ Name, Version string }
		Capabilities struct {
			PositionEncoding string
			HoverProvider    bool
		}
	}
	s.call("initialize", obj{"capabilities": obj{}}, &result)
	if got := fmt.Sprint(result); got != "{{loopvet v1.2.3} {utf-16 true}}" {
		t.Errorf("initialize returns %s", got)
	}
	s.notify("initialized", obj{})
	s.fails(jrpc2.InvalidRequest, "second time", "initialize", obj{})
	s.fails(jrpc2.MethodNotFound, "", "textDocument/definition", obj{})
	s.fails(jrpc2.InvalidParams, "", "textDocument/hover", obj{"position": "here"})
	s.fails(jrpc2.InvalidParams, "", "textDocument/codeAction", []int{1})
	s.notify("$/unknown", obj{})
	s.notify("textDocument/didOpen", []int{1})
	s.call("shutdown", nil, nil)
	s.fails(jrpc2.InvalidRequest, "after shutdown", "textDocument/hover", obj{})
	s.notify("exit", nil)
	s.ends(0)
	if n := len(s.flags); n > 0 {
		t.Errorf("%d analyses", n)
	}
}

func TestExit(t *testing.T) {
	t.Run("without shutdown", func(t *testing.T) {
		s := start(t)
		s.initialize(obj{}, nil)
		s.notify("exit", nil)
		s.ends(1)
	})
	t.Run("closed", func(t *testing.T) {
		s := start(t)
		s.initialize(obj{}, nil)
		s.Close()
		s.ends(1)
		if got := s.written(); got != "loopvet: lsp: the client left without a shutdown\n" {
			t.Errorf("wrote %q", got)
		}
	})
	t.Run("closed after shutdown", func(t *testing.T) {
		s := start(t)
		s.initialize(obj{}, nil)
		s.call("shutdown", nil, nil)
		s.Close()
		s.ends(0)
	})
	t.Run("all at once", func(t *testing.T) {
		var in strings.Builder
		for _, m := range []string{
			`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`,
			`{"jsonrpc":"2.0","method":"initialized","params":{}}`,
			`{"jsonrpc":"2.0","id":2,"method":"shutdown"}`,
			`{"jsonrpc":"2.0","method":"exit"}`,
		} {
			in.WriteString(framing(m))
		}
		for range 20 { // in whatever order the handlers run
			var out, errs buffer
			if code := Serve(t.Context(), Config{Errors: &errs}, strings.NewReader(in.String()), &out); code != 0 || errs.Len() > 0 {
				t.Fatalf("exit code %d, wrote %q", code, errs.String())
			}
		}
	})
	t.Run("no protocol", func(t *testing.T) {
		var errs bytes.Buffer
		if code := Serve(t.Context(), Config{Errors: &errs}, strings.NewReader("hello\n"), &buffer{}); code != 1 || errs.String() != "loopvet: lsp: \"hello\" is no header\n" {
			t.Errorf("exit code %d, wrote %q", code, errs.String())
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in, _ := io.Pipe() // never has anything
		var errs bytes.Buffer
		cancel()
		if code := Serve(ctx, Config{Errors: &errs}, in, &buffer{}); code != 1 || errs.String() != "loopvet: interrupted\n" {
			t.Errorf("exit code %d, wrote %q", code, errs.String())
		}
	})
	t.Run("while it analyses", func(t *testing.T) {
		s := start(t)
		started := make(chan bool)
		s.setAnalyse(func(ctx context.Context, _ string, _ func(string)) (*Report, error) {
			started <- true
			<-ctx.Done()
			return nil, ctx.Err()
		})
		s.initialize(obj{}, nil)
		s.open(s.uri, source)
		<-started
		s.call("shutdown", nil, nil)
		s.notify("exit", nil)
		s.ends(0)
	})
}

// A module is analysed when a file of it is opened and when one is saved.
func TestDiagnostics(t *testing.T) {
	s := start(t)
	s.initialize(fullCaps(), nil)
	s.open(s.uri, source)
	found := s.diagnostics(s.uri)
	const line = 5
	want := []diagnostic{{
		Range:           textRange{position{line, 11}, position{line, 20}},
		Severity:        severityWarning,
		Code:            "file",
		CodeDescription: &codeDescription{report.PageOf("file")},
		Source:          "loopvet",
		Message:         "os.Remove blocks the event loop (file): callback of ev.Post -> f -> os.Remove",
		RelatedInformation: []related{
			{location{s.uri, textRange{position{0, 0}, position{0, 7}}}, "callback of ev.Post"},
			{location{s.uri, textRange{position{line, 11}, position{line, 20}}}, "os.Remove"},
		},
	}}
	if got, want := jsonText(found), jsonText(want); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// Files that are not open have diagnostics too.
	other := s.write("q.go", "package p\n\nfunc g() { os.Remove(\"x\") }\n")
	s.save(s.uri)
	s.diagnostics(s.uri)
	if found = s.diagnostics(other); len(found) != 1 {
		t.Errorf("diagnostics of the other file are %v", found)
	}
	// They go with the findings, or with the file.
	s.write("p.go", "package p\n")
	if err := os.Remove(filepath.Join(s.dir, "q.go")); err != nil {
		t.Fatal(err)
	}
	s.save(s.uri)
	if a, b := s.diagnostics(s.uri), s.diagnostics(other); len(a) != 0 || len(b) != 0 {
		t.Errorf("left are %v, %v", a, b)
	}
}

func jsonText(v any) string {
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// What a client cannot do is not asked of it.
func TestModestClient(t *testing.T) {
	s := start(t)
	s.initialize(obj{"textDocument": obj{"hover": obj{"contentFormat": []string{"plaintext"}}}}, nil)
	s.open(s.uri, source)
	if d := s.diagnostics(s.uri); len(d) != 1 || d[0].RelatedInformation != nil {
		t.Errorf("diagnostics are %v", d)
	}
	var h hover
	s.call("textDocument/hover", at(s.uri, 5), &h)
	if h.Contents.Kind != "plaintext" || strings.Contains(h.Contents.Value, "](") {
		t.Errorf("hover is %v", h)
	}
	var actions []codeAction
	s.call("textDocument/codeAction", lines(s.uri, 5, 5), &actions)
	if len(actions) != 0 {
		t.Errorf("actions are %v", actions)
	}
	s.call("shutdown", nil, nil)
	for _, m := range s.Pending() {
		if m.Method != "window/logMessage" {
			t.Errorf("sent %s", m.Method)
		}
	}
}

func at(uri string, line int) obj {
	return obj{"textDocument": obj{"uri": uri}, "position": obj{"line": line, "character": 0}}
}

func lines(uri string, from, to int) obj {
	return obj{
		"textDocument": obj{"uri": uri},
		"range":        textRange{position{from, 0}, position{to, 0}},
		"context":      obj{"diagnostics": []any{}},
	}
}

func TestUTF8(t *testing.T) {
	s := start(t)
	caps := fullCaps()
	caps["general"] = obj{"positionEncodings": []string{"utf-32", "utf-16", "utf-8"}}
	var result struct {
		Capabilities struct{ PositionEncoding string }
	}
	s.call("initialize", obj{"rootUri": uriOf(s.dir), "capabilities": caps}, &result)
	if got := result.Capabilities.PositionEncoding; got != "utf-8" {
		t.Errorf("encoding is %s", got)
	}
	s.notify("initialized", obj{})
	s.open(s.uri, source)
	if got, want := s.diagnostics(s.uri)[0].Range, (textRange{position{5, 13}, position{5, 22}}); got != want {
		t.Errorf("range is %v, want %v", got, want)
	}
}

func TestHover(t *testing.T) {
	s := start(t)
	s.initialize(fullCaps(), nil)
	s.open(s.uri, source)
	var h *hover
	s.call("textDocument/hover", at(s.uri, 5), &h) // waits for the analysis
	const want = "````text\nos.Remove blocks the event loop (file)\n  path: ```\n````\n" +
		"[file](https://github.com/loopvet/loopvet/blob/main/docs/findings.md#file)"
	if h == nil || h.Contents.Kind != "markdown" || h.Contents.Value != want || h.Range.Start != (position{5, 11}) {
		t.Errorf("hover is %+v", h)
	}
	for _, p := range []obj{at(s.uri, 4), at(s.uri, -1), at(s.uri, 1000), at(uriOf("/nowhere.go"), 5), at("untitled:1", 5)} {
		h = nil
		if s.call("textDocument/hover", p, &h); h != nil {
			t.Errorf("hover at %v is %v", p, h)
		}
	}
	// Not on a line that has become another one.
	change := func(n int, r any, text string) {
		s.notify("textDocument/didChange", obj{
			"textDocument":   obj{"uri": s.uri, "version": n},
			"contentChanges": []obj{{"range": r, "text": text}},
		})
	}
	change(2, textRange{position{0, 0}, position{0, 0}}, "// one more\n")
	if s.call("textDocument/hover", at(s.uri, 5), &h); h != nil {
		t.Errorf("hover is %v", h)
	}
	change(3, nil, source+"\n")
	if s.call("textDocument/hover", at(s.uri, 5), &h); h == nil {
		t.Error("no hover after a change elsewhere")
	}
}

// A hover that waits for the analysis can be cancelled.
func TestCancel(t *testing.T) {
	s, r, w := connect(t)
	release := make(chan bool)
	s.setAnalyse(func(ctx context.Context, dir string, say func(string)) (*Report, error) {
		<-release
		return removals(ctx, dir, say)
	})
	conn := channel.LSP(r, w)
	send := func(id any, method string, params obj) {
		t.Helper()
		m := obj{"jsonrpc": "2.0", "method": method, "params": params}
		if id != nil {
			m["id"] = id
		}
		data, err := json.Marshal(m)
		if err == nil {
			err = conn.Send(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// answer waits for the answer to a request.
	answer := func(id string) (code jrpc2.Code) {
		t.Helper()
		for {
			data, err := conn.Recv()
			if err != nil {
				t.Fatal(err)
			}
			var m struct {
				ID    any
				Error struct{ Code jrpc2.Code }
			}
			if err := json.Unmarshal(data, &m); err != nil {
				t.Fatal(err)
			}
			if m.ID == id {
				return m.Error.Code
			}
		}
	}
	send("i", "initialize", obj{"rootUri": uriOf(s.dir), "capabilities": obj{}})
	answer("i")
	send(nil, "textDocument/didOpen", obj{"textDocument": obj{"uri": s.uri, "version": 1, "text": source}})
	send("h", "textDocument/hover", at(s.uri, 5))
	// What is cancelled in vain does no harm.
	send(nil, "$/cancelRequest", obj{"id": "nobody"})
	send(nil, "$/cancelRequest", obj{"id": obj{}})
	send(nil, "$/cancelRequest", obj{"id": "h"})
	// The library answers by itself where the hover had not begun.
	if code := answer("h"); code != codeCancelled && code != jrpc2.Cancelled {
		t.Errorf("hover ends with %v", code)
	}
	close(release)
	send("k", "textDocument/hover", at(s.uri, 5))
	if code := answer("k"); code != 0 {
		t.Errorf("the next hover ends with %v", code)
	}
	send("s", "shutdown", nil)
	answer("s")
	send(nil, "exit", nil)
	s.ends(0)
}

// Of two analyses of a module, the newer one counts, and the older one ends.
func TestNewerAnalysis(t *testing.T) {
	s := start(t)
	started := make(chan bool)
	ended := make(chan error, 1)
	s.setAnalyse(func(ctx context.Context, dir string, say func(string)) (*Report, error) {
		rep, err := removals(ctx, dir, say)
		close(started)
		<-ctx.Done()
		ended <- ctx.Err()
		return rep, err // as if it had been through just then
	})
	s.initialize(obj{}, nil)
	s.open(s.uri, source)
	<-started
	s.setAnalyse(removals)
	s.write("p.go", "package p\n")
	s.save(s.uri)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if d := s.diagnostics(s.uri); len(d) != 0 {
		t.Errorf("the older analysis was published: %v", d)
	}
}

func TestCodeActions(t *testing.T) {
	s := start(t)
	s.initialize(fullCaps(), nil)
	s.open(s.uri, source)
	s.diagnostics(s.uri)
	ask := func(params obj) (actions []codeAction) {
		t.Helper()
		s.call("textDocument/codeAction", params, &actions)
		return actions
	}
	actions := ask(lines(s.uri, 0, 7))
	if len(actions) != 2 {
		t.Fatalf("%d actions", len(actions))
	}
	for n, want := range []string{
		strings.Replace(strings.Replace(source, `os.Remove("x")`, "work()", 1), "import \"os\"\n\n", "", 1),
		strings.Replace(source, `os.Remove("x")`, `os.Remove("x") //loopvet:ignore `, 1),
	} {
		a := actions[n]
		if len(a.Edit.DocumentChanges) != 1 || a.Edit.DocumentChanges[0].TextDocument != (documentID{s.uri, 1}) || a.Edit.Changes != nil {
			t.Fatalf("edit is %+v", a.Edit)
		}
		// The fix is formatted.
		want = strings.Replace(want, `_ = "😀"; work()`, "_ = \"😀\"\n\twork()", 1)
		if got := applied(t, source, a.Edit.DocumentChanges[0].Edits, utf16Units); got != want {
			t.Errorf("%s makes\n%s\nwant\n%s", a.Title, got, want)
		}
		if a.Kind != "quickfix" || len(a.Diagnostics) != 1 || a.Diagnostics[0].Code != "file" || a.IsPreferred != (n == 0) {
			t.Errorf("action is %+v", a)
		}
	}
	if actions[0].Title != "Call work" || actions[1].Title != "Silence this line with //loopvet:ignore" {
		t.Errorf("titles are %q, %q", actions[0].Title, actions[1].Title)
	}
	only := lines(s.uri, 5, 5)
	only["context"] = obj{"only": []string{"refactor", "quickfix"}}
	if got := ask(only); len(got) != 2 {
		t.Errorf("%d quick fixes", len(got))
	}
	only["context"] = obj{"only": []string{"source.organizeImports"}}
	for _, params := range []obj{only, lines(s.uri, 0, 4), lines(s.uri, 6, 5), lines(s.uri, -1, -1), lines("untitled:1", 5, 5), lines(uriOf("/nowhere.go"), 5, 5)} {
		if got := ask(params); len(got) != 0 {
			t.Errorf("actions for %v: %v", params, got)
		}
	}

	// An edit that is not saved has none, and undone it has them again, for the
	// version that it is then.
	change := func(version int, r textRange, text string) {
		s.notify("textDocument/didChange", obj{
			"textDocument":   obj{"uri": s.uri, "version": version},
			"contentChanges": []obj{{"range": r, "text": text}},
		})
	}
	change(2, textRange{position{6, 0}, position{6, 0}}, "\n")
	if got := ask(lines(s.uri, 5, 5)); len(got) != 0 {
		t.Errorf("actions for a text that was not analysed: %v", got)
	}
	change(3, textRange{position{6, 0}, position{7, 0}}, "")
	if got := ask(lines(s.uri, 5, 5)); len(got) != 2 || got[0].Edit.DocumentChanges[0].TextDocument.Version != 3 {
		t.Errorf("actions are %v", got)
	}
	// An edit that does not fit leaves a text that nobody knows, until it is saved.
	change(4, textRange{position{70, 0}, position{71, 0}}, "")
	change(5, textRange{position{0, 0}, position{0, 0}}, "")
	if got := ask(lines(s.uri, 5, 5)); len(got) != 0 {
		t.Errorf("actions for an unknown text: %v", got)
	}
	s.notify("textDocument/didSave", obj{"textDocument": obj{"uri": s.uri}, "text": source})
	s.diagnostics(s.uri)
	if got := ask(lines(s.uri, 5, 5)); len(got) != 2 {
		t.Errorf("%d actions after a save", len(got))
	}
	// A file that is written meanwhile is not what was analysed, even where the
	// client has the same.
	other := source + "\n"
	s.notify("textDocument/didChange", obj{"textDocument": obj{"uri": s.uri, "version": 6}, "contentChanges": []obj{{"text": other}}})
	s.setAnalyse(func(ctx context.Context, dir string, say func(string)) (*Report, error) {
		rep, err := removals(ctx, dir, say)
		s.write("p.go", other)
		return rep, err
	})
	s.save(s.uri)
	s.diagnostics(s.uri)
	if got := ask(lines(s.uri, 5, 5)); len(got) != 0 {
		t.Errorf("actions for a text that changed: %v", got)
	}
	s.setAnalyse(removals)
	s.notify("textDocument/didSave", obj{"textDocument": obj{"uri": s.uri}, "text": other})
	s.diagnostics(s.uri)
	if got := ask(lines(s.uri, 5, 5)); len(got) != 2 {
		t.Errorf("%d actions after the next save", len(got))
	}
	s.notify("textDocument/didClose", obj{"textDocument": obj{"uri": s.uri}})
	if got := ask(lines(s.uri, 5, 5)); len(got) != 0 {
		t.Errorf("actions for a closed file: %v", got)
	}
}

// Without documentChanges, edits have no versions.
func TestChangesOnly(t *testing.T) {
	s := start(t)
	caps := fullCaps()
	delete(caps, "workspace")
	s.initialize(caps, nil)
	s.open(s.uri, source)
	s.diagnostics(s.uri)
	var actions []codeAction
	s.call("textDocument/codeAction", lines(s.uri, 5, 5), &actions)
	if len(actions) != 2 || len(actions[0].Edit.Changes[s.uri]) == 0 || actions[0].Edit.DocumentChanges != nil {
		t.Errorf("actions are %+v", actions)
	}
}

func TestWatchedFiles(t *testing.T) {
	s := start(t)
	s.Answer("client/registerCapability", nil)
	s.initialize(fullCaps(), nil)
	var reg struct {
		Registrations []struct {
			Method          string
			RegisterOptions struct {
				Watchers []struct{ GlobPattern string }
			}
		}
	}
	s.next("client/registerCapability", &reg)
	if len(reg.Registrations) != 1 || reg.Registrations[0].Method != "workspace/didChangeWatchedFiles" || !strings.Contains(jsonText(reg), "**/.loopvet.yaml") {
		t.Errorf("registers %s", jsonText(reg))
	}
	s.open(s.uri, source)
	s.diagnostics(s.uri)
	config := s.write(".loopvet.yaml", "")
	changed := func(uris ...string) {
		var changes []obj
		for _, uri := range uris {
			changes = append(changes, obj{"uri": uri, "type": 2})
		}
		s.notify("workspace/didChangeWatchedFiles", obj{"changes": changes})
	}
	changed(config)
	s.diagnostics(s.uri)
	s.write("p.go", "package p\n")
	changed("untitled:1", s.uri)
	if d := s.diagnostics(s.uri); len(d) != 0 {
		t.Errorf("diagnostics are %v", d)
	}
	s.write("p.go", source)
	s.save(s.uri)
	s.diagnostics(s.uri)
	n := len(s.flags)
	// What the client saved is known, and other files do not matter.
	changed(s.uri, uriOf(filepath.Join(s.dir, "README.md")))
	s.call("textDocument/hover", at(s.uri, 5), nil) // would wait for an analysis
	s.call("shutdown", nil, nil)
	s.notify("exit", nil)
	s.ends(0)
	if len(s.flags) != n {
		t.Errorf("%d more analyses", len(s.flags)-n)
	}
}

func TestConfiguration(t *testing.T) {
	s := start(t)
	s.Answer("workspace/configuration", []any{obj{"level": "error"}})
	s.initialize(fullCaps(), obj{"loopvet": obj{"tags": "a"}})
	s.open(s.uri, source)
	s.diagnostics(s.uri)
	s.notify("workspace/didChangeConfiguration", obj{"settings": obj{"loopvet": obj{"level": "info"}}})
	s.diagnostics(s.uri)
	// What is wrong is said, and what was there stays.
	for settings, want := range map[string]string{
		`{"loopvet": {"level": "loud"}}`: "loopvet: settings: want error, warning or info",
		`{"loopvet": {"levle": "info"}}`: `loopvet: settings: no setting is called "levle"; there are baseline budget contracts kinds level pools tags tests`,
		`{"loopvet": [1]}`:               `loopvet: settings: want an object, such as {"level": "info"}`,
	} {
		s.notify("workspace/didChangeConfiguration", obj{"settings": json.RawMessage(settings)})
		var m messageParams
		if s.next("window/showMessage", &m); m.Type != messageError || m.Message != want {
			t.Errorf("%s: said %v, want %s", settings, m, want)
		}
	}
	// Those of other servers are none of our business.
	s.notify("workspace/didChangeConfiguration", obj{"settings": obj{}})
	s.notify("workspace/didChangeConfiguration", obj{"settings": obj{"gopls": obj{"level": "loud"}}})
	// A client that has no settings to send is asked for them.
	s.notify("workspace/didChangeConfiguration", obj{"settings": nil})
	var asked struct{ Items []struct{ Section string } }
	if s.next("workspace/configuration", &asked); len(asked.Items) != 1 || asked.Items[0].Section != "loopvet" {
		t.Errorf("asked for %v", asked)
	}
	s.diagnostics(s.uri)
	// Settings need no key, and may be taken back.
	s.notify("workspace/didChangeConfiguration", obj{"settings": obj{"pools": true}})
	s.diagnostics(s.uri)
	s.notify("workspace/didChangeConfiguration", obj{"settings": obj{"loopvet": nil}})
	s.diagnostics(s.uri)
	s.call("shutdown", nil, nil)
	s.notify("exit", nil)
	s.ends(0)
	if got := fmt.Sprint(s.flags); got != "[[-tags=a] [-level=info] [-level=error] [-pools=true] []]" {
		t.Errorf("analysed with %s", got)
	}
}

// Settings that are wrong from the start keep nobody from working.
func TestWrongOptions(t *testing.T) {
	s := start(t)
	s.initialize(obj{}, obj{"level": "loud"})
	var m messageParams
	if s.next("window/showMessage", &m); m.Message != "loopvet: settings: want error, warning or info" {
		t.Errorf("said %v", m)
	}
	s.open(s.uri, source)
	if d := s.diagnostics(s.uri); len(d) != 1 {
		t.Errorf("diagnostics are %v", d)
	}
}

func TestProgress(t *testing.T) {
	s := start(t)
	s.Answer("window/workDoneProgress/create", nil)
	began := make(chan bool)
	s.setAnalyse(func(ctx context.Context, _ string, say func(string)) (*Report, error) {
		say("loading a")
		<-began
		say("loading b")
		<-ctx.Done()
		return nil, ctx.Err()
	})
	s.initialize(fullCaps(), nil)
	s.open(s.uri, source)
	var created struct{ Token string }
	s.next("window/workDoneProgress/create", &created)
	var p progressParams
	s.next("$/progress", &p)
	want := progressParams{created.Token, progressValue{Kind: "begin", Title: "loopvet: " + filepath.Base(s.dir), Message: "loading a", Cancellable: true}}
	if p != want {
		t.Errorf("began with %v, want %v", p, want)
	}
	// Other tokens are nothing to us.
	s.notify("window/workDoneProgress/cancel", obj{"token": 7})
	s.notify("window/workDoneProgress/cancel", obj{"token": "other"})
	s.call("textDocument/codeAction", lines(s.uri, 5, 5), nil)
	close(began)
	p = progressParams{}
	if s.next("$/progress", &p); p.Value != (progressValue{Kind: "report", Message: "loading b"}) {
		t.Errorf("went on with %v", p)
	}
	// The user ends it.
	s.notify("window/workDoneProgress/cancel", obj{"token": created.Token})
	p = progressParams{}
	if s.next("$/progress", &p); p.Value != (progressValue{Kind: "end"}) || p.Token != created.Token {
		t.Errorf("ended with %v", p)
	}
	var m messageParams
	if s.next("window/logMessage", &m); !strings.HasSuffix(m.Message, "the analysis was cancelled") {
		t.Errorf("logged %v", m)
	}
}

// What cannot be analysed is said where it is: in its file, or in a message, once.
func TestProblems(t *testing.T) {
	s := start(t)
	s.initialize(obj{}, nil)
	uri := s.write(".loopvet.yaml", "a: b\n")
	problems := func(ctx context.Context, dir string, _ func(string)) (*Report, error) {
		return &Report{Output: &format.Output{Dir: dir, Errors: []format.Error{
			{File: "p.go", Line: 3, Column: 8, Text: "undefined: x"},
			{File: filepath.Join(dir, ".loopvet.yaml"), Line: 1, Text: "unknown key"},
			{File: "gone.go", Line: 7, Column: 3, Text: "no such file"},
			{Text: "no packages"},
		}}, Summary: "not analysed"}, nil
	}
	s.setAnalyse(problems)
	s.open(s.uri, source)
	for _, test := range []struct {
		uri  string
		want diagnostic
	}{
		{s.uri, diagnostic{Range: textRange{position{2, 7}, position{2, 7}}, Severity: severityInfo, Code: "compile", Source: "loopvet", Message: "not analysed: undefined: x"}},
		{uri, diagnostic{Range: textRange{position{0, 0}, position{0, 4}}, Severity: severityError, Code: "config", Source: "loopvet", Message: "unknown key"}},
		{uriOf(filepath.Join(s.dir, "gone.go")), diagnostic{Range: textRange{position{6, 0}, position{6, 0}}, Severity: severityInfo, Code: "compile", Source: "loopvet", Message: "not analysed: no such file"}},
	} {
		if got := s.diagnostics(test.uri); jsonText(got) != jsonText([]diagnostic{test.want}) {
			t.Errorf("%s has %s", test.uri, jsonText(got))
		}
	}
	var m messageParams
	if s.next("window/showMessage", &m); m.Type != messageWarning || m.Message != "loopvet: "+s.dir+": no packages" {
		t.Errorf("said %v", m)
	}
	s.save(s.uri)
	s.diagnostics(s.uri)
	s.setAnalyse(func(context.Context, string, func(string)) (*Report, error) { panic("trouble") })
	s.save(s.uri)
	// The next message is the next fault, and the server lives.
	if s.next("window/showMessage", &m); m.Type != messageError || m.Message != "loopvet: "+s.dir+": internal error: trouble" {
		t.Errorf("said %v", m)
	}
	if got := s.written(); !strings.Contains(got, "loopvet: internal error: lsp: analysis of "+s.dir+": trouble\n") {
		t.Errorf("wrote %s", got)
	}
	s.setAnalyse(problems)
	s.save(s.uri)
	if s.next("window/showMessage", &m); m.Message != "loopvet: "+s.dir+": no packages" {
		t.Errorf("said %v", m)
	}
}

// Each module of each folder is analysed by itself; what two say of a file counts
// once. What lies elsewhere is not analysed.
func TestFolders(t *testing.T) {
	s := start(t)
	a := s.write("a/a.go", source)
	s.write("a/go.mod", "module a\n")
	b := s.write("b/sub/b.go", source)
	s.write("b/go.mod", "module b\n")
	c := s.write("c/c.go", source)
	s.write("c/go.mod", "module c\n")
	folder := func(names ...string) []obj {
		var out []obj
		for _, name := range names {
			out = append(out, obj{"uri": uriOf(filepath.Join(s.dir, filepath.FromSlash(name))), "name": name})
		}
		return out
	}
	roots := make(chan string, 10)
	s.setAnalyse(func(ctx context.Context, dir string, say func(string)) (*Report, error) {
		roots <- filepath.Base(dir)
		// Each finds what is in a.
		return removals(ctx, filepath.Join(s.dir, "a"), say)
	})
	// The folder b/sub is a part of its module.
	s.call("initialize", obj{"capabilities": obj{}, "workspaceFolders": folder("a", "b/sub"), "rootUri": uriOf("/nowhere")}, nil)
	s.notify("initialized", obj{})
	s.open(a, source)
	if d := s.diagnostics(a); len(d) != 1 || <-roots != "a" {
		t.Errorf("diagnostics are %v", d)
	}
	s.open(b, source)
	if d := s.diagnostics(a); len(d) != 1 || <-roots != "b" {
		t.Errorf("diagnostics are %v", d)
	}
	s.open(c, source)
	var m messageParams
	for !strings.HasSuffix(m.Message, "not in a module of a folder that is open") {
		s.next("window/logMessage", &m)
	}
	if !strings.Contains(m.Message, "c.go") {
		t.Errorf("logged %v", m)
	}
	// One folder goes and another one comes.
	s.notify("workspace/didChangeWorkspaceFolders", obj{"event": obj{"removed": folder("b/sub"), "added": folder("c")}})
	if d := s.diagnostics(a); len(d) != 1 {
		t.Errorf("diagnostics are %v", d)
	}
	if got := []string{<-roots, <-roots}; !slices.Contains(got, "c") || !slices.Contains(got, "a") {
		t.Errorf("analysed %v", got)
	}
	s.notify("workspace/didChangeWorkspaceFolders", obj{"event": obj{"removed": folder("a", "c")}})
	for len(s.diagnostics(a)) > 0 {
	}
}

// Without folders, modules that nobody edits are left alone.
func TestForeign(t *testing.T) {
	s := start(t)
	foreign := s.write("cache/x/x.go", source)
	s.write("cache/x/go.mod", "module x\n")
	s.call("initialize", obj{"capabilities": obj{}}, nil)
	s.open(foreign, source)
	var m messageParams
	if s.next("window/logMessage", &m); !strings.Contains(m.Message, "x.go: not analysed") {
		t.Errorf("logged %v", m)
	}
	s.open(s.uri, source)
	if d := s.diagnostics(s.uri); len(d) != 1 {
		t.Errorf("diagnostics are %v", d)
	}
}

// A client that comes by way of a link is answered in its own words.
func TestLinkedFolder(t *testing.T) {
	s := start(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(s.dir, link); err != nil {
		t.Skip(err)
	}
	s.write("q.go", source)
	s.call("initialize", obj{"capabilities": obj{}, "rootUri": uriOf(link)}, nil)
	s.notify("initialized", obj{})
	open := uriOf(filepath.Join(link, "p.go"))
	s.open(open, source)
	if a, b := s.diagnostics(open), s.diagnostics(uriOf(filepath.Join(link, "q.go"))); len(a) != 1 || len(b) != 1 {
		t.Errorf("diagnostics are %v, %v", a, b)
	}
	var h *hover
	if s.call("textDocument/hover", at(open, 5), &h); h == nil {
		t.Error("no hover")
	}
}
