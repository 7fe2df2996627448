package loopfs_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/pool"
)

func run(t *testing.T, l *loop.Loop) {
	t.Helper()
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAFileIsWrittenReadAndClosedInAChain(t *testing.T) {
	l, ctx := loop.New(), t.Context()
	name := filepath.Join(t.TempDir(), "a")
	var got string
	loopfs.Open(ctx, l, name, os.O_RDWR|os.O_CREATE, 0o600, func(f *loopfs.File, err error) {
		if err != nil {
			t.Error(err)
			return
		}
		f.Write(ctx, []byte("hello"), func(n int, err error) {
			buf := make([]byte, 4)
			f.ReadAt(ctx, buf, 1, func(n int, err error) {
				got = string(buf[:n])
				f.Close(ctx, func(err error) {
					if err != nil {
						t.Error(err)
					}
					f.Stat(ctx, func(_ fs.FileInfo, err error) {
						if !errors.Is(err, fs.ErrClosed) {
							t.Errorf("Stat after Close: %v", err)
						}
					})
				})
			})
		})
	})
	run(t, l)
	if got != "ello" {
		t.Errorf("read %q", got)
	}
}

func TestCopyFileReplacesTheTargetAndLeavesTheSameFileAlone(t *testing.T) {
	l, ctx := loop.New(), t.Context()
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	os.WriteFile(a, []byte("one"), 0o600)
	os.WriteFile(b, []byte("longer"), 0o600)
	loopfs.CopyFile(ctx, l, a, a, false, func(err error) {
		loopfs.CopyFile(ctx, l, a, b, true, func(err error) {
			if !errors.Is(err, fs.ErrExist) {
				t.Errorf("exclusive: %v", err)
			}
			loopfs.CopyFile(ctx, l, a, b, false, func(err error) {})
		})
	})
	run(t, l)
	for _, name := range []string{a, b} {
		if data, _ := os.ReadFile(name); string(data) != "one" {
			t.Errorf("%s has %q", name, data)
		}
	}
}

func TestARequestCancelledAtAnyMomentIsAnsweredOnceAndDoesNothingIfItWasQueued(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		p := pool.New(1 + rnd.IntN(3))
		l, dir := loop.New(loop.WithPool(p)), t.TempDir()
		const n = 20
		var answers [n]int
		var errs [n]error
		var withdrawn [n]bool
		var reqs [n]*loop.Request
		name := func(i int) string { return filepath.Join(dir, string(rune('a'+i))) }
		for i := range n {
			reqs[i] = loopfs.Mkdir(t.Context(), l, name(i), 0o700, func(err error) {
				answers[i]++
				errs[i] = err
				j := rnd.IntN(n)
				withdrawn[j] = reqs[j].Cancel() == nil || withdrawn[j]
			})
			if j := rnd.IntN(n); j <= i {
				withdrawn[j] = reqs[j].Cancel() == nil || withdrawn[j]
			}
		}
		run(t, l)
		p.Close(context.Background())
		for i := range n {
			_, err := os.Stat(name(i))
			if answers[i] != 1 || withdrawn[i] != errors.Is(errs[i], loop.ErrCanceled) || withdrawn[i] != (err != nil) {
				t.Fatalf("seed %d, %d: %d answers, withdrawn %v, %v, stat %v", seed, i, answers[i], withdrawn[i], errs[i], err)
			}
		}
	}
}
