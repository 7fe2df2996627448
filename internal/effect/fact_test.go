package effect_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/internal/effect"
)

// rich is a package whose fact has something of everything.
const rich = `package p

import (
	"io"
	"net"
	"os"
	"sync"
)

type Op func() error

type Store struct {
	mu   sync.Mutex
	hook func()
	ops  map[string]Op
	c    chan int
}

func New(hook func()) *Store { return &Store{hook: hook, c: make(chan int, 3)} }

func (s *Store) Load() {
	s.mu.Lock()
	defer s.mu.Unlock()
	os.ReadFile("x")
	s.hook()
}

func (s *Store) Register(name string, op Op) { s.ops[name] = op }
func (s *Store) Do(name string) error        { return s.ops[name]() }
func (s *Store) Send()                       { s.c <- 1 }

type Source interface{ Next() (io.Reader, error) }

type Net struct{ net.Conn }

func (n *Net) Next() (io.Reader, error) { return n, nil }

var source Source = &Net{}

func Drain(src Source) { r, _ := src.Next(); io.ReadAll(r) }
func Default()         { Drain(source) }

// Post posts fn.
//
//loopvet:loop fn
//loopvet:nonblocking
func Post(fn func()) {}

func start(s *Store) { Post(s.Load); Post(func() { s.Do("x") }) }
`

// dump lists all that a fact says and that can be printed.
func dump(f *effect.Fact) string {
	var b strings.Builder
	fmt.Fprintln(&b, f)
	fmt.Fprintln(&b, f.Module, f.Modules)
	for _, l := range f.Loops {
		fmt.Fprintf(&b, "loop %+v\n", *l)
	}
	path := func(p *effect.Path) {
		for _, h := range p.Hops() {
			fmt.Fprintf(&b, "\t\t%+v\n", h)
		}
	}
	effects := func(es []effect.Effect) {
		for _, e := range es {
			fmt.Fprintln(&b, "\t", e.Kind, e.May, e.Level, e.Bound, e.Loop, e.Lock, e.Shared)
			path(e.Path)
		}
	}
	uses := func(us []effect.Use) {
		for _, u := range us {
			fmt.Fprintf(&b, "\t%+v %s %v %s %+v %v\n", u.What, u.Method, u.Mode, u.Loop, u.Args, u.Bound)
			path(u.Path)
		}
	}
	syms := func(all []effect.Sym) []effect.Sym {
		slices.SortFunc(all, effect.Sym.Compare)
		return all
	}
	var names []effect.Sym
	for sym := range f.Funcs {
		names = append(names, sym)
	}
	for _, sym := range syms(names) {
		s := f.Funcs[sym]
		fmt.Fprintf(&b, "func %v %+v %d %d\n", sym, s.Results, s.Dropped, s.Params)
		effects(s.Effects)
		uses(s.Uses)
	}
	// Maps are printed in the order of their keys.
	fmt.Fprintf(&b, "%+v\n%+v\n%+v\n%+v\n", f.Methods, f.Flows, f.Converts, f.Callbacks)
	return b.String()
}

func TestFactRoundTrip(t *testing.T) {
	f := factOf(t, rich)
	for what, n := range map[string]int{
		"functions": len(f.Funcs), "methods": len(f.Methods), "flows": len(f.Flows),
		"conversions": len(f.Converts), "modules": len(f.Modules),
	} {
		if n == 0 {
			t.Errorf("the fact has no %s", what)
		}
	}
	data := encode(t, f)
	g := decode(t, data)
	if got, want := dump(g), dump(f); got != want {
		t.Errorf("decoded:\n%s\nwant:\n%s", got, want)
	}
	if !bytes.Equal(encode(t, g), data) || !bytes.Equal(encode(t, g.Fresh()), data) {
		t.Error("a decoded fact has other bytes")
	}
}

// The same source gives the same bytes, whatever the order of maps.
func TestFactSameBytes(t *testing.T) {
	for _, src := range []string{rich, functions} {
		want := encode(t, factOf(t, src))
		for range 10 {
			if !bytes.Equal(encode(t, factOf(t, src)), want) {
				t.Fatal("the same package has two encodings")
			}
		}
	}
}

// A fact is for other machines too.
func TestFactHasNoMachinePaths(t *testing.T) {
	unit := typeCheck(t, "p", rich, nil)
	for _, h := range strings.Fields(dump(export(t, unit, nil))) {
		if strings.Contains(h, t.TempDir()) || strings.HasPrefix(h, "/") {
			t.Errorf("the fact mentions %s", h)
		}
	}
}

