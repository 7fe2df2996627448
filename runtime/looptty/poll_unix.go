//go:build dragonfly || freebsd || linux || netbsd || openbsd

package looptty

import (
	"math"

	"golang.org/x/sys/unix"
)

// maxDescriptor is more than the descriptors that can be waited for.
const maxDescriptor = math.MaxInt32

// isReadable reports whether a read has something to say, data or an error.
func isReadable(fd int) bool { return poll(fd, -1, unix.POLLIN, 0) != 0 }

// hungUp reports whether the other side of a terminal is gone.
func hungUp(fd int) bool { return poll(fd, -1, 0, 0)&unix.POLLHUP != 0 }

// awaitReady waits until a terminal can be read or written, or says why not. It reports
// false if the end of the pipe that wake is has come.
func awaitReady(fd, wake int, write bool) bool {
	events := int16(unix.POLLIN)
	if write {
		events = unix.POLLOUT
	}
	return poll(fd, wake, events, -1)&woken == 0
}

// woken is the result of poll if wake has come. No event has that bit.
const woken = 1 << 20

// poll waits for some events of fd, and for wake if it is no negative number. If poll(2)
// fails, all of them have come, so that the read or write says why.
func poll(fd, wake int, events int16, timeout int) int {
	for {
		fds := []unix.PollFd{{Fd: int32(fd), Events: events}, {Fd: int32(wake), Events: unix.POLLIN}}
		_, err := unix.Poll(fds, timeout)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return int(events)
		case fds[1].Revents != 0:
			return woken
		default:
			return int(fds[0].Revents)
		}
	}
}
