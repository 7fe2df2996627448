package driver

import (
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
