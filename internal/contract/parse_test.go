package contract

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const good = `
module: example.com/bus/v2
aliases: [example.com/fork/bus]
imports:
  bus: example.com/bus/v2
loop: bus dispatcher
budget: 2ms
tolerates: [file-meta]
strict-in: [Handle]
deadlocks: [sleep]
offload: start a goroutine
evidence: bus.go
callbacks:
  - implements: bus.Handler
    methods: [Handle]
  - functype: [bus.Func]
  - func: (*bus.Bus).On
    arg: 1
  - field: bus.Options.OnError
  - shape: {Step: "func(bus.Event, _) (_, []bus.Event)"}
    methods: [Step]
reentrant: [(*bus.Bus).Flush, may (*bus.Bus).Drain]
off-when:
  - {call: (*bus.Bus).SetAsync, arg: 0, value: true}
  - {field: bus.Options.Async, value: true}
blocks:
  (*bus.Bus).Flush: wait
  (*bus.Bus).Publish: [may net, cpu info]
  (*bus.Bus).WaitFor: {kind: wait, bound: 1}
  (*bus.Bus).TryLock: {kind: wait, unless: {arg: 0, bits: 12}}
here: {(*bus.Bus).Each: 0}
worker: {bus.Submit: 0}
elsewhere: {bus.Go: [0, 1]}
leaves: {(*bus.Bus).Suspend: 0}
calls: {bus.Dump: 0.Write, (*bus.Reader).Next: [recv.Read]}
carries: {bus.NewReader: 0}
returns: {bus.Dial: {result: 0, type: "*bus.conn", kind: net}}
vars: {bus.Default: console, bus.Options.Out: file}
nonblocking: [(bus.Conn).*, "bus.New*"]
silent: [bus.Version]
`

