//go:build !linux

package looptty_test

// child does nothing: the tests with programs are for Linux.
func child(string) {}
