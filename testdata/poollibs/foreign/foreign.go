// Package foreign has tasks that wait inside of another module.
package foreign

import (
	"os"

	"example.com/transport"
	"github.com/panjf2000/ants/v2"
)

var (
	workers, _ = ants.NewPool(4)
	reports    = transport.New()
	spool      = make(chan string, 1)
)

// Who else ends the wait is not known.
func remove(name string) {
	if os.Remove(name) != nil {
		reports.Send(name) // ok: what is waited for is the library's
	}
}

func removeBoth(first, second string) {
	workers.Submit(func() {
		workers.Submit(func() { remove(first) }) // want `\(\*ants.Pool\).Submit waits for a free worker of its own pool \(pool-selfwait\)`
		remove(second)
	})
}

// Of this module's channel it is: tasks do.
func printNext(name string) {
	workers.Submit(func() {
		workers.Submit(func() { spool <- name }) // want `\(\*ants.Pool\).Submit waits for a free worker of its own pool \(pool-selfwait\)`
		os.Remove(<-spool)                       // want `a channel receive (waits|may wait) for a task of its own pool \(pool-selfwait\)`
	})
}
