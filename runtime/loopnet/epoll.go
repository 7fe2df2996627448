package loopnet

// An Epoll is the operating system's network, waited for through an epoll
// descriptor of its own, on Linux: make one for each loop, and pass it to all
// sockets of the loop with [On]. An idle connection has no goroutine then, and
// costs a seventh of the memory. Other systems have no epoll: there an Epoll is
// what sockets are made on without any option.
//
// The descriptor is there, with one goroutine that waits for it in Go's network
// poller, while a socket is open. Loops may share an Epoll, and any goroutine may
// use it. [Connect] needs one more descriptor for a moment; where there is none the
// connection waits as it would without the option.
type Epoll struct{ epoll }

// NewEpoll makes an Epoll that no socket is made on yet.
//
//loopvet:nonblocking
func NewEpoll() *Epoll { return new(Epoll) }