func TestParse(t *testing.T) {
	cfg, err := Parse("bus.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	s := newSet([]*Config{cfg}, nil)
	for _, mod := range []string{"example.com/bus/v2", "example.com/fork/bus"} {
		f := s.Func("(*" + mod + ".Bus).Flush")
		if f == nil || !f.Reentrant || f.Loop == nil || f.Loop.Module != mod || f.Loop.Budget != 2*time.Millisecond || len(f.Blocks) != 1 || f.Blocks[0].Kind != Wait {
			t.Fatalf("%s: Flush is %+v", mod, f)
		}
		if f.Source != "bus.yaml:22" {
			t.Errorf("Flush is at %s", f.Source)
		}
		if f := s.Func("(*" + mod + ".Bus).Drain"); f == nil || !f.Reentrant || !f.ReentrantMay {
			t.Errorf("Drain is %+v", f)
		}
		if f := s.Func("(*" + mod + ".Bus).Publish"); !slices.Equal(f.Blocks, []Block{{Kind: Net, May: true, Bound: NoBound}, {Kind: CPU, Level: Info, Bound: NoBound}}) {
			t.Errorf("Publish blocks by %+v", f.Blocks)
		}
		if u := s.Func("(*" + mod + ".Bus).TryLock").Blocks[0].Unless; u != (Unless{0, "bits", 12}) || !u.Holds(4) || u.Holds(2) {
			t.Errorf("TryLock does not block when %+v", u)
		}
		if f := s.Func("(*" + mod + ".Bus).WaitFor"); f.Blocks[0].Bound != 1 {
			t.Errorf("WaitFor blocks by %+v", f.Blocks)
		}
		if f := s.Func("(*" + mod + ".Bus).On"); !slices.Equal(f.OnLoop, []int{1}) || f.Loop.Name != "bus dispatcher" {
			t.Errorf("On is %+v", f)
		}
		if f := s.Func(mod + ".Dial"); len(f.Returns) != 1 || f.Returns[0].Type != "*"+mod+".conn" || f.Returns[0].Kind != Net {
			t.Errorf("Dial is %+v", f)
		}
		if f := s.Func(mod + ".NewReader"); f == nil || !f.Nonblocking || !slices.Equal(f.Returns[0].Carries, []int{0}) {
			t.Errorf("NewReader is %+v", f)
		}
		if f := s.Func("(*" + mod + ".Reader).Next"); !slices.Equal(f.Calls, []MethodUse{{Recv, "Read"}}) {
			t.Errorf("Next is %+v", f)
		}
		if f := s.Func("(" + mod + ".Conn).Write"); f == nil || !f.Nonblocking {
			t.Errorf("Conn.Write is %+v", f)
		}
		if s.Func(mod+".Version") != nil {
			t.Error("what is silent has an entry")
		}
		if k, ok := s.Var(mod + ".Options.Out"); !ok || k != File {
			t.Errorf("Options.Out is %q", k)
		}
		if s.FuncType(mod+".Func") == nil || s.Field(mod+".Options.OnError") == nil {
			t.Error("functype or field is missing")
		}
		if got := s.RegistrationNames()[mod]; !slices.Equal(got, []string{"Func", "Handle", "Handler", "On", "OnError", "Step"}) {
			t.Errorf("registration names %q", got)
		}
		if !s.Opaque(mod+"/sub") || s.Opaque(mod+"/v3") || s.Opaque(mod+"x") {
			t.Error("opaque is wrong")
		}
	}
	if n := len(s.Shapes()); n != 2 {
		t.Fatalf("%d shapes", n)
	}
	sig := s.Shapes()[1].Methods["Step"]
	if !slices.Equal(sig.Params, []string{"example.com/fork/bus.Event", "_"}) || !slices.Equal(sig.Results, []string{"_", "[]example.com/fork/bus.Event"}) {
		t.Errorf("the shape of the fork is %+v", sig)
	}
	var offs []string
	for _, o := range s.OffWhens() {
		offs = append(offs, o.Call+o.Field+"="+o.Value+" "+o.Loop.Module)
	}
	if want := []string{
		"example.com/bus/v2.Options.Async=true example.com/bus/v2",
		"example.com/fork/bus.Options.Async=true example.com/fork/bus",
		"(*example.com/bus/v2.Bus).SetAsync=true example.com/bus/v2",
		"(*example.com/fork/bus.Bus).SetAsync=true example.com/fork/bus",
	}; !slices.Equal(offs, want) {
		t.Errorf("off-when %q", offs)
	}
}

// TestParseErrors reads the files under testdata/bad: each line that is wrong
// ends in a comment with the text of its error, and nothing else may be found.
func TestParseErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Parse(filepath.Base(name), data)
		var list ErrorList
		if !errors.As(err, &list) {
			t.Errorf("%s: %v is no ErrorList", name, err)
			continue
		}
		var want []string
		for i, line := range strings.Split(string(data), "\n") {
			if _, text, ok := strings.Cut(line, "# ERR "); ok {
				for text := range strings.SplitSeq(text, " | ") {
					want = append(want, (&SyntaxError{filepath.Base(name), i + 1, text}).Error())
				}
			}
		}
		var got []string
		for _, e := range list {
			got = append(got, e.Error())
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestFileForms(t *testing.T) {
	for name, text := range map[string]string{
		"empty":     "",
		"comment":   "# nothing\n",
		"null":      "contracts:\n",
		"one":       "module: a.b/c\n",
		"documents": "module: a.b/c\n---\nmodule: a.b/d\n",
		"list":      "- module: a.b/c\n- module: a.b/d\n",
		"mapping":   "contracts:\n  - module: a.b/c\n",
	} {
		cfg, err := Parse("f.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := strings.Count(text, "module:")
		if len(cfg.Contracts) != want {
			t.Errorf("%s: %d contracts, want %d", name, len(cfg.Contracts), want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	names, _ := filepath.Glob("testdata/bad/*.yaml")
	more, _ := filepath.Glob("contracts/*.yaml")
	for _, name := range append(names, more...) {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("<<: {module: x}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := Parse("fuzz.yaml", data)
		if err != nil {
			var list ErrorList
			if !errors.As(err, &list) || len(list) == 0 {
				t.Fatalf("%v is no ErrorList", err)
			}
			for _, e := range list {
				if e.Line < 1 || strings.ContainsAny(e.Text, "\n") {
					t.Fatalf("bad error %q", e.Error())
				}
			}
			return
		}
		s := newSet([]*Config{cfg}, nil)
		s.Func("(*a.b/c.T).M")
		s.Opaque("a.b/c")
		s.Fingerprint()
	})
}
