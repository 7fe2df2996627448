// Package directive reads the //loopvet: comments with which a library says,
// in its own source, what it does with the functions it is given and with the
// goroutine that calls it.
package directive

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
)

const prefix = "//loopvet:"

// A Func is what the directives above one function say.
type Func struct {
	Loop        []string // parameters that run as callbacks
	Worker      []string // parameters that run as tasks
	LoopOnly    bool     // to be called on the loop only
	Nonblocking bool     // does not block, whatever its body suggests
	Reentry     bool     // waits for the loop: a deadlock when called on it
	Offload     bool     // this is how work is moved off the loop
	Blocks      []contract.Kind

	Tasks  []Task   // those of Worker whose pool is named
	Pool   *Pool    // the pool that the function makes or resizes
	RunsOn string   // the pool that what the result configures runs on; a parameter or the receiver
	Awaits []string // what the function waits for: parameters or the receiver
	// Bounded says that the result is an option that bounds a pool's queue or,
	// above a function that submits a task, that only such a pool makes it wait.
	Bounded bool
	// Compensated lists parameters that run on the calling goroutine, while the
	// pool whose task that is has one worker more.
	Compensated []string
	Kernel      []contract.Kind // what the runtime does asynchronously, without a worker
}

// A Task is a parameter that runs as a task of the pool On, which is a parameter
// or the receiver.
type Task struct {
	Param, On string
}

// A Pool is what the function makes, or, if On is set, what it gives another
// number of workers. Workers is the parameter that is the number, or empty where
// the function decides.
type Pool struct {
	Workers, On string
}

// Decides reports whether the directives settle what the function does to the
// goroutine that calls it, so that its body need not be read for that.
func (f *Func) Decides() bool {
	return f.Nonblocking || f.Reentry || len(f.Blocks) > 0
}

// An Error is a directive that cannot be read.
type Error struct {
	Pos  token.Pos
	Text string
}

// Parse reads the directives of a function's doc comment. It returns nil when
// there are none. What they name must be a parameter or the receiver, which goes
// by the name recv too. The list recv is nil for a function and empty for
// a method of an interface.
func Parse(doc *ast.CommentGroup, recv *ast.FieldList, typ *ast.FuncType) (*Func, []Error) {
	if doc == nil {
		return nil, nil
	}
	p := parser{params: names(typ.Params), results: typ.Results.NumFields()}
	if recv != nil {
		p.recv = append(names(recv), "recv")
	}
	for _, c := range doc.List {
		if text, ok := strings.CutPrefix(c.Text, prefix); ok {
			verb, rest, _ := strings.Cut(text, " ")
			p.pos, p.verb = c.Pos(), verb
			if p.f == nil {
				p.f = new(Func)
			}
			p.directive(strings.Fields(rest))
		}
	}
	if p.kernel.IsValid() && len(p.f.Tasks) == 0 {
		p.errs = append(p.errs, Error{p.kernel, "//loopvet:kernel needs a //loopvet:worker that names its pool"})
	}
	if p.bounded.IsValid() && len(p.f.Tasks) == 0 && p.results == 0 {
		p.errs = append(p.errs, Error{p.bounded, "//loopvet:bounded: the function has no result"})
	}
	return p.f, p.errs
}

func names(list *ast.FieldList) (out []string) {
	for _, field := range list.List {
		for _, n := range field.Names {
			out = append(out, n.Name)
		}
	}
	return out
}

type parser struct {
	params, recv []string // the names of the parameters and of the receiver
	results      int
	f            *Func
	errs         []Error

	// Of the directive at hand.
	pos  token.Pos
	verb string

	kernel, bounded token.Pos // where these stand
}

func (p *parser) errorf(format string, a ...any) {
	p.errs = append(p.errs, Error{p.pos, prefix + p.verb + fmt.Sprintf(format, a...)})
}

// directive reads one directive.
func (p *parser) directive(args []string) {
	f := p.f
	switch p.verb {
	case "loop":
		f.Loop = append(f.Loop, p.parameters(args)...)
	case "worker":
		args, on := p.cutOn(args)
		work := p.parameters(args)
		f.Worker = append(f.Worker, work...)
		if on != "" {
			for _, w := range work {
				f.Tasks = append(f.Tasks, Task{Param: w, On: on})
			}
		}
	case "blocks":
		f.Blocks = append(f.Blocks, p.kinds(args)...)
	case "looponly":
		f.LoopOnly = true
	case "nonblocking":
		f.Nonblocking = true
	case "reentry":
		f.Reentry = true
	case "offload":
		f.Offload = true
	case "pool":
		p.pool(args)
	case "runson":
		switch {
		case len(args) != 1:
			p.errorf(" needs the name of one parameter or of the receiver")
		case f.RunsOn != "":
			p.errorf(" stands twice")
		case p.results == 0:
			p.errorf(": the function has no result")
		case p.operand(args[0]):
			f.RunsOn = args[0]
		}
	case "awaits":
		if len(args) == 0 {
			p.errorf(" needs the name of a parameter or of the receiver")
		}
		for _, a := range args {
			if p.operand(a) {
				f.Awaits = append(f.Awaits, a)
			}
		}
	case "bounded":
		f.Bounded, p.bounded = true, p.pos
	case "compensated":
		f.Compensated = append(f.Compensated, p.parameters(args)...)
	case "kernel":
		f.Kernel, p.kernel = append(f.Kernel, p.kinds(args)...), p.pos
	case "ignore":
		// Belongs to a line, not to a function.
	default:
		p.errs = append(p.errs, Error{p.pos, "unknown directive " + prefix + p.verb})
	}
}

