package driver

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The help fits a screen, and names every flag but those for work on loopvet
// itself. So does the manual.
func TestUsage(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(usage, "\n"), "\n")
	if len(lines) > 24 {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	f, err := parser.ParseFile(token.NewFileSet(), "flags.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	manual, err := parser.ParseFile(token.NewFileSet(), "../../cmd/loopvet/doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "fs" {
			return true
		}
		for _, arg := range call.Args[:2] {
			lit, ok := arg.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				continue
			}
			name, _ := strconv.Unquote(lit.Value)
			if name == "" || strings.HasSuffix(name, "profile") {
				break
			}
			n++
			re := regexp.MustCompile(`(?m)(^|[ \t[])-` + name + `\b`)
			if !re.MatchString(usage) {
				t.Errorf("the help says nothing of -%s", name)
			}
			if !re.MatchString(manual.Doc.Text()) {
				t.Errorf("the manual says nothing of -%s", name)
			}
			break
		}
		return true
	})
	if n < 15 {
		t.Errorf("%d flags only", n)
	}
}
