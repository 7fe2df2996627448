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
			if _, e := os.Stat(name); e != nil {
				t.Error(e)
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
