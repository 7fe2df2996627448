package loop_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheTestsThatTheDocumentationNamesExist(t *testing.T) {
	page, err := os.ReadFile("../../docs/runtime.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(text)
	}
	rows := regexp.MustCompile(`(?m)^\| (\d+) \| .* \| (.*) \|$`).FindAllStringSubmatch(string(page), -1)
	if len(rows) != 53 {
		t.Errorf("%d behaviours, want 1 to 50 and 58 to 60", len(rows))
	}
	for _, row := range rows {
		for _, name := range regexp.MustCompile(`Test\w+`).FindAllString(row[2], -1) {
			if !strings.Contains(tests.String(), "func "+name+"(") {
				t.Errorf("behaviour %s: there is no %s", row[1], name)
			}
		}
	}
}

func TestThePhasesHaveTheSameNumbersInTheCodeAndOnThePage(t *testing.T) {
	phases := func(name, pattern string) (list []string) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			list = append(list, m[1])
		}
		return list
	}
	code := phases("run.go", `(?m)// (\d\. \w+).*$`)
	page := phases("../../docs/runtime.md", `(?m)^\| (\d\. \w+) \|`)
	if len(code) != 9 || !slices.Equal(code, page) {
		t.Errorf("the code has\n\t%q\nand the page\n\t%q", code, page)
	}
}

func TestTheRuntimeImportsTheStandardLibraryOnly(t *testing.T) {
	for _, dir := range []string{"loop", "pool", "looptest", "loopnet", "loophttp", "loopfs", "loopio", "loopdns", "loopexec"} {
		files, err := filepath.Glob("../" + dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, name := range files {
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
			if err != nil {
				t.Error(err)
				continue
			}
			for _, imp := range f.Imports {
				path := strings.Trim(imp.Path.Value, `"`)
				if path == "expvar" && !strings.HasSuffix(name, "_test.go") {
					t.Errorf("%s imports expvar, which serves HTTP once it is imported", name)
				}
				first, _, _ := strings.Cut(path, "/")
				if strings.Contains(first, ".") && !strings.HasPrefix(path, "github.com/loopvet/loopvet/runtime/") {
					t.Errorf("%s imports %s", name, path)
				}
			}
		}
	}
}
