package driver

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestScanWords(t *testing.T) {
	const src = `// comment Word1
package p /* Word2
*/ import "Word3"
var _ = 'x' + '\'' + 0xAB + 1e9
const s = "a \" Word4" + ` + "`Word5 \\`" + ` + Word6
func (t *T) ünïcode(a_b int) { t.Word7("\\"); t.x() }
var open = "Word8
Word9`
	var got []string
	scanWords([]byte(src), func(w []byte) { got = append(got, string(w)) })
	want := strings.Fields("package p import var _ const s Word6 func t T ünïcode a_b int t Word7 t x var open Word9")
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, tail := range []string{"/", "/*", "//", `"`, `"\`, "`", "'", `'\`, "a", "1"} {
		scanWords([]byte(tail), func([]byte) {})
	}
}

// A comment that silences declares nothing: it does not make a package one that
// may have callbacks, nor those that import it.
func TestDirectives(t *testing.T) {
	for src, want := range map[string][2]bool{
		"package p\n":                                       {false, false},
		"package p //loopvet:ignore reason\n":               {false, true},
		"package p //nolint:loopvet // reason\n":            {false, true},
		"//loopvet:loop fn\npackage p\n":                    {true, false},
		"//loopvet:loop fn\npackage p //loopvet:ignore r\n": {true, true},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(src), 0o666); err != nil {
			t.Fatal(err)
		}
		p := &pkg{Dir: dir, GoFiles: []string{"p.go"}}
		if got := [2]bool{p.hasDirective(), p.silences()}; got != want {
			t.Errorf("%q: declares and silences %v, want %v", src, got, want)
		}
	}
}
