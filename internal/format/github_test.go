package format

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestGitHub(t *testing.T) {
	o := sample(t)
	got := strings.Split(written(t, o, "github", false), "\n")
	want := []string{
		"::warning file=app.go,line=7,col=21,title=loopvet%3A file::os.Remove blocks the event loop (file): callback of (Loop).Post -> os.Remove; offload it with Loop.Work",
		"::warning file=lib/lib.go,line=5,col=26,title=loopvet%3A file::os.ReadFile blocks",
		"::error file=app.go,line=8,col=3,title=loopvet%3A lock::(*sync.Mutex).Lock may block",
		"::notice file=app.go,line=8,col=3,title=loopvet%3A console::a write,%0Ato: 100%25 of <img",
		"::warning file=base.txt,line=3,col=1,title=loopvet%3A baseline::matches nothing: file: x;",
		"::error file=bad.go,line=3,col=4,title=loopvet::undefined: x",
		"::error title=loopvet::no such package",
	}
	if len(got) != len(want)+1 {
		t.Fatalf("%d lines: %q", len(got)-1, got)
	}
	for i, w := range want {
		if !strings.HasPrefix(got[i], w) {
			t.Errorf("line %d is %q", i, got[i])
		}
	}
}

// Files are named from the root of the repository, and escaped; those outside
// have no place in it.
func TestGitHubPlaces(t *testing.T) {
	o := sample(t)
	o.Root = filepath.Dir(o.Dir)
	base := filepath.Base(o.Dir)
	if got := written(t, o, "github", false); !strings.HasPrefix(got, "::warning file="+base+"/app.go,line=7,") ||
		!strings.Contains(got, "::error file="+base+"/bad.go,line=3,") {
		t.Errorf("got %s", got)
	}
	o = sample(t)
	o.Errors = []Error{{File: "a,b:c%\r\n.go", Line: 1, Text: "50%\r\nof it"}, {File: filepath.Join(filepath.Dir(o.Dir), "out.go"), Line: 2, Column: 3, Text: "x"}}
	got := written(t, o, "github", false)
	if want := "::error file=a%2Cb%3Ac%25%0D%0A.go,line=1,title=loopvet::50%25%0D%0Aof it\n"; !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
	if want := "::error title=loopvet::" + filepath.ToSlash(filepath.Dir(o.Dir)) + "/out.go:2:3: x\n"; !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
