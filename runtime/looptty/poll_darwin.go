package looptty

import "golang.org/x/sys/unix"

// maxDescriptor is more than the descriptors that can be waited for: select(2), since
// poll(2) of macOS does not know terminals.
const maxDescriptor = unix.FD_SETSIZE

// isReadable reports whether a read has something to say, data or an error.
func isReadable(fd int) bool {
	ready, _ := wait(fd, fd, false, new(unix.Timeval))
	return ready
}

// hungUp reports whether the other side of a terminal is gone, as far as it can be told.
func hungUp(int) bool { return false }

// awaitReady waits until a terminal can be read or written, or says why not. It reports
// false if the end of the pipe that wake is has come.
func awaitReady(fd, wake int, write bool) bool {
	_, woken := wait(fd, wake, write, nil)
	return !woken
}

// wait waits for fd and wake. If select(2) fails, fd is ready, so that the read or write
// says why.
func wait(fd, wake int, write bool, timeout *unix.Timeval) (ready, woken bool) {
	if max(fd, wake) >= maxDescriptor {
		return true, false
	}
	for {
		var r, w unix.FdSet
		set := &r
		if write {
			set = &w
		}
		set.Set(fd)
		r.Set(wake)
		_, err := unix.Select(max(fd, wake)+1, &r, &w, nil, timeout)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return true, false
		default:
			return set.IsSet(fd), wake != fd && r.IsSet(wake)
		}
	}
}
