package lsp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/creachadair/jrpc2/channel"
)

func TestReadMessage(t *testing.T) {
	for _, test := range []struct{ in, want, err string }{
		{"Content-Length: 2\r\n\r\n{}", "{}", ""},
		{"content-length:2\n\n{}", "{}", ""},
		{"Content-Type: application/vscode-jsonrpc; charset=utf8\r\nContent-Length: 2\r\nX: y\r\n\r\n{}", "{}", ""},
		{"Content-Length: 0\r\n\r\n", "", ""},
		{"", "", "EOF"},
		{"Content-Length: 2", "", "the input ends within a header"},
		{"Content-Length: 2\r\n", "", "the input ends within a header"},
		{"Content-Length: 3\r\n\r\n{}", "", "the input ends within a message"},
		{"X: y\r\n\r\n{}", "", "a message without a Content-Length"},
		{"{}\r\n\r\n", "", `"{}" is no header`},
		{"Content-Length: two\r\n\r\n{}", "", `"two" is no length of a message`},
		{"Content-Length: -1\r\n\r\n{}", "", `"-1" is no length of a message`},
		{"Content-Length: 9223372036854775807\r\n\r\n{}", "", `"9223372036854775807" is no length of a message`},
		{"Content-Length: 1099511627776\r\n\r\n{}", "", `"1099511627776" is no length of a message`},
		{strings.Repeat("x", maxHeader+1), "", "a header is too long"},
		{strings.Repeat("X: y\r\n", maxHeaders+1), "", "a header is too long"},
	} {
		got, err := readMessage(bufio.NewReaderSize(strings.NewReader(test.in), maxHeader))
		text := ""
		if err != nil {
			text = err.Error()
		}
		if string(got) != test.want || text != test.err {
			t.Errorf("readMessage(%.60q) = %q, %q; want %q, %q", test.in, got, text, test.want, test.err)
		}
	}
}

// What is sent is what the library's own framing reads.
func TestFramed(t *testing.T) {
	r, w := io.Pipe()
	var out buffer
	f := newFramed(r, &out)
	if err := f.Send([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	if got, err := channel.LSP(&out.Buffer, &out).Recv(); string(got) != "{}" || err != nil {
		t.Errorf("received %q, %v", got, err)
	}
	go io.WriteString(w, "Content-Length: 2\r\n\r\n[]")
	if got, err := f.Recv(); string(got) != "[]" || err != nil {
		t.Errorf("received %q, %v", got, err)
	}
	// Close ends a Recv while nothing comes: after a last message, when that is
	// through.
	last := make(chan string)
	done := make(chan error)
	go func() {
		data, _ := f.Recv()
		last <- string(data)
		_, err := f.Recv()
		done <- err
	}()
	f.drained()
	select {
	case <-f.empty:
		t.Error("drained before the last message")
	default:
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if got := <-last; !strings.Contains(got, lastMethod) {
		t.Errorf("the last message is %q", got)
	}
	f.drained()
	f.drained()
	if err := <-done; !errors.Is(err, channel.ErrClosed) {
		t.Errorf("Recv returns %v", err)
	}
	if err := f.Close(); err != nil || out.closed != 1 {
		t.Errorf("%v, closed %d times", err, out.closed)
	}
}

type buffer struct {
	bytes.Buffer
	closed int
}

func (b *buffer) Close() error {
	b.closed++
	return nil
}
