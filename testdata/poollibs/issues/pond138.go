package issues

import (
	"context"
	"os"

	"github.com/alitto/pond/v2"
)

// alitto/pond#138: the context of a pool ends while tasks are still queued, and
// who waits for them waits for good, since before v2.7.0 nobody took them out of
// the queue. Later versions have the workers do it. That does not help a task
// that submits many others and holds the worker while it waits for them.

// DeadlockCancelled ends the context after the tasks have been submitted. Wait
// returns only when all of them are out of the queue.
func DeadlockCancelled() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := pond.NewPool(1, pond.WithContext(ctx))
	return p.NewGroupContext(context.Background()).SubmitErr(func() error {
		bulk := p.NewGroup()
		for range 100 {
			bulk.Submit(func() { os.Remove("no such file") })
		}
		cancel()
		return bulk.Wait() // want `\(pond.TaskGroup\).Wait waits for a task of its own pool \(pool-selfwait\): task of \(pond.TaskGroup\).SubmitErr`
	}).Wait() // ok: not called by a task
}

// CorrectedCancelled submits from outside, and waits there.
func CorrectedCancelled() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := pond.NewPool(1, pond.WithContext(ctx))
	bulk := p.NewGroup()
	for range 100 {
		bulk.Submit(func() { os.Remove("no such file") })
	}
	err := bulk.Wait() // ok: not called by a task
	cancel()
	return err
}
