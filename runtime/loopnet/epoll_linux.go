package loopnet

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// epoll is an epoll descriptor that is registered, as a file, with Go's network
// poller. What is registered with it is edge-triggered, so that waiting again
// takes no system call; what an edge does not tell twice is kept in a watch.
//
// An event bears no descriptor but a place and a generation. One that is on its
// way to a watch that was removed finds another generation or nobody, even if the
// descriptor and the place are in use again. The kernel forgets a descriptor when
// it is closed, and what a child that is just being started makes it remember is
// such an event too.
type epoll struct {
	mu         sync.Mutex
	file       *os.File // guarded by mu; nil while nobody watches
	fd         int      // guarded by mu; file's
	watches    []*watch // guarded by mu; by place
	free       []int32  // guarded by mu; the places where nobody is
	generation int32    // guarded by mu; the last one given
}

// A watch is a descriptor that is waited for. Its owner, which is one goroutine at
// a time, calls all methods but told.
type watch struct {
	e          *epoll
	n          notifier // set before state has a wait
	fd         int
	events     uint32 // registered
	place      int32
	generation int32
	state      atomic.Uint32
}

// The state of a watch.
const (
	hasRead    = 1 << iota // it has become readable since the last notification
	hasWrite               // and writable
	waitsRead              // a notification is asked for
	waitsWrite             // and for this
	ended                  // the peer's end has come: there always is something to read
	urgent                 // urgent data has come: a read stops there
	gone                   // it is closed
)

const (
	epollEdge   = 1 << 31 // EPOLLET, which package syscall has as a negative number
	epollRead   = syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLPRI | epollEdge
	epollBroken = syscall.EPOLLHUP | syscall.EPOLLERR
	epollBatch  = 128
)

// watch has w, whose fd is set, waited for to become readable.
func (e *epoll) watch(w *watch) error {
	e.mu.Lock()
	if e.file == nil {
		if err := e.openLocked(); err != nil {
			e.mu.Unlock()
			return err
		}
	}
	w.e, w.events = e, epollRead
	if n := len(e.free); n > 0 {
		w.place, e.free = e.free[n-1], e.free[:n-1]
	} else {
		w.place = int32(len(e.watches))
		e.watches = append(e.watches, nil)
	}
	e.generation++
	w.generation = e.generation
	e.watches[w.place] = w
	err := w.control(e.fd, syscall.EPOLL_CTL_ADD)
	e.mu.Unlock()
	if err != nil {
		w.forget()
	}
	return err
}

func (w *watch) control(epfd, op int) error {
	ev := syscall.EpollEvent{Events: w.events, Fd: w.place, Pad: w.generation}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(epfd, op, w.fd, &ev))
}

func (e *epoll) openLocked() error {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	// A descriptor that does not block is what package os gives the poller.
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(fd), "epoll")
	raw, err := f.SyscallConn()
	if err != nil {
		f.Close()
		return err
	}
	e.file, e.fd = f, fd
	go e.wait(raw)
	return nil
}

// wait is the goroutine that waits for all. RawConn.Read forgets, before it calls
// the function, that the descriptor was ready: it looks once before it parks. It
// returns when the file is closed.
func (e *epoll) wait(raw syscall.RawConn) {
	events := make([]syscall.EpollEvent, epollBatch)
	raw.Read(func(fd uintptr) bool {
		for {
			n, err := syscall.EpollWait(int(fd), events, 0)
			if err == syscall.EINTR {
				continue
			}
			e.deliver(events[:max(n, 0)])
			if n < len(events) {
				return false
			}
		}
	})
}

// deliver tells watches of events.
func (e *epoll) deliver(events []syscall.EpollEvent) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range events {
		if int(ev.Fd) < len(e.watches) {
			if w := e.watches[ev.Fd]; w != nil && w.generation == ev.Pad {
				w.told(ev.Events)
			}
		}
	}
}

// told takes an event.
func (w *watch) told(events uint32) {
	var set uint32
	if events&(syscall.EPOLLIN|syscall.EPOLLRDHUP|syscall.EPOLLPRI|epollBroken) != 0 {
		set |= hasRead
	}
	if events&(syscall.EPOLLOUT|epollBroken) != 0 {
		set |= hasWrite
	}
	if events&(syscall.EPOLLRDHUP|syscall.EPOLLHUP) != 0 {
		set |= ended
	}
	if events&syscall.EPOLLPRI != 0 {
		set |= urgent
	}
	w.add(set)
}

// add adds to the state, and notifies of what is waited for and there.
func (w *watch) add(set uint32) {
	for {
		old := w.state.Load()
		state := old | set
		var r ready
		if state&waitsRead != 0 && state&(hasRead|ended) != 0 {
			state &^= waitsRead | hasRead
			r |= readable
		}
		if state&waitsWrite != 0 && state&hasWrite != 0 {
			state &^= waitsWrite | hasWrite
			r |= writable
		}
		if w.state.CompareAndSwap(old, state) {
			if r != 0 {
				w.n.notify(r)
			}
			return
		}
	}
}

func (w *watch) awaitRead() { w.add(waitsRead) }

// awaitWrite registers for writing too the first time: most connections never
// need it, and at once it would wake everybody for nothing.
func (w *watch) awaitWrite() {
	if w.events&syscall.EPOLLOUT == 0 {
		w.events |= syscall.EPOLLOUT
		w.e.mu.Lock()
		err := w.control(w.e.fd, syscall.EPOLL_CTL_MOD)
		w.e.mu.Unlock()
		if err != nil {
			w.events &^= syscall.EPOLLOUT
			w.add(hasWrite) // try again is all that is left
		}
	}
	w.add(waitsWrite)
}

// close removes the watch and reports whether it was there. The descriptor is
// still to be closed.
func (w *watch) close() bool {
	if w.state.Or(gone)&gone != 0 {
		return false
	}
	w.forget()
	return true
}

// forget frees the place of the watch, and closes the epoll descriptor if it was
// the last.
func (w *watch) forget() {
	e := w.e
	e.mu.Lock()
	e.watches[w.place] = nil
	e.free = append(e.free, w.place)
	var last *os.File
	if len(e.free) == len(e.watches) {
		last = e.file
		e.file, e.watches, e.free = nil, nil, nil
	}
	e.mu.Unlock()
	if last != nil {
		last.Close() // waits for the goroutine, which may be waiting for mu
	}
}
