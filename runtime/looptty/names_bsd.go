//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package looptty

import (
	"iter"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// device returns the number of a terminal.
func device(fd int) uint64 {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return 0
	}
	return uint64(st.Rdev)
}

// names visits the names by which a terminal may be opened once more: the terminals of
// that number in /dev, which lies in memory. The controlling side of a pseudo-terminal has
// another name: to open that makes another one, or fails.
func names(fd int) iter.Seq[string] {
	return func(yield func(string) bool) {
		dev := device(fd)
		for _, dir := range []string{"/dev", "/dev/pts"} {
			list, _ := os.ReadDir(dir) // it need not be there
			for _, entry := range list {
				name := filepath.Join(dir, entry.Name())
				if dir == "/dev" && !strings.HasPrefix(entry.Name(), "tty") {
					continue
				}
				var st unix.Stat_t
				if unix.Stat(name, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFCHR && uint64(st.Rdev) == dev && !yield(name) {
					return
				}
			}
		}
	}
}
