// Package directive reads the //loopvet: comments with which a library says,
// in its own source, what it does with the functions it is given and with the
// goroutine that calls it.
package directive

import (
	"fmt"
	"go/ast"
	"go/token"
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

var kinds = []contract.Kind{
	contract.Sleep, contract.Wait, contract.Chan, contract.Lock, contract.File, contract.FileMeta, contract.Net,
	contract.DNS, contract.Exec, contract.DB, contract.Console, contract.CPU, contract.GC, contract.Forever,
}

// Parse reads the directives of a function's doc comment. It returns nil when
// there are none. Parameters must be among params.
func Parse(doc *ast.CommentGroup, params []string) (*Func, []Error) {
	if doc == nil {
		return nil, nil
	}
	var f *Func
	var errs []Error
	for _, c := range doc.List {
		text, ok := strings.CutPrefix(c.Text, prefix)
		if !ok {
			continue
		}
		verb, rest, _ := strings.Cut(text, " ")
		args := strings.Fields(rest)
		fail := func(format string, a ...any) {
			errs = append(errs, Error{c.Pos(), fmt.Sprintf(format, a...)})
		}
		if f == nil {
			f = new(Func)
		}
		switch verb {
		case "loop", "worker":
			if len(args) == 0 {
				fail("//loopvet:%s needs the name of a parameter", verb)
			}
			for _, a := range args {
				switch {
				case !slices.Contains(params, a):
					fail("//loopvet:%s: no parameter is named %q", verb, a)
				case verb == "loop":
					f.Loop = append(f.Loop, a)
				default:
					f.Worker = append(f.Worker, a)
				}
			}
		case "blocks":
			if len(args) == 0 {
				fail("//loopvet:blocks needs a kind")
			}
			for _, a := range args {
				if !slices.Contains(kinds, contract.Kind(a)) {
					fail("//loopvet:blocks: unknown kind %q", a)
					continue
				}
				f.Blocks = append(f.Blocks, contract.Kind(a))
			}
		case "looponly":
			f.LoopOnly = true
		case "nonblocking":
			f.Nonblocking = true
		case "reentry":
			f.Reentry = true
		case "offload":
			f.Offload = true
		case "ignore":
			// Belongs to a line, not to a function.
		default:
			fail("unknown directive //loopvet:%s", verb)
		}
	}
	return f, errs
}
