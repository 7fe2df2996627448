//go:build unix

package loopnet

import "net"

func (s *sysSocket) netConn() net.Conn { return s.conn }
