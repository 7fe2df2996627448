package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// TestStart does what docs/start.md tells its reader to do.
func TestStart(t *testing.T) { follow(t, "start.md", "", 7) }

// TestRuntimeStart does what the first section of docs/runtime.md tells its
// reader to do.
func TestRuntimeStart(t *testing.T) { follow(t, "runtime.md", "Five minutes", 4) }

// follow does what a page of docs, or one section of it, tells its reader to do:
// it saves the files, runs the commands as they are written there, of which there
// are some blocks at least, and compares what they print with what the page
// says. The commands take the module from a proxy made of the working tree, so
// that "go install ...@latest" is tested too: it refuses a root module with a
// replace directive.
func follow(t *testing.T, page, section string, blocks int) {
	if testing.Short() {
		t.Skip("builds the command without what is in the build cache")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the page is written for a POSIX shell")
	}
	steps := readSteps(t, filepath.Join("..", "..", "docs", page), section)
	work := t.TempDir()
	env := append(os.Environ(), proxyEnv(t, filepath.Join("..", ".."), work)...)
	cwd, ran := work, 0
	for _, s := range steps {
		if s.file != "" {
			if err := os.WriteFile(filepath.Join(cwd, s.file), []byte(s.text), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		// The directory in which a block ends is that in which the next one begins.
		here := filepath.Join(work, "cwd")
		cmd := exec.Command("sh", "-c", s.text+"code=$?; pwd > "+here+"; exit $code")
		cmd.Dir, cmd.Env = cwd, env
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		code := 0
		if err := cmd.Run(); err != nil {
			exit := new(exec.ExitError)
			if !errors.As(err, &exit) {
				t.Fatal(err)
			}
			code = exit.ExitCode()
		}
		if code != s.code {
			t.Fatalf("docs/%s:%d: exits with %d, want %d:\n%s", page, s.line, code, s.code, out.Bytes())
		}
		if s.shows && out.String() != s.want {
			t.Fatalf("docs/%s:%d: prints\n%s\nwant\n%s", page, s.line, out.Bytes(), s.want)
		}
		pwd, err := os.ReadFile(here)
		if err != nil {
			t.Fatal(err)
		}
		cwd = strings.TrimSpace(string(pwd))
		ran++
	}
	if ran < blocks {
		t.Errorf("%d blocks of commands only", ran)
	}
}

// A step is a block of the page: a file to save, or commands to run.
type step struct {
	line  int // of the block's fence
	file  string
	text  string
	code  int    // with which the last command exits
	shows bool   // the page says what the commands print
	want  string // what it says
}

var (
	savedRE = regexp.MustCompile("`([^`]+\\.go)`:$")
	exitsRE = regexp.MustCompile(`(?m)# exits with (\d)$`)
)

// readSteps reads the fenced blocks of a page, or of one section of it. A Go
// block is a file, whose name ends the paragraph before it. A block without a
// language is what the commands in the block before it print.
func readSteps(t *testing.T, name, section string) []step {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	var text strings.Builder
	lang, start, in, saved, fresh, here := "", 0, false, "", false, section == ""
	for n, line := range strings.Split(string(data), "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		if title, ok := strings.CutPrefix(line, "## "); ok && !in && section != "" {
			here = title == section
		}
		switch {
		case !here:
		case in && !isFence:
			text.WriteString(line + "\n")
		case isFence && !in:
			lang, start, in = fence, n+1, true
			text.Reset()
		case isFence:
			in = false
			switch {
			case lang == "go":
				if saved == "" {
					t.Fatalf("%s:%d: no file name before the block", name, start)
				}
				steps = append(steps, step{line: start, file: saved, text: text.String()})
			case lang == "sh":
				s := step{line: start, text: text.String()}
				if m := exitsRE.FindStringSubmatch(s.text); m != nil {
					fmt.Sscan(m[1], &s.code)
				}
				steps = append(steps, s)
			case lang == "" && fresh:
				last := &steps[len(steps)-1]
				last.shows, last.want = true, text.String()
			default:
				t.Fatalf("%s:%d: neither a file, nor commands, nor what they print", name, start)
			}
			fresh, saved = lang == "sh", ""
		case line != "":
			saved, fresh = "", false
			if m := savedRE.FindStringSubmatch(line); m != nil {
				saved = m[1]
			}
		}
	}
	if in {
		t.Fatalf("%s:%d: the block does not end", name, start)
	}
	return steps
}

// proxyEnv returns an environment in which the go command takes the module in
// root, as it lies there, for the latest release of it, takes other modules from
// those that are downloaded, and installs and downloads into dir.
func proxyEnv(t *testing.T, root, dir string) []string {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	downloaded := filepath.Join(strings.TrimSpace(string(out)), "cache", "download")
	latest := module.Version{Path: "github.com/loopvet/loopvet", Version: "v0.0.1"}
	proxy := filepath.Join(dir, "proxy")
	versions := filepath.Join(proxy, filepath.FromSlash(latest.Path), "@v")
	if err := os.MkdirAll(versions, 0o777); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := zip.CreateFromDir(&archive, latest, root); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"list":                   []byte(latest.Version + "\n"),
		latest.Version + ".info": []byte(`{"Version": "` + latest.Version + `"}`),
		latest.Version + ".mod":  mod,
		latest.Version + ".zip":  archive.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(versions, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(dir, "bin")
	return []string{
		"GOPROXY=file://" + filepath.ToSlash(proxy) + ",file://" + filepath.ToSlash(downloaded),
		"GOSUMDB=off",
		"GOPRIVATE=",
		"GOFLAGS=-modcacherw -trimpath", // to be removed again; to share what is built with other runs
		"GOMODCACHE=" + filepath.Join(dir, "mod"),
		"GOBIN=" + bin,
		"GOWORK=off",
		"GOTOOLCHAIN=local",
		"LOOPVET_CACHE=off",
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"),
	}
}
