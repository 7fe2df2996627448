package driver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loopvet/loopvet/internal/lsp/lsptest"
)

// An editing is a client that has a module open in the language server.
type editing struct {
	*lsptest.Client
	t      *testing.T
	dir    string
	stderr *bytes.Buffer // for after the end
	code   chan int
}

type object = map[string]any

// edit starts "loopvet lsp" with more arguments for a module.
func edit(t *testing.T, files map[string]string, args ...string) *editing {
	t.Helper()
	dir, err := filepath.EvalSymlinks(writeModule(t, files))
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseFlags(append([]string{"lsp"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	fromClient, toServer := io.Pipe()
	fromServer, toClient := io.Pipe()
	e := &editing{t: t, dir: dir, stderr: new(bytes.Buffer), code: make(chan int, 1)}
	go func() {
		e.code <- serveEditor(t.Context(), c, fromClient, toClient, e.stderr)
		toClient.Close()
	}()
	e.Client = lsptest.New(fromServer, toServer)
	t.Cleanup(func() {
		e.Close()
		if <-e.code; strings.Contains(e.stderr.String(), "internal error") {
			t.Error(e.stderr.String())
		}
	})
	return e
}

func (e *editing) call(method string, params, result any) {
	e.t.Helper()
	if err := e.Call(e.t.Context(), method, params, result); err != nil {
		e.t.Fatalf("%s: %v", method, err)
	}
}

func (e *editing) notify(method string, params any) {
	e.t.Helper()
	if err := e.Notify(e.t.Context(), method, params); err != nil {
		e.t.Fatalf("%s: %v", method, err)
	}
}

func (e *editing) initialize(options any) {
	e.t.Helper()
	e.call("initialize", object{
		"rootUri": lsptest.URI(e.dir), "initializationOptions": options,
		"capabilities": object{"textDocument": object{
			"publishDiagnostics": object{"relatedInformation": true},
			"codeAction":         object{"codeActionLiteralSupport": object{}},
		}},
	}, nil)
	e.notify("initialized", object{})
}

func (e *editing) uri(name string) string {
	return lsptest.URI(filepath.Join(e.dir, name))
}

func (e *editing) open(name string) {
	e.t.Helper()
	data, err := os.ReadFile(filepath.Join(e.dir, name))
	if err != nil {
		e.t.Fatal(err)
	}
	e.notify("textDocument/didOpen", object{"textDocument": object{"uri": e.uri(name), "version": 1, "languageId": "go", "text": string(data)}})
}

func (e *editing) save(name, text string) {
	e.t.Helper()
	if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o666); err != nil {
		e.t.Fatal(err)
	}
	e.notify("textDocument/didSave", object{"textDocument": object{"uri": e.uri(name)}, "text": text})
}

type published struct {
	URI         string
	Diagnostics []struct {
		Range              struct{ Start, End struct{ Line, Character int } }
		Severity           int
		Code, Message      string
		CodeDescription    struct{ Href string }
		RelatedInformation []struct {
			Location struct {
				URI   string
				Range struct{ Start struct{ Line int } }
			}
			Message string
		}
	}
}

// diagnostics waits for the next diagnostics of a file, and returns one line for
// each: place, code, message.
func (e *editing) diagnostics(name string) []string {
	e.t.Helper()
	var p published
	_, err := e.Next(e.t.Context(), "textDocument/publishDiagnostics", func(data json.RawMessage) bool {
		p = published{}
		return json.Unmarshal(data, &p) == nil && p.URI == e.uri(name)
	})
	if err != nil {
		e.t.Fatal(err)
	}
	out := []string{}
	for _, d := range p.Diagnostics {
		text := fmt.Sprintf("%d:%d-%d %d %s: %s", d.Range.Start.Line+1, d.Range.Start.Character+1, d.Range.End.Character+1, d.Severity, d.Code, d.Message)
		for _, r := range d.RelatedInformation {
			text += fmt.Sprintf(" <- %s:%d %s", filepath.Base(r.Location.URI), r.Location.Range.Start.Line+1, r.Message)
		}
		out = append(out, text)
	}
	return out
}

// shop has a callback in one package that removes a file in another.
func shop() map[string]string {
	return map[string]string{
		"ev/ev.go": "package ev\n\n//loopvet:loop fn\nfunc Post(fn func()) {}\n",
		"a/a.go":   "package a\n\nimport (\n\t\"example.com/m/b\"\n\t\"example.com/m/ev\"\n)\n\nfunc init() { ev.Post(func() { b.Drop(\"x\") }) }\n",
		"b/b.go":   "package b\n\nimport \"os\"\n\nfunc Drop(name string) {\n\tos.Remove(name)\n}\n",
	}
}

const dropped = "6:2-11 2 file: os.Remove blocks the event loop (file): callback of ev.Post -> b.Drop -> os.Remove" +
	" <- a.go:8 callback of ev.Post <- a.go:8 b.Drop <- b.go:6 os.Remove"

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The server finds in a file what callbacks of other packages do there, and says
// why as -why does.
func TestEditor(t *testing.T) {
	t.Setenv("LOOPVET_CACHE", "off")
	e := edit(t, shop())
	e.initialize(nil)
	e.open("b/b.go")
	equal(t, e.diagnostics("b/b.go"), dropped)
	var hover struct{ Contents struct{ Value string } }
	at := object{"textDocument": object{"uri": e.uri("b/b.go")}, "position": object{"line": 5, "character": 2}}
	e.call("textDocument/hover", at, &hover)
	var why, stderr bytes.Buffer
	if code := Main(t.Context(), []string{"-C", e.dir, "-why", "b/b.go:6"}, &why, &stderr); code != exitClean {
		t.Fatal(stderr.String())
	}
	if want := "```text\n" + why.String() + "```\n[file](https://github.com/loopvet/loopvet/blob/main/docs/findings.md#file)"; hover.Contents.Value != want {
		t.Errorf("hover is\n%s\nwant\n%s", hover.Contents.Value, want)
	}
	// What -why finds in the source alone is left out.
	e.save("b/b.go", "package b\n\n//loopvet:blocks net\nfunc fetch() {}\n\nfunc Drop(name string) { fetch() }\n")
	if got := e.diagnostics("b/b.go"); len(got) != 1 || !strings.Contains(got[0], " net: b.fetch may block") {
		t.Errorf("diagnostics are %v", got)
	}
	e.call("textDocument/hover", at, &hover)
	if got := hover.Contents.Value; !strings.Contains(got, "  b.fetch  static\n  assumed: ") {
		t.Errorf("hover is\n%s", got)
	}
	e.save("b/b.go", shop()["b/b.go"])
	equal(t, e.diagnostics("b/b.go"), dropped)
	// What is wrong is reported where it is, and the other findings stay.
	e.open("a/a.go")
	equal(t, e.diagnostics("a/a.go"))
	equal(t, e.diagnostics("b/b.go"), dropped)
	e.save("a/a.go", shop()["a/a.go"]+"\nfunc g() { missing() }\n")
	equal(t, e.diagnostics("a/a.go"), "10:12-12 3 compile: not analysed: undefined: missing")
	equal(t, e.diagnostics("b/b.go"), dropped)
	e.save("a/a.go", "package a\n")
	equal(t, e.diagnostics("a/a.go"))
	equal(t, e.diagnostics("b/b.go"))
	e.save("b/b.go", "package b\n\nimport \"os\"\n\nfunc {")
	if got := e.diagnostics("b/b.go"); len(got) == 0 || !strings.Contains(got[0], "compile: not analysed: ") {
		t.Errorf("diagnostics are %v", got)
	}
}

// The file .loopvet.yaml is read again when it changes; what is wrong with it
// stands in it.
func TestEditorConfig(t *testing.T) {
	t.Setenv("LOOPVET_CACHE", "off")
	files := shop()
	files[".loopvet.yaml"] = ""
	e := edit(t, files)
	e.initialize(nil)
	e.open("b/b.go")
	equal(t, e.diagnostics("b/b.go"), dropped)
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(e.dir, ".loopvet.yaml"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		e.notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": e.uri(".loopvet.yaml"), "type": 2}}})
	}
	write("exclude:\n  - path: b/**\n    reason: not ours\n")
	equal(t, e.diagnostics("b/b.go"))
	write("exclude:\n  - path: b/**\n    reasons: not ours\n")
	equal(t, e.diagnostics(".loopvet.yaml"), `3:5-22 1 config: unknown key "reasons", did you mean reason?`)
	write("")
	equal(t, e.diagnostics(".loopvet.yaml"))
	e.diagnostics("b/b.go")
	equal(t, e.diagnostics("b/b.go"), dropped)
}

// Flags of the command and settings of the client say what is found.
func TestEditorFlags(t *testing.T) {
	t.Setenv("LOOPVET_CACHE", "off")
	files := shop()
	files["b/tagged.go"] = "//go:build extra\n\npackage b\n\nimport \"time\"\n\nfunc init() { more = func() { time.Sleep(1e9) } }\n"
	files["b/b.go"] = "package b\n\nimport \"os\"\n\nvar more = func() {}\n\nfunc Drop(name string) {\n\tos.Remove(name)\n\tmore()\n}\n"
	codes := func(lines []string) (out []string) {
		for _, l := range lines {
			out = append(out, strings.TrimSuffix(strings.Fields(l)[2], ":"))
		}
		return out
	}
	e := edit(t, maps.Clone(files), "-tags", "extra", "--")
	e.initialize(object{"kinds": []string{"sleep"}})
	e.open("b/tagged.go")
	equal(t, codes(e.diagnostics("b/tagged.go")), "sleep")
	e.notify("workspace/didChangeConfiguration", object{"settings": object{"loopvet": object{"kinds": []string{"sleep", "floppy"}}}})
	data, err := e.Next(t.Context(), "window/showMessage", nil)
	if err != nil || !strings.Contains(string(data), `no kind is called \"floppy\"; there are`) || strings.Contains(string(data), "loopvet -h") {
		t.Errorf("%s, %v", data, err)
	}
	e.notify("workspace/didChangeConfiguration", object{"settings": object{"loopvet": object{"tags": "other"}}})
	equal(t, e.diagnostics("b/tagged.go"))
	equal(t, codes(e.diagnostics("b/b.go")), "file")

	// Packages limit what is looked at.
	e = edit(t, files, "-stdio", "./b")
	e.initialize(nil)
	e.open("b/b.go")
	equal(t, e.diagnostics("b/b.go"))
}

func TestParseLSP(t *testing.T) {
	c, err := parseFlags([]string{"-level", "info", "lsp", "--stdio", "-tags=a"})
	if err != nil || c.command != "lsp" || strings.Join(c.patterns, " ") != "./..." || strings.Join(c.given, " ") != "-level info --stdio -tags=a" {
		t.Errorf("%+v, %v", c, err)
	}
	for args, want := range map[string]string{
		"lsp -f json":       "-f does not go with loopvet lsp",
		"-fix lsp":          "-fix does not go with loopvet lsp",
		"-C . lsp":          "-C does not go with loopvet lsp",
		"lsp -why a.go:1":   "-why does not go with loopvet lsp",
		"-stdio ./...":      "-stdio is for loopvet lsp",
		"lsp -level loud":   `invalid value "loud" for flag -level: want error, warning or info; loopvet -h lists the flags`,
		"lsp ./... -tags=a": "flag -tags=a stands after a package; flags come first",
	} {
		if _, err := parseFlags(strings.Fields(args)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}

// A file of the standard library or in the module cache is nobody's to edit.
func TestForeign(t *testing.T) {
	e := &editor{config: &config{}}
	env, err := goEnv(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if own := filepath.Dir(env.GOMOD); e.foreign(t.Context(), own) {
		t.Errorf("%s is foreign", own)
	}
	pkgs, _, err := listing{patterns: []string{"os", "golang.org/x/tools/go/ssa"}}.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range pkgs {
		if !p.DepOnly {
			n++
			if !e.foreign(t.Context(), p.Dir) {
				t.Errorf("%s is not foreign", p.Dir)
			}
		}
	}
	if n != 2 {
		t.Errorf("%d packages", n)
	}
}

// An analysis that is cancelled has ended when analyse returns.
func TestEditorCancel(t *testing.T) {
	t.Setenv("LOOPVET_CACHE", "off")
	dir := writeModule(t, manyPackages())
	c, err := parseFlags([]string{"lsp"})
	if err != nil {
		t.Fatal(err)
	}
	e := &editor{config: c, stderr: io.Discard}
	ctx, cancel := context.WithCancel(t.Context())
	var begun, ended atomic.Int32
	_, err = e.analyse(ctx, dir, nil, func(text string) {
		if strings.HasPrefix(text, "loading ") {
			begun.Add(1)
			cancel()
			for range 20 { // gives a faulty analyse the time to return
				runtime.GC()
			}
			ended.Add(1)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("analyse returns %v", err)
	}
	if begun.Load() == 0 || begun.Load() != ended.Load() {
		t.Errorf("%d loads began, %d ended", begun.Load(), ended.Load())
	}
}
