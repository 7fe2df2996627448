package lsp

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const isWindows = runtime.GOOS == "windows"

// pathOf returns the file that a URI names. It reports false for URIs that name
// no file.
func pathOf(uri string) (string, bool) {
	name, ok := uriPath(uri, isWindows)
	return filepath.Clean(filepath.FromSlash(name)), ok
}

// uriOf returns the URI of an absolute file name.
func uriOf(name string) string { return pathURI(filepath.ToSlash(name), isWindows) }

// uriPath is pathOf for a system, with slashes between the elements.
func uriPath(uri string, windows bool) (string, bool) {
	u, err := url.Parse(uri)
	if err != nil || !strings.EqualFold(u.Scheme, "file") || strings.ContainsRune(u.Path, 0) {
		return "", false
	}
	name := u.Path
	if !windows {
		// A host is this one: "localhost", or left out.
		return name, strings.HasPrefix(name, "/")
	}
	switch {
	case u.Host != "" && u.Host != "localhost":
		return "//" + u.Host + name, strings.HasPrefix(name, "/")
	case len(name) > 2 && name[0] == '/' && isDrive(name[1:]):
		return strings.ToUpper(name[1:2]) + name[2:], true
	}
	return "", false
}

// pathURI is uriOf for a system, of a name with slashes.
func pathURI(name string, windows bool) string {
	u := url.URL{Scheme: "file", Path: name}
	switch {
	case windows && isDrive(name):
		u.Path = "/" + strings.ToUpper(name[:1]) + name[1:]
	case windows && strings.HasPrefix(name, "//"):
		u.Host, u.Path, _ = strings.Cut(name[2:], "/")
		u.Path = "/" + u.Path
	}
	return u.String()
}

// isDrive reports whether a name begins with a drive of Windows.
func isDrive(name string) bool {
	return len(name) >= 2 && name[1] == ':' && ('a' <= name[0] && name[0] <= 'z' || 'A' <= name[0] && name[0] <= 'Z')
}

// canonical returns the name under which the analysis knows a file: with its
// links resolved, also where the file itself does not exist.
func canonical(name string) string {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		return real
	}
	if dir := filepath.Dir(name); dir != name {
		return filepath.Join(canonical(dir), filepath.Base(name))
	}
	return name
}

// below reports whether name is dir or lies below it.
func below(name, dir string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(os.PathSeparator))
}
