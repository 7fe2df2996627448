package format

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/fix"
	"github.com/loopvet/loopvet/internal/patch"
	"github.com/loopvet/loopvet/internal/report"
)

const (
	home  = "example.com/app"
	other = "example.com/app/lib"
)

// The line of the finding has characters of two, three and four bytes before
// the call, and markup after it.
const appSource = `package app

import "os"

func start(l Loop) {
	l.Post(func() {
		_ = "éa中😀"; os.Remove("<script>alert(1)</script>") // </pre>
		done()
	})
}

func done() {}
`

const libSource = `package lib

import "os"

func Load(name string) { os.ReadFile(name) }
`

func levelName(l contract.Level) string {
	return map[contract.Level]string{contract.Error: "error", contract.Warning: "warning", contract.Info: "info"}[l]
}

// sample returns an output with a finding of each sort, in a directory with
// their source.
func sample(t *testing.T) *Output {
	dir := t.TempDir()
	for name, text := range map[string]string{"app.go": appSource, "lib/lib.go": libSource} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	loop := &contract.Loop{Name: "test loop", Offload: "offload it with Loop.Work"}
	literal := effect.Sym{Pkg: home, Name: "start$1"}
	finding := func(category string, level contract.Level, path ...effect.Hop) report.Finding {
		return report.Finding{
			Category: category, Kind: contract.Kind(category), Level: level, Loop: loop,
			Callback: literal, CallbackPos: effect.Pos{Pkg: home, File: "app.go", Line: 6, Col: 9},
			Registration: "callback of (example.com/app.Loop).Post", Path: path, Sink: len(path) - 1,
		}
	}
	app := func(line, col int) effect.Pos { return effect.Pos{Pkg: home, File: "app.go", Line: line, Col: col} }
	lib := func(line, col int) effect.Pos { return effect.Pos{Pkg: other, File: "lib.go", Line: line, Col: col} }
	load := effect.Sym{Pkg: other, Name: "Load"}

	remove := finding("file", contract.Warning, effect.Hop{In: literal, Pos: app(7, 21), Callee: "os.Remove"})
	start := strings.Index(appSource, "\tdone()")
	remove.Fix = &fix.Fix{Title: "Run it <b>elsewhere</b>", Edits: []fix.Edit{
		{File: "app.go", Start: strings.Index(appSource, "import"), End: strings.Index(appSource, "import"), New: "import \"context\"\n"},
		{File: "app.go", Start: start + 1, End: start + len("\tdone()"), New: "work(context.Background())"},
	}}
	read := finding("file", contract.Warning,
		effect.Hop{In: literal, Pos: app(8, 3), Callee: "example.com/app.done"},
		effect.Hop{In: effect.Sym{Pkg: home, Name: "done"}, Pos: app(12, 6), Callee: "example.com/app/lib.Load", Edge: effect.Interface},
		effect.Hop{In: load, Pos: lib(5, 26), Callee: "os.ReadFile"})
	read.Others = 2
	read.Also = [][]effect.Hop{{
		{In: literal, Pos: app(6, 2), Callee: "example.com/app/lib.Load"}, {In: load, Pos: lib(5, 26), Callee: "os.ReadFile"},
	}}
	lock := finding("lock", contract.Error, effect.Hop{In: literal, Pos: app(8, 3), Callee: "(*sync.Mutex).Lock"})
	lock.May = true
	lock.Holder = []effect.Hop{{In: effect.Sym{Pkg: home, Name: "hold"}, Pos: app(12, 1), Callee: "os.ReadFile"}}
	console := finding("console", contract.Info, effect.Hop{In: literal, Pos: app(8, 3), Callee: "a write,\nto: 100% of <img src=x onerror=alert(1)>"})
	hidden := finding("sleep", contract.Warning, effect.Hop{In: literal, Pos: app(8, 3), Callee: "time.Sleep"})
	hidden.Suppressed = &report.Suppression{Kind: report.Ignore, Reason: "for <now>", At: app(7, 3)}
	base := hidden
	base.Suppressed = &report.Suppression{Kind: report.Baseline}
	return &Output{
		Dir: dir, Level: levelName, Version: "v1.2.3", Categories: report.Categories(), Explain: report.Explain,
		File: func(p effect.Pos) string {
			switch p.Pkg {
			case home:
				return filepath.Join(dir, p.File)
			case other:
				return filepath.Join(dir, "lib", p.File)
			}
			return p.File
		},
		Findings:   []report.Finding{remove, read, lock, console, report.OfBaseline(filepath.Join(dir, "base.txt"), 3, "file: x")},
		Suppressed: []report.Finding{hidden, base},
		Callbacks:  []report.Callback{{Name: literal, Pos: app(6, 9)}},
		Errors:     []Error{{File: "bad.go", Line: 3, Column: 4, Text: "undefined: x"}, {Text: "no such package"}},
		Loops:      []string{"test loop"},
		Unresolved: 1, Excluded: 1,
	}
}

