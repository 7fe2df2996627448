package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// probe tells the page around it how wide a page is, and how wide it may be.
const probe = `<script>addEventListener("load", () => {
	const root = document.documentElement;
	parent.postMessage([location.pathname.split("/").pop(), root.scrollWidth, root.clientWidth].join(" "), "*");
})</script></body>`

// TestBrowser opens each page in a browser, in a frame as wide as a telephone and
// in one as wide as a screen, and checks that nothing is wider than the frame.
func TestBrowser(t *testing.T) {
	if os.Getenv("LOOPVET_FULL") == "" {
		t.Skip("starts a browser; LOOPVET_FULL=1 runs it")
	}
	bin, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	files, err := build(os.DirFS(filepath.Join("..", "..")))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, width := range []int{360, 1280} {
		var frames strings.Builder
		pages := 0
		for name, data := range files {
			if strings.HasSuffix(name, ".html") {
				pages++
				fmt.Fprintf(&frames, `<iframe src="%s" style="width:%dpx;height:800px"></iframe>`, name, width)
			}
			write(name, strings.Replace(string(data), "</body>", probe, 1))
		}
		write("frames.html", `<!DOCTYPE html><body><pre id="said"></pre><script>
			addEventListener("message", e => { document.getElementById("said").textContent += e.data + "\n" })
			</script>`+frames.String())
		args := []string{"--headless", "--disable-gpu", "--no-first-run", "--user-data-dir=" + filepath.Join(dir, "profile"),
			"--virtual-time-budget=20000", "--dump-dom"}
		if os.Geteuid() == 0 {
			args = append(args, "--no-sandbox")
		}
		out, err := exec.Command(bin, append(args, "file://"+filepath.ToSlash(filepath.Join(dir, "frames.html")))...).Output()
		if err != nil {
			t.Fatal(err)
		}
		_, said, _ := strings.Cut(string(out), `<pre id="said">`)
		said, _, _ = strings.Cut(said, "</pre>")
		lines := strings.Split(strings.TrimSpace(said), "\n")
		if len(lines) != pages {
			t.Errorf("in a frame of %d pixels, %d of %d pages loaded", width, len(lines), pages)
		}
		for _, line := range lines {
			var name string
			var is, may int
			if _, err := fmt.Sscan(line, &name, &is, &may); err != nil || is > may {
				t.Errorf("in a frame of %d pixels: %s: %d pixels, %d fit", width, name, is, may)
			}
		}
	}
}
