package effect_test

import (
	"slices"
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

// ways lists, for each effect of a function, the reasons of the comments on its
// path.
func ways(prog *effect.Program, s *effect.Summary) []string {
	var out []string
	for _, e := range s.Effects {
		reasons := string(e.Kind)
		for _, i := range prog.Ignores(e.Path.Hops()) {
			reasons += " " + i.Reason
		}
		out = append(out, reasons)
	}
	slices.Sort(out)
	return out
}

// A way under a comment and one without are two, to the same line or not, and
// so they are in packages further up.
func TestIgnoredWays(t *testing.T) {
	c := typeCheck(t, "c", `package c

import "os"

func Read() { os.Remove("x") }

func Quiet() {
	os.Remove("x") //loopvet:ignore deep
}

func Both(quiet bool) {
	if quiet {
		Read() //loopvet:ignore one
		return
	}
	Read()
}
`, nil)
	a := typeCheck(t, "a", `package a

import "c"

func quiet() { c.Quiet() }
func both()  { c.Both(true) }

//loopvet:ignore all
func all() { c.Both(true) }

func run(f func()) { f() }

//loopvet:ignore over
func over() { run(c.Read) }
`, imports{"c": c.Types})
	factC := decode(t, encode(t, export(t, c, nil)))
	prog := effect.NewProgram(effect.Config{Contracts: contract.Builtin()})
	if err := prog.Import("c", factC); err != nil {
		t.Fatal(err)
	}
	p, err := prog.Add(a)
	if err != nil {
		t.Fatal(err)
	}
	all := p.Summaries()
	for name, want := range map[string][]string{
		"quiet": {"file deep"},
		"both":  {"file", "file one"},
		"all":   {"file all", "file all one"},
		"over":  {"file over"},
	} {
		if got := ways(prog, all[name]); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	f := p.Export()
	if again := decode(t, encode(t, f)); !slices.Equal(again.Ignores, f.Ignores) || len(f.Ignores) != 4 {
		t.Errorf("comments of both packages: %v, encoded and decoded %v", f.Ignores, again.Ignores)
	}
	if got := len(p.Touched()); got != 2 {
		t.Errorf("%d comments of the package hold for something, want 2", got)
	}
}

// A comment on a line from which nothing blocks holds for nothing.
func TestTouched(t *testing.T) {
	prog := effect.NewProgram(effect.Config{Contracts: contract.Builtin()})
	p, err := prog.Add(typeCheck(t, "p", `package p

import (
	"os"
	"strings"
)

var hook func()

func f(g func()) {
	strings.Clone("x") //loopvet:ignore nothing
	os.Remove("x")     //loopvet:ignore file
	g()                //loopvet:ignore param
	hook()             //loopvet:ignore location
}
`, nil))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range p.Touched() {
		got = append(got, i.Reason)
	}
	if want := []string{"file", "param", "location"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
