package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loopvet/loopvet/internal/lsp/lsptest"
)

// editor is a command of scripts: "editor session args..." runs loopvet with the
// arguments as an editor does, and writes what it says to standard output. The
// session has a line for each message:
//
//	ask METHOD PARAMS      a request; prints the result, or the error
//	tell METHOD PARAMS     a notification
//	await METHOD TEXT      waits for a message that contains the text; prints it
//	save FROM TO           copies a file, as an editor writes its text
//	exit CODE              closes the connection and checks the exit code
//
// In all of it, $URI stands for the URI of the script's directory, and $FILE(name)
// for what is in a file, as JSON.
func editor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: editor session args...")
	}
	dir := ts.MkAbs(".")
	cmd := exec.Command(ts.Getenv("VETTOOL"), args[1:]...)
	cmd.Dir = dir
	for _, name := range ts.Value("names").([]string) {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	ts.Check(err)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ended := false
	defer func() {
		if !ended {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}()
	c := lsptest.New(out, in)
	defer c.Close()
	ctx := context.Background()
	uri := lsptest.URI(dir)
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		line = strings.ReplaceAll(strings.TrimSpace(line), "$URI", uri)
		for {
			before, rest, ok := strings.Cut(line, "$FILE(")
			name, after, ok2 := strings.Cut(rest, ")")
			if !ok || !ok2 {
				break
			}
			data, err := json.Marshal(ts.ReadFile(name))
			ts.Check(err)
			line = before + string(data) + after
		}
		verb, rest, _ := strings.Cut(line, " ")
		method, text, _ := strings.Cut(rest, " ")
		var params any
		if text != "" {
			params = json.RawMessage(text)
		}
		switch verb {
		case "", "#":
		case "ask":
			var result json.RawMessage
			if err := c.Call(ctx, method, params, &result); err != nil {
				fmt.Fprintf(ts.Stdout(), "%s fails: %v\n", method, err)
			} else {
				fmt.Fprintf(ts.Stdout(), "%s: %s\n", method, result)
			}
		case "tell":
			ts.Check(c.Notify(ctx, method, params))
		case "await":
			data, err := c.Next(ctx, method, func(data json.RawMessage) bool { return strings.Contains(string(data), text) })
			ts.Check(err)
			fmt.Fprintf(ts.Stdout(), "%s: %s\n", method, data)
		case "save":
			ts.Check(os.WriteFile(ts.MkAbs(text), []byte(ts.ReadFile(method)), 0o666))
		case "exit":
			code := 0
			exit := new(exec.ExitError)
			_ = c.Close()
			err := cmd.Wait()
			ended = true
			if errors.As(err, &exit) {
				code = exit.ExitCode()
			} else {
				ts.Check(err)
			}
			if strconv.Itoa(code) != method {
				ts.Fatalf("exit code %d:\n%s", code, stderr.Bytes())
			}
			_, err = ts.Stderr().Write(stderr.Bytes())
			ts.Check(err)
		default:
			ts.Fatalf("unknown line: %s", line)
		}
	}
	if !ended {
		ts.Fatalf("the session ends without exit")
	}
}

// TestNeovim does in a real editor what a user does: it opens a file of the
// example, looks at the findings, asks why, takes the fix and saves.
func TestNeovim(t *testing.T) {
	if os.Getenv("LOOPVET_FULL") == "" {
		t.Skip("needs neovim: LOOPVET_FULL=1")
	}
	nvim, err := exec.LookPath("nvim")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	tool := filepath.Join(work, "loopvet.exe")
	if out, err := exec.Command("go", "build", "-o", tool, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// A name that a URI has to escape.
	dir := filepath.Join(work, "my examples")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples"))); err != nil {
		t.Fatal(err)
	}
	mod := read(t, filepath.Join(dir, "go.mod"))
	write(t, filepath.Join(dir, "go.mod"), bytes.Replace(mod, []byte("../"), []byte(root), 1))
	script, err := filepath.Abs(filepath.Join("testdata", "neovim.lua"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nvim, "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", "luafile "+script, "-c", "qall!")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LOOPVET="+tool, "LOOPVET_CACHE=off", "XDG_STATE_HOME="+work, "XDG_CACHE_HOME="+work, "GOCACHE="+goCache(t))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := strings.ReplaceAll(string(out), "\r\n", "\n")
	want := string(read(t, filepath.Join("testdata", "neovim.txt")))
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	// What the fix has made compiles, and has nothing left to find in that file.
	stdout, _ := output(t, dir, tool, []string{"./stalled/..."})
	if text := string(stdout); strings.Contains(text, "main.go:") || !strings.Contains(text, "receipts.go:") {
		t.Errorf("left is\n%s", text)
	}
	if out, err := goVet(dir); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func goCache(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func goVet(dir string) ([]byte, error) {
	cmd := exec.Command("go", "vet", "./stalled/...")
	cmd.Dir = dir
	return cmd.CombinedOutput()
}
