package looptest

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// Main runs the tests of a package and fails if they have left a goroutine of a
// loop or of a pool behind. In a bubble such a goroutine is an error already; this
// is for the tests outside.
//
//	func TestMain(m *testing.M) { looptest.Main(m) }
func Main(m *testing.M) {
	code := m.Run()
	if left := leftBehind(); left != nil && code == 0 {
		fmt.Fprintf(os.Stderr, "looptest: the tests left a goroutine behind:\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// leftBehind returns the stack of a goroutine that is in a loop or a pool or was
// started there, nil if there is none once those that are about to end had their
// turn.
func leftBehind() []byte {
	const turns = 1000
	buf := make([]byte, 1<<20)
	var left []byte
	for range turns {
		left = nil
		for stack := range bytes.SplitSeq(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
			if ours(string(stack)) {
				left = bytes.Clone(stack)
			}
		}
		if left == nil {
			break
		}
		runtime.Gosched()
	}
	return left
}

// ours reports whether a stack has a function of runtime/loop or runtime/pool in
// it, or of a package that builds on them.
func ours(stack string) bool {
	const runtimePath = "github.com/loopvet/loopvet/runtime/"
	for line := range strings.Lines(stack) {
		name, ok := strings.CutPrefix(strings.TrimPrefix(line, "created by "), runtimePath)
		name, _, _ = strings.Cut(name, ".")
		if ok && name != "looptest" && !strings.HasSuffix(name, "_test") {
			return true
		}
	}
	return false
}
