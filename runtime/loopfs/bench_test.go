package loopfs_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/loopio"
)

// A small file, one request at a time: on a goroutine that waits, and on a loop.
func BenchmarkReadFile(b *testing.B) {
	name := filepath.Join(b.TempDir(), "f")
	if err := os.WriteFile(name, pattern(1000), 0o600); err != nil {
		b.Fatal(err)
	}
	b.Run("os", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := os.ReadFile(name); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("loop", func(b *testing.B) {
		b.ReportAllocs()
		l := loop.New()
		var next func([]byte, error)
		next = func(_ []byte, err error) {
			if err != nil {
				b.Error(err)
			}
			if b.Loop() {
				loopfs.ReadFile(context.Background(), l, name, next)
			}
		}
		next(nil, nil)
		l.Run(context.Background())
	})
}

// A copy of 64 MiB: by io.Copy through 64 KiB, and by a pipe between streams.
func BenchmarkCopy(b *testing.B) {
	const size = 64 << 20
	from, to := filepath.Join(b.TempDir(), "from"), filepath.Join(b.TempDir(), "to")
	if err := os.WriteFile(from, make([]byte, size), 0o600); err != nil {
		b.Fatal(err)
	}
	b.Run("io", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			r, err := os.Open(from)
			if err != nil {
				b.Fatal(err)
			}
			w, err := os.Create(to)
			if err != nil {
				b.Fatal(err)
			}
			// Without copy_file_range, which would copy nothing.
			if _, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, 64<<10)); err != nil {
				b.Fatal(err)
			}
			r.Close()
			w.Close()
		}
	})
	b.Run("loop", func(b *testing.B) {
		b.SetBytes(size)
		l, ctx := loop.New(), context.Background()
		for b.Loop() {
			r := loopfs.OpenReadStream(ctx, l, from)
			w := loopfs.OpenWriteStream(ctx, l, to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
			loopio.Pipe(w, r, func(_ int64, err error) {
				if err != nil {
					b.Error(err)
				}
				w.End(nil)
			})
			l.Run(ctx)
		}
	})
}
