package loopexec

import (
	"net"
	"os"
	"sync"
)

// A pipe is our end of a pipe as a connection, which loopnet reads and writes on
// goroutines.
type pipe struct {
	*os.File
	p      *Process
	name   string
	writes bool
	once   sync.Once // of counting it as closed
}

// CloseWrite ends what the process reads.
func (c *pipe) CloseWrite() error {
	if c.writes {
		return c.File.Close()
	}
	return nil
}

func (c *pipe) Close() error {
	err := c.File.Close()
	c.once.Do(c.p.closed)
	return err
}

func (c *pipe) LocalAddr() net.Addr  { return addr(c.name) }
func (c *pipe) RemoteAddr() net.Addr { return addr(c.name) }

// addr is the address of a pipe: which file of the process it is.
type addr string

func (a addr) Network() string { return "pipe" }
func (a addr) String() string  { return string(a) }
