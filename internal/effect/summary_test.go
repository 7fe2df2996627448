package effect_test

import (
	"strconv"
	"testing"
	"time"
)

const functions = `package p

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"sort"
	"sync"
	"time"
)

func sleeps()           { time.Sleep(time.Second) }
func sleepsNot()        { time.Sleep(0) }
func reads()            { os.ReadFile("x") }
func stats()            { os.Stat("x") }
func gets()             { http.Get("x") }
func both()             { reads(); gets() }
func twice()            { reads(); reads() }
func looksUp()          { net.LookupHost("x") }
func spawns()           { go reads() }
func defers()           { defer reads() }
func hangs()            { select {} }
func pure(a, b int) int { return a + b }
func recursive(n int)   { if n > 0 { recursive(n - 1) }; reads() }
func even(n int)        { if n > 0 { odd(n - 1) } }
func odd(n int)         { even(n); gets() }

func runs(f func())            { f() }
func runsSecond(_ int, f func()) { f() }
func runsDeferred(f func())    { defer f() }
func runsThrough(f func())     { runs(f) }
func runsInGo(f func())        { go f() }
func runsNever(f func())       { _ = f }
func runsCaptured(f func())    { func() { f() }() }
func runsEach(fs ...func())    { for _, f := range fs { f() } }
func runsOnce(f func())        { var o sync.Once; o.Do(f) }
func sorts(less func(i, j int) bool) { sort.Slice([]int{2, 1}, less) }

// onLoop posts f.
//
//loopvet:loop f
//loopvet:nonblocking
func onLoop(f func()) {}

// onPool submits f.
//
//loopvet:worker f
//loopvet:nonblocking
func onPool(f func()) {}

//loopvet:blocks net dns
func declared() {}

//loopvet:nonblocking
func silent() { reads() }

func posts(f func())           { onLoop(f) }
func submits(f func())         { onPool(f) }
func submitsInGo(f func())     { go onPool(f) }
func splits(f, g func())       { onPool(f); onLoop(g) }
func callsDeclared()           { declared() }
func callsSilent()             { silent() }

func readAll(r io.Reader)      { io.ReadAll(r) }
func reader(r io.Reader)       { r.Read(nil) }
func writer(w io.Writer)       { w.Write(nil) }
func buffered(r io.Reader)     { bufio.NewReader(r).ReadByte() }
func copies(w io.Writer, r io.Reader) { io.Copy(w, r) }
func closes(c io.Closer)       { c.Close() }
func sealed(f reflect.StructField) { f.Type.Kind() }

type T struct{ f func(); r io.Reader }

func (t *T) Run()              { t.f() }
func (t *T) Read()             { t.r.Read(nil) }
func (t T) Value()             { reads() }
func New(f func()) *T          { return &T{f: f} }

func identity(f func()) func() { return f }
func makes() func()            { return reads }
func makesLiteral() func()     { return func() { gets() } }
func opens() io.Reader         { return &T2{} }

type T2 struct{}

func (*T2) Read([]byte) (int, error) { time.Sleep(time.Hour); return 0, nil }

func receives(c chan int)      { <-c }
func sends(c chan int)         { c <- 1 }
func ranges(c chan int)        { for range c {} }
func tries(c chan int)         { select { case c <- 1: default: } }
func unbuffered()              { c := make(chan int); go sends(c); <-c }
func fits()                    { c := make(chan int, 1); c <- 1 }
func waits(wg *sync.WaitGroup) { wg.Wait() }
func until(ctx context.Context) { <-ctx.Done() }
func after()                   { <-time.After(time.Second) }

type L struct{ mu sync.Mutex }

func (l *L) lock()             { l.mu.Lock(); l.mu.Unlock() }
func generic[X any](x X, f func(X)) { f(x) }
`

