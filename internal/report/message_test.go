package report

import (
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
)

const app = "example.com/app"

// witness builds a witness from the callback through the named functions, one line
// each from line on.
func witness(line int, in effect.Sym, callees ...string) []effect.Hop {
	var hops []effect.Hop
	for i, c := range callees {
		hops = append(hops, effect.Hop{In: in, Pos: effect.Pos{Pkg: app, File: "a.go", Line: line + i, Col: 2}, Callee: c})
	}
	return hops
}

func finding(callback string, line int, callees ...string) Finding {
	sym := effect.Sym{Pkg: app, Name: callback}
	return Finding{
		Category: "file", Kind: contract.File, Level: contract.Warning,
		Callback: sym, CallbackPos: effect.Pos{Pkg: app, File: "a.go", Line: 1, Col: 1},
		Registration: "callback of (*github.com/loopvet/loopvet/runtime/loop.Loop).SetTimeout",
		Loop:         &contract.Loop{Name: "event loop", Offload: "offload it with loop.QueueWork"},
		Path:         witness(line, sym, callees...),
		Sink:         len(callees) - 1,
	}
}

func TestMessage(t *testing.T) {
	reload := "(*example.com/app.Server).reload"
	with := func(f Finding, change func(*Finding)) Finding { change(&f); return f }
	for _, tt := range []struct {
		name string
		f    Finding
		want string
	}{
		{"certain", finding("main$1", 41, reload, "example.com/app/config.Load", "os.ReadFile"),
			"os.ReadFile blocks the event loop (file): callback of (*loop.Loop).SetTimeout -> (*Server).reload -> config.Load -> os.ReadFile; offload it with loop.QueueWork"},
		{"named callback", finding("(*Server).tick", 41, "os.ReadFile"),
			"os.ReadFile blocks the event loop (file): callback of (*loop.Loop).SetTimeout -> (*Server).tick -> os.ReadFile; offload it with loop.QueueWork"},
		{"may", with(finding("main$1", 41, "os.ReadFile"), func(f *Finding) { f.May = true }),
			"os.ReadFile may block the event loop (file): callback of (*loop.Loop).SetTimeout -> os.ReadFile; offload it with loop.QueueWork"},
		{"reentry", with(finding("main$1", 41, "(*github.com/rivo/tview.Application).QueueUpdate"), func(f *Finding) { f.Category, f.Kind = Reentry, contract.Wait }),
			"(*tview.Application).QueueUpdate waits for the loop it runs on: deadlock (reentry): callback of (*loop.Loop).SetTimeout -> (*tview.Application).QueueUpdate"},
		{"others", with(finding("main$1", 41, "os.ReadFile"), func(f *Finding) { f.Others = 2 }),
			"os.ReadFile blocks the event loop (file): callback of (*loop.Loop).SetTimeout -> os.ReadFile (and 2 more callbacks); offload it with loop.QueueWork"},
		{"one other, no offload", with(finding("main$1", 41, "os.ReadFile"), func(f *Finding) { f.Others, f.Loop = 1, nil }),
			"os.ReadFile blocks the event loop (file): callback of (*loop.Loop).SetTimeout -> os.ReadFile (and 1 more callback)"},
		{"lock", with(finding("main$1", 41, "(*sync.Mutex).Lock"), func(f *Finding) {
			f.Category, f.Kind, f.May = "lock", contract.Lock, true
			f.Holder = witness(70, effect.Sym{Pkg: app, Name: "(*Cache).flush"}, "os.WriteFile")
		}),
			"(*sync.Mutex).Lock may block the event loop (lock): callback of (*loop.Loop).SetTimeout -> (*sync.Mutex).Lock; the lock is held over (*Cache).flush -> os.WriteFile; offload it with loop.QueueWork"},
		{"long", finding("main$1", 41, "example.com/app.a", "example.com/app.b", "example.com/app.c", "example.com/app.d", "example.com/app.e", "example.com/app.f", "example.com/app.g", "os.ReadFile"),
			"os.ReadFile blocks the event loop (file): callback of (*loop.Loop).SetTimeout -> a -> b -> c -> (2 more) -> f -> g -> os.ReadFile; offload it with loop.QueueWork"},
		{"assumed", with(finding("main$1", 41, "os.ReadFile"), func(f *Finding) { f.Assumed = "assuming that order matters" }),
			"os.ReadFile blocks the event loop (file): callback of (*loop.Loop).SetTimeout -> os.ReadFile; assuming that order matters; offload it with loop.QueueWork"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.f.Message(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	a := finding("main$1", 41, "example.com/app.a", "os.ReadFile")
	if b := finding("main$1", 99, "example.com/app.a", "os.ReadFile"); a.Fingerprint() != b.Fingerprint() {
		t.Error("moving the code changes the fingerprint")
	}
	for _, b := range []Finding{
		finding("main$2", 41, "example.com/app.a", "os.ReadFile"),
		finding("main$1", 41, "example.com/app.a", "os.WriteFile"),
	} {
		if a.Fingerprint() == b.Fingerprint() {
			t.Errorf("same fingerprint for %s", b.Message())
		}
	}
}
