package loopexec

import (
	"net"
	"os"
)

// A pipe is our end of a pipe as a connection, which loopnet reads and writes on
// goroutines.
type pipe struct {
	*os.File
	p      *Process
	name   string
	writes bool
}

// CloseWrite ends what the process reads.
func (c *pipe) CloseWrite() error {
	if c.writes {
		return c.File.Close()
	}
	return nil
}

// Close is called once, by the connection's Close.
func (c *pipe) Close() error {
	err := c.File.Close()
	c.p.closed()
	return err
}

func (c *pipe) LocalAddr() net.Addr  { return addr(c.name) }
func (c *pipe) RemoteAddr() net.Addr { return addr(c.name) }

// addr is the address of a pipe: which file of the process it is.
type addr string

func (a addr) Network() string { return "pipe" }
func (a addr) String() string  { return string(a) }
