package examples

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestBothShopsServe(t *testing.T) {
	for _, name := range []string{"stalled", "served"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "menu.txt"), []byte("tea, coffee\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			url := start(t, name, dir)

			if got, want := get(t, url+"/menu"), "tea, coffee\n"; got != want {
				t.Errorf("menu: %q, want %q", got, want)
			}
			const n = 20
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {
					resp, err := http.Post(url+"/order", "text/plain", strings.NewReader("tea"))
					if err != nil {
						t.Error(err)
						return
					}
					defer resp.Body.Close()
					if text, _ := io.ReadAll(resp.Body); !strings.HasSuffix(string(text), ": tea\n") {
						t.Errorf("order: %q", text)
					}
				})
			}
			wg.Wait()
			for i := range n {
				text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("receipt-%d.txt", i+1)))
				if want := fmt.Sprintf("order %d: tea\n", i+1); err != nil || string(text) != want {
					t.Errorf("receipt %d: %q, %v, want %q", i+1, text, err, want)
				}
			}
			if got, want := get(t, url+"/stats"), "21 requests, 20 orders\n"; got != want {
				t.Errorf("stats: %q, want %q", got, want)
			}

			os.Remove(filepath.Join(dir, "menu.txt"))
			if got := get(t, url+"/menu"); !strings.Contains(got, "no such file") {
				t.Errorf("without a menu: %q, want the error", got)
			}
		})
	}
}

// start builds and starts a shop and returns its URL. The test's end interrupts
// it and wants it to exit cleanly.
func start(t *testing.T, name, dir string) (url string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", bin, "./"+name).CombinedOutput(); err != nil {
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
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "serving on ")
	if !ok {
		t.Fatalf("%s printed %q, %v", name, line, err)
	}
	return "http://" + addr
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}
