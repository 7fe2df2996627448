package effect

// The encoding of facts. Witnesses share their tails and symbols repeat, so a
// fact is written as tables: of strings, of symbols, of hops, and then the
// summaries that refer to them. Maps are written in the order of their keys:
// the same fact gives the same bytes.

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/directive"
)

type wireHop struct {
	In, Callee, Pkg, File int // strings; In is a symbol
	Line, Col, Edge       int
	Guess, Next           int // Next is 1 + the index of a hop
	Repeats               bool
}

type wireValue struct {
	Op, Sym, Index, Iface int
	Free                  [][]wireValue
	Recv                  []wireValue
	Bound                 bool
	Note                  int
}

type wireEffect struct {
	Kind, Loop, Lock, Path int
	May, Shared            bool
	Level                  int
	Bound                  int64
}

type wireUse struct {
	What         wireValue
	Method, Loop int
	Mode         int
	Args         [][]wireValue
	Path         int
	Bound        int64
	Spare        bool
	Held         []wireValue
}

type wireOp struct {
	Verb, Where, Loop, Note, Path                          int
	On, Task, Held, Under                                  []wireValue
	Size, Many                                             int
	Waits, Blocks, Limited, IfBounded, Signal, Shared, May bool
	Kernel                                                 []int
}

type wirePool struct {
	Sym int
	Ops []contract.PoolOp
}

type wireSummary struct {
	Sym     int
	Effects []wireEffect
	Uses    []wireUse
	Ops     []wireOp
	Results [][]wireValue
	Dropped int
	Params  int
}

type wireMethod struct {
	Name, Func int
	Embedded   *wireValue
}

type wireType struct {
	Sym     int
	Methods []wireMethod
}

type wireFlow struct {
	Key    int
	Values []wireValue
}

type wireConvert struct {
	Iface int
	Types []int
}

type wireCallback struct {
	Value                               wireValue
	Loop, Via, In, Func, Method, Module int
	Pos, At                             int // hops that stand for places
	Known                               []int
}

type wireFact struct {
	Module   string
	Packages [][2]string
	Loops    []contract.Loop
	Strings  []string
	Syms     [][2]int
	Hops     []wireHop
	Funcs    []wireSummary
	Types    []wireType
	Flows    []wireFlow
	Once     []int
	Converts []wireConvert
	Pools    []wirePool
	Closed   []string

	Callbacks []wireCallback
	Ignores   []directive.Ignore
}

type encoder struct {
	w       wireFact
	strings map[string]int
	syms    map[Sym]int
	hops    map[wireHop]int
	paths   map[*Path]int // what path returns; most paths share their ends
}

func (e *encoder) str(s string) int {
	i, ok := e.strings[s]
	if !ok {
		i = len(e.w.Strings)
		e.strings[s] = i
		e.w.Strings = append(e.w.Strings, s)
	}
	return i
}

func (e *encoder) sym(s Sym) int {
	i, ok := e.syms[s]
	if !ok {
		pair := [2]int{e.str(s.Pkg), e.str(s.Name)}
		i = len(e.w.Syms)
		e.syms[s] = i
		e.w.Syms = append(e.w.Syms, pair)
	}
	return i
}

func (e *encoder) path(h *Path) int {
	if h == nil {
		return 0
	}
	if i, ok := e.paths[h]; ok {
		return i
	}
	next := e.path(h.Next)
	w := wireHop{In: e.sym(h.In), Callee: e.str(h.Callee), Pkg: e.str(h.Pos.Pkg), File: e.str(h.Pos.File),
		Line: h.Pos.Line, Col: h.Pos.Col, Edge: int(h.Edge), Guess: h.Guess, Next: next, Repeats: h.Repeats}
	i, ok := e.hops[w]
	if !ok {
		i = len(e.w.Hops)
		e.hops[w] = i
		e.w.Hops = append(e.w.Hops, w)
	}
	e.paths[h] = i + 1
	return i + 1
}

func (e *encoder) value(v Value) wireValue {
	return wireValue{Op: int(v.Op), Sym: e.sym(v.Sym), Index: v.Index, Iface: e.sym(v.Iface), Free: e.sets(v.Free), Recv: e.values(v.Recv), Bound: v.Bound, Note: e.str(v.Note)}
}

