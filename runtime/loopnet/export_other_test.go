//go:build !linux

package loopnet

// Watches and Open are about what only Linux has.
func (epoll) Watches() int { return 0 }
func (epoll) Open() bool   { return false }
