package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain is the program itself where a test starts it.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_CHAT") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// start starts the server and returns its address, and a function that interrupts it and
// waits for its end.
func start(t *testing.T, args ...string) (addr string, stop func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), "RUN_CHAT=1")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("chat: %v", err)
		}
	}
	t.Cleanup(stop)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "serving on ")
	if !ok {
		t.Fatalf("chat printed %q, %v", line, err)
	}
	return addr, stop
}

// A guest is a client.
type guest struct {
	*testing.T
	conn  io.Writer
	lines *bufio.Reader
}

func enter(t *testing.T, addr, name string) *guest {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	g := &guest{t, conn, bufio.NewReader(conn)}
	g.hears("What is your name?")
	g.says(name)
	g.hears("Hello, " + name + ".")
	return g
}

func (g *guest) says(line string) {
	g.Helper()
	if _, err := fmt.Fprintln(g.conn, line); err != nil {
		g.Fatal(err)
	}
}

func (g *guest) hears(want string) {
	g.Helper()
	line, err := g.lines.ReadString('\n')
	if err != nil || line != want+"\n" {
		g.Fatalf("heard %q, %v, want %q", line, err, want)
	}
}

// leaves wants the connection to end.
func (g *guest) leaves() {
	g.Helper()
	if line, err := g.lines.ReadString('\n'); err == nil {
		g.Errorf("heard %q, want the end", line)
	}
}

func TestWhatOneSaysTheOthersHear(t *testing.T) {
	journal := filepath.Join(t.TempDir(), "journal")
	addr, stop := start(t, "-log", journal)
	ann := enter(t, addr, "ann")
	bob := enter(t, addr, "bob")
	ann.hears("bob is here.")

	// A name is taken once.
	eve, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{t, eve, bufio.NewReader(eve)}
	g.hears("What is your name?")
	g.says("bob")
	g.hears("Another name, please.")
	g.says("eve")
	g.hears("Hello, eve.")
	ann.hears("eve is here.")
	bob.hears("eve is here.")

	// Lines come in pieces and several at once.
	for _, piece := range []string{"he", "llo\nwho", " is there\n", "/who\n"} {
		if _, err := ann.conn.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range []*guest{bob, g} {
		o.hears("ann: hello")
		o.hears("ann: who is there")
	}
	ann.hears("ann, bob, eve")

	eve.Close()
	ann.hears("eve is gone.")
	bob.hears("eve is gone.")
	bob.says("/quit")
	bob.hears("Goodbye.")
	bob.leaves()
	ann.hears("bob is gone.")
	ann.says(strings.Repeat("x", 2000))
	ann.hears("That line is too long.")
	ann.leaves()

	last := enter(t, addr, "last")
	stop()
	last.hears("The server goes down.")
	last.leaves()
	text, err := os.ReadFile(journal)
	want := "ann is here.\nbob is here.\neve is here.\nann: hello\nann: who is there\neve is gone.\n"
	if err != nil || !strings.HasPrefix(string(text), want) {
		t.Errorf("the journal has %q, %v", text, err)
	}
}

func TestWhoDoesNotReadIsPutOutAndTheOthersDoNotWait(t *testing.T) {
	addr, _ := start(t)
	ann := enter(t, addr, "ann")
	enter(t, addr, "deaf") // never reads again
	ann.hears("deaf is here.")
	line := strings.Repeat("x", 1000)
	heard := make(chan error, 1)
	go func() {
		got, err := ann.lines.ReadString('\n')
		if err == nil && got != "deaf is gone.\n" {
			err = fmt.Errorf("heard %q", got)
		}
		heard <- err
	}()
	for {
		select {
		case err := <-heard:
			if err != nil {
				t.Error(err)
			}
			return
		default:
			ann.says(line)
		}
	}
}

func TestWhoIsSilentIsPutOut(t *testing.T) {
	addr, _ := start(t, "-idle", "1ms")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	g := &guest{t, conn, bufio.NewReader(conn)}
	g.hears("What is your name?")
	g.hears("You have been silent for too long.")
	g.leaves()
}

// netcat returns a command that runs nc, the client that the manual names.
func netcat(t *testing.T, addr string) *exec.Cmd {
	t.Helper()
	nc, err := exec.LookPath("nc")
	if err != nil {
		t.Skip("nc is not installed")
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), nc, host, port)
}

func TestNetcatChats(t *testing.T) {
	addr, _ := start(t)
	cmd := netcat(t, addr)
	cmd.Stdin = strings.NewReader("netcat\n/who\n/quit\n")
	out, err := cmd.Output()
	if want := "What is your name?\nHello, netcat.\nnetcat\nGoodbye.\n"; string(out) != want {
		t.Errorf("nc printed %q, %v, want %q", out, err, want)
	}
}

// Two nc talk to each other; one is killed, the other sees the server go down.
func TestNetcatsTalk(t *testing.T) {
	addr, stop := start(t)
	open := func(name string) (*exec.Cmd, io.Closer, *guest) {
		cmd := netcat(t, addr)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		g := &guest{t, in, bufio.NewReader(out)}
		g.hears("What is your name?")
		g.says(name)
		g.hears("Hello, " + name + ".")
		return cmd, in, g
	}
	first, in, ann := open("ann")
	second, _, bob := open("bob")
	ann.hears("bob is here.")
	ann.says("hello")
	bob.hears("ann: hello")
	bob.says("who is there?")
	ann.hears("bob: who is there?")
	second.Process.Kill()
	if err := second.Wait(); err == nil {
		t.Error("nc was not killed")
	}
	ann.hears("bob is gone.")
	stop()
	ann.hears("The server goes down.")
	in.Close() // nc waits for that too
	ann.leaves()
	if err := first.Wait(); err != nil {
		t.Errorf("nc: %v", err)
	}
}
