// Package issues rebuilds what users of pools reported to their authors. // want package:"waits"
package issues

import (
	"os"
	"sync"

	"github.com/panjf2000/ants/v2"
)

// panjf2000/ants#197: Submit in a task waits for a worker when there is none,
// and the tasks that hold the workers are in Submit themselves.

// DeadlockAnts has one worker and a task that hands it a second one.
func DeadlockAnts() error {
	p, err := ants.NewPool(1)
	if err != nil {
		return err
	}
	defer p.Release()
	var done sync.WaitGroup
	done.Add(1)
	err = p.Submit(func() {
		defer done.Done()
		p.Submit(func() { os.Remove("no such file") }) // want `\(\*ants.Pool\).Submit waits for a free worker of its own pool \(pool-selfwait\): task of \(\*ants.Pool\).Submit`
	})
	done.Wait()
	return err
}

// CorrectedAnts has a pool that refuses, and the task does what was refused.
func CorrectedAnts() error {
	p, err := ants.NewPool(1, ants.WithNonblocking(true))
	if err != nil {
		return err
	}
	defer p.Release()
	var done sync.WaitGroup
	done.Add(1)
	err = p.Submit(func() {
		defer done.Done()
		remove := func() { os.Remove("no such file") }
		if p.Submit(remove) != nil { // ok: it refuses and does not wait
			remove()
		}
	})
	done.Wait()
	return err
}
