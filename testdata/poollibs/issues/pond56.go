package issues

import (
	"os"

	"github.com/alitto/pond/v2"
)

// alitto/pond#56: the tasks of a group wait for groups of their own on the same
// pool. With more tasks than workers the inner ones are queued behind the outer
// ones, which hold the workers.

// DeadlockNestedGroups has one worker for the sheets of a book and their pages.
func DeadlockNestedGroups() error {
	p := pond.NewPool(1)
	sheets := p.NewGroup()
	for range 2 {
		sheets.Submit(func() {
			pages := p.NewGroup()
			for range 3 {
				pages.Submit(func() { os.Remove("no such page") })
			}
			pages.Wait() // want `\(pond.TaskGroup\).Wait waits for a task of its own pool \(pool-selfwait\): task of \(pond.TaskGroup\).Submit`
		})
	}
	return sheets.Wait() // ok: not called by a task
}

// CorrectedNestedGroups has a pool for each level.
func CorrectedNestedGroups() error {
	p, q := pond.NewPool(1), pond.NewPool(1)
	sheets := p.NewGroup()
	for range 2 {
		sheets.Submit(func() {
			pages := q.NewGroup()
			for range 3 {
				pages.Submit(func() { os.Remove("no such page") })
			}
			pages.Wait() // ok: pages have workers of their own
		})
	}
	return sheets.Wait() // ok: not called by a task
}
