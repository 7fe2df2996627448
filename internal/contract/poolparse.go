package contract

import (
	"go/types"
	"slices"

	"go.yaml.in/yaml/v4"
)

// poolKeys are the keys of an element of pool that say what it does, each with
// its verb, and the keys that may go with it.
var poolKeys = map[string]struct {
	verb PoolVerb
	with []string
}{
	"makes":    {Makes, []string{"size", "task", "on", "unlimited"}},
	"limits":   {Limits, []string{"size", "result", "unlimited"}},
	"submits":  {Submits, []string{"on", "result", "blocks", "if-bounded", "waits", "kernel", "unlimited"}},
	"awaits":   {Awaits, nil},
	"finishes": {Finishes, nil},
	"acquires": {Acquires, nil},
	"releases": {Releases, nil},
	"attaches": {Attaches, []string{"on"}},
	"yields":   {Yields, []string{"on"}},
	"bounds":   {Attaches, nil},
}

// pool parses what a function does with pools: a mapping, or a list of them.
func (p *parser) pool(n *yaml.Node) (out []PoolOp) {
	items := oneOrMore(n)
	if len(items) == 0 {
		p.errorf(n, "pool: want at least one operation")
	}
	for _, item := range items {
		o, ok := p.poolOp(item)
		if !ok {
			continue
		}
		if slices.ContainsFunc(out, func(old PoolOp) bool {
			return old.Verb == o.Verb && old.Bounds == o.Bounds && old.On == o.On && old.Task == o.Task && old.Result == o.Result
		}) {
			p.errorf(item, "pool: %s stands twice", o.Verb)
			continue
		}
		out = append(out, o)
	}
	return out
}

// poolOp parses one element of pool, and reports whether it can be used.
func (p *parser) poolOp(n *yaml.Node) (o PoolOp, ok bool) {
	o = PoolOp{On: NoArg, Task: NoArg, Size: NoArg, Result: NoArg}
	errs := len(p.errs)
	var doing []*yaml.Node           // keys of poolKeys
	extra := map[string]*yaml.Node{} // the others
	does := func(dst *int, recv, none bool) func(k, v *yaml.Node) {
		return func(k, v *yaml.Node) {
			doing = append(doing, k)
			*dst = p.operand(v, k.Value, recv, none)
		}
	}
	part := func(set func(k, v *yaml.Node)) func(k, v *yaml.Node) {
		return func(k, v *yaml.Node) {
			extra[k.Value] = k
			set(k, v)
		}
	}
	operand := func(dst *int, recv, none bool) func(k, v *yaml.Node) {
		return part(func(k, v *yaml.Node) { *dst = p.operand(v, k.Value, recv, none) })
	}
	flag := func(dst *bool) func(k, v *yaml.Node) {
		return part(func(k, v *yaml.Node) { *dst = p.yes(v, k.Value) })
	}
	if !p.mapping(n, map[string]func(k, v *yaml.Node){
		"makes": does(&o.Result, false, false), "limits": does(&o.On, true, false), "submits": does(&o.Task, false, true),
		"awaits": does(&o.On, true, true), "finishes": does(&o.On, true, false), "acquires": does(&o.On, true, false),
		"releases": does(&o.On, true, false), "attaches": does(&o.Result, false, false), "bounds": does(&o.Result, false, false),
		"yields": does(&o.Result, false, false),
		"on":     operand(&o.On, true, true), "size": operand(&o.Size, false, false),
		"task": operand(&o.Task, false, false), "result": operand(&o.Result, false, false),
		"blocks": flag(&o.Blocks), "if-bounded": flag(&o.IfBounded), "waits": flag(&o.Waits),
		"unlimited": part(func(_, v *yaml.Node) {
			if v.Kind == yaml.MappingNode {
				o.UnlimitedIf = p.unless(v)
			} else {
				o.Unlimited = p.yes(v, "unlimited")
			}
		}),
		"kernel": part(func(_, v *yaml.Node) { o.Kernel = p.kinds(v, "kernel") }),
	}) {
		return o, false
	}
	if len(doing) != 1 {
		p.errorf(n, "pool: want one of makes, limits, submits, awaits, finishes, acquires, releases, attaches, yields and bounds")
		return o, false
	}
	verb := doing[0].Value
	key := poolKeys[verb]
	o.Verb, o.Bounds = key.verb, verb == "bounds"
	for name, k := range extra {
		if !slices.Contains(key.with, name) {
			p.errorf(k, "pool: %s does not go with %s", name, verb)
		}
	}
	if extra["on"] == nil && slices.Contains(key.with, "on") && o.Verb != Makes {
		p.errorf(n, "pool: %s needs on: the argument that is the pool, recv, or none for the library's own", verb)
	}
	if extra["if-bounded"] != nil && extra["blocks"] == nil {
		p.errorf(extra["if-bounded"], "pool: if-bounded goes with blocks")
	}
	switch k := extra["unlimited"]; {
	case k == nil:
	case o.Unlimited && (extra["size"] != nil || o.Verb == Limits):
		p.errorf(k, "pool: what has a size is unlimited for some constant only: unlimited: {arg: 0, below: 1}")
	case o.UnlimitedIf.Op != "" && o.Verb == Submits:
		p.errorf(k, "pool: submits is unlimited for no constant")
	}
	return o, len(p.errs) == errs
}

// operand parses the index of an argument or result, or, where they are allowed,
// recv and none.
func (p *parser) operand(n *yaml.Node, what string, recv, none bool) int {
	if none && n.Kind == yaml.ScalarNode && n.Value == "none" {
		return NoArg
	}
	switch a := p.args(n, what, recv); {
	case len(a) == 1:
		return a[0]
	case len(a) > 1 || n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		p.errorf(n, "%s: want one index", what)
	}
	return NoArg
}

// yes parses true or false.
func (p *parser) yes(n *yaml.Node, what string) bool {
	if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
		p.errorf(n, "%s: want true or false, not %s", what, describe(n))
	}
	return n.Value == "true"
}

// pool checks the operands of what a function does with pools.
func (v *validator) pool(e *entry, sig *types.Signature) {
	param := func(i int) types.Type {
		switch {
		case i == NoArg:
		case i == Recv:
			if sig.Recv() == nil {
				v.errorf(e.source, "%s has no receiver", e.sym)
			}
		case i >= sig.Params().Len():
			v.errorf(e.source, "%s has no argument %d", e.sym, i)
		default:
			return sig.Params().At(i).Type()
		}
		return nil
	}
	for _, o := range e.pool {
		param(o.On)
		if t := param(o.Task); t != nil && !holdsFunc(t) {
			v.errorf(e.source, "argument %d of %s cannot hold a func", o.Task, e.sym)
		}
		if t := param(o.Size); t != nil && !isInteger(t) {
			v.errorf(e.source, "argument %d of %s is not an integer", o.Size, e.sym)
		}
		if o.UnlimitedIf.Op != "" {
			if t := param(o.UnlimitedIf.Arg); t != nil && !isInteger(t) {
				v.errorf(e.source, "argument %d of %s is not an integer", o.UnlimitedIf.Arg, e.sym)
			}
		}
		if o.Result != NoArg && o.Result >= sig.Results().Len() {
			v.errorf(e.source, "%s has no result %d", e.sym, o.Result)
		}
	}
}
