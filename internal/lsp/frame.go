package lsp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

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
type framed struct {
	channel.Channel               // for Send, and Close of the writer
	messages        chan received // from the goroutine that reads
	closed          chan struct{}
	once            sync.Once // for closed
}

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

// Recv returns the next message.
func (f *framed) Recv() ([]byte, error) {
	select {
	case m := <-f.messages:
		return m.data, m.err
	case <-f.closed:
		return nil, channel.ErrClosed
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
