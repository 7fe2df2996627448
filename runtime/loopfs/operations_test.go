package loopfs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
)

func TestEachOperationDoesToTheDiskWhatItsNameSays(t *testing.T) {
	l, ctx, dir := loop.New(), t.Context(), t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	when := time.Unix(1e9, 0)
	var steps []func(func(error))
	do := func(op func(func(error))) { steps = append(steps, op) }
	do(func(next func(error)) { loopfs.MkdirAll(ctx, l, in("d/e"), 0o700, next) })
	do(func(next func(error)) { loopfs.Remove(ctx, l, in("d/e"), next) })
	do(func(next func(error)) { loopfs.Mkdir(ctx, l, in("d/f"), 0o700, next) })
	do(func(next func(error)) {
		loopfs.CreateTemp(ctx, l, in("d/f"), "y*", func(f *loopfs.File, err error) {
			if err != nil {
				next(err)
				return
			}
			if i, e := os.Stat(f.Name()); e != nil || !i.Mode().IsRegular() || filepath.Dir(f.Name()) != in("d/f") {
				t.Errorf("CreateTemp made %s: %v", f.Name(), e)
			}
			f.Close(ctx, next)
		})
	})
	do(func(next func(error)) { loopfs.RemoveAll(ctx, l, in("d/f"), next) })
	do(func(next func(error)) {
		loopfs.ReadDir(ctx, l, in("d"), func(list []fs.DirEntry, err error) {
			if len(list) != 0 {
				t.Errorf("what was removed is there: %v", list)
			}
			next(err)
		})
	})
	do(func(next func(error)) { loopfs.WriteFile(ctx, l, in("a"), []byte("hello"), 0o600, next) })
	do(func(next func(error)) { loopfs.Truncate(ctx, l, in("a"), 4, next) })
	do(func(next func(error)) { loopfs.Rename(ctx, l, in("a"), in("b"), next) })
	do(func(next func(error)) { loopfs.Symlink(ctx, l, "b", in("s"), next) })
	do(func(next func(error)) { loopfs.Link(ctx, l, in("b"), in("h"), next) })
	do(func(next func(error)) { loopfs.Chmod(ctx, l, in("b"), 0o640, next) })
	do(func(next func(error)) { loopfs.Chown(ctx, l, in("b"), -1, -1, next) })
	do(func(next func(error)) { loopfs.Lchown(ctx, l, in("s"), -1, -1, next) })
	do(func(next func(error)) { loopfs.Chtimes(ctx, l, in("b"), when, when, next) })
	do(func(next func(error)) { loopfs.Access(ctx, l, in("b"), loopfs.CanRead, next) })
	do(func(next func(error)) {
		loopfs.Access(ctx, l, in("none"), 0, func(err error) {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Access: %v", err)
			}
			next(nil)
		})
	})
	do(func(next func(error)) {
		loopfs.Stat(ctx, l, in("s"), func(i fs.FileInfo, err error) {
			if err == nil && (i.Size() != 4 || i.Mode() != 0o640 || !i.ModTime().Equal(when)) {
				t.Errorf("Stat: %v", fs.FormatFileInfo(i))
			}
			next(err)
		})
	})
	do(func(next func(error)) {
		loopfs.Lstat(ctx, l, in("s"), func(i fs.FileInfo, err error) {
			if err == nil && i.Mode()&fs.ModeSymlink == 0 {
				t.Errorf("Lstat: %v", i.Mode())
			}
			next(err)
		})
	})
	equal := func(op, want string, next func(error)) func(string, error) {
		return func(got string, err error) {
			if got != want {
				t.Errorf("%s: %q, want %q", op, got, want)
			}
			next(err)
		}
	}
	do(func(next func(error)) { loopfs.Readlink(ctx, l, in("s"), equal("Readlink", "b", next)) })
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	do(func(next func(error)) {
		loopfs.RealPath(ctx, l, in("s"), equal("RealPath", filepath.Join(real, "b"), next))
	})
	do(func(next func(error)) {
		loopfs.ReadDir(ctx, l, dir, func(list []fs.DirEntry, err error) {
			if len(list) != 4 {
				t.Errorf("ReadDir: %v", list)
			}
			next(err)
		})
	})
	do(func(next func(error)) {
		loopfs.MkdirTemp(ctx, l, dir, "x*", func(name string, err error) {
			if i, e := os.Stat(name); e != nil || !i.IsDir() || filepath.Dir(name) != dir {
				t.Errorf("MkdirTemp made %s: %v", name, e)
			}
			next(err)
		})
	})
	do(func(next func(error)) {
		loopfs.StatFS(ctx, l, dir, func(i loopfs.FSInfo, err error) {
			if i.BlockSize == 0 || i.Blocks < i.Free {
				t.Errorf("StatFS: %+v", i)
			}
			next(err)
		})
	})
	do(func(next func(error)) {
		loopfs.ReadFile(ctx, l, in("h"), func(data []byte, err error) {
			if string(data) != "hell" {
				t.Errorf("ReadFile: %q", data)
			}
			next(err)
		})
	})
	done := 0
	var next func(error)
	next = func(err error) {
		if err != nil {
			t.Errorf("step %d: %v", done, err)
		}
		if done++; done < len(steps) {
			steps[done](next)
		}
	}
	steps[0](next)
	run(t, l)
	if done != len(steps) {
		t.Errorf("%d of %d steps", done, len(steps))
	}
}

func TestEachOperationOfAFileDoesWhatItsNameSays(t *testing.T) {
	l, ctx := loop.New(), t.Context()
	name := filepath.Join(t.TempDir(), "f")
	told := 0
	onFile(t, l, name, os.O_RDWR|os.O_CREATE, func(f *loopfs.File) {
		if f.Name() != name {
			t.Errorf("Name: %s", f.Name())
		}
		buf := make([]byte, 1)
		var steps []func()
		next := func(err error) {
			if told++; err != nil {
				t.Errorf("step %d: %v", told, err)
			}
			if told < len(steps) {
				steps[told]()
			}
		}
		count := func(want int) func(int, error) {
			return func(n int, err error) {
				if n != want {
					t.Errorf("step %d: %d bytes, want %d", told+1, n, want)
				}
				next(err)
			}
		}
		steps = []func(){
			func() { f.Write(ctx, []byte("0123456789"), count(10)) },
			func() { f.WriteAt(ctx, []byte("ab"), 3, count(2)) },
			func() { f.WriteAt(ctx, []byte("!?"), 10, count(2)) },
			func() { f.Read(ctx, buf, count(1)) }, // where Write has ended
			func() { f.Truncate(ctx, 10, next) },
			func() { f.Chmod(ctx, 0o640, next) },
			func() { f.Chown(ctx, -1, -1, next) },
			func() { f.Sync(ctx, next) },
			func() {
				f.Stat(ctx, func(i fs.FileInfo, err error) {
					if err == nil && (i.Size() != 10 || i.Mode() != 0o640) {
						t.Errorf("Stat: %v", fs.FormatFileInfo(i))
					}
					next(err)
				})
			},
			func() { f.Close(ctx, next) },
		}
		steps[0]()
		t.Cleanup(func() {
			if told != len(steps) || buf[0] != '!' {
				t.Errorf("%d of %d steps, read %q", told, len(steps), buf)
			}
		})
	})
	run(t, l)
	if data, _ := os.ReadFile(name); string(data) != "012ab56789" {
		t.Errorf("the file has %q", data)
	}
}
