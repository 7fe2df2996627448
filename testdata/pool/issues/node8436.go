// Package issues rebuilds what others ran into, on the bundled runtime.
package issues

import (
	"context"
	"net"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Node's issue 8436: names are resolved on the same few workers as files are
// read. When a name server does not answer, each look-up takes a worker for its
// whole timeout, and no file is read any more.

type proxy struct {
	loop *loop.Loop
	up   map[string][]string // addresses of upstream hosts, owned by the loop
}

// connect resolves a name for every client that comes.
func (p *proxy) connect(ctx context.Context, host string) {
	loop.QueueWork(ctx, p.loop, func(ctx context.Context) ([]string, error) {
		return net.DefaultResolver.LookupHost(ctx, host) // want `\(\*net.Resolver\).LookupHost waits for the network on a worker \(pool-kernel\): task of loop.QueueWork`
	}, func(addresses []string, err error) {
		if err == nil {
			p.up[host] = addresses
		}
	})
}

// page waits behind all of them.
func (p *proxy) page(ctx context.Context, name string, answer func([]byte, error)) {
	loop.QueueWork(ctx, p.loop, func(context.Context) ([]byte, error) {
		return os.ReadFile(name) // ok: a file
	}, answer)
}

// connectBeside resolves on a goroutine, which waits in the netpoller.
func (p *proxy) connectBeside(ctx context.Context, host string) {
	go func() {
		addresses, err := net.DefaultResolver.LookupHost(ctx, host) // ok: on a goroutine
		p.loop.Post(func() {
			if err == nil {
				p.up[host] = addresses
			}
		})
	}()
}
