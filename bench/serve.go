package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/loopvet/loopvet/runtime/loopnet"
)

// A goServer is a server that this program can be.
type goServer struct {
	name  string
	serve func(c config) (*served, error)
}

var goServers = []goServer{
	{"ours", serveOurs()},
	{"ours, epoll", serveOurs(loopnet.On(loopnet.NewEpoll()))},
	{"gnet", serveGnet},
	{"plain net", serveNet},
}

// serveVariable is the environment variable that makes this program a server.
const serveVariable = "LOOPVET_BENCH_SERVE"

// greeting is the body of each response of an HTTP server.
const greeting = "hello"

// A config says what to serve: echo, tls or http.
type config struct {
	speaks string
	dir    string
	tls    *tls.Config // nil unless tls
}

func (c config) file() string { return filepath.Join(c.dir, "file") }

// served is a server that runs. A nil one does not speak what it should.
type served struct {
	addr net.Addr

	// commands do something n times, at most inFlight at a time, and return how
	// long that took. They are called one after the other.
	commands map[string]func(n, inFlight int) (time.Duration, error)
}

// serve is the main function of a server: see session for what it is asked.
func serve(name, speaks, dir string) error {
	c := config{speaks: speaks, dir: dir}
	if speaks == "tls" {
		cert, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
		if err != nil {
			return err
		}
		c.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	i := slices.IndexFunc(goServers, func(g goServer) bool { return g.name == name })
	if i < 0 {
		return fmt.Errorf("there is no server %q", name)
	}
	s, err := goServers[i].serve(c)
	if err != nil {
		return err
	}
	if s == nil {
		fmt.Println("none")
		return nil
	}
	fmt.Println(s.addr)
	s.commands["gc"] = func(int, int) (time.Duration, error) {
		for range 3 { // a stack that is used no more shrinks by half each time
			debug.FreeOSMemory()
		}
		return 0, nil
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var command string
		var n, inFlight int
		if _, err := fmt.Sscan(in.Text(), &command, &n, &inFlight); err != nil {
			return err
		}
		do := s.commands[command]
		if do == nil {
			fmt.Println("none")
			continue
		}
		took, err := do(n, inFlight)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("ok", float64(took)/float64(max(n, 1)))
	}
	return in.Err()
}

// compute takes some milliseconds of a processor.
func compute() uint64 {
	x := uint64(1)
	for range 4_000_000 {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

// complete returns the error of reading n bytes of the file, one too if that is
// not all of it.
func complete(n int, err error) error {
	if err == nil && n != fileSize {
		return fmt.Errorf("read %d of %d bytes", n, fileSize)
	}
	return err
}

// fatal ends a server whose error the client would not see.
func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