func (e *encoder) values(vs Values) []wireValue {
	var out []wireValue
	for _, v := range vs {
		out = append(out, e.value(v))
	}
	return out
}

func (e *encoder) sets(sets []Values) [][]wireValue {
	var out [][]wireValue
	for _, vs := range sets {
		out = append(out, e.values(vs))
	}
	return out
}

func (e *encoder) effects(es []Effect) []wireEffect {
	var out []wireEffect
	for _, x := range es {
		out = append(out, wireEffect{Kind: e.str(string(x.Kind)), Loop: e.str(x.Loop), Lock: e.sym(x.Lock), Path: e.path(x.Path),
			May: x.May, Shared: x.Shared, Level: int(x.Level), Bound: int64(x.Bound)})
	}
	return out
}

func (e *encoder) uses(us []Use) []wireUse {
	var out []wireUse
	for _, u := range us {
		out = append(out, wireUse{What: e.value(u.What), Method: e.str(u.Method), Loop: e.str(u.Loop), Mode: int(u.Mode),
			Args: e.sets(u.Args), Path: e.path(u.Path), Bound: int64(u.Bound), Spare: u.Spare, Held: e.values(u.Held)})
	}
	return out
}

func (e *encoder) ops(os []Op) []wireOp {
	var out []wireOp
	for _, o := range os {
		w := wireOp{Verb: int(o.Verb), Where: int(o.Where), Loop: e.str(o.Loop), Note: e.str(o.Note), Path: e.path(o.Path),
			On: e.values(o.On), Task: e.values(o.Task), Held: e.values(o.Held), Under: e.values(o.Under), Size: o.Size, Many: int(o.Many),
			Waits: o.Waits, Blocks: o.Blocks, Limited: o.Limited, IfBounded: o.IfBounded, Signal: o.Signal, Shared: o.Shared, May: o.May}
		for _, k := range o.Kernel {
			w.Kernel = append(w.Kernel, e.str(string(k)))
		}
		out = append(out, w)
	}
	return out
}

// An encoded is a fact that was read and perhaps not yet asked for. Drivers read those of
// all packages below the one at hand, which asks for those of its imports, and write them
// out again.
type encoded struct {
	data []byte // with its checksum
	once sync.Once
	fact *Fact
	err  error
}

// checksum is before the data of a fact: whoever reads it wants to know at once whether
// it can be used.
const checksum = 4

