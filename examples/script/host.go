package main

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/loopvet/loopvet/runtime/loop"
)

//go:embed lib.js
var library string

// libraryName is what its lines are called in stacks, where lib.js leaves them out.
const libraryName = "host:lib.js"

// A host runs one script. It belongs to its loop, and so does the interpreter.
type host struct {
	loop           *loop.Loop
	vm             *goja.Runtime
	stdout, stderr io.Writer
	client         *http.Client

	// What lib.js returns.
	apply    native // calls a function with an array of arguments
	main     native // runs the script, which is a function
	describe native // tells an exception as Node does
	exitCode native

	jobs     goja.Callable // does nothing: see drain
	draining bool          // drain is queued
	rejected map[*goja.Promise]*loop.Promise[struct{}]

	ended  bool // no more of the script runs
	status int
}

// A native is a function that goja has, or gets.
type native = func(goja.FunctionCall) goja.Value

// errEnd stops the script wherever it is.
var errEnd = errors.New("the script has ended")

// run runs a script until nothing is left to do, and returns the status that the process
// should have.
func run(name, text string, args []string, stdout, stderr io.Writer) (status int, err error) {
	h := &host{
		vm:       goja.New(),
		stdout:   stdout,
		stderr:   stderr,
		client:   &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()},
		rejected: make(map[*goja.Promise]*loop.Promise[struct{}]),
	}
	h.loop = loop.New(loop.WithPanicHandler(h.panicked))
	h.vm.SetParserOptions(parser.WithDisableSourceMaps) // they would be read from files
	h.vm.SetFieldNameMapper(goja.UncapFieldNameMapper())
	h.vm.SetMaxCallStackSize(10_000)
	h.vm.SetPromiseRejectionTracker(h.track)
	if err := h.load(name, args); err != nil {
		return 0, err
	}
	script, err := h.compile(name, text)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1, nil
	}
	// As in Node, the script comes before the first timers, and its ticks right after it.
	h.loop.NextTick(func() { h.call(h.main, script) })
	if err := h.loop.Run(context.Background()); err != nil {
		return 0, err
	}
	if h.ended { // what is under way is not waited for
		return h.status, nil
	}
	defer h.client.CloseIdleConnections()
	return int(h.exitCode(goja.FunctionCall{}).ToInteger()), h.loop.Close(context.Background())
}

// load runs lib.js, which makes what the script sees.
func (h *host) load(name string, args []string) error {
	library, err := h.vm.RunScript(libraryName, library)
	if err != nil {
		return err
	}
	make, _ := goja.AssertFunction(library)
	bindings := h.vm.NewObject()
	h.bind(bindings)
	returned, err := make(nil, bindings, h.vm.ToValue(name), h.vm.ToValue(args))
	if err != nil {
		return err
	}
	for name, fn := range map[string]*native{
		"apply": &h.apply, "main": &h.main, "describe": &h.describe, "exitCode": &h.exitCode,
	} {
		*fn = returned.ToObject(h.vm).Get(name).Export().(native)
	}
	h.jobs, _ = goja.AssertFunction(h.vm.ToValue(func(goja.FunctionCall) goja.Value { return goja.Undefined() }))
	return nil
}

// compile makes a function of a script.
func (h *host) compile(name, text string) (goja.Value, error) {
	text = "(function (exports, require, module, __filename, __dirname) { " + text + "\n})"
	tree, err := parser.ParseFile(nil, name, text, 0, parser.WithDisableSourceMaps)
	var list parser.ErrorList
	if errors.As(err, &list) {
		return nil, fmt.Errorf("%s:%d\n\nSyntaxError: %s", name, list[0].Position.Line, list[0].Message)
	} else if err != nil {
		return nil, err
	}
	program, err := goja.CompileAST(tree, false)
	if err != nil {
		return nil, err
	}
	return h.vm.RunProgram(program)
}

// bind gives lib.js the functions that it stands on.
func (h *host) bind(to *goja.Object) {
	h.give(to, "write", func(c goja.FunctionCall) goja.Value {
		w := h.stdout
		if c.Argument(0).ToInteger() == 2 {
			w = h.stderr
		}
		io.WriteString(w, c.Argument(1).String())
		return goja.Undefined()
	})
	h.give(to, "timer", func(c goja.FunctionCall) goja.Value {
		d := time.Duration(c.Argument(0).ToInteger()) * time.Millisecond
		fn := h.function(c.Argument(2))
		if c.Argument(1).ToBoolean() {
			return h.vm.ToValue(h.loop.SetInterval(d, fn))
		}
		return h.vm.ToValue(h.loop.SetTimeout(d, fn))
	})
	h.give(to, "immediate", func(c goja.FunctionCall) goja.Value {
		return h.vm.ToValue(h.loop.SetImmediate(h.function(c.Argument(0))))
	})
	h.give(to, "nextTick", func(c goja.FunctionCall) goja.Value {
		h.loop.NextTick(h.function(c.Argument(0)))
		return goja.Undefined()
	})
	h.give(to, "uncaught", func(c goja.FunctionCall) goja.Value {
		h.uncaught(thrown{c.Argument(0)}, false)
		return goja.Undefined()
	})
	h.give(to, "exit", func(c goja.FunctionCall) goja.Value {
		h.end(int(c.Argument(0).ToInteger()))
		return goja.Undefined()
	})
	h.give(to, "promise", func(c goja.FunctionCall) goja.Value {
		p := c.Argument(0).Export().(*goja.Promise)
		state := map[goja.PromiseState]string{
			goja.PromiseStatePending: "pending", goja.PromiseStateFulfilled: "fulfilled", goja.PromiseStateRejected: "rejected",
		}[p.State()]
		return h.vm.NewArray(state, p.Result())
	})
	h.bindFiles(to)
	h.bindHTTP(to)
}

