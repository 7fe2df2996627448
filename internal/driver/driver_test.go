package driver

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/internal/contract"
)

func TestInterrupt(t *testing.T) {
	dir := writeModule(t, manyPackages())
	t.Setenv("LOOPVET_CACHE", "off")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := Main(ctx, []string{"-C", dir, "./..."}, &stdout, &stderr); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if got := stderr.String(); got != "loopvet: interrupted\n" || stdout.Len() > 0 {
		t.Errorf("printed %q", got)
	}
}

// A panic in the analysis of one package is a problem of that package; the
// others keep their findings.
func TestPanic(t *testing.T) {
	g := list(t, writeModule(t, map[string]string{
		"ev/ev.go": "package ev\n\n//loopvet:loop fn\nfunc Post(fn func()) {}\n",
		"a/a.go":   "package a\n\nimport (\n\t\"os\"\n\n\t\"example.com/m/ev\"\n)\n\nfunc init() { ev.Post(func() { os.Remove(\"x\") }) }\n",
		"b/b.go":   "package b\n\nimport (\n\t\"os\"\n\n\t\"example.com/m/ev\"\n)\n\nfunc init() { ev.Post(func() { os.Remove(\"x\") }) }\n",
	}), false)
	l := testLoader(t, g)
	l.loaded = func(path string) {
		if path == "example.com/m/a" {
			panic("trouble")
		}
	}
	var stderr bytes.Buffer
	r := &run{config: &config{level: contract.Warning}, stderr: &stderr}
	findings, _, problems := r.check(l, g.roots, r.options())
	if len(findings) != 1 || findings[0].Callback.Pkg != "example.com/m/b" {
		t.Errorf("findings are %v", findings)
	}
	if len(problems) != 1 || problems[0].Text != "internal error: loading example.com/m/a: trouble" {
		t.Errorf("problems are %v", problems)
	}

	// A panic of the analysis itself.
	l = testLoader(t, g)
	l.contracts = nil
	_, seen, problems := r.check(l, g.roots, blockingcall.Options{})
	if len(seen.Callbacks) != 0 || len(problems) != len(g.roots) {
		t.Errorf("problems are %v", problems)
	}
	for _, p := range problems {
		if !strings.HasPrefix(p.Text, "internal error: checking example.com/m/") || strings.Contains(p.Text, "\n") {
			t.Errorf("problem is %q", p.Text)
		}
	}
}

func TestNewerGo(t *testing.T) {
	pkgs := []*pkg{
		{path: "a", Module: &module{Path: "example.com/old", GoVersion: "1.20"}},
		{path: "b", DepOnly: true, Module: &module{Path: "example.com/dep", GoVersion: "1.999"}},
	}
	if err := newerGo("go1.20", pkgs); err != nil {
		t.Error(err)
	}
	if err := newerGo("go1.999.1", pkgs); err == nil || !strings.Contains(err.Error(), "the go command is go1.999.1") {
		t.Errorf("got %v", err)
	}
	pkgs = append(pkgs, &pkg{path: "c", Module: &module{Path: "example.com/new", GoVersion: "1.999"}})
	if err := newerGo("go1.20", pkgs); err == nil || !strings.Contains(err.Error(), "module example.com/new needs go1.999") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestParseFlags(t *testing.T) {
	c, err := parseFlags([]string{"-level=info", "callbacks", "-kinds", "net,file,net", "-j", "3", "./callbacks", "callbacks"})
	if err != nil {
		t.Fatal(err)
	}
	if c.command != "callbacks" || c.level != contract.Info || joinKinds(c.kinds, ",") != "file,net" || c.j != 3 {
		t.Errorf("got %+v", c)
	}
	if got := strings.Join(c.patterns, " "); got != "./callbacks callbacks" {
		t.Errorf("patterns are %q", got)
	}
	if c, err = parseFlags(nil); err != nil || len(c.patterns) != 1 || c.patterns[0] != "." || c.level != contract.Warning {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: gcMost, 100 << 20: gcMost, 600 << 20: 50, 8 << 30: gcLast} {
		if got := gcPercent(live); got != want {
			t.Errorf("gcPercent(%d) = %d, want %d", live, got, want)
		}
	}
}
