package looptty

import (
	"fmt"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Roads are the ways to a terminal.
var Roads = []string{"polled", "threaded", "borrowed"}

// NewOn is New, by one of Roads.
func NewOn(l *loop.Loop, f *os.File, road string) (*TTY, error) {
	return newTTY(l, func(n notifier) (port, error) { return portOn(f, road, n) })
}

func portOn(f *os.File, road string, n notifier) (p port, err error) {
	err = control(f, func(fd int) error {
		if road == "borrowed" {
			p, err = borrow(fd, f.Name(), n)
			return err
		}
		again, err := reopen(fd)
		if err != nil {
			return err
		}
		d, err := describe(again)
		if err != nil {
			return err
		}
		if road == "threaded" {
			p, err = newThreaded(d, true, n)
		} else {
			p, err = newPolled(d, n)
		}
		return err
	})
	return p, err
}

// AwaitRead asks for notifications that there is something to read, without reading it,
// and returns when each has come.
func AwaitRead(f *os.File, road string, times int) error {
	notified := make(notifications)
	p, err := portOn(f, road, notified)
	if err != nil {
		return err
	}
	for range times {
		p.awaitRead()
		<-notified
	}
	p.close()
	return nil
}

type notifications chan ready

func (c notifications) notify(r ready) { c <- r }

// Resized has t look at the size, as the signal does.
func Resized(t *TTY) { t.resized(nil) }

// Road returns the road that New has found.
func Road(t *TTY) string {
	switch p := t.port.(type) {
	case *polled:
		return "polled"
	case *threaded:
		if p.ours {
			return "threaded"
		}
		return "borrowed"
	}
	return fmt.Sprintf("%T", t.port)
}
