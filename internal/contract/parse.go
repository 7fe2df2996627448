package contract

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// A Config is a parsed contract file.
type Config struct {
	Name      string
	Contracts []*Contract
	Rules     []Rule // on findings, in the order of the file

	sum [sha256.Size]byte
}

// A Contract is what one file says of one module.
type Contract struct {
	Module  string // module path, or "std"
	Aliases []string
	Loop    *Loop // nil where the module has no loop
	// Open is set by "opaque: false": what the contract does not name is
	// inferred from the module's source.
	Open   bool
	Source string // file:line

	loopModule string // the module of Loop where that is another
	imports    map[string]string
	entries    []entry
	impls      []Implements
	shapes     []Shape
	offs       []OffWhen
	evidence   string
}

// A facet is what an entry says of its symbol.
type facet int

const (
	facetBlocks facet = iota
	facetHere
	facetOnLoop
	facetOnWorker
	facetElsewhere
	facetLeaves
	facetCalls
	facetReturns
	facetReentrant
	facetNonblocking
	facetSilent
	facetVar
	facetFuncType
	facetField
	facetInterface // resolved by Validate only
	facetOption
	facetMakes
	facetUnlessMade
	facetPool
)

// An entry is one line of a contract: a symbol or pattern and one facet of it.
type entry struct {
	facet   facet
	sym     symbol
	pat     *pattern // instead of sym
	source  string
	blocks  []Block
	args    []int
	calls   []MethodUse
	returns []Return
	kind    Kind
	methods []string // of facetInterface; of facetOption, the field of its argument
	may     bool     // of facetReentrant
	made    *Made    // of facetMakes and facetUnlessMade
	pool    []PoolOp // of facetPool
}

// A SyntaxError is one thing wrong with a contract file.
type SyntaxError struct {
	File string
	Line int
	Text string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return e.File + ":" + strconv.Itoa(e.Line) + ": " + e.Text
}

// An ErrorList is everything wrong with a contract file, in the order of lines.
type ErrorList []*SyntaxError

func (l ErrorList) Error() string {
	var b strings.Builder
	for i, e := range l {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// Unwrap returns the errors of the list.
func (l ErrorList) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

// Parse parses a contract file. Its name is used in messages. A file that has
// an error in it gives no contracts at all, and all errors, as an ErrorList.
func Parse(name string, data []byte) (*Config, error) {
	p := &parser{file: name, seen: map[string]int{}}
	f := &Config{Name: name, sum: sha256.Sum256(data)}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := decode(dec, &doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.syntax(err)
			break
		}
		for _, n := range doc.Content {
			f.Contracts = append(f.Contracts, p.document(n, f)...)
		}
	}
	if len(p.errs) > 0 {
		slices.SortStableFunc(p.errs, func(a, b *SyntaxError) int { return a.Line - b.Line })
		return nil, p.errs
	}
	return f, nil
}

// decode turns a panic of the YAML package into an error: the file is a user's.
func decode(dec *yaml.Decoder, doc *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not YAML: %v", r)
		}
	}()
	return dec.Decode(doc)
}

type parser struct {
	file string
	errs ErrorList
	seen map[string]int // facet and symbol, to its line
}

func (p *parser) errorf(n *yaml.Node, format string, args ...any) {
	p.errs = append(p.errs, &SyntaxError{p.file, n.Line, fmt.Sprintf(format, args...)})
}

var lineRE = regexp.MustCompile(`line (\d+)(?:, column \d+)?:? ?`)

// syntax adds an error of the YAML package, which puts the line in its text.
func (p *parser) syntax(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	line := 1
	var le *yaml.LoadError
	if errors.As(err, &le) {
		line = le.Mark.Line
		text = le.Message
	} else if m := lineRE.FindStringSubmatchIndex(text); m != nil {
		line, _ = strconv.Atoi(text[m[2]:m[3]])
		text = text[:m[0]] + text[m[1]:]
	}
	// Of bytes that are no text at all the package knows no line.
	p.errs = append(p.errs, &SyntaxError{p.file, max(line, 1), text})
}

