// Package helper blocks in functions that callbacks call. // want package:"effects"
package helper

import (
	"net"
	"os"
	"os/exec"

	"github.com/loopvet/loopvet/runtime/loop"
)

func one() { two() }
func two() { three() }
func three() {
	os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> one -> two -> three -> os.ReadFile`
}

func uno() { go dos() }
func dos() {
	os.ReadFile("x") // ok: reached by a go statement only
}

func chain(l *loop.Loop) {
	l.NextTick(func() { one() })
	l.NextTick(func() { uno() })
}

// A function that is a callback by its name.
func tick() {
	net.Dial("tcp", "x:1") // want `net.Dial blocks the event loop \(net\): callback of \(\*loop.Loop\).NextTick -> tick -> net.Dial`
}

func tock() {
	go func() {
		net.Dial("tcp", "x:1") // ok: on a goroutine
	}()
}

func byName(l *loop.Loop) {
	l.NextTick(tick)
	l.NextTick(tock)
}

// A helper that only the rest of the program calls.
func other() {
	os.Remove("x") // ok: no callback leads here
}

func cleanup() {
	os.Remove("x") // want `os.Remove blocks the event loop \(file\): .* -> cleanup -> os.Remove`
}

func deferred(l *loop.Loop) {
	other()
	l.NextTick(func() { defer cleanup() })
}

// Two callbacks that lead to one line are one finding.
func shared() {
	exec.Command("x").Run() // want `\(\*exec.Cmd\).Run blocks the event loop \(exec\): .* -> shared -> \(\*exec.Cmd\).Run \(and 1 more callback\)`
}

func sharedBuild() *exec.Cmd {
	return exec.Command("x") // ok: only made
}

func twice(l *loop.Loop) {
	l.NextTick(func() { shared() })
	l.Post(func() { shared() })
	l.Post(func() { sharedBuild() })
}
