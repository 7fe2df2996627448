package looptty_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The linter sees what is a callback by the directives alone.
func TestLoopvetFindsWhatBlocksInEachCallbackAndNothingElse(t *testing.T) {
	if os.Getenv("LOOPVET_FULL") == "" {
		t.Skip("builds loopvet; set LOOPVET_FULL=1")
	}
	const file = "testdata/stalled/stalled.go"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, line := range strings.Split(string(text), "\n") {
		if _, kind, ok := strings.Cut(line, "// want "); ok {
			want = append(want, fmt.Sprintf("%s:%d (%s)", file, i+1, kind))
		}
	}
	cmd := exec.Command("go", "run", "-C", "../..", "./cmd/loopvet", "-C", "runtime/looptty", "./testdata/stalled", ".")
	out, _ := cmd.Output() // status 1 says that there are findings
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^(\S+:\d+):\d+: .*? \((\w+)\):`).FindAllStringSubmatch(string(out), -1) {
		got = append(got, fmt.Sprintf("%s (%s)", m[1], m[2]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("found are\n%s\nwant\n%s\nloopvet says\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), out)
	}
}