// parameters returns the arguments that are names of parameters.
func (p *parser) parameters(args []string) (out []string) {
	if len(args) == 0 {
		p.errorf(" needs the name of a parameter")
	}
	for _, a := range args {
		if slices.Contains(p.params, a) {
			out = append(out, a)
		} else {
			p.errorf(": no parameter is named %q", a)
		}
	}
	return out
}

// operand reports whether a name is that of a parameter or of the receiver.
func (p *parser) operand(name string) bool {
	if slices.Contains(p.params, name) || slices.Contains(p.recv, name) {
		return true
	}
	p.errorf(": no parameter or receiver is named %q", name)
	return false
}

// cutOn cuts "on p" off the end of the arguments. A parameter may be named on.
func (p *parser) cutOn(args []string) (rest []string, on string) {
	switch n := len(args); {
	case n >= 2 && args[n-2] == "on" && !(n == 2 && p.verb == "worker"):
		if !p.operand(args[n-1]) {
			return args[:n-2], ""
		}
		return args[:n-2], args[n-1]
	case n >= 1 && args[n-1] == "on" && !slices.Contains(p.params, "on"):
		p.errorf(": on needs the name of the pool, a parameter or the receiver")
		return args[:n-1], ""
	}
	return args, ""
}

func (p *parser) pool(args []string) {
	args, on := p.cutOn(args)
	switch {
	case p.f.Pool != nil:
		p.errorf(" stands twice")
		return
	case len(args) > 1:
		p.errorf(" needs the name of one parameter, the number of workers, or none")
		return
	case on == "" && p.results == 0:
		p.errorf(": the function has no result")
		return
	}
	p.f.Pool = &Pool{On: on}
	if len(args) == 1 {
		for _, k := range p.parameters(args) {
			p.f.Pool.Workers = k
		}
	}
}

func (p *parser) kinds(args []string) (out []contract.Kind) {
	if len(args) == 0 {
		p.errorf(" needs a kind")
	}
	for _, a := range args {
		if k := contract.Kind(a); k.Valid() {
			out = append(out, k)
		} else {
			p.errorf(": unknown kind %q", a)
		}
	}
	return out
}

// PoolOps returns what the directives say that the function does with pools. The
// first result of a function that submits a task is its future, if that is
// a pointer or an interface other than error.
func (f *Func) PoolOps(sig *types.Signature) (ops []contract.PoolOp) {
	operand := func(name string) int {
		switch i := parameter(sig, name); {
		case name == "":
			return contract.NoArg
		case i < 0:
			return contract.Recv
		default:
			return i
		}
	}
	op := contract.PoolOp{On: contract.NoArg, Task: contract.NoArg, Size: contract.NoArg, Result: contract.NoArg}
	for _, t := range f.Tasks {
		o := op
		o.Verb, o.Task, o.On, o.Kernel = contract.Submits, operand(t.Param), operand(t.On), f.Kernel
		o.Blocks = slices.Contains(f.Blocks, contract.Wait) || slices.Contains(f.Blocks, contract.Chan)
		o.IfBounded = f.Bounded
		o.Waits = slices.Contains(f.Awaits, t.Param)
		if sig.Results().Len() > 0 && isFuture(sig.Results().At(0).Type()) {
			o.Result = 0
		}
		ops = append(ops, o)
	}
	if f.Pool != nil {
		o := op
		o.Verb, o.Result, o.Size = contract.Makes, 0, operand(f.Pool.Workers)
		if f.Pool.On != "" {
			o.Verb, o.Result, o.On = contract.Limits, contract.NoArg, operand(f.Pool.On)
		}
		ops = append(ops, o)
	}
	if f.RunsOn != "" {
		o := op
		o.Verb, o.Result, o.On = contract.Attaches, 0, operand(f.RunsOn)
		ops = append(ops, o)
	}
	if f.Bounded && len(f.Tasks) == 0 {
		o := op
		o.Verb, o.Result, o.Bounds = contract.Attaches, 0, true
		ops = append(ops, o)
	}
	for _, a := range f.Awaits {
		if !slices.ContainsFunc(f.Tasks, func(t Task) bool { return t.Param == a }) {
			o := op
			o.Verb, o.On = contract.Awaits, operand(a)
			ops = append(ops, o)
		}
	}
	return ops
}

// parameter returns the index of a parameter, -1 when there is none of that name.
func parameter(sig *types.Signature, name string) int {
	for i := range sig.Params().Len() {
		if sig.Params().At(i).Name() == name {
			return i
		}
	}
	return -1
}

func isFuture(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Pointer:
		return true
	case *types.Interface:
		return !types.Identical(t, types.Universe.Lookup("error").Type())
	}
	return false
}
