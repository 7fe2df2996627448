// Package kernel waits for the network on workers.
package kernel

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

type feed struct {
	loop   *loop.Loop
	client *http.Client
	body   []byte
}

func (f *feed) show(body []byte, err error) {
	if err == nil {
		f.body = body
	}
}

// A request, and its body.
func (f *feed) fetch(ctx context.Context, address string) {
	loop.QueueWork(ctx, f.loop, func(ctx context.Context) ([]byte, error) {
		resp, err := http.Get(address) // want `http.Get waits for the network on a worker \(pool-kernel\): task of loop.QueueWork -> http.Get`
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		return io.ReadAll(resp.Body) // want `Read waits for the network on a worker \(pool-kernel\): task of loop.QueueWork -> io.ReadAll -> Read`
	}, f.show)
}

// A goroutine waits for the network, and posts what came.
func (f *feed) fetchBeside(address string) {
	go func() {
		resp, err := http.Get(address) // ok: on a goroutine
		if err != nil {
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body) // ok: on a goroutine
		f.loop.Post(func() { f.show(body, err) })
	}()
}

// In a method, with a client of one's own.
func (f *feed) download(req *http.Request) error {
	resp, err := f.client.Do(req) // want `\(\*http.Client\).Do waits for the network on a worker \(pool-kernel\): task of loop.QueueFunc -> \(\*feed\).download -> \(\*http.Client\).Do`
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (f *feed) refresh(ctx context.Context, req *http.Request) {
	loop.QueueFunc(ctx, f.loop, func(context.Context) error { return f.download(req) }, func(error) {})
}

// Names.
func (f *feed) resolve(ctx context.Context, host string, found func([]string, error)) {
	loop.QueueWork(ctx, f.loop, func(ctx context.Context) ([]string, error) {
		return net.DefaultResolver.LookupHost(ctx, host) // want `\(\*net.Resolver\).LookupHost waits for the network on a worker \(pool-kernel\)`
	}, found)
	loop.QueueWork(ctx, f.loop, func(context.Context) ([]string, error) {
		return net.LookupTXT(host) // want `net.LookupTXT waits for the network on a worker \(pool-kernel\)`
	}, found)
}

// A connection.
func (f *feed) ping(ctx context.Context, address string) {
	loop.QueueWork(ctx, f.loop, func(context.Context) ([]byte, error) {
		conn, err := net.DialTimeout("tcp", address, time.Second) // want `net.DialTimeout waits for the network on a worker \(pool-kernel\)`
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		if _, err := conn.Write([]byte("ping\n")); err != nil { // want `\(net.Conn\).Write waits for the network on a worker \(pool-kernel\)`
			return nil, err
		}
		reply := make([]byte, 5)
		n, err := conn.Read(reply) // want `\(net.Conn\).Read waits for the network on a worker \(pool-kernel\)`
		return reply[:n], err
	}, f.show)
}

// A promise.
func (f *feed) promised(ctx context.Context, address string) *loop.Promise[int] {
	return loop.Offload(ctx, f.loop, func(context.Context) (int, error) {
		resp, err := http.Head(address) // want `http.Head waits for the network on a worker \(pool-kernel\): task of loop.Offload -> http.Head`
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, nil
	})
}

// Files are what the pool is for.
func (f *feed) cached(ctx context.Context, name string) {
	loop.QueueWork(ctx, f.loop, func(context.Context) ([]byte, error) {
		return os.ReadFile(name) // ok: a file
	}, f.show)
	loop.QueueFunc(ctx, f.loop, func(context.Context) error {
		return os.WriteFile(name, []byte("x"), 0o600) // ok: a file
	}, func(error) {})
}

// So are computing and processes.
func (f *feed) digest(ctx context.Context, page []byte) {
	loop.QueueWork(ctx, f.loop, func(context.Context) ([]byte, error) {
		sum := sha256.Sum256(page) // ok: computes
		return sum[:], nil
	}, f.show)
	loop.QueueWork(ctx, f.loop, func(ctx context.Context) ([]byte, error) {
		return exec.CommandContext(ctx, "uptime").Output() // ok: a process
	}, f.show)
}

// What is read is in memory, and what is named is not asked.
func (f *feed) inMemory(ctx context.Context, page []byte) {
	loop.QueueWork(ctx, f.loop, func(context.Context) ([]byte, error) {
		return io.ReadAll(bytes.NewReader(page)) // ok: in memory
	}, f.show)
	loop.QueueWork(ctx, f.loop, func(context.Context) ([]byte, error) {
		u, err := url.Parse("http://example.com/feed") // ok: only a name
		if err != nil {
			return nil, err
		}
		return []byte(u.Host), nil
	}, f.show)
}

// A pool that belongs to no loop: goroutines that can wait use it to bound how
// many requests are under way.
func crawl(ctx context.Context, addresses [2]string) {
	p := pool.New(2)
	for _, a := range addresses {
		p.Submit(ctx, func() {
			resp, err := http.Get(a) // ok: no loop, and so no other way
			if err == nil {
				resp.Body.Close()
			}
		})
	}
	status := pool.Go(ctx, p, func(context.Context) (string, error) {
		resp, err := http.Get(addresses[0]) // ok: no loop, and so no other way
		if err != nil {
			return "", err
		}
		return resp.Status, resp.Body.Close()
	})
	status.Wait(ctx)
}
