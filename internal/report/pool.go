package report

import (
	"fmt"
	"strings"
)

// A Sentence is what a finding about a worker pool says of its subject.
type Sentence uint8

// What findings about worker pools say. The zero value is none of them: the
// finding is about an event loop.
const (
	OwnPool   Sentence = iota + 1 // waits for a task of its own pool
	OwnWorker                     // waits for a worker of its own pool
	OwnSlot                       // waits for a slot while it holds one
	OtherPool                     // waits for a pool whose tasks wait for this one
	TheLoop                       // waits for a loop that waits for it
	HeldLock                      // waits, under a lock, for a task that takes it
	Forever                       // stays on its worker
	Submits                       // hands out a task for each element
	Starts                        // starts a goroutine for each element
	Network                       // waits on a worker for what the kernel would tell the loop
	Computes                      // computes on all of its input
	LoopOnly                      // calls what is for the loop
	Written                       // writes what a callback writes
)

var sentences = [...]struct{ sure, may string }{
	OwnPool:   {"waits for a task of its own pool", "may wait for a task of its own pool"},
	OwnWorker: {"waits for a free worker of its own pool", "may wait for a free worker of its own pool"},
	OwnSlot:   {"waits for a slot while it holds one", "may wait for a slot while it holds one"},
	OtherPool: {"waits for a task that waits for this pool", "may wait for a task that waits for this pool"},
	TheLoop:   {"waits for the loop, which waits for this task", "may wait for the loop, which waits for this task"},
	HeldLock:  {"waits for a task that takes %s, which it holds", "may wait for a task that takes %s, which it holds"},
	Forever:   {"holds a worker for good", "holds a worker for good"},
	Submits:   {"submits a task for each element of its input", "submits a task for each element of its input"},
	Starts:    {"starts a goroutine for each element of its input", "starts a goroutine for each element of its input"},
	Network:   {"waits for the network on a worker", "waits for the network on a worker"},
	Computes:  {"computes on its whole input in one task", "computes on its whole input in one task"},
	LoopOnly:  {"is for the loop only", "is for the loop only"},
	Written:   {"is written here and in a callback", "is written here and in a callback"},
}

// advice is what a person would do about it.
var advice = map[Sentence]string{
	OwnPool:   "let the task return and go on in another, or use a pool for each level",
	OwnWorker: "submit from outside of the pool, or use a pool for each level",
	OwnSlot:   "give the slot back first, or take all that is needed at once",
	OtherPool: "let one of the pools hand on its results without waiting",
	TheLoop:   "post the result and return",
	HeldLock:  "give the lock back before the wait",
	Forever:   "give it a goroutine of its own",
	Submits:   "submit a fixed number of tasks that share the input, or bound how many are in flight",
	Starts:    "start a fixed number of goroutines that share the input",
	Computes:  "split it, or look at its context as it goes",
	LoopOnly:  "post it to the loop",
	Written:   "hand the value over in the result, or post the write to the loop",
}

// poolPredicate is what the headline says of a finding about a worker pool.
func (f *Finding) poolPredicate() string {
	says := sentences[f.Says].sure
	if f.May {
		says = sentences[f.Says].may
	}
	if f.Says != HeldLock {
		return says
	}
	lock := "a lock"
	if f.Lock.Name != "" {
		lock = ShortSym(f.Lock, f.Callback.Pkg)
	}
	return fmt.Sprintf(says, lock)
}

// writePool writes how the message of a finding about a worker pool ends.
func (f *Finding) writePool(b *strings.Builder) {
	if f.Workers > 0 {
		fmt.Fprintf(b, "; %d of %d workers", min(f.Started, f.Workers), f.Workers)
	}
	if n := len(f.Must); n > 0 {
		at := f.Must[n-1].Pos
		switch f.Says {
		case OtherPool:
			fmt.Fprintf(b, "; that one waits at %s:%d", at.File, at.Line)
		case Written:
			fmt.Fprintf(b, "; the callback writes it at %s:%d", at.File, at.Line)
		default:
			fmt.Fprintf(b, "; the task that must run is submitted at %s:%d", at.File, at.Line)
		}
	}
	if n := len(f.Holder); n > 0 {
		at := f.Holder[n-1].Pos
		fmt.Fprintf(b, "; it takes the lock at %s:%d", at.File, at.Line)
	}
	if text := f.Advice(); text != "" {
		b.WriteString("; " + text)
	}
}
