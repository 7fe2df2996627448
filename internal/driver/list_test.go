package driver

import (
	"reflect"
	"testing"
)

func TestGoNotes(t *testing.T) {
	got := goNotes("go: downloading example.com/a v1.0.0\ngo: warning: \"./...\" matched no packages\n\npattern x: nothing\n")
	want := []string{`warning: "./..." matched no packages`, "pattern x: nothing"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		name, pos, err string
		want           []Problem
	}{
		{"compiler", "", "# example.com/p\n./p/a.go:3:2: undefined: x\np/a.go:7: too many errors\n\tmore\n", []Problem{
			{"/m/p/a.go", 3, 2, "undefined: x"},
			{"/m/p/a.go", 7, 0, "too many errors"},
		}},
		{"import", "p/a.go:3:8", "no required module provides package example.org/q; to add it:\n\tgo get example.org/q", []Problem{
			{"/m/p/a.go", 3, 8, "no required module provides package example.org/q"},
		}},
		{"no place", "", "cannot load it", []Problem{{"", 0, 0, "example.com/p: cannot load it"}}},
		{"no place, named", "", "package example.com/p is odd", []Problem{{"", 0, 0, "package example.com/p is odd"}}},
	} {
		p := &pkg{path: "example.com/p", Error: &listError{Pos: tt.pos, Err: tt.err}}
		if got := p.problems("/m"); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
