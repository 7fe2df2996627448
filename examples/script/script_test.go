package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMain is the program itself where a test starts it.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_SCRIPT") != "" {
		main()
		return
	}
	os.Setenv("RUN_SCRIPT", "1")
	os.Exit(m.Run())
}

// A result is what a program has done.
type result struct {
	stdout, stderr string
	status         int
}

func runCommand(t *testing.T, name string, args ...string) (r result) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// compare runs a script of testdata under Node and as ours, each with a directory of its
// own and args, and wants them to say the same.
func compare(t *testing.T, script string, args ...string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node is not installed")
	}
	script, err = filepath.Abs(filepath.Join("testdata", script))
	if err != nil {
		t.Fatal(err)
	}
	want := runCommand(t, node, append([]string{script, t.TempDir()}, args...)...)
	got := runCommand(t, os.Args[0], append([]string{script, t.TempDir()}, args...)...)
	if got.stdout != want.stdout {
		t.Errorf("prints\n%s\nNode prints\n%s", got.stdout, want.stdout)
	}
	if got, want := gist(script, got.stderr), gist(script, want.stderr); got != want {
		t.Errorf("complains\n%s\nNode complains\n%s", got, want)
	}
	if got.status != want.status {
		t.Errorf("status %d, Node's is %d", got.status, want.status)
	}
	if strings.Contains(got.stdout, "never") {
		t.Errorf("what must not run has printed\n%s", got.stdout)
	}
}

// gist is what both say of an exception: the line of the script, and what it is. Node adds
// its own stack.
func gist(script, stderr string) string {
	where := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(script) + `:\d+$`).FindString(stderr)
	what := regexp.MustCompile(`(?m)^(\w+Error|Error|UnhandledPromiseRejection): .*`).FindString(stderr)
	return strings.ReplaceAll(where+"\n"+strings.TrimSuffix(what, " {"), "'", "")
}

func TestScriptsPrintWhatTheyPrintInNode(t *testing.T) {
	for _, script := range []string{"order", "promises", "timers", "files", "console", "lives", "exit"} {
		t.Run(script, func(t *testing.T) { compare(t, script+".js") })
	}
}

func TestScriptsFailAsInNode(t *testing.T) {
	scripts, err := filepath.Glob("testdata/fails/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, script := range scripts {
		t.Run(filepath.Base(script), func(t *testing.T) {
			compare(t, filepath.Join("fails", filepath.Base(script)))
			if r := runCommand(t, os.Args[0], script); r.status != 1 {
				t.Errorf("status %d, want 1", r.status)
			}
		})
	}
}

func TestFetchDoesAsInNode(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(answer))
	defer server.Close()
	compare(t, "fetch.js", server.URL, closedURL(t))
}

// closedURL is the URL of a server that is not there any more.
func closedURL(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	return "http://" + ln.Addr().String()
}

// answer is the server of fetch.js.
func answer(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/text":
		io.WriteString(w, "\uFEFFgrüße")
	case "/json":
		w.Header().Set("Content-Type", "application/json")
		w.Header().Add("X-Own", "one")
		w.Header().Add("X-Own", "two")
		io.WriteString(w, `{"list": [1, 2, 3], "name": "世界"}`)
	case "/bytes":
		w.Write([]byte{0, 0xff, 0x80})
	case "/moved":
		http.Redirect(w, r, "/text", http.StatusFound)
	case "/echo":
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %q %q %q", r.Method, r.Header.Get("Content-Type"), r.Header.Get("X-Own"), body)
	case "/big":
		w.Write(bytes.Repeat([]byte("0123456789"), 300_000))
	case "/cut":
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "ten bytes.")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	default:
		http.NotFound(w, r)
	}
}

// A body that nobody reads does not keep a script alive.
func TestAScriptDoesNotWaitForABodyThatItDoesNotRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	script := filepath.Join(t.TempDir(), "unread.js")
	text := "fetch(process.argv[2]).then(r => console.log(r.status))"
	if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := runCommand(t, os.Args[0], script, server.URL), (result{stdout: "200\n"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
