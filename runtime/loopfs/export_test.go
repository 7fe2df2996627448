package loopfs

import (
	"errors"
	"io/fs"
)

// Reads returns how many bytes s has read ahead.
func Reads(s *ReadStream) int { return s.buffered }

// Closed reports whether the file of f is closed.
func Closed(f *File) bool {
	_, err := f.h.f.Stat()
	return errors.Is(err, fs.ErrClosed)
}

// CloseBehind closes the file of f without f knowing.
func CloseBehind(f *File) { f.h.f.Close() }
