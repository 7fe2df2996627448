package loop_test

import (
	"os"
	"path/filepath"
	"regexp"
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