// give makes fn a function of lib.js. Scripts run on the loop, and so does fn.
//
//loopvet:loop fn
func (h *host) give(to *goja.Object, name string, fn native) {
	to.Set(name, fn)
}

// function returns a callback of the loop that calls a function of the script.
func (h *host) function(fn goja.Value) func() {
	return func() { h.callback(fn) }
}

// callback calls a function of the script, as a callback of the loop.
func (h *host) callback(fn goja.Value, args ...any) {
	h.call(h.apply, fn, h.vm.NewArray(args...))
}

// call calls a function of lib.js that calls the script. The jobs of promises are left for
// later. An exception is a panic, and so goes to the loop's panic handler.
func (h *host) call(fn native, args ...goja.Value) {
	if h.ended {
		return
	}
	if !h.draining {
		h.draining = true
		h.loop.QueueMicrotask(h.drain)
	}
	// A goja.Callable would run the jobs at its end, before the ticks of the loop.
	if ex := h.vm.Try(func() { fn(goja.FunctionCall{Arguments: args}) }); ex != nil {
		panic(ex)
	}
}

// drain is a microtask of the loop that runs the jobs of promises, and those that they
// queue. Goja runs them when a call from Go returns.
func (h *host) drain() {
	h.draining = false
	if h.ended {
		return
	}
	if _, err := h.jobs(nil); err != nil {
		panic(err)
	}
}

// track is told of rejected promises. Each that nothing waits for becomes one of the
// loop's, which knows when it is time to tell.
func (h *host) track(p *goja.Promise, op goja.PromiseRejectionOperation) {
	if op == goja.PromiseRejectionReject {
		h.rejected[p] = loop.Rejected[struct{}](h.loop, thrown{p.Result()})
	} else if q := h.rejected[p]; q != nil {
		delete(h.rejected, p)
		loop.Catch(q, func(error) (none struct{}, _ error) { return none, nil })
	}
}

// thrown is a value that a script has thrown, as an error.
type thrown struct{ value goja.Value }

func (t thrown) Error() string { return t.value.String() }

// panicked is the loop's panic handler.
func (h *host) panicked(e *loop.PanicError) {
	if h.ended {
		return // errEnd has brought the script to its end
	}
	var rejection *loop.UnhandledRejection
	if errors.As(e, &rejection) {
		h.uncaught(rejection.Err, true)
	} else {
		h.uncaught(e, false)
	}
}

// uncaught tells an exception and ends the script.
func (h *host) uncaught(err error, rejected bool) {
	text := ""
	tell := func(v goja.Value, where string) {
		args := []goja.Value{v, h.vm.ToValue(rejected), h.vm.ToValue(where)}
		h.vm.Try(func() { text = h.describe(goja.FunctionCall{Arguments: args}).String() })
	}
	var (
		t        thrown
		ex       *goja.Exception
		overflow *goja.StackOverflowError
	)
	switch {
	case errors.As(err, &t):
		tell(t.value, "")
	case errors.As(err, &overflow):
		text = whereOf(&overflow.Exception) + "\n\nRangeError: Maximum call stack size exceeded\n"
	case errors.As(err, &ex):
		tell(ex.Value(), whereOf(ex))
	default:
		text = err.Error() + "\n" // a mistake in the host
	}
	fmt.Fprint(h.stderr, cmp.Or(text, "Uncaught exception\n"))
	h.end(1)
}

// whereOf returns the file and the line of the script that an exception comes from.
func whereOf(ex *goja.Exception) string {
	for _, frame := range ex.Stack() {
		if pos := frame.Position(); pos.Filename != "" && pos.Filename != libraryName {
			return fmt.Sprintf("%s:%d", pos.Filename, pos.Line)
		}
	}
	return ""
}

// end ends the script, also if it runs now.
func (h *host) end(status int) {
	if h.ended {
		return
	}
	h.ended, h.status = true, status
	h.vm.Interrupt(errEnd)
	h.loop.Stop()
}
