package loopnet

import "fmt"

// Watches returns how many descriptors e waits for.
func (e *epoll) Watches() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.watches) - len(e.free)
}

// Open reports whether e has its descriptor.
func (e *epoll) Open() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.file != nil
}

// FD returns the name of the descriptor under /proc.
func (e *epoll) FD() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return fmt.Sprintf("/proc/self/fd/%d", e.fd)
}
