package loop

// Arrived reports whether something waits for the next poll phase.
func (l *Loop) Arrived() bool { return l.inbox.queued.Load() > 0 }
