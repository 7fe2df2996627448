//go:build unix

package main

import "syscall"

// openFiles returns how many files this process may have open. Go raises that to
// what the system allows when a program starts.
func openFiles() uint64 {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return uint64(l.Cur)
}
