// Package recursion blocks in functions that call each other. // want package:"effects"
package recursion

import (
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

type node struct{ left, right *node }

func (n *node) visit() {
	if n == nil {
		return
	}
	n.left.visit()
	os.Remove("x") // want `os.Remove blocks the event loop \(file\): callback of \(\*loop.Loop\).NextTick -> \(\*node\).visit -> os.Remove`
	n.right.visit()
}

func (n *node) depth() int {
	if n == nil {
		return 0
	}
	return 1 + max(n.left.depth(), n.right.depth()) // ok: computes
}

func self(l *loop.Loop, n *node) {
	l.NextTick(func() { n.visit() })
	l.NextTick(func() { n.depth() })
}

// Mutual.
func even(n int) bool {
	if n == 0 {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\): .* -> odd -> even -> time.Sleep`
		return true
	}
	return odd(n - 1)
}

func odd(n int) bool { return n != 0 && even(n-1) }

func ping(n int) {
	if n > 0 {
		pong(n - 1) // ok: computes
	}
}

func pong(n int) { ping(n) }

func mutual(l *loop.Loop) {
	l.NextTick(func() { odd(7) })
	l.NextTick(func() { ping(7) })
}

// Three, entered in the middle, with the sink at either end.
func a(n int) {
	os.Mkdir("a", 0o755) // want `os.Mkdir blocks the event loop \(file\): .* -> b -> c -> a -> os.Mkdir`
	b(n - 1)
}
func b(n int) { c(n - 1) }
func c(n int) {
	if n > 0 {
		a(n - 1)
	}
	go func() {
		os.Mkdir("c", 0o755) // ok: on a goroutine
	}()
}

func ring(l *loop.Loop) {
	l.NextTick(func() { b(3) })
}

// Through a function that is handed down.
func walk(n *node, fn func(*node)) {
	if n == nil {
		return
	}
	fn(n)
	walk(n.left, fn)
	walk(n.right, fn)
}

func walkAsync(n *node, fn func(*node)) {
	if n == nil {
		return
	}
	go fn(n)
	walkAsync(n.left, fn)
}

func walked(l *loop.Loop, n *node) {
	l.NextTick(func() {
		walk(n, func(*node) {
			os.Link("x", "y") // want `os.Link blocks the event loop \(file\): .* -> walk -> .*os.Link`
		})
		walkAsync(n, func(*node) {
			os.Link("x", "y") // ok: on a goroutine
		})
	})
}

// Through an interface: a tree of widgets.
type widget interface{ draw() }

type group struct{ children []widget }

func (g *group) draw() {
	for _, c := range g.children {
		c.draw()
	}
}

type image struct{}

func (*image) draw() {
	os.ReadFile("x") // want `os.ReadFile may block the event loop \(file\): .*draw -> os.ReadFile`
}

func (*image) prepare() {
	go os.ReadFile("x") // ok: on a goroutine
}

func tree(l *loop.Loop) {
	i := &image{}
	g := &group{children: []widget{i, &group{}}}
	l.NextTick(func() { g.draw() })
	l.NextTick(func() { i.prepare() })
}

// A callback that registers itself again.
func again(l *loop.Loop) {
	var tick, tock func()
	tick = func() {
		os.Truncate("x", 0) // want `os.Truncate blocks the event loop \(file\)`
		l.SetTimeout(time.Second, tick)
	}
	tock = func() {
		go os.Truncate("x", 0) // ok: on a goroutine
		l.SetTimeout(time.Second, tock)
	}
	l.NextTick(tick)
	l.NextTick(tock)
}
