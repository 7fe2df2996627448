package effect_test

import (
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

// The places of a line, and what is known of each.
func TestAt(t *testing.T) {
	prog := effect.NewProgram(effect.Config{Contracts: contract.Builtin()})
	p, err := prog.Add(typeCheck(t, "p", `package p

import (
	"os"
	"time"
)

var hook func()

func f(ch chan int) {
	os.Remove("x"); time.Sleep(0)
	go os.Remove("x")
	ch <- 1
	<-ch
	select { case ch <- 1: default: }
	hook()
	g(len("x"))
	_ = 1 + len("x")
	if false {
		os.Remove("x")
	}
}

func g(int) {}

//loopvet:nonblocking
func h() { os.Remove("x") }

func i() { h() }
`, nil))
	if err != nil {
		t.Fatal(err)
	}
	for line, check := range map[int]func([]effect.Site) bool{
		11: func(s []effect.Site) bool {
			return len(s) == 2 && len(s[0].Effects) == 1 && s[0].Targets[0].Name == "os.Remove" && s[0].Targets[0].Opaque &&
				len(s[1].Effects) == 0 && s[1].Targets[0].Contract.Blocks[0].Kind == contract.Sleep
		},
		12: func(s []effect.Site) bool { return len(s) == 1 && s[0].Go && len(s[0].Effects) == 0 },
		13: func(s []effect.Site) bool { return len(s) == 1 && s[0].What == "a channel send" },
		14: func(s []effect.Site) bool { return len(s) == 1 && s[0].What == "a channel receive" },
		15: func(s []effect.Site) bool { return len(s) == 1 && s[0].What == "a select with a default" },
		16: func(s []effect.Site) bool {
			return len(s) == 1 && s[0].Targets[0].Symbolic && len(s[0].Targets[0].Values) == 0
		},
		17: func(s []effect.Site) bool {
			return len(s) == 1 && s[0].Targets[0].Name == "p.g" && !s[0].Targets[0].Opaque && s[0].Targets[0].Contract == nil
		},
		18: func(s []effect.Site) bool { return len(s) == 0 },
		29: func(s []effect.Site) bool { return len(s) == 1 && s[0].Targets[0].Declared && s[0].In.Name == "i" },
		99: func(s []effect.Site) bool { return len(s) == 0 },
	} {
		if got := p.At("p.go", line); !check(got) {
			t.Errorf("line %d: %+v", line, got)
		}
	}
	if got := p.At("q.go", 11); len(got) != 0 {
		t.Errorf("another file: %+v", got)
	}
}
