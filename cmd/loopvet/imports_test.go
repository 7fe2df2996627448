package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The rooms of the house, in the order in which imports may point: to the left.
var rooms = []string{
	"internal/contract", "internal/directive", "internal/effect", "internal/callback",
	"internal/fix", "internal/patch", "internal/report", "internal/baseline", "internal/format", "internal/lsp", "analyzers/blockingcall", "internal/driver", "cmd/loopvet",
}

// Imports run one way, from contracts to findings to drivers, and the runtime
// knows nothing of the linter.
func TestImportsRunOneWay(t *testing.T) {
	const module = "github.com/loopvet/loopvet/"
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"cmd/...", module+"internal/...", module+"analyzers/...", module+"runtime/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from := strings.TrimPrefix(fields[0], module)
		for _, path := range fields[1:] {
			to, own := strings.CutPrefix(path, module)
			if !own {
				continue
			}
			if strings.HasPrefix(from, "runtime/") != strings.HasPrefix(to, "runtime/") {
				t.Errorf("%s imports %s", from, to)
				continue
			}
			i, j := slices.Index(rooms, from), slices.Index(rooms, to)
			if i >= 0 && j >= 0 {
				seen++
				if j >= i {
					t.Errorf("%s imports %s, which comes after it", from, to)
				}
			}
		}
	}
	if seen < len(rooms) {
		t.Errorf("looked at %d imports only", seen)
	}
}
