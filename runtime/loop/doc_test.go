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

func TestTheNamesOnThePageExist(t *testing.T) {
	page, err := os.ReadFile("../../docs/runtime.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## libuv's and Node's names\n")
	section, _, _ = strings.Cut(section, "\n## ")
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			source.Write(text)
		}
	}
	names := 0
	for _, row := range regexp.MustCompile(`(?m)^\|.*\|.*\| (.*) \|$`).FindAllStringSubmatch(section, -1) {
		for _, name := range regexp.MustCompile(`\b[A-Z]\w+(\.\w+)?`).FindAllString(row[1], -1) {
			names++
			pattern := `func (\(.*\) )?` + name + `[\[(]`
			if typ, method, ok := strings.Cut(name, "."); ok {
				pattern = `func \(\w* ?\*?` + typ + `\) ` + method + `\(`
			}
			if !regexp.MustCompile(pattern).MatchString(source.String()) {
				t.Errorf("there is no %s", name)
			}
		}
	}
	if names < 40 {
		t.Errorf("%d names only", names)
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
