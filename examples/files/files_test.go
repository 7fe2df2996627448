package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// start builds and starts the server for a directory, and returns its URL. The test's
// end interrupts it and wants it to exit cleanly.
func start(t *testing.T, dir string) (url string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "files")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command(bin, "-addr", "127.0.0.1:0", "-dir", dir)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("files: %v", err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "serving on ")
	if !ok {
		t.Fatalf("files printed %q, %v", line, err)
	}
	return "http://" + addr
}

// ask makes a request and returns the status, the body and how many files are on their
// way.
func ask(t *testing.T, method, url string, body io.Reader) (status int, text, moving string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(data), resp.Header.Get("Files-On-Their-Way")
}

// settle waits until no file is on its way.
func settle(t *testing.T, url string) {
	t.Helper()
	for moving := ""; moving != "0"; {
		_, _, moving = ask(t, "GET", url, nil)
	}
}

func TestWhatIsPutCanBeGotListedAndDeleted(t *testing.T) {
	url := start(t, t.TempDir())
	big := strings.Repeat("0123456789abcdef", 200_000)
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/", "", 200, ""},
		{"PUT", "/a", "hello", 204, ""},
		{"PUT", "/big", big, 204, ""},
		{"GET", "/a", "", 200, "hello"},
		{"GET", "/big", "", 200, big},
		{"GET", "/", "", 200, "a\nbig\n"},
		{"PUT", "/a", "again", 204, ""},
		{"GET", "/a", "", 200, "again"},
		{"DELETE", "/a", "", 204, ""},
		{"GET", "/a", "", 404, "there is no such file\n"},
		{"DELETE", "/a", "", 404, "there is no such file\n"},
		{"GET", "/.hidden", "", 400, "want the name of a file\n"},
		{"GET", "/x/y", "", 400, "want the name of a file\n"},
		{"POST", "/a", "", 405, "GET, PUT and DELETE are understood\n"},
	} {
		status, text, _ := ask(t, step.method, url+step.path, strings.NewReader(step.body))
		if status != step.status || text != step.want {
			t.Errorf("%s %s: %d, %.100q, want %d, %.100q", step.method, step.path, status, text, step.status, step.want)
		}
	}
	settle(t, url)
}

// A client that leaves in the middle of its file costs nothing, and leaves nothing.
func TestAClientThatLeavesLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	url := start(t, dir)
	big := bytes.Repeat([]byte("x"), 50<<20) // more than sockets have room for
	if err := os.WriteFile(filepath.Join(dir, "big"), big, 0o600); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(url + "/big")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
		t.Error(err)
	}
	if _, _, moving := ask(t, "GET", url, nil); moving != "1" {
		t.Errorf("%s files are on their way while a client reads", moving)
	}
	resp.Body.Close() // which gives the connection up
	settle(t, url)

	gone := errors.New("the client is gone")
	body := io.MultiReader(bytes.NewReader(big[:1<<20]), failing{gone})
	req, err := http.NewRequestWithContext(t.Context(), "PUT", url+"/part", body)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(req); !errors.Is(err, gone) {
		t.Errorf("half an upload: %v, %v", resp, err)
	}
	settle(t, url)
	for left := true; left; {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		left = false
		for _, entry := range entries {
			left = left || strings.HasPrefix(entry.Name(), ".upload-") // until it is removed
			if entry.Name() == "part" {
				t.Fatal("half an upload is kept")
			}
		}
	}
}

// failing is a reader that only fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
