package loopnet

import (
	"context"
	"net"
)

// Blocking has sockets made as they are where there is no other way: only used
// from goroutines of their own.
func Blocking(cfg *config) { cfg.backend = blocking{} }

type blocking struct{ system }

func (blocking) dial(ctx context.Context, network, address string, cfg *config, done func(socket, error)) {
	system{}.dial(ctx, network, address, cfg, func(s socket, err error) {
		if err != nil {
			done(nil, err)
			return
		}
		done(newGoSocket(connOf(s)), nil)
	})
}

func (blocking) listen(network, address string, cfg *config, n notifier) (acceptor, error) {
	a, err := system{}.listen(network, address, cfg, n)
	if err != nil {
		return nil, err
	}
	return blockingAcceptor{a}, nil
}

type blockingAcceptor struct{ acceptor }

func (a blockingAcceptor) accept() (socket, error) {
	s, err := a.acceptor.accept()
	if err != nil {
		return nil, err
	}
	return newGoSocket(connOf(s)), nil
}

// connOf returns the connection of a new socket of the system.
func connOf(s socket) net.Conn {
	switch s := s.(type) {
	case interface{ netConn() net.Conn }:
		return s.netConn()
	case *goSocket:
		return s.conn
	}
	panic("no connection")
}
