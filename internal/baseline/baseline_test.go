package baseline

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

const app = "example.com/app"

// finding returns a finding at a line: the callback, the functions that it calls
// one after the other in package app, and what blocks.
func finding(line int, callback string, names ...string) report.Finding {
	f := report.Finding{Root: app, Category: "file", Kind: contract.File, Level: contract.Warning, Callback: effect.Sym{Pkg: app, Name: callback}}
	in := f.Callback
	for i, name := range names {
		h := effect.Hop{In: in, Callee: name, Pos: effect.Pos{Pkg: app, File: "app.go", Line: line + i}}
		if i < len(names)-1 {
			in = effect.Sym{Pkg: app, Name: name}
			h.Callee = in.String()
		}
		f.Path = append(f.Path, h)
	}
	f.Sink = len(names) - 1
	return f
}

func all(Entry) bool  { return true }
func none(Entry) bool { return false }

// active returns the callbacks of the findings that are not suppressed.
func active(findings []report.Finding) []string {
	var out []string
	for _, f := range findings {
		if f.Suppressed == nil {
			out = append(out, fmt.Sprintf("%s:%d", f.Callback.Name, f.SinkHop().Pos.Line))
		}
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	reentry := finding(9, "(*T).m$1", "(*bus.Bus).Flush")
	reentry.Category, reentry.Kind, reentry.Level = report.Reentry, contract.Wait, contract.Error
	test := finding(9, "TestX$1", "os.Remove")
	test.CallbackPos.File = "x_test.go"
	pool := finding(9, "task", "(*pool.Future).Wait")
	pool.Category, pool.Kind = "pool-selfwait", ""
	b := Replace(nil, []report.Finding{
		finding(30, "main$1", "helper", "os.Remove"), finding(10, "main$2", "helper", "os.Remove"), finding(5, "b", "a channel send"), reentry, test, pool,
	}, all)
	want := header + "\n" + comment + `example.com/app reentry/wait error: (*example.com/app.T).m$ -> (*bus.Bus).Flush
example.com/app file warning test: example.com/app.TestX$ -> os.Remove
example.com/app file warning: example.com/app.b -> a channel send
example.com/app file warning x2: example.com/app.main$ -> example.com/app.helper -> os.Remove
example.com/app pool-selfwait warning: example.com/app.task -> (*pool.Future).Wait
`
	if got := string(b.Bytes()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	again, err := Parse("base.txt", []byte(want))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(again.Bytes()); got != want || again.Entries[0].Line != 4 || again.Entries[3].Count != 2 {
		t.Errorf("parsed and written again:\n%s", got)
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "base.txt:1: not a baseline that"},
		{"# loopvet baseline 2\n", "base.txt:1: not a baseline that"},
		{header + "\n\nexample.com/app file: a -> b\n", "base.txt:3: not an entry"},
		{header + "\nexample.com/app floppy warning: a -> b\n", "base.txt:2: not an entry"},
		{header + "\nexample.com/app reentry warning: a -> b\n", "base.txt:2: not an entry"},
		{header + "\nexample.com/app file warning: a\n", "base.txt:2: not an entry"},
		{header + "\nexample.com/app file warning x0: a -> b\n", "base.txt:2: not an entry"},
		{header + "\n<<<<<<< HEAD\n", "base.txt:2: not an entry"},
		{header + "\nexample.com/app file warning x99999999999999999999: a -> b\n", "base.txt:2: not an entry"},
	} {
		if _, err := Parse("base.txt", []byte(test.text)); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.text, err, test.want)
		}
	}
	if b, err := Parse("base.txt", []byte(header+"\r\n# x\r\nexample.com/app file warning: a -> b\r\n")); err != nil || len(b.Entries) != 1 || b.Entries[0].Path[1] != "b" {
		t.Errorf("with carriage returns: %v, %v", b, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(header + "\nexample.com/app file warning x2: a -> b\n"))
	f.Add([]byte(header + "\nexample.com/app reentry/wait error test: a -> b -> c\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Parse("base.txt", data)
		if err != nil {
			return
		}
		again, err := Parse("base.txt", b.Bytes())
		if err != nil || string(again.Bytes()) != string(b.Bytes()) {
			t.Errorf("written and read again: %v", err)
		}
	})
}

