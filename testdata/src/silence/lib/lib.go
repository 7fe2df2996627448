// Package lib silences some of what its callers meet. // want package:"effects"
package lib

import "os"

// Lock is quick: its file lies in memory.
func Lock() {
	os.Remove("lock") //loopvet:ignore the lock lies in memory
}

// Clean reads, and removes in silence.
func Clean() {
	os.Remove("lock") //nolint:errcheck,loopvet // the lock lies in memory
	os.ReadFile("x")  // ok: reported where it is called from a callback
}

// Walk has a way of its own to the file, and a silent one.
func Walk(quick bool) error {
	if quick {
		return read() //loopvet:ignore quick means that the page is cached
	}
	return read()
}

func read() error {
	_, err := os.ReadFile("page")
	return err
}

// Old was silenced for a while.
func Old() {
	os.Remove("old") /* want `//loopvet:ignore expired on 2020-01-31: until the next release` */ //loopvet:ignore until the next release until=2020-01-31
}

// Idle needs no silence.
func Idle() int {
	return len(os.Args) /* want `//loopvet:ignore silences nothing: it was a file once` */ //loopvet:ignore it was a file once
}
