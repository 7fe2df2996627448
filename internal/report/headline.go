package report

// Headline returns how the message begins: what is wrong, without how the
// callback gets there, as in "os.ReadFile blocks the event loop (file)".
func (f *Finding) Headline() string {
	if f.Text != "" {
		return f.Text
	}
	return ShortCallee(f.Path[len(f.Path)-1].Callee, f.Callback.Pkg) + " " + f.predicate() + " (" + f.Category + ")"
}

func (f *Finding) predicate() string {
	switch {
	case f.Says != 0:
		return f.poolPredicate()
	case f.Category == Reentry && f.May:
		return "may wait for the loop it runs on: deadlock"
	case f.Category == Reentry:
		return "waits for the loop it runs on: deadlock"
	case f.May:
		return "may block the event loop"
	}
	return "blocks the event loop"
}

// Advice returns how the message ends: what a person would do, or "".
func (f *Finding) Advice() string {
	switch {
	case f.Text != "" || f.Category == Reentry && f.Says == 0:
		return ""
	case f.Says != 0:
		return advice[f.Says]
	case f.Loop != nil:
		return f.Loop.Offload
	}
	return ""
}

// LoopName returns the name of the loop that the callback runs on, or "".
func (f *Finding) LoopName() string { return loopName(f.Loop) }