// What a package imports is known by its encoded fact alone, and what it hands
// on holds what its own importers need of packages they do not import.
func TestFactsAreClosed(t *testing.T) {
	c := typeCheck(t, "c", `package c

import "os"

func Read() { os.ReadFile("x") }
func Run(f func()) { f() }
func Make() func() { return func() { Read() } }
`, nil)
	known := imports{"c": c.Types}
	b := typeCheck(t, "b", `package b

import "c"

func Read()          { c.Read() }
func Twice(f func()) { c.Run(f); c.Run(f) }
func Make() func()   { return c.Make() }
func Now()           { c.Run(func() { c.Read() }) }
`, known)
	known = imports{"b": b.Types}
	a := typeCheck(t, "a", `package a

import "b"

func read()          { b.Read() }
func run(f func())   { b.Twice(f) }
func made()          { b.Make()() }
func now()           { b.Now() }
`, known)
	factC := decode(t, encode(t, export(t, c, nil)))
	factB := decode(t, encode(t, export(t, b, map[string]*effect.Fact{"c": factC})))
	all := summarize(t, a, map[string]*effect.Fact{"b": factB})
	for name, want := range map[string]string{
		"read": "blocks file", "run": "runs param 0 here", "made": "blocks file", "now": "blocks file",
	} {
		if got := all.of(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A fact has what is below it once, however many ways lead there.
func TestFactsOfDiamonds(t *testing.T) {
	known, facts := imports{}, map[string]*effect.Fact{}
	size := map[int]int{}
	const layers = 12
	for i := range layers {
		below, below2 := fmt.Sprintf("a%d", i-1), fmt.Sprintf("b%d", i-1)
		layer := map[string]*effect.Fact{}
		for _, name := range []string{"a", "b"} {
			path := fmt.Sprintf("%s%d", name, i)
			src := "package " + path + "\n\nimport (\n\t\"os\"\n\t\"sync\"\n"
			call := ""
			if i > 0 {
				src += fmt.Sprintf("\t%q\n\t%q\n", below, below2)
				call = fmt.Sprintf("%s.Read(); %s.Read()", below, below2)
			}
			src += fmt.Sprintf(")\n\nvar mu sync.Mutex\n\nfunc Read() { mu.Lock(); defer mu.Unlock(); os.ReadFile(%q); %s }\n", path, call)
			unit := typeCheck(t, path, src, known)
			known[path] = unit.Types
			f := export(t, unit, facts)
			size[i] = len(encode(t, f))
			layer[path] = decode(t, encode(t, f))
		}
		facts = layer
	}
	if low, high := size[layers/2-1], size[layers-1]; high > 4*low {
		t.Errorf("the fact of a package on %d layers has %d bytes, and that on %d layers %d", layers-1, high, layers/2-1, low)
	}
}

// Of what a package does not export, a fact has what importers can come to: by a value
// or by a method of one.
func TestFactHasWhatImportersReach(t *testing.T) {
	f := factOf(t, `package p

import "os"

func read()    { os.ReadFile("x") }
func handed()  { read() }
func stored()  { read() }
func private() { read() }

func Read()        { read() }
func Make() func() { return handed }

var Hook = stored

type local struct{}

func (*local) Load()     { read() }
func (l *local) reload() { l.Load(); func() { read() }() }

type loader interface{ reload() }

type Cache struct{ from loader }

func Open() *Cache      { return &Cache{&local{}} }
func (c *Cache) Fresh() { c.from.reload() }

type idle struct{}

func (idle) reload() { read() }
`)
	var got []string
	for sym := range f.Funcs {
		got = append(got, sym.Name)
	}
	slices.Sort(got)
	want := []string{"(*Cache).Fresh", "(*local).Load", "(*local).reload", "Make", "Read", "handed", "stored"}
	if !slices.Equal(got, want) {
		t.Errorf("the fact has %q, want %q", got, want)
	}
}

// A package of some hundred functions, in short chains of calls, has a small fact.
func TestFactSize(t *testing.T) {
	var b strings.Builder
	b.WriteString("package p\n\nimport (\n\t\"io\"\n\t\"net/http\"\n\t\"os\"\n)\n\n")
	const n = 300
	for i := range n {
		fmt.Fprintf(&b, "func F%d(fn func(), r io.Reader) {\n", i)
		switch {
		case i%10 != 9:
			fmt.Fprintf(&b, "\tF%d(fn, r)\n", i+1)
		default:
			b.WriteString("\tfn()\n\tio.ReadAll(r)\n")
		}
		switch i % 3 {
		case 0:
			b.WriteString("\tos.ReadFile(\"x\")\n")
		case 1:
			b.WriteString("\thttp.Get(\"x\")\n")
		}
		b.WriteString("}\n\n")
	}
	f := factOf(t, b.String())
	if len(f.Funcs) != n {
		t.Errorf("%d functions, want %d", len(f.Funcs), n)
	}
	size := len(encode(t, f))
	t.Logf("%d functions, %d bytes", n, size)
	if limit := 32 << 10; size > limit {
		t.Errorf("the fact of %d functions has %d bytes, want %d at most", n, size, limit)
	}
}

func TestFactDecodeErrors(t *testing.T) {
	data := encode(t, factOf(t, rich))
	for _, bad := range [][]byte{nil, {}, {0}, []byte("effects"), data[:len(data)/2], data[1:]} {
		if err := new(effect.Fact).GobDecode(bad); err == nil {
			t.Errorf("%d bytes are a fact", len(bad))
		}
	}
}

// FuzzFactDecode checks that no bytes upset the decoder, and that what it makes
// of them can be encoded again.
func FuzzFactDecode(f *testing.F) {
	data := encode(f, factOf(f, rich))
	f.Add(data[4:])
	f.Add(encode(f, factOf(f, "package p\n")))
	f.Add(data[:len(data)/2])
	f.Add([]byte{})
	for _, i := range []int{0, 10, len(data) / 3, len(data) - 5} {
		broken := bytes.Clone(data[4:])
		broken[i] ^= 0x55
		f.Add(broken)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var fact effect.Fact
		if fact.GobDecode(data) != nil && fact.GobDecode(effect.Sealed(data)) != nil {
			t.Fatal("a checksum is wrong")
		}
		if fact.Load() != nil {
			return
		}
		again := encode(t, fact.Fresh())
		if !bytes.Equal(encode(t, decode(t, again).Fresh()), again) {
			t.Error("a second round trip gives other bytes")
		}
	})
}