func (p *parser) source(n *yaml.Node) string { return p.file + ":" + strconv.Itoa(n.Line) }

// document parses one YAML document: a contract, a list of contracts, or a
// mapping whose key contracts holds the list, and others rules on findings,
// which are added to f.
func (p *parser) document(n *yaml.Node, f *Config) []*Contract {
	switch {
	case isNull(n):
		return nil
	case n.Kind == yaml.SequenceNode:
		return p.contracts(n)
	case n.Kind != yaml.MappingNode:
		p.errorf(n, "want a contract or a list of contracts, not %s", describe(n))
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if slices.Contains(projectKeys, n.Content[i].Value) {
			return p.project(n, f)
		}
	}
	if c := p.contract(n); c != nil {
		return []*Contract{c}
	}
	return nil
}

// projectKeys are the keys of a document that is not itself a contract.
var projectKeys = []string{"contracts", "exclude", "severity"}

func (p *parser) project(n *yaml.Node, f *Config) (cs []*Contract) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Value == "module" {
			p.errorf(k, "module stands beside %s: put the contract in the list contracts, or in a document of its own after ---", strings.Join(projectKeys, ", "))
			return nil
		}
	}
	p.mapping(n, map[string]func(k, v *yaml.Node){
		"contracts": func(_, v *yaml.Node) { cs = p.contracts(v) },
		"exclude":   func(_, v *yaml.Node) { f.Rules = append(f.Rules, p.rules(v, true)...) },
		"severity":  func(_, v *yaml.Node) { f.Rules = append(f.Rules, p.rules(v, false)...) },
	})
	return cs
}

func (p *parser) contracts(n *yaml.Node) (cs []*Contract) {
	for _, item := range p.items(n, "contracts") {
		if c := p.contract(item); c != nil {
			cs = append(cs, c)
		}
	}
	return cs
}

// mapping calls the handler of each key of n, and reports keys that have no
// handler or stand twice.
func (p *parser) mapping(n *yaml.Node, handlers map[string]func(k, v *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		p.errorf(n, "want a mapping, not %s", describe(n))
		return false
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		h := handlers[k.Value]
		switch {
		case k.Kind != yaml.ScalarNode || h == nil:
			p.errorf(k, "unknown key %s%s", describe(k), nearest(k.Value, handlers))
		case seen[k.Value]:
			p.errorf(k, "key %q stands twice", k.Value)
		default:
			seen[k.Value] = true
			h(k, v)
		}
	}
	return true
}

// pairs returns the keys and values of a mapping of symbols; an empty value is
// an empty mapping.
func (p *parser) pairs(n *yaml.Node, what string) [][2]*yaml.Node {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		p.errorf(n, "%s: want a mapping, not %s", what, describe(n))
		return nil
	}
	var out [][2]*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Kind != yaml.ScalarNode {
			p.errorf(k, "%s: want a symbol, not %s", what, describe(k))
			continue
		}
		out = append(out, [2]*yaml.Node{n.Content[i], n.Content[i+1]})
	}
	return out
}

// items returns the elements of a list; an empty value is an empty list.
func (p *parser) items(n *yaml.Node, what string) []*yaml.Node {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		p.errorf(n, "%s: want a list, not %s", what, describe(n))
		return nil
	}
	return n.Content
}

// oneOrMore returns the elements of a list, or the node itself.
func oneOrMore(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

func (p *parser) str(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		p.errorf(n, "%s: want a string, not %s", what, describe(n))
		return ""
	}
	return n.Value
}

