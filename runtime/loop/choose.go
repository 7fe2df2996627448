package loop

// WithChoices is for tests, and runtime/looptest is the way to use it: wherever
// the contract leaves an order free, the loop asks choose for a number from 0 up
// to but not including n, and goes by that. It chooses
//
//   - how many of the events that have arrived a poll delivers, at least one,
//   - which of them comes next, posts among themselves in their order,
//   - whether what is due when Run begins comes before the first turn or after it.
func WithChoices(choose func(n int) int) Option {
	if choose == nil {
		panic("loop: WithChoices: nil function")
	}
	return func(l *Loop) { l.choose = choose }
}

// shuffle brings the events of a batch into a chosen order, and returns how many
// of them are to be delivered now.
func (l *Loop) shuffle(batch []event) int {
	for i := range batch {
		// The free ones are all but the posts behind another post.
		var free []int
		posts := false
		for j := i; j < len(batch); j++ {
			if post := isPost(batch[j]); !post || !posts {
				free = append(free, j)
				posts = posts || post
			}
		}
		j := free[l.choose(len(free))]
		ev := batch[j]
		copy(batch[i+1:j+1], batch[i:j])
		batch[i] = ev
	}
	if len(batch) == 0 {
		return 0
	}
	return 1 + l.choose(len(batch))
}
