package report

import "fmt"

// Notes returns what there is to say of a finding beside its path.
func (f *Finding) Notes() []string {
	var out []string
	noun := "callback"
	if f.Says != 0 {
		noun = "task"
	}
	if f.Others > 0 {
		out = append(out, count(f.Others, "more "+noun)+" "+verb(f.Others, "reaches", "reach")+" this line")
	}
	if n := len(f.Also); n > 0 {
		out = append(out, count(n, "further way")+" "+verb(n, "leads", "lead")+" here")
	}
	if f.Workers > 0 {
		out = append(out, fmt.Sprintf("%d of %s", min(f.Started, f.Workers), count(f.Workers, "worker")))
	}
	if f.Assumed != "" {
		out = append(out, f.Assumed)
	}
	return out
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// HolderTitle says what the path of the lock's holder is.
func (f *Finding) HolderTitle() string {
	if f.Says != 0 {
		return "meanwhile the lock is taken"
	}
	return "meanwhile the lock is held"
}

// MustTitle says what the second path of a finding about a pool is.
func (f *Finding) MustTitle() string {
	switch f.Says {
	case OtherPool:
		return "the task of the other pool waits"
	case Written:
		return "the callback writes it"
	}
	return "the task that must run is submitted"
}

// count returns "1 worker" or "2 workers".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