func (p *parser) strs(n *yaml.Node, what string) (out []string) {
	for _, item := range p.items(n, what) {
		if s := p.str(item, what); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (p *parser) kinds(n *yaml.Node, what string) (out []Kind) {
	for _, item := range p.items(n, what) {
		if k := Kind(p.str(item, what)); k.Valid() {
			out = append(out, k)
		} else if k != "" {
			p.errorf(item, "%s: unknown kind %q", what, string(k))
		}
	}
	slices.Sort(out)
	return out
}

// args parses argument indexes: an integer, "recv" where that is allowed, or a
// list of them.
func (p *parser) args(n *yaml.Node, what string, recv bool) (out []int) {
	for _, item := range oneOrMore(n) {
		if recv && item.Kind == yaml.ScalarNode && item.Value == "recv" {
			out = append(out, Recv)
			continue
		}
		i, err := strconv.Atoi(item.Value)
		if item.Kind != yaml.ScalarNode || item.ShortTag() != "!!int" || err != nil || i < 0 || i > 99 {
			p.errorf(item, "%s: want the index of an argument, counted from 0, not %s", what, describe(item))
			continue
		}
		out = append(out, i)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// contract parses one contract.
func (p *parser) contract(n *yaml.Node) *Contract {
	c := &Contract{Source: p.source(n), imports: map[string]string{}}
	if n.Kind != yaml.MappingNode {
		p.errorf(n, "want a contract, not %s", describe(n))
		return nil
	}
	// Imports are needed by all other keys, wherever they stand.
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "imports" {
			for _, kv := range p.pairs(n.Content[i+1], "imports") {
				path := p.str(kv[1], "imports")
				if strings.ContainsAny(kv[0].Value, "/.* ") || !pathRE.MatchString(path) {
					p.errorf(kv[0], "imports: want a package name and its import path, such as tea: example.com/tea/v2")
					continue
				}
				if _, ok := c.imports[kv[0].Value]; ok {
					p.errorf(kv[0], "imports: %q stands twice", kv[0].Value)
				}
				c.imports[kv[0].Value] = path
			}
		}
	}
	p.seen = map[string]int{}
	var loop Loop
	var loopKey *yaml.Node
	hasLoopParts := map[string]*yaml.Node{}
	part := func(set func(v *yaml.Node)) func(k, v *yaml.Node) {
		return func(k, v *yaml.Node) {
			hasLoopParts[k.Value] = k
			set(v)
		}
	}
	var callbacks *yaml.Node
	p.mapping(n, map[string]func(k, v *yaml.Node){
		"imports": func(_, _ *yaml.Node) {},
		"module": func(_, v *yaml.Node) {
			if c.Module = p.str(v, "module"); c.Module != "" && !pathRE.MatchString(c.Module) {
				p.errorf(v, "module: %q is not a module path", c.Module)
			}
		},
		"aliases": func(_, v *yaml.Node) {
			c.Aliases = p.strs(v, "aliases")
			for _, a := range c.Aliases {
				if !pathRE.MatchString(a) {
					p.errorf(v, "aliases: %q is not a module path", a)
				}
			}
			slices.Sort(c.Aliases)
		},
		"opaque": func(_, v *yaml.Node) {
			if v.Kind != yaml.ScalarNode || v.Value != "true" && v.Value != "false" {
				p.errorf(v, "opaque: want true or false, not %s", describe(v))
			}
			c.Open = v.Value == "false"
		},
		"loop": func(k, v *yaml.Node) { loopKey, loop.Name = k, p.str(v, "loop") },
		"loop-module": part(func(v *yaml.Node) {
			if c.loopModule = p.str(v, "loop-module"); c.loopModule != "" && !pathRE.MatchString(c.loopModule) {
				p.errorf(v, "loop-module: %q is not a module path", c.loopModule)
			}
		}),
		"budget": part(func(v *yaml.Node) {
			d, err := time.ParseDuration(v.Value)
			if v.Kind != yaml.ScalarNode || err != nil || d < 0 {
				p.errorf(v, "budget: want a duration, such as 1ms, not %s", describe(v))
			}
			loop.Budget = d
		}),
		"tolerates": part(func(v *yaml.Node) { loop.Tolerates = p.kinds(v, "tolerates") }),
		"deadlocks": part(func(v *yaml.Node) { loop.Deadlocks = p.kinds(v, "deadlocks") }),
		"strict-in": part(func(v *yaml.Node) {
			loop.StrictIn = p.strs(v, "strict-in")
			slices.Sort(loop.StrictIn)
		}),
		"offload":  part(func(v *yaml.Node) { loop.Offload = p.str(v, "offload") }),
		"evidence": func(_, v *yaml.Node) { c.evidence = p.str(v, "evidence") },
		"callbacks": func(k, v *yaml.Node) {
			callbacks = v
			hasLoopParts["callbacks"] = k
		},
		"blocks": func(_, v *yaml.Node) {
			p.each(c, facetBlocks, "blocks", v, func(e *entry, v *yaml.Node) { e.blocks = p.blocks(v) })
		},
		"blocks-unless": func(_, v *yaml.Node) {
			for _, item := range p.items(v, "blocks-unless") {
				p.blocksUnless(c, item)
			}
		},
		"pool": func(_, v *yaml.Node) {
			p.each(c, facetPool, "pool", v, func(e *entry, v *yaml.Node) { e.pool = p.pool(v) })
		},
		"here":      func(_, v *yaml.Node) { p.funcArgs(c, facetHere, "here", v) },
		"worker":    func(_, v *yaml.Node) { p.funcArgs(c, facetOnWorker, "worker", v) },
		"elsewhere": func(_, v *yaml.Node) { p.funcArgs(c, facetElsewhere, "elsewhere", v) },
		"leaves":    func(_, v *yaml.Node) { p.funcArgs(c, facetLeaves, "leaves", v) },
		"calls": func(_, v *yaml.Node) {
			p.each(c, facetCalls, "calls", v, func(e *entry, v *yaml.Node) { e.calls = p.calls(v) })
		},
		"carries": func(_, v *yaml.Node) {
			p.each(c, facetReturns, "carries", v, func(e *entry, v *yaml.Node) {
				e.returns = []Return{{Carries: p.args(v, "carries", true)}}
			})
		},
		"returns": func(_, v *yaml.Node) {
			p.each(c, facetReturns, "returns", v, func(e *entry, v *yaml.Node) { e.returns = p.returns(c, v) })
		},
		"vars": func(_, v *yaml.Node) {
			for _, kv := range p.pairs(v, "vars") {
				e := entry{facet: facetVar, kind: p.kind(kv[1], "vars")}
				p.add(c, e, kv[0], varForm, "vars")
			}
		},
		"nonblocking": func(_, v *yaml.Node) { p.list(c, facetNonblocking, "nonblocking", v) },
		"silent":      func(_, v *yaml.Node) { p.list(c, facetSilent, "silent", v) },
		"reentrant": func(k, v *yaml.Node) {
			hasLoopParts["reentrant"] = k
			p.list(c, facetReentrant, "reentrant", v)
		},
		"off-when": func(k, v *yaml.Node) {
			hasLoopParts["off-when"] = k
			for _, item := range p.items(v, "off-when") {
				p.offWhen(c, item)
			}
		},
	})
	if c.Module == "" {
		p.errorf(n, "a contract needs a module")
	}
	if loopKey == nil {
		for _, key := range []string{"loop-module", "budget", "tolerates", "deadlocks", "strict-in", "offload", "callbacks", "reentrant", "off-when"} {
			if k := hasLoopParts[key]; k != nil {
				p.errorf(k, "%s needs the key loop, the name of the loop it speaks of", key)
			}
		}
	} else {
		loop.Module, loop.Evidence, loop.Source = cmp.Or(c.loopModule, c.Module), c.evidence, p.source(loopKey)
		c.Loop = &loop
	}
	if callbacks != nil {
		for _, item := range p.items(callbacks, "callbacks") {
			p.callback(c, item)
		}
	}
	return c
}

// add adds e for the symbol of node n, unless the contract said the same kind
// of thing of it before.
func (p *parser) add(c *Contract, e entry, n *yaml.Node, want form, what string) {
	text := p.str(n, what)
	if text == "" {
		return
	}
	sym, err := parseSymbol(text, want, c.imports)
	if err != nil {
		p.errorf(n, "%s: %v", what, err)
		return
	}
	e.sym, e.source = sym, p.source(n)
	key := what + " " + sym.String()
	if line := p.seen[key]; line != 0 {
		p.errorf(n, "%s: %s stands twice, first on line %d", what, sym, line)
		return
	}
	p.seen[key] = n.Line
	c.entries = append(c.entries, e)
}

// addPattern is add where a pattern may stand for many symbols.
func (p *parser) addPattern(c *Contract, e entry, n *yaml.Node, what string) {
	if n.Kind != yaml.ScalarNode || !isPattern(n.Value) {
		p.add(c, e, n, funcForm, what)
		return
	}
	pat, err := parsePattern(p.str(n, what), c.imports)
	if err != nil {
		p.errorf(n, "%s: %v", what, err)
		return
	}
	key := what + " " + pat.text
	if line := p.seen[key]; line != 0 {
		p.errorf(n, "%s: %s stands twice, first on line %d", what, n.Value, line)
		return
	}
	p.seen[key] = n.Line
	e.pat, e.source = &pat, p.source(n)
	c.entries = append(c.entries, e)
}

// each adds an entry for each pair of a mapping from symbols.
func (p *parser) each(c *Contract, f facet, what string, n *yaml.Node, fill func(e *entry, v *yaml.Node)) {
	for _, kv := range p.pairs(n, what) {
		e := entry{facet: f}
		fill(&e, kv[1])
		if f == facetBlocks {
			p.addPattern(c, e, kv[0], what)
		} else {
			p.add(c, e, kv[0], funcForm, what)
		}
	}
}

func (p *parser) funcArgs(c *Contract, f facet, what string, n *yaml.Node) {
	p.each(c, f, what, n, func(e *entry, v *yaml.Node) { e.args = p.args(v, what, false) })
}

// list adds an entry for each symbol or pattern of a list.
func (p *parser) list(c *Contract, f facet, what string, n *yaml.Node) {
	for _, item := range p.items(n, what) {
		if f == facetReentrant {
			e := entry{facet: f}
			if rest, ok := strings.CutPrefix(item.Value, "may "); ok && item.Kind == yaml.ScalarNode {
				e.may = true
				item = &yaml.Node{Kind: item.Kind, Tag: item.Tag, Style: item.Style, Value: rest, Line: item.Line}
			}
			p.add(c, e, item, funcForm, what)
		} else {
			p.addPattern(c, entry{facet: f}, item, what)
		}
	}
}

func (p *parser) kind(n *yaml.Node, what string) Kind {
	k := Kind(p.str(n, what))
	if k != "" && !k.Valid() {
		p.errorf(n, "%s: unknown kind %q", what, string(k))
	}
	return k
}

// blocks parses what a function does: words such as "file", "may net" or "cpu
// info", a mapping, or a list of these.
func (p *parser) blocks(n *yaml.Node) (out []Block) {
	for _, item := range oneOrMore(n) {
		b := Block{Bound: NoBound}
		if item.Kind == yaml.MappingNode {
			p.mapping(item, map[string]func(k, v *yaml.Node){
				"kind": func(_, v *yaml.Node) { b.Kind = p.kind(v, "kind") },
				"may": func(_, v *yaml.Node) {
					if v.Value != "true" && v.Value != "false" {
						p.errorf(v, "may: want true or false, not %s", describe(v))
					}
					b.May = v.Value == "true"
				},
				"level": func(_, v *yaml.Node) {
					if b.Level = levels[v.Value]; b.Level == Off {
						p.errorf(v, "level: want info, warning or error, not %s", describe(v))
					}
				},
				"bound": func(_, v *yaml.Node) {
					if a := p.args(v, "bound", false); len(a) == 1 {
						b.Bound = a[0]
					} else if len(a) > 1 {
						p.errorf(v, "bound: want one argument")
					}
				},
				"unless": func(_, v *yaml.Node) { b.Unless = p.unless(v) },
			})
			if b.Kind == "" {
				p.errorf(item, "blocks: a kind is missing")
				continue
			}
			out = append(out, b)
			continue
		}
		words := strings.Fields(p.str(item, "blocks"))
		if len(words) > 0 && words[0] == "may" {
			b.May, words = true, words[1:]
		}
		if len(words) == 2 && levels[words[1]] != Off {
			b.Level, words = levels[words[1]], words[:1]
		}
		if len(words) != 1 || !Kind(words[0]).Valid() {
			if item.Kind == yaml.ScalarNode {
				p.errorf(item, "blocks: want a kind, such as file, may net or cpu info, not %q", item.Value)
			}
			continue
		}
		b.Kind = Kind(words[0])
		out = append(out, b)
	}
	for i := range out {
		if slices.ContainsFunc(out[:i], func(b Block) bool { return b.Kind == out[i].Kind }) {
			p.errorf(n, "blocks: kind %s stands twice", out[i].Kind)
		}
	}
	return out
}

// unless parses a condition on a constant argument.
func (p *parser) unless(n *yaml.Node) Unless {
	u := Unless{Arg: -1}
	number := func(k, v *yaml.Node) {
		i, err := strconv.ParseInt(v.Value, 10, 64)
		if v.Kind != yaml.ScalarNode || v.ShortTag() != "!!int" || err != nil {
			p.errorf(v, "%s: want a number, not %s", k.Value, describe(v))
		}
		if u.Op != "" {
			p.errorf(k, "unless: want one of is, below and bits")
		}
		u.Op, u.N = k.Value, i
	}
	ok := p.mapping(n, map[string]func(k, v *yaml.Node){
		"arg": func(_, v *yaml.Node) {
			if a := p.args(v, "arg", false); len(a) == 1 {
				u.Arg = a[0]
			}
		},
		"is": number, "below": number, "bits": number,
	})
	if !ok || u.Arg < 0 || u.Op == "" {
		if ok {
			p.errorf(n, "unless: want arg, and one of is, below and bits")
		}
		return Unless{}
	}
	return u
}

var levels = map[string]Level{"info": Info, "warning": Warning, "error": Error}

var useRE = regexp.MustCompile(`^(recv|[0-9]{1,2})\.([\pL_][\pL\pN_]*)$`)

func (p *parser) calls(n *yaml.Node) (out []MethodUse) {
	for _, item := range oneOrMore(n) {
		s := p.str(item, "calls")
		m := useRE.FindStringSubmatch(s)
		if m == nil {
			if s != "" {
				p.errorf(item, "calls: want the method of an argument or of the receiver, such as 0.Write or recv.Read, not %q", s)
			}
			continue
		}
		u := MethodUse{Arg: Recv, Method: m[2]}
		if m[1] != "recv" {
			u.Arg, _ = strconv.Atoi(m[1])
		}
		out = append(out, u)
	}
	slices.SortFunc(out, compareUse)
	return slices.Compact(out)
}

func compareUse(a, b MethodUse) int {
	if a.Arg != b.Arg {
		return a.Arg - b.Arg
	}
	return strings.Compare(a.Method, b.Method)
}

func (p *parser) returns(c *Contract, n *yaml.Node) (out []Return) {
	for _, item := range oneOrMore(n) {
		var r Return
		p.mapping(item, map[string]func(k, v *yaml.Node){
			"result": func(_, v *yaml.Node) {
				if a := p.args(v, "result", true); len(a) == 1 {
					r.Result = a[0]
				} else {
					p.errorf(v, "result: want one index, or recv")
				}
			},
			"carries": func(_, v *yaml.Node) { r.Carries = p.args(v, "carries", true) },
			"type":    func(_, v *yaml.Node) { r.Type = expandType(p.str(v, "type"), c.imports) },
			"kind":    func(_, v *yaml.Node) { r.Kind = p.kind(v, "kind") },
		})
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Return) int { return a.Result - b.Result })
	return out
}

// callback parses one element of callbacks.
func (p *parser) callback(c *Contract, n *yaml.Node) {
	var implements, functype, fn, arg, field, shape, methods *yaml.Node
	to := func(dst **yaml.Node) func(k, v *yaml.Node) {
		return func(_, v *yaml.Node) { *dst = v }
	}
	if !p.mapping(n, map[string]func(k, v *yaml.Node){
		"implements": to(&implements), "functype": to(&functype), "func": to(&fn), "arg": to(&arg),
		"field": to(&field), "shape": to(&shape), "methods": to(&methods),
	}) {
		return
	}
	given := 0
	for _, v := range []*yaml.Node{implements, functype, fn, field, shape} {
		if v != nil {
			given++
		}
	}
	if given != 1 {
		p.errorf(n, "callbacks: want one of implements, functype, func, field and shape")
		return
	}
	if arg != nil && fn == nil {
		p.errorf(arg, "callbacks: arg goes with func")
	}
	if methods != nil && implements == nil && shape == nil {
		p.errorf(methods, "callbacks: methods goes with implements or shape")
	}
	switch {
	case implements != nil:
		if methods == nil {
			p.errorf(n, "callbacks: implements needs methods, the ones that run on the loop")
			return
		}
		ms := p.strs(methods, "methods")
		slices.Sort(ms)
		before := len(c.entries)
		p.add(c, entry{facet: facetInterface, methods: ms}, implements, typeForm, "implements")
		if len(c.entries) > before {
			c.impls = append(c.impls, Implements{Interface: c.entries[before].sym.String(), Methods: ms, Loop: c.Loop})
		}
	case functype != nil:
		for _, item := range oneOrMore(functype) {
			p.add(c, entry{facet: facetFuncType}, item, typeForm, "functype")
		}
	case field != nil:
		for _, item := range oneOrMore(field) {
			p.add(c, entry{facet: facetField}, item, fieldForm, "field")
		}
	case fn != nil:
		args := []int{0}
		if arg != nil {
			args = p.args(arg, "arg", false)
		}
		for _, item := range oneOrMore(fn) {
			p.add(c, entry{facet: facetOnLoop, args: args}, item, funcForm, "func")
		}
	case shape != nil:
		sh := Shape{Methods: map[string]Signature{}, Loop: c.Loop}
		for _, kv := range p.pairs(shape, "shape") {
			sig, err := parseSignature(p.str(kv[1], "shape"), c.imports)
			if err != nil {
				p.errorf(kv[1], "shape: %v", err)
			}
			if _, ok := sh.Methods[kv[0].Value]; ok {
				p.errorf(kv[0], "shape: method %s stands twice", kv[0].Value)
			}
			sh.Methods[kv[0].Value] = sig
		}
		if methods == nil {
			p.errorf(n, "callbacks: shape needs methods, the ones that run on the loop")
			return
		}
		sh.Callback = p.strs(methods, "methods")
		slices.Sort(sh.Callback)
		for _, m := range sh.Callback {
			if _, ok := sh.Methods[m]; !ok {
				p.errorf(methods, "callbacks: method %s is not one of the shape", m)
			}
		}
		c.shapes = append(c.shapes, sh)
	}
}

func (p *parser) offWhen(c *Contract, n *yaml.Node) {
	var o OffWhen
	ok := false
	p.mapping(n, map[string]func(k, v *yaml.Node){
		"call": func(_, v *yaml.Node) {
			if sym, err := parseSymbol(p.str(v, "call"), funcForm, c.imports); err != nil {
				p.errorf(v, "call: %v", err)
			} else {
				o.Call, ok = sym.String(), true
				c.entries = append(c.entries, entry{facet: facetSilent, sym: sym, source: p.source(v)})
			}
		},
		"field": func(_, v *yaml.Node) {
			if sym, err := parseSymbol(p.str(v, "field"), fieldForm, c.imports); err != nil {
				p.errorf(v, "field: %v", err)
			} else {
				o.Field, ok = sym.dotted(), true
			}
		},
		"arg": func(_, v *yaml.Node) {
			if a := p.args(v, "arg", false); len(a) == 1 {
				o.Arg = a[0]
			}
		},
		"value": func(_, v *yaml.Node) {
			if v.Kind != yaml.ScalarNode {
				p.errorf(v, "value: want a constant, not %s", describe(v))
			}
			o.Value = v.Value
		},
	})
	if !ok && n.Kind == yaml.MappingNode {
		p.errorf(n, "off-when: want a call or a field")
	}
	if o.Call != "" && o.Field != "" {
		p.errorf(n, "off-when: want a call or a field, not both")
	}
	c.offs = append(c.offs, o)
}

// parseSignature parses "func(pkg.T, _) (_, pkg.U)".
func parseSignature(s string, imports map[string]string) (Signature, error) {
	bad := fmt.Errorf("%q is not a signature, such as func(tea.Msg) (_, tea.Cmd)", s)
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), "func(")
	if !ok {
		return Signature{}, bad
	}
	cut := func(s string) (inside, after string, ok bool) {
		depth := 1
		for i, r := range s {
			switch r {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			}
			if depth == 0 {
				return s[:i], strings.TrimSpace(s[i+1:]), true
			}
		}
		return "", "", false
	}
	params, rest, ok := cut(rest)
	if !ok {
		return Signature{}, bad
	}
	results := rest
	if inner, ok := strings.CutPrefix(rest, "("); ok {
		if results, rest, ok = cut(inner); !ok || rest != "" {
			return Signature{}, bad
		}
	}
	var sig Signature
	for _, side := range []struct {
		text string
		dst  *[]string
	}{{params, &sig.Params}, {results, &sig.Results}} {
		if strings.TrimSpace(side.text) == "" {
			continue
		}
		depth, start := 0, 0
		for i, r := range side.text + "," {
			switch r {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			case ',':
				if depth == 0 {
					t := strings.TrimSpace(side.text[start:i])
					if t == "" {
						return Signature{}, bad
					}
					*side.dst = append(*side.dst, expandType(t, imports))
					start = i + 1
				}
			}
		}
		if depth != 0 {
			return Signature{}, bad
		}
	}
	return sig, nil
}

