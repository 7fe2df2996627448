// Package app silences findings in each way there is. // want package:"effects"
package app

import (
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/testdata/src/silence/lib"
)

func lines(l *loop.Loop) {
	l.NextTick(func() {
		os.Remove("a") // want `os.Remove blocks the event loop \(file\)`
		os.Remove("b") //loopvet:ignore it is on tmpfs
		os.Remove("c") //nolint:loopvet // it is on tmpfs
		os.Remove("d") /* want `needs a reason` */                                 //loopvet:ignore
		os.Remove("e") /* want `os.Remove blocks` `expired on 2020-01-31` */       //loopvet:ignore until=2020-01-31 it was on tmpfs
		os.Remove("f") /* want `os.Remove blocks` `until=2020-02-31 is no date` */ //loopvet:ignore until=2020-02-31 it was on tmpfs
		os.Remove("g") //loopvet:ignore until=2999-12-31 it is on tmpfs
		//loopvet:ignore it is on tmpfs
		os.Remove("h")
		os.Remove("i") // want `os.Remove blocks`
	})
	//loopvet:ignore nothing else runs yet
	l.NextTick(func() {
		os.Remove("j")
		os.Remove("k")
	})
}

func helpers(l *loop.Loop) {
	l.NextTick(quiet)
	l.NextTick(loud)
	l.NextTick(func() { helper() })
}

func quiet() {
	helper() //loopvet:ignore at startup only
}

// A silent way to a line does not hide another one.
func loud() { helper() }

func helper() { os.Remove("x") } // want `callback of \(\*loop.Loop\).NextTick -> helper -> os.Remove \(and 1 more callback\)`

// whole is silent all through.
//
//loopvet:ignore a page that is in the cache
func whole(l *loop.Loop) {
	l.NextTick(func() { os.ReadFile("page") })
}

func imported(l *loop.Loop) {
	l.NextTick(func() {
		lib.Lock()     // ok: silenced there
		lib.Clean()    // want `os.ReadFile blocks .* lib.Clean -> os.ReadFile`
		lib.Walk(true) // want `os.ReadFile blocks .* lib.Walk -> lib.read -> os.ReadFile`
		lib.Old()      // want `os.Remove blocks .* lib.Old -> os.Remove`
		lib.Clean()    //loopvet:ignore the page is in the cache
	})
}

var n = len(os.Args) /* want `silences nothing: not a file at all` */ //loopvet:ignore not a file at all