// GobEncode implements gob.GobEncoder.
func (f *Fact) GobEncode() ([]byte, error) {
	if f.encoded != nil {
		return f.encoded.data, nil
	}
	e := &encoder{strings: map[string]int{}, syms: map[Sym]int{}, hops: map[wireHop]int{}, paths: map[*Path]int{}}
	e.w.Module, e.w.Ignores = f.Module, f.Ignores
	for _, p := range slices.Sorted(maps.Keys(f.Modules)) {
		e.w.Packages = append(e.w.Packages, [2]string{p, f.Modules[p]})
	}
	for _, l := range f.Loops {
		e.w.Loops = append(e.w.Loops, *l)
	}
	for _, sym := range sortedKeys(f.Funcs) {
		s := f.Funcs[sym]
		e.w.Funcs = append(e.w.Funcs, wireSummary{Sym: e.sym(sym), Effects: e.effects(s.Effects), Uses: e.uses(s.Uses), Ops: e.ops(s.Ops),
			Results: e.sets(s.Results), Dropped: s.Dropped, Params: s.Params})
	}
	for _, t := range sortedKeys(f.Methods) {
		w := wireType{Sym: e.sym(t)}
		for _, name := range slices.Sorted(maps.Keys(f.Methods[t])) {
			m := f.Methods[t][name]
			wm := wireMethod{Name: e.str(name), Func: e.sym(m.Func)}
			if m.Func == (Sym{}) {
				v := e.value(m.Embedded)
				wm.Embedded = &v
			}
			w.Methods = append(w.Methods, wm)
		}
		e.w.Types = append(e.w.Types, w)
	}
	for _, k := range sortedKeys(f.Flows) {
		e.w.Flows = append(e.w.Flows, wireFlow{e.sym(k), e.values(f.Flows[k])})
	}
	for _, loc := range f.Once {
		e.w.Once = append(e.w.Once, e.sym(loc))
	}
	for _, k := range sortedKeys(f.Converts) {
		w := wireConvert{Iface: e.sym(k)}
		for _, t := range f.Converts[k] {
			w.Types = append(w.Types, e.sym(t))
		}
		e.w.Converts = append(e.w.Converts, w)
	}
	for _, sym := range sortedKeys(f.Pools) {
		e.w.Pools = append(e.w.Pools, wirePool{e.sym(sym), f.Pools[sym]})
	}
	e.w.Closed = f.Closed
	for _, c := range f.Callbacks {
		w := wireCallback{Value: e.value(c.Value), Loop: e.str(c.Loop), Via: e.str(c.Via), In: e.sym(c.In), Func: e.sym(c.Func),
			Method: e.str(c.Method), Module: e.str(c.Module), Pos: e.path(newPath(&Hop{Pos: c.Pos}, nil)), At: e.path(newPath(&Hop{Pos: c.At}, nil))}
		for _, k := range c.Known {
			w.Known = append(w.Known, e.str(k))
		}
		e.w.Callbacks = append(e.w.Callbacks, w)
	}
	buf := bytes.NewBuffer(make([]byte, checksum))
	z, err := flate.NewWriter(buf, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := gob.NewEncoder(z).Encode(&e.w); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	binary.LittleEndian.PutUint32(buf.Bytes(), crc32.ChecksumIEEE(buf.Bytes()[checksum:]))
	return buf.Bytes(), nil
}

type decoder struct {
	w    wireFact
	hops []*Path
}

func (d *decoder) str(i int) string { return d.w.Strings[i] }

func (d *decoder) sym(i int) Sym {
	return Sym{d.w.Strings[d.w.Syms[i][0]], d.w.Strings[d.w.Syms[i][1]]}
}

func (d *decoder) path(i int) *Path {
	if i == 0 {
		return nil
	}
	return d.hops[i-1]
}

func (d *decoder) value(w wireValue) Value {
	return Value{Op: ValueOp(w.Op), Sym: d.sym(w.Sym), Index: w.Index, Iface: d.sym(w.Iface), Free: d.sets(w.Free), Recv: d.values(w.Recv), Bound: w.Bound, Note: d.str(w.Note)}
}

func (d *decoder) values(ws []wireValue) Values {
	var out Values
	for _, w := range ws {
		out = append(out, d.value(w))
	}
	return out
}

func (d *decoder) sets(ws [][]wireValue) []Values {
	var out []Values
	for _, w := range ws {
		out = append(out, d.values(w))
	}
	return out
}

func (d *decoder) effects(ws []wireEffect) []Effect {
	var out []Effect
	for _, w := range ws {
		out = append(out, Effect{Kind: contract.Kind(d.str(w.Kind)), Loop: d.str(w.Loop), Lock: d.sym(w.Lock), Path: d.path(w.Path),
			May: w.May, Shared: w.Shared, Level: contract.Level(w.Level), Bound: time.Duration(w.Bound)})
	}
	return out
}

func (d *decoder) uses(ws []wireUse) []Use {
	var out []Use
	for _, w := range ws {
		out = append(out, Use{What: d.value(w.What), Method: d.str(w.Method), Loop: d.str(w.Loop), Mode: Mode(w.Mode),
			Args: d.sets(w.Args), Path: d.path(w.Path), Bound: time.Duration(w.Bound), Spare: w.Spare, Held: d.values(w.Held)})
	}
	return out
}

func (d *decoder) ops(ws []wireOp) []Op {
	var out []Op
	for _, w := range ws {
		o := Op{Verb: Verb(w.Verb), Where: Where(w.Where), Loop: d.str(w.Loop), Note: d.str(w.Note), Path: d.path(w.Path),
			On: d.values(w.On), Task: d.values(w.Task), Held: d.values(w.Held), Under: d.values(w.Under), Size: w.Size, Many: Many(w.Many),
			Waits: w.Waits, Blocks: w.Blocks, Limited: w.Limited, IfBounded: w.IfBounded, Signal: w.Signal, Shared: w.Shared, May: w.May}
		for _, k := range w.Kernel {
			o.Kernel = append(o.Kernel, contract.Kind(d.str(k)))
		}
		out = append(out, o)
	}
	return out
}

// GobDecode implements gob.GobDecoder. It leaves all but the checksum to load.
func (f *Fact) GobDecode(data []byte) error {
	if len(data) < checksum || binary.LittleEndian.Uint32(data) != crc32.ChecksumIEEE(data[checksum:]) {
		return errors.New("malformed fact")
	}
	*f = Fact{encoded: &encoded{data: bytes.Clone(data)}}
	return nil
}

// load makes a fact that was read ready for use. Copies of a fact may be loaded by
// several goroutines.
func (f *Fact) load() error {
	e := f.encoded
	if e == nil {
		return nil
	}
	e.once.Do(func() { e.fact, e.err = decodeFact(e.data[checksum:]) })
	if e.err != nil {
		return e.err
	}
	*f = *e.fact
	f.encoded = e
	return nil
}

func decodeFact(data []byte) (f *Fact, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("malformed fact: %v", r)
		}
	}()
	d := &decoder{}
	z := flate.NewReader(bytes.NewReader(data))
	if err := gob.NewDecoder(io.LimitReader(z, 1<<30)).Decode(&d.w); err != nil {
		return nil, err
	}
	for _, w := range d.w.Hops {
		h := &Hop{In: d.sym(w.In), Callee: d.str(w.Callee), Pos: Pos{d.str(w.Pkg), d.str(w.File), w.Line, w.Col}, Edge: Edge(w.Edge),
			Guess: w.Guess, Repeats: w.Repeats}
		d.hops = append(d.hops, newPath(h, d.path(w.Next)))
	}
	f = &Fact{
		Module: d.w.Module, Ignores: d.w.Ignores, Modules: map[string]string{},
		Funcs: map[Sym]*Summary{}, Methods: map[Sym]map[string]methodFact{},
		Flows: map[Sym]Values{}, Converts: map[Sym][]Sym{},
	}
	for _, p := range d.w.Packages {
		f.Modules[p[0]] = p[1]
	}
	for i := range d.w.Loops {
		f.Loops = append(f.Loops, &d.w.Loops[i])
	}
	for _, w := range d.w.Funcs {
		f.Funcs[d.sym(w.Sym)] = &Summary{Effects: d.effects(w.Effects), Uses: d.uses(w.Uses), Ops: d.ops(w.Ops), Results: d.sets(w.Results), Dropped: w.Dropped, Params: w.Params}
	}
	for _, w := range d.w.Types {
		table := map[string]methodFact{}
		for _, m := range w.Methods {
			mf := methodFact{Func: d.sym(m.Func)}
			if m.Embedded != nil {
				mf.Embedded = d.value(*m.Embedded)
			}
			table[d.str(m.Name)] = mf
		}
		f.Methods[d.sym(w.Sym)] = table
	}
	for _, w := range d.w.Flows {
		f.Flows[d.sym(w.Key)] = d.values(w.Values)
	}
	for _, i := range d.w.Once {
		f.Once = append(f.Once, d.sym(i))
	}
	for _, w := range d.w.Converts {
		var ts []Sym
		for _, t := range w.Types {
			ts = append(ts, d.sym(t))
		}
		f.Converts[d.sym(w.Iface)] = ts
	}
	for _, w := range d.w.Pools {
		if f.Pools == nil {
			f.Pools = map[Sym][]contract.PoolOp{}
		}
		f.Pools[d.sym(w.Sym)] = w.Ops
	}
	f.Closed = d.w.Closed
	for _, w := range d.w.Callbacks {
		c := Callback{
			Registration: Registration{Value: d.value(w.Value), Loop: d.str(w.Loop), Via: d.str(w.Via), In: d.sym(w.In), Pos: d.path(w.Pos).Pos},
			Func:         d.sym(w.Func), Method: d.str(w.Method), At: d.path(w.At).Pos, Module: d.str(w.Module),
		}
		for _, k := range w.Known {
			c.Known = append(c.Known, d.str(k))
		}
		f.Callbacks = append(f.Callbacks, c)
	}
	return f, nil
}
