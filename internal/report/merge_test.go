package report

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

// at returns a finding whose last hop is at line.
func at(callback string, line int, callees ...string) Finding {
	return finding(callback, line-len(callees)+1, callees...)
}

func TestMerge(t *testing.T) {
	far := at("b$1", 50, "example.com/app.a", "os.ReadFile")
	near := at("c$1", 50, "os.ReadFile")
	tie := at("d$1", 50, "os.ReadFile")
	same := at("c$1", 50, "example.com/app.b", "os.ReadFile") // a second path of the same callback
	other := at("a$1", 51, "os.ReadFile")
	dns := at("a$1", 50, "net.LookupHost")
	dns.Category, dns.Kind = "dns", contract.DNS

	got := Merge([]Finding{far, near, tie, same, other, dns})
	if len(got) != 3 {
		t.Fatalf("got %d findings, want 3", len(got))
	}
	if got[0].Category != "dns" || got[1].Category != "file" || got[2].SinkHop().Pos.Line != 51 {
		t.Errorf("wrong order: %v", got)
	}
	shown := got[1]
	if shown.Callback.Name != "c$1" || len(shown.Path) != 1 {
		t.Errorf("shown is %s", shown.Message())
	}
	if shown.Others != 2 {
		t.Errorf("Others = %d, want 2", shown.Others)
	}
	if again := Merge(got); !reflect.DeepEqual(again, got) {
		t.Errorf("merging again: %v", again)
	}
}

// The worst level wins, and is what is shown.
func TestMergeLevel(t *testing.T) {
	far, near := at("b$1", 50, "example.com/app.a", "os.ReadFile"), at("c$1", 50, "os.ReadFile")
	far.Level = contract.Error
	got := Merge([]Finding{near, far})
	if len(got) != 1 || got[0].Level != contract.Error || got[0].Callback.Name != "b$1" || got[0].Others != 1 {
		t.Errorf("got %v", got)
	}
}

func TestMergeOrder(t *testing.T) {
	var all []Finding
	for _, cb := range []string{"a$1", "b$1", "c$1"} {
		for line := range 4 {
			f := at(cb, 50+line, "os.ReadFile")
			all = append(all, f, at(cb, 50+line, "example.com/app.x", "os.ReadFile"))
			f.May = true
			all = append(all, f)
		}
	}
	want := Merge(all)
	for range 50 {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if got := Merge(all); !reflect.DeepEqual(got, want) {
			t.Fatal("the result depends on the order of the argument")
		}
	}
}

func TestCompareIsStrict(t *testing.T) {
	a, b := at("a$1", 50, "os.ReadFile"), at("a$1", 50, "os.ReadFile")
	if Compare(a, b) != 0 {
		t.Error("equal findings differ")
	}
	b.Registration = "callback of x"
	if Compare(a, b) == 0 || Compare(a, b) != -Compare(b, a) {
		t.Error("Compare is not strict")
	}
}

// Each callback has a line of its own in a baseline. What they reach is one
// finding, of the first line.
func TestMergeBaseline(t *testing.T) {
	var all []Finding
	for i, cb := range []string{"b$1", "a$1", "c$1"} {
		f := at(cb, 50, "os.ReadFile")
		f.Suppressed = &Suppression{Kind: Baseline, At: effect.Pos{File: "base.txt", Line: 10 + i}}
		all = append(all, f)
	}
	fresh := at("d$1", 50, "os.ReadFile")
	got := Merge(append(all, fresh))
	if len(got) != 2 {
		t.Fatalf("merged into %d", len(got))
	}
	for _, f := range got {
		if s := f.Suppressed; s != nil && (s.At.Line != 11 || f.Others != 2) || s == nil && f.Callback.Name != "d$1" {
			t.Errorf("got %+v", f)
		}
	}
}
