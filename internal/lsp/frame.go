package lsp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/creachadair/jrpc2/channel"
)

// The most that is read of one message: a client that asks for more memory than
// that does not speak the protocol.
const (
	maxMessage = 64 << 20 // bytes
	maxHeaders = 16       // lines
	maxHeader  = 4 << 10  // bytes in a line
)

// A framed is a channel with the framing of the protocol. It sends as
// channel.LSP does, but receives by itself: channel.LSP allocates what a header
// says, however much that is, gives up on the content type utf8, which the
// protocol asks servers to accept, and cannot be closed while it waits for
// standard input.
//
// It also gives jrpc2 an orderly end. Version 1.3.6 panics when it is stopped
// while messages come, or when the input ends while a message waits that is to be
// answered with an error and has no ID. So the server is stopped by an error of
// Recv only, and before that comes a last message, lastMethod, whose handler calls
// drained: then all others have left the queue.
type framed struct {
	channel.Channel               // for Send, and Close of the writer
	messages        chan received // from the goroutine that reads
	closed          chan struct{}
	once            sync.Once // for closed

	end    error         // of the input, for the goroutine that calls Recv
	ending atomic.Bool   // the last message was received
	empty  chan struct{} // closed by drained
}

// lastMethod is the method of the last message. Clients do not send it.
const lastMethod = "loopvet/last"

// A received is a message, or the error that ended the reading.
type received struct {
	data []byte
	err  error
}

// newFramed starts to read messages from r. The goroutine that reads ends with
// r, or after one more message when the channel is closed.
func newFramed(r io.Reader, w io.WriteCloser) *framed {
	f := &framed{
		Channel:  channel.Header("")(strings.NewReader(""), w),
		messages: make(chan received),
		closed:   make(chan struct{}),
		empty:    make(chan struct{}),
	}
	go func() {
		in := bufio.NewReaderSize(r, maxHeader)
		for {
			data, err := readMessage(in)
			select {
			case f.messages <- received{data, err}:
			case <-f.closed:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return f
}

// Recv returns the next message, and the last one after Close. It is called by one
// goroutine.
func (f *framed) Recv() ([]byte, error) {
	if f.end != nil {
		<-f.empty
		return nil, f.end
	}
	next := received{err: channel.ErrClosed}
	select {
	case <-f.closed:
	default:
		select {
		case next = <-f.messages:
		case <-f.closed:
		}
	}
	if next.err != nil {
		f.end = next.err
		f.ending.Store(true)
		return []byte(`{"jsonrpc":"2.0","method":"` + lastMethod + `"}`), nil
	}
	return next.data, nil
}

// drained lets Recv return its error. It does nothing before the last message, and
// is called by one goroutine at a time.
func (f *framed) drained() {
	if !f.ending.Load() {
		return
	}
	select {
	case <-f.empty:
	default:
		close(f.empty)
	}
}

// Close ends Recv and closes the writer. It may be called several times, by any
// goroutine.
func (f *framed) Close() error {
	var err error
	f.once.Do(func() {
		close(f.closed)
		err = f.Channel.Close()
	})
	return err
}

// readMessage reads one message. The error is io.EOF where the input ends between
// two of them.
func readMessage(in *bufio.Reader) ([]byte, error) {
	size := -1
	for n := 0; ; n++ {
		raw, err := in.ReadSlice('\n')
		switch {
		case err == io.EOF && n == 0 && len(raw) == 0:
			return nil, io.EOF
		case err == io.EOF:
			return nil, errors.New("the input ends within a header")
		case err != nil || n == maxHeaders:
			return nil, errors.New("a header is too long")
		}
		line := strings.TrimRight(string(raw), "\r\n")
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("%q is no header", line)
		}
		if strings.EqualFold(name, "Content-Length") {
			size, err = strconv.Atoi(strings.TrimSpace(value))
			if err != nil || size < 0 || size > maxMessage {
				return nil, fmt.Errorf("%q is no length of a message", strings.TrimSpace(value))
			}
		}
	}
	if size < 0 {
		return nil, errors.New("a message without a Content-Length")
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(in, data); err != nil {
		return nil, errors.New("the input ends within a message")
	}
	return data, nil
}