// TestSummaries compares what a caller is told of small functions.
func TestSummaries(t *testing.T) {
	all := summarize(t, typeCheck(t, "p", functions, nil), nil)
	for name, want := range map[string]string{
		"sleeps":    "blocks sleep",
		"sleepsNot": "",
		"reads":     "blocks file",
		"stats":     "blocks file-meta",
		"gets":      "blocks net",
		"both":      "blocks net, blocks file",
		"twice":     "blocks file",
		"looksUp":   "blocks dns",
		"spawns":    "",
		"defers":    "blocks file",
		"hangs":     "blocks forever",
		"pure":      "",
		"recursive": "blocks file",
		"even":      "blocks net",
		"odd":       "blocks net",

		"runs":         "runs param 0 here",
		"runsSecond":   "runs param 1 here",
		"runsDeferred": "runs param 0 here",
		"runsThrough":  "runs param 0 here",
		"runsInGo":     "",
		"runsNever":    "",
		"runsCaptured": "runs param 0 here",
		"runsEach":     "runs param 0 here",
		"runsOnce":     "runs param 0 here",
		"sorts":        "blocks cpu, runs param 0 here",

		"onLoop":        "runs param 0 loop",
		"onPool":        "runs param 0 pool",
		"posts":         "runs param 0 loop",
		"submits":       "runs param 0 pool",
		"submitsInGo":   "runs param 0 pool",
		"splits":        "runs param 0 pool, runs param 1 loop",
		"declared":      "may block net, may block dns",
		"callsDeclared": "may block dns, may block net",
		"silent":        "",
		"callsSilent":   "",

		"readAll":  "calls Read of param 0 here",
		"reader":   "calls Read of param 0 here",
		"writer":   "calls Write of param 0 here",
		"buffered": "calls Read of param 0 here",
		"closes":   "calls Close of param 0 here",
		"sealed":   "",

		"(*T).Run":   "runs location p.T.f here",
		"(*T).Read":  "calls Read of location p.T.r here",
		"(T).Value":  "blocks file",
		"(*T2).Read": "blocks sleep",

		"identity":     "returns param 0",
		"makes":        "returns p.reads",
		"makesLiteral": "returns p.makesLiteral$1",
		"opens":        "returns type p.*T2",

		"receives":   "a channel receive on param 0",
		"sends":      "a channel send on param 0",
		"ranges":     "a channel receive on param 0",
		"tries":      "",
		"unbuffered": "may block chan",
		"fits":       "",
		"waits":      "blocks wait",
		"until":      "may block chan, calls Done of param 0 here",
		"after":      "blocks sleep",
		"(*L).lock":  "may block lock",
		"generic":    "runs param 1 here",
	} {
		if got := all.of(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestBounds checks how long the effects of small functions may last.
func TestBounds(t *testing.T) {
	all := summarize(t, typeCheck(t, "p", `package p

import "time"

const second = time.Second

func short()            { time.Sleep(5 * time.Microsecond) }
func long()             { time.Sleep(2 * second) }
func of(d time.Duration) { time.Sleep(d) }
func given()            { of(time.Minute) }
func after()            { <-time.After(time.Hour) }
func limited(c chan int) {
	d := make(chan int)
	go func() { d <- <-c }()
	select {
	case <-d:
	case <-time.After(time.Millisecond):
	}
}
`, nil), nil)
	for name, want := range map[string]time.Duration{
		"short":   5 * time.Microsecond,
		"long":    2 * time.Second,
		"of":      0,
		"after":   time.Hour,
		"limited": time.Millisecond,
	} {
		s := all[name]
		if s == nil || len(s.Effects) != 1 {
			t.Errorf("%s: %v, want one effect", name, s)
			continue
		}
		if got := s.Effects[0].Bound; got != want {
			t.Errorf("%s: bound %v, want %v", name, got, want)
		}
	}
}

// TestWitness checks the path that an effect carries.
func TestWitness(t *testing.T) {
	all := summarize(t, typeCheck(t, "p", `package p

import "os"

func a() { b() }
func b() { defer c() }
func c() { os.ReadFile("x") }
func d() { c(); b() }
`, nil), nil)
	for name, want := range map[string]string{
		"a": "a 5:static b 6:defer c 7:static",
		"b": "b 6:defer c 7:static",
		"d": "d 8:static c 7:static", // the shorter of two
	} {
		s := all[name]
		if s == nil || len(s.Effects) == 0 {
			t.Errorf("%s has no effect", name)
			continue
		}
		hops := s.Effects[0].Path.Hops()
		got := ""
		for _, h := range hops {
			if got != "" {
				got += " "
			}
			got += h.In.Name + " " + strconv.Itoa(h.Pos.Line) + ":" + h.Edge.String()
			if h.Pos.Pkg != "p" || h.Pos.File != "p.go" {
				t.Errorf("%s: a hop stands at %v", name, h.Pos)
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if last := hops[len(hops)-1].Callee; last != "os.ReadFile" {
			t.Errorf("%s ends in %s", name, last)
		}
	}
}
