package driver

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loopvet/loopvet/internal/report"
)

// cachedModule is a small program with two findings and a comment that silences
// a third.
func cachedModule(t *testing.T) string {
	return writeModule(t, map[string]string{
		"ev/ev.go":     "package ev\n\n//loopvet:loop fn\nfunc Post(fn func()) {}\n",
		"conf/conf.go": "package conf\n\nimport \"os\"\n\nfunc Load() { os.ReadFile(\"x\") }\n",
		"a/a.go":       "package a\n\nimport (\n\t\"os\"\n\n\t\"example.com/m/ev\"\n)\n\nfunc init() {\n\tev.Post(func() { os.Remove(\"x\") })\n\tev.Post(func() { os.Remove(\"y\") }) //loopvet:ignore until=2027-01-31 small\n}\n",
		"b/b.go":       "package b\n\nimport (\n\t\"example.com/m/conf\"\n\t\"example.com/m/ev\"\n)\n\nfunc init() { ev.Post(conf.Load) }\n",
	})
}

// runMain runs the command and returns what it prints, and what it says on the way.
func runMain(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(context.Background(), args, &out, &errs); code != exitFindings {
		t.Errorf("exit code %d: %s", code, &errs)
	}
	return out.String(), errs.String()
}

const fromCache = "result from the cache"

// The cache gives the findings that there are without it, and in whatever order
// the packages are named. What is truncated, emptied, overwritten or exchanged
// in it loses none of them: it is computed again.
func TestDamagedCache(t *testing.T) {
	dir := cachedModule(t)
	t.Setenv("LOOPVET_CACHE", "off")
	want, _ := runMain(t, "-C", dir, "-f", "json", "./...")
	if n := strings.Count(want, `"fingerprint"`); n != 3 {
		t.Fatalf("%d findings: %s", n, want)
	}
	cacheDir := t.TempDir()
	t.Setenv("LOOPVET_CACHE", cacheDir)
	check := func(what string, cached bool) {
		t.Helper()
		got, said := runMain(t, "-v", "-C", dir, "-f", "json", "./...")
		if got != want {
			t.Errorf("%s: got %s\nwant %s", what, got, want)
		}
		if strings.Contains(said, fromCache) != cached {
			t.Errorf("%s: from the cache: %v", what, !cached)
		}
	}
	check("cold", false)
	check("warm", true)
	if got, _ := runMain(t, "-C", dir, "-f", "json", "./conf", "./b", "./ev", "./a"); got != want {
		t.Errorf("backwards: got %s", got)
	}

	entries := func(suffix string) (names []string) {
		filepath.WalkDir(cacheDir, func(name string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, suffix) {
				names = append(names, name)
			}
			return nil
		})
		if len(names) == 0 {
			t.Fatalf("nothing in the cache ends in %s", suffix)
		}
		return names
	}
	change := func(name string, f func([]byte) []byte) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, suffix := range []string{"-d", "-a"} { // the data, and the actions that name them
		for what, f := range map[string]func([]byte) []byte{
			"half":     func(b []byte) []byte { return b[:len(b)/2] },
			"empty":    func([]byte) []byte { return nil },
			"other":    func([]byte) []byte { return []byte("{}") },
			"one bit":  func(b []byte) []byte { c := bytes.Clone(b); c[len(c)/2] ^= 1; return c },
			"one more": func(b []byte) []byte { return append(bytes.Clone(b), ' ') },
			"no findings": func(b []byte) []byte {
				return bytes.Replace(b, []byte(`"Findings":[`), []byte(`"Dropped":[`), 1)
			},
		} {
			if suffix == "-a" && what == "no findings" || suffix == "-a" && what == "one more" {
				continue
			}
			for _, name := range entries(suffix) {
				change(name, f)
			}
			check(suffix+" "+what, false)
			check(suffix+" "+what+", once more", true)
		}
	}

	// Entries that are put in each other's place.
	runMain(t, "-C", dir, "-f", "json", "./a")
	for _, suffix := range []string{"-d", "-a"} {
		names := entries(suffix)
		if len(names) < 2 {
			t.Fatalf("%d entries", len(names))
		}
		contents := make([][]byte, len(names))
		for i, name := range names {
			contents[i], _ = os.ReadFile(name)
		}
		for i, name := range names {
			change(name, func([]byte) []byte { return contents[(i+1)%len(contents)] })
		}
		check("exchanged "+suffix, false)
	}

	// A directory that is none, and one that is gone.
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LOOPVET_CACHE", file)
	check("a file for a directory", false)
	check("a file for a directory, once more", false)
	t.Setenv("LOOPVET_CACHE", filepath.Join(t.TempDir(), "new", "dir"))
	check("a new directory", false)
	check("a new directory, once more", true)
}

// A cache may be used by several runs at once, on the same code and on other
// code; cmd/loopvet's tests do so with processes.
func TestSharedCache(t *testing.T) {
	dir := cachedModule(t)
	t.Setenv("LOOPVET_CACHE", t.TempDir())
	want := map[string]string{}
	for _, pattern := range []string{"./a", "./...", "./b"} {
		t.Setenv("LOOPVET_CACHE", "off")
		want[pattern], _ = runMain(t, "-C", dir, "-f", "json", pattern)
	}
	t.Setenv("LOOPVET_CACHE", t.TempDir())
	var wg sync.WaitGroup
	for range 4 {
		for pattern, want := range want {
			wg.Go(func() {
				if got, _ := runMain(t, "-C", dir, "-f", "json", pattern); got != want {
					t.Errorf("%s: got %s\nwant %s", pattern, got, want)
				}
			})
		}
	}
	wg.Wait()
}

// What a comment silences is decided when findings are printed: the same result
// of the cache silences on its last day and does not on the next.
func TestIgnoreExpiresInCache(t *testing.T) {
	dir := cachedModule(t)
	t.Setenv("LOOPVET_CACHE", t.TempDir())
	on := func(day time.Time) (active, suppressed []report.Finding, said string) {
		t.Helper()
		c, err := parseFlags([]string{"-v", "-C", dir, "./..."})
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		r := &run{config: c, stderr: &stderr, start: day, now: day, collector: newCollector()}
		res, err := r.analyse(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		active, suppressed = split(r.final(res))
		return active, suppressed, stderr.String()
	}
	categories := func(findings []report.Finding) (out []string) {
		for _, f := range findings {
			out = append(out, f.Category)
		}
		return out
	}
	active, suppressed, _ := on(time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC))
	if len(active) != 2 || len(suppressed) != 1 || suppressed[0].Suppressed.Reason != "small" {
		t.Errorf("on the last day: active %q, suppressed %q", categories(active), categories(suppressed))
	}
	active, suppressed, said := on(time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC))
	if !strings.Contains(said, fromCache) {
		t.Error("the second run did not use the cache")
	}
	if got := categories(active); !slices.Equal(got, []string{"file", "file", "ignore", "file"}) || len(suppressed) != 0 {
		t.Errorf("on the day after: active %q, suppressed %q", got, categories(suppressed))
	}
}
