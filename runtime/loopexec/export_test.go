package loopexec

// Ended reports whether the goroutine of p is about to end.
func Ended(p *Process) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}
