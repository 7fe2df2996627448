package loopexec_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/runtime/looptest"
)

// The tests' processes are the test's own program with this variable set.
const childVariable = "LOOPEXEC_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childVariable); what != "" {
		child(what)
		return
	}
	looptest.Main(m)
}

// command returns the command of a child.
func command(what string) *exec.Cmd {
	name, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(name)
	cmd.Env = append(os.Environ(), childVariable+"="+what)
	return cmd
}

// child does what a child is for.
func child(what string) {
	verb, arg, _ := strings.Cut(what, " ")
	switch verb {
	case "cat":
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			os.Exit(9)
		}
	case "exit":
		code, _ := strconv.Atoi(arg)
		fmt.Fprint(os.Stderr, "exits")
		os.Exit(code)
	case "wait": // for the end of its input, with nothing to say
		io.Copy(io.Discard, os.Stdin)
	case "line": // says one and then waits
		fmt.Println(arg)
		io.Copy(io.Discard, os.Stdin)
	case "leave": // somebody behind who has the same files
		heir := command("line heir")
		heir.Stdin, heir.Stdout = os.Stdin, os.Stdout
		if err := heir.Start(); err != nil {
			os.Exit(9)
		}
	case "ask": // for a line, and answers
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		fmt.Fprint(os.Stderr, strings.ToUpper(line))
	}
}
