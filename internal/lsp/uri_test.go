package lsp

import (
	"os"
	"path/filepath"
	"testing"
)

func TestURI(t *testing.T) {
	for _, test := range []struct {
		windows    bool
		uri, name  string
		ok         bool
		normalized string // what pathURI makes of the name; uri where empty
	}{
		{false, "file:///home/a/b.go", "/home/a/b.go", true, ""},
		{false, "file:///home/a%20b/%C3%A9%23%25%3F.go", "/home/a b/é#%?.go", true, ""},
		{false, "file://localhost/a.go", "/a.go", true, "file:///a.go"},
		{false, "FILE:///a.go", "/a.go", true, "file:///a.go"},
		{false, "file:///C:/a.go", "/C:/a.go", true, ""},
		{false, "file:a.go", "", false, ""},
		{false, "untitled:Untitled-1", "", false, ""},
		{false, "git:/a.go?x", "", false, ""},
		{false, "file:///a%zz", "", false, ""},
		{false, "file:///a%00b", "", false, ""},
		{false, "", "", false, ""},
		{true, "file:///c%3A/Users/a%20b.go", "C:/Users/a b.go", true, "file:///C:/Users/a%20b.go"},
		{true, "file:///C:/a.go", "C:/a.go", true, ""},
		{true, "file://server/share/a.go", "//server/share/a.go", true, ""},
		{true, "file:///a.go", "", false, ""},
	} {
		name, ok := uriPath(test.uri, test.windows)
		if ok != test.ok || ok && name != test.name {
			t.Errorf("uriPath(%q, %t) = %q, %t; want %q, %t", test.uri, test.windows, name, ok, test.name, test.ok)
			continue
		}
		want := test.normalized
		if want == "" {
			want = test.uri
		}
		if got := pathURI(name, test.windows); ok && got != want {
			t.Errorf("pathURI(%q, %t) = %q, want %q", name, test.windows, got, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	// The file need not exist.
	if got, want := canonical(filepath.Join(dir, "link", "sub", "a.go")), filepath.Join(dir, "real", "sub", "a.go"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBelow(t *testing.T) {
	at := filepath.FromSlash
	for _, test := range []struct {
		name, dir string
		want      bool
	}{
		{"/a/b", "/a", true}, {"/a", "/a", true}, {"/a/..b", "/a", true},
		{"/ab", "/a", false}, {"/", "/a", false}, {"", "/a", false},
	} {
		if got := below(at(test.name), at(test.dir)); got != test.want {
			t.Errorf("below(%q, %q) = %t", test.name, test.dir, got)
		}
	}
}