// Other lines, and other literals in the function, change nothing. Another
// callback, another way, another call and another kind are new.
func TestApply(t *testing.T) {
	b := Replace(nil, []report.Finding{finding(10, "main$2", "helper", "os.Remove")}, all)
	net := finding(10, "main$1", "helper", "os.Remove")
	net.Category, net.Kind = "net", contract.Net
	for _, test := range []struct {
		name string
		f    report.Finding
		old  bool
	}{
		{"moved", finding(99, "main$2", "helper", "os.Remove"), true},
		{"renumbered", finding(10, "main$3", "helper", "os.Remove"), true},
		{"new caller", finding(10, "start$2", "helper", "os.Remove"), false},
		{"new way", finding(10, "main$2", "other", "helper", "os.Remove"), false},
		{"new call", finding(10, "main$2", "helper", "os.ReadFile"), false},
		{"new kind", net, false},
	} {
		findings := []report.Finding{test.f}
		matched := b.Apply(findings, "/m/base.txt")
		if old := findings[0].Suppressed != nil; old != test.old || (matched[0] == 1) != test.old {
			t.Errorf("%s: known %v, matched %v", test.name, old, matched)
		}
		if stale := b.Stale(matched, all); (len(stale) == 0) != test.old {
			t.Errorf("%s: stale are %v", test.name, stale)
		}
	}
}

// An entry knows as many findings as it says; the others are new.
func TestCount(t *testing.T) {
	two := []report.Finding{finding(10, "main$1", "os.Remove"), finding(20, "main$1", "os.Remove")}
	b := Replace(nil, two, all)
	three := append(slices.Clone(two), finding(30, "main$2", "os.Remove"))
	b.Apply(three, "")
	if got := active(three); !slices.Equal(got, []string{"main$2:30"}) {
		t.Errorf("active are %q", got)
	}
	one := slices.Clone(two[:1])
	one[0].Suppressed = nil
	matched := b.Apply(one, "")
	if len(active(one)) != 0 || len(b.Stale(matched, all)) != 1 || len(b.Stale(matched, none)) != 0 {
		t.Errorf("matched %v", matched)
	}
	if p := b.Prune(matched, all); len(p.Entries) != 1 || p.Entries[0].Count != 1 {
		t.Errorf("pruned to %v", p.Entries)
	}
	if p := b.Prune(matched, none); p.Entries[0].Count != 2 {
		t.Errorf("pruned what is not covered: %v", p.Entries)
	}
	if p := b.Prune([]int{0}, all); len(p.Entries) != 0 {
		t.Errorf("pruned to %v", p.Entries)
	}
}

// What is silenced already is not for the baseline, and neither are findings
// about what silences.
func TestNotKnown(t *testing.T) {
	quiet := finding(10, "main$1", "os.Remove")
	quiet.Suppressed = &report.Suppression{Kind: report.Ignore}
	if b := Replace(nil, []report.Finding{quiet, report.OfBaseline("/m/base.txt", 3, "x")}, all); len(b.Entries) != 0 {
		t.Errorf("entries %v", b.Entries)
	}
	b := Replace(nil, []report.Finding{finding(10, "main$1", "os.Remove")}, all)
	if matched := b.Apply([]report.Finding{quiet}, ""); matched[0] != 0 {
		t.Error("a finding that is silenced counts")
	}
}

// What was not looked at stays when the file is written again.
func TestReplace(t *testing.T) {
	old := Replace(nil, []report.Finding{finding(10, "a", "os.Remove"), finding(10, "b", "os.Remove")}, all)
	now := []report.Finding{finding(10, "c", "os.Remove")}
	covered := func(e Entry) bool { return e.Path[0] == app+".a" }
	got := Replace(old, now, covered)
	var names []string
	for _, e := range got.Entries {
		names = append(names, e.Path[0])
	}
	if want := []string{app + ".b", app + ".c"}; !slices.Equal(names, want) {
		t.Errorf("entries of %q, want %q", names, want)
	}
}
