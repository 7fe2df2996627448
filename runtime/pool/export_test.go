package pool

// Identified returns how many workers are known by their goroutine.
func (p *Pool) Identified() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ids)
}
