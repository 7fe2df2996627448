package patch

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func files(t *testing.T, s *Set, src map[string]string) []File {
	t.Helper()
	out, err := s.Files(read(src))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func read(src map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		text, ok := src[name]
		if !ok {
			return nil, os.ErrNotExist
		}
		return []byte(text), nil
	}
}

func TestAdd(t *testing.T) {
	imports := Edit{"a.go", 10, 10, "import \"context\"\n"}
	for _, tt := range []struct {
		name  string
		fixes [][]Edit
		added []bool
		count int
	}{
		{"apart", [][]Edit{{{"a.go", 1, 2, "x"}}, {{"a.go", 2, 3, "y"}}}, []bool{true, true}, 2},
		{"in two files", [][]Edit{{{"a.go", 1, 2, "x"}}, {{"b.go", 1, 2, "x"}}}, []bool{true, true}, 2},
		{"overlap", [][]Edit{{{"a.go", 1, 5, "x"}}, {{"a.go", 4, 6, "y"}}, {{"a.go", 6, 7, "z"}}}, []bool{true, false, true}, 2},
		{"inside", [][]Edit{{{"a.go", 1, 9, "x"}}, {{"a.go", 4, 4, "y"}}}, []bool{true, false}, 1},
		{"same insertion point", [][]Edit{{{"a.go", 4, 4, "x"}}, {{"a.go", 4, 4, "y"}}}, []bool{true, false}, 1},
		{"shared import", [][]Edit{{imports, {"a.go", 20, 30, "x"}}, {imports, {"a.go", 40, 50, "y"}}}, []bool{true, true}, 2},
		{"all or nothing", [][]Edit{{{"a.go", 1, 5, "x"}}, {{"a.go", 20, 21, "y"}, {"a.go", 3, 4, "z"}}, {{"a.go", 20, 22, "w"}}}, []bool{true, false, true}, 2},
		{"the same fix twice", [][]Edit{{{"a.go", 1, 5, "x"}}, {{"a.go", 1, 5, "x"}}}, []bool{true, true}, 1},
		{"against itself", [][]Edit{{{"a.go", 1, 5, "x"}, {"a.go", 2, 3, "x"}}}, []bool{false}, 0},
		{"empty", [][]Edit{nil}, []bool{false}, 0},
	} {
		var s Set
		for i, edits := range tt.fixes {
			if got := s.Add(edits); got != tt.added[i] {
				t.Errorf("%s: Add %d = %t", tt.name, i, got)
			}
		}
		if s.Fixes() != tt.count {
			t.Errorf("%s: %d fixes, want %d", tt.name, s.Fixes(), tt.count)
		}
	}
}

const source = `package p

import (
	"os"
	"time"
)

func f(d time.Duration)  { g(1) }

func h() { time.Sleep(wait); time.Sleep(wait) }

var _ = os.Args
`

func edit(t *testing.T, src, old, new string) Edit {
	t.Helper()
	i := strings.Index(src, old)
	if i < 0 {
		t.Fatalf("no %q", old)
	}
	return Edit{"p.go", i, i + len(old), new}
}

// The result is formatted, and an import that several fixes leave without a use
// together is gone, though each alone had to keep it.
func TestFiles(t *testing.T) {
	var s Set
	for _, old := range []string{"d time.Duration", "time.Sleep(wait);", " time.Sleep(wait) }"} {
		new := "wait()\n"
		if strings.HasPrefix(old, "d ") {
			new = "d int"
		} else if strings.HasSuffix(old, "}") {
			new = "wait() }"
		}
		e := edit(t, source, old, new)
		if !s.Add([]Edit{e}) {
			t.Fatalf("%q is not added", old)
		}
	}
	got := files(t, &s, map[string]string{"p.go": source})
	const want = `package p

import (
	"os"
)

func f(d int) { g(1) }

func h() {
	wait()
	wait()
}

var _ = os.Args
`
	if len(got) != 1 || string(got[0].New) != want {
		t.Errorf("got %s", got[0].New)
	}
	if string(got[0].Old) != source {
		t.Error("Old is not what the file holds")
	}
}

func TestLineEnds(t *testing.T) {
	src := strings.ReplaceAll(source, "\n", "\r\n")
	var s Set
	s.Add([]Edit{edit(t, src, "g(1)", "g(2)")})
	got := string(files(t, &s, map[string]string{"p.go": src})[0].New)
	if !strings.Contains(got, "g(2)") || strings.Count(got, "\r\n") != strings.Count(got, "\n") || strings.Contains(got, "\r\r") {
		t.Errorf("got %q", got)
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		edit Edit
		want string
	}{
		{Edit{"p.go", 5000, 5001, "x"}, "p.go: the file has changed since it was analysed"},
		{Edit{"p.go", 0, 3, "x"}, "p.go: the fixes do not fit: "},
		{Edit{"gone.go", 0, 3, "x"}, os.ErrNotExist.Error()},
	} {
		var s Set
		s.Add([]Edit{tt.edit})
		if _, err := s.Files(read(map[string]string{"p.go": source})); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt.edit, err)
		}
	}
}

func TestDiff(t *testing.T) {
	f := File{Name: "/x/p.go", Old: []byte("a\nb\nc\n"), New: []byte("a\nB\nc\n")}
	if got, want := string(f.Diff("p.go")), "--- a/p.go\n+++ b/p.go\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"; got != want {
		t.Errorf("got %s", got)
	}
	f.New = f.Old
	if got := f.Diff("p.go"); len(got) > 0 {
		t.Errorf("got %s", got)
	}
}

func TestWrite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "p.go")
	if err := os.WriteFile(name, []byte("a longer text"), 0o640); err != nil {
		t.Fatal(err)
	}
	f := File{Name: name, New: []byte("short")}
	if err := f.Write(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	info, _ := os.Stat(name)
	if err != nil || string(data) != "short" || info.Mode().Perm() != 0o640 {
		t.Errorf("%q %v %v", data, info.Mode(), err)
	}
	f.Name += ".gone"
	if err := f.Write(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
}
