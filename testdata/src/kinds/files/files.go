// Package files opens, walks and serves files on the loop. // want package:"effects"
package files

import (
	"archive/zip"
	"bytes"
	"embed"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing/fstest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func whole(l *loop.Loop) {
	l.SetTimeout(time.Second, func() {
		os.ReadDir(".") // want `os.ReadDir blocks the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		_ = filepath.Join(os.TempDir(), "x") // ok: computes a name
	})
	l.SetTimeout(time.Second, func() {
		os.MkdirTemp("", "x") // want `os.MkdirTemp blocks the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		os.LookupEnv("TMPDIR") // ok: in memory
	})
	l.SetTimeout(time.Second, func() {
		filepath.Glob("*.go") // want `filepath.Glob blocks the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		filepath.Match("*.go", "x.go") // ok: compares names
	})
	l.SetTimeout(time.Second, func() {
		filepath.EvalSymlinks("x") // want `filepath.EvalSymlinks blocks the event loop \(file-meta\)`
	})
	l.SetTimeout(time.Second, func() {
		_ = filepath.Clean("x") // ok: computes a name
	})
	l.SetTimeout(time.Second, func() {
		filepath.Abs("x") // want `filepath.Abs may block the event loop \(file-meta\)`
	})
	l.SetTimeout(time.Second, func() {
		filepath.Rel("a", "b") // ok: computes a name
	})
}

func handle(l *loop.Loop, f *os.File, root *os.Root) {
	l.SetTimeout(time.Second, func() {
		f.Sync() // want `\(\*os.File\).Sync blocks the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		f.Close() // ok: closing does not wait for the disk
	})
	l.SetTimeout(time.Second, func() {
		f.Stat() // want `\(\*os.File\).Stat blocks the event loop \(file-meta\)`
	})
	l.SetTimeout(time.Second, func() {
		f.Seek(0, io.SeekStart) // ok: it moves an offset
	})
	l.SetTimeout(time.Second, func() {
		root.Create("x") // want `\(\*os.Root\).Create blocks the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		root.Name() // ok: in memory
	})
}

//go:embed files.go
var embedded embed.FS

func systems(l *loop.Loop, unknown fs.FS) {
	l.SetTimeout(time.Second, func() {
		fs.ReadFile(os.DirFS("."), "x") // want `\(os.dirFS\).(Open|ReadFile) blocks the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		fs.ReadFile(embedded, "files.go") // ok: in the program
	})
	l.SetTimeout(time.Second, func() {
		unknown.Open("x") // want `\(fs.FS\).Open may block the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		embedded.Open("files.go") // ok: in the program
	})
	l.SetTimeout(time.Second, func() {
		fs.ReadDir(fstest.MapFS{}, ".") // ok: in memory
	})
}

func walked(l *loop.Loop) {
	l.SetTimeout(time.Second, func() {
		fs.WalkDir(embedded, ".", func(name string, d fs.DirEntry, err error) error {
			return os.Remove(name) // want `os.Remove blocks the event loop \(file\): .* -> fs.WalkDir -> `
		})
	})
	l.SetTimeout(time.Second, func() {
		fs.WalkDir(embedded, ".", func(name string, d fs.DirEntry, err error) error {
			return err // ok: in the program
		})
	})
	l.SetTimeout(time.Second, func() {
		filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error { // want `filepath.WalkDir blocks the event loop \(file\)`
			return os.Chmod(name, 0o600) // want `os.Chmod blocks the event loop \(file\): .* -> filepath.WalkDir -> `
		})
	})
	visit := func(name string, d fs.DirEntry, err error) error {
		return os.Chmod(name, 0o600) // ok: not on the loop
	}
	filepath.WalkDir(".", visit)
}

func archives(l *loop.Loop, b []byte) {
	l.SetTimeout(time.Second, func() {
		zip.OpenReader("x.zip") // want `zip.OpenReader blocks the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		zip.NewReader(bytes.NewReader(b), int64(len(b))) // ok: in memory
	})
	l.SetTimeout(time.Second, func() {
		template.ParseFiles("x.html") // want `template.ParseFiles blocks the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		template.New("x") // ok: empty
	})
	l.SetTimeout(time.Second, func() {
		time.LoadLocation("Europe/Berlin") // want `time.LoadLocation blocks the event loop \(file\)`
	})
	l.SetTimeout(time.Second, func() {
		_ = time.FixedZone("CET", 3600) // ok: in memory
	})
}
