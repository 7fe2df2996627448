package loopnet

import (
	"net"
	"syscall"
	"unsafe"
)

// pollFD is struct pollfd of ppoll(2).
type pollFD struct {
	fd      int32
	events  int16
	revents int16
}

// pollIn is POLLIN.
const pollIn = 1

// somebodyThere reports whether ln has a connection to accept, without
// accepting it.
func somebodyThere(ln net.Listener) bool {
	sc, ok := ln.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return true
	}
	there := true
	err = raw.Control(func(fd uintptr) {
		p := pollFD{fd: int32(fd), events: pollIn}
		var now syscall.Timespec
		n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
		there = errno != 0 || n > 0
	})
	return there || err != nil
}
