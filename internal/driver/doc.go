// Package driver is the command behind cmd/loopvet: its flags, the loading of
// packages on demand, the cache of results, and what is printed. When the go
// command runs the binary as a vet tool, it hands over to unitchecker.
package driver
