package looptty

import (
	"fmt"
	"iter"

	"golang.org/x/sys/unix"
)

// device returns the number of a terminal, by whatever name it was opened.
func device(fd int) uint64 {
	dev, err := unix.IoctlGetUint32(fd, unix.TIOCGDEV)
	if err == nil {
		return uint64(dev)
	}
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return 0
	}
	return uint64(st.Rdev) // /dev/tty has its own
}

// names visits the names by which a terminal may be opened once more. Of the controlling
// side of a pseudo-terminal the first makes another one, which is another device.
func names(fd int) iter.Seq[string] {
	return func(yield func(string) bool) {
		// The second is for a terminal of another user, after su.
		_ = yield(fmt.Sprintf("/proc/self/fd/%d", fd)) && yield("/dev/tty")
	}
}