func written(t *testing.T, o *Output, name string, color bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := o.Write(&b, name, color); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every format says the same twice, and nothing but its frame of an output that
// is empty.
func TestDeterminate(t *testing.T) {
	o := sample(t)
	for _, name := range Names() {
		if written(t, o, name, true) != written(t, o, name, true) {
			t.Errorf("%s: two outputs differ", name)
		}
		empty := &Output{Dir: o.Dir, File: o.File, Level: o.Level}
		if text := written(t, empty, name, false); strings.Contains(text, "app.go") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if err := o.Write(new(bytes.Buffer), "xml", false); err == nil || !strings.Contains(err.Error(), `"xml"; there are text stylish json`) {
		t.Errorf("err = %v", err)
	}
}

// What a format cannot write is an error.
func TestWriteError(t *testing.T) {
	o := sample(t)
	for _, name := range Names() {
		if err := o.Write(failing{}, name, false); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

// The edits in the JSON form make what the fix makes, by offset and by line and
// column.
func TestJSONFixes(t *testing.T) {
	o := sample(t)
	var got struct {
		Findings []struct {
			Fixes []struct {
				Title string
				Edits []struct {
					File       string
					Start, End struct{ Offset, Line, Column int }
					New        string
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(written(t, o, "json", false)), &got); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(appSource, "\n")
	offset := func(line, col int) int { return len(strings.Join(lines[:line-1], "")) + col - 1 }
	n := 0
	for i, f := range got.Findings {
		for _, fx := range f.Fixes {
			n++
			want := o.Findings[i].Fix
			if fx.Title != want.Title || len(fx.Edits) != len(want.Edits) {
				t.Fatalf("got %+v", fx)
			}
			for j, e := range fx.Edits {
				w := want.Edits[j]
				if e.File != w.File || e.New != w.New || e.Start.Offset != w.Start || e.End.Offset != w.End ||
					offset(e.Start.Line, e.Start.Column) != w.Start || offset(e.End.Line, e.End.Column) != w.End {
					t.Errorf("got %+v, want %+v", e, w)
				}
			}
		}
	}
	if n != 1 {
		t.Errorf("%d fixes", n)
	}
	// A fix that does not fit its file is no fix.
	o.Findings[0].Fix.Edits[0].End = 1 << 20
	if text := written(t, o, "json", false); strings.Contains(text, `"fixes"`) {
		t.Errorf("got %s", text)
	}
}

func TestEdits(t *testing.T) {
	o := sample(t)
	edits := o.Edits(&o.Findings[0])
	if len(edits) != 2 || edits[0].File != filepath.Join(o.Dir, "app.go") {
		t.Errorf("got %+v", edits)
	}
	var set patch.Set
	if !set.Add(edits) {
		t.Error("the edits overlap")
	}
	if got := o.Edits(&o.Findings[1]); got != nil {
		t.Errorf("got %+v", got)
	}
	o.File = func(effect.Pos) string { return "" }
	if got := o.Edits(&o.Findings[0]); got != nil {
		t.Errorf("got %+v", got)
	}
}

func TestSource(t *testing.T) {
	s := newSource("a\r\né😀b\n")
	for _, tt := range []struct{ offset, line, col int }{{0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {5, 2, 3}, {10, 2, 8}, {11, 3, 1}} {
		if line, col, ok := s.position(tt.offset); !ok || line != tt.line || col != tt.col {
			t.Errorf("position(%d) = %d, %d, %t", tt.offset, line, col, ok)
		}
	}
	for _, offset := range []int{-1, 12} {
		if _, _, ok := s.position(offset); ok {
			t.Errorf("position(%d) is in the file", offset)
		}
	}
	if s.line(1) != "a" || s.line(2) != "é😀b" || s.line(3) != "" || s.line(4) != "" || s.line(0) != "" {
		t.Errorf("lines %q %q %q", s.line(1), s.line(2), s.line(3))
	}
	for _, tt := range []struct{ line, col, want int }{{1, 1, 1}, {2, 1, 1}, {2, 3, 2}, {2, 7, 4}, {2, 8, 5}, {2, 99, 99}, {9, 3, 3}} {
		if got := s.utf16Column(tt.line, tt.col); got != tt.want {
			t.Errorf("utf16Column(%d, %d) = %d", tt.line, tt.col, got)
		}
	}
	for _, tt := range []struct {
		line string
		col  int
		want string
	}{{"x := os.ReadFile(y)", 6, "os.ReadFile"}, {"f", 1, "f"}, {"c <- x", 3, ""}, {"c", 2, ""}, {"c", 0, ""}} {
		if n := word(tt.line, tt.col); n != len(tt.want) {
			t.Errorf("word(%q, %d) = %d", tt.line, tt.col, n)
		}
	}
}
