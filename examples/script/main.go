// Command script runs a JavaScript program on an event loop, in goja, with the part of
// Node that waits: timers, ticks, microtasks, promises, fetch and fs.promises.
//
//	go run -C examples/script . "$PWD/hello.js" argument...
//
// Everything happens in the order in which Node would do it, on one goroutine: files are
// read by workers and answers of servers by the goroutines of net/http, and what comes of
// it is a callback of the loop. The program ends when the loop has nothing left to wait
// for, with status 1 after an exception or a rejected promise that nobody has caught.
//
// The part of the API that a program sees is lib.js. What it stands on is in Go:
// host.go has goja's promises run as microtasks of the loop, and is what a program that
// embeds goja needs first.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: script FILE.js [ARGUMENT...]")
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	name, err := filepath.Abs(flag.Arg(0))
	if err != nil {
		fail(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		fail(err)
	}
	status, err := run(name, string(text), flag.Args()[1:], os.Stdout, os.Stderr)
	if err != nil {
		fail(err)
	}
	os.Exit(status)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "script:", err)
	os.Exit(1)
}
