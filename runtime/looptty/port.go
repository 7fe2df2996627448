package looptty

import "errors"

// A port is a terminal as the loop reads and writes it. What would have to wait returns
// errAgain, and a notification can be asked for. Only the loop calls it.
type port interface {
	// read returns io.EOF at the end.
	read(p []byte) (int, error)

	// awaitRead asks for one notification that read has something to say.
	awaitRead()

	// write takes some of p.
	write(p []byte) (int, error)

	// awaitWrite asks for one notification that writing can go on. Until then write
	// may not be called. The port may write some of p, the bytes to come next, meanwhile.
	awaitWrite(p []byte)

	// written returns how much of p was written, once notified, and the error of it.
	written() (int, error)

	// close gives the terminal back. No memory that was passed to it is used any more.
	close()

	// fd returns the descriptor, for what is asked of the terminal itself.
	fd() int
}

// errAgain says that there is nothing to read or no room to write.
var errAgain = errors.New("looptty: would wait")

// ready is a set of notifications.
type ready uint32

const (
	readable ready = 1 << iota
	writable       // what awaitWrite asked for
	more           // the loop's own: it stopped writing after a burst
)

// A notifier takes notifications. Any goroutine may call it.
type notifier interface{ notify(ready) }