var qualifiedRE = regexp.MustCompile(`[A-Za-z0-9_./~-]*\.[\pL_][\pL\pN_]*`)

var qualifierRE = regexp.MustCompile(`[A-Za-z0-9_./~-]*\.`)

// expandType replaces the package names of imports in a type by their paths.
func expandType(t string, imports map[string]string) string {
	return qualifierRE.ReplaceAllStringFunc(t, func(q string) string {
		if path, ok := imports[strings.TrimSuffix(q, ".")]; ok {
			return path + "."
		}
		return q
	})
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "a YAML alias"
	}
	if isNull(n) {
		return "nothing"
	}
	v := n.Value
	if len(v) > 60 {
		v = v[:60] + "..."
	}
	return strconv.Quote(v)
}

// nearest returns a hint at the known key that the user may have meant.
func nearest(key string, handlers map[string]func(k, v *yaml.Node)) string {
	best, bestDist := "", 3
	for name := range handlers {
		if d := distance(key, name); d < bestDist || d == bestDist && best != "" && name < best {
			best, bestDist = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %s?", best)
}

// distance is the number of edits between a and b.
func distance(a, b string) int {
	if len(a) > 40 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := prev
			if a[i] != b[j] {
				cost = 1 + min(prev, row[j], row[j+1])
			}
			prev, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
