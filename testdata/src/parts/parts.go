// Package parts holds callbacks of the packages built on the loop. // want package:"effects"
// What they say in their directives is all that is known of them.
package parts

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopdns"
	"github.com/loopvet/loopvet/runtime/loopexec"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/loophttp"
	"github.com/loopvet/loopvet/runtime/loopio"
	"github.com/loopvet/loopvet/runtime/loopnet"
)

func computing(ctx context.Context, l *loop.Loop) {
	c := loop.Partition(ctx, l, time.Millisecond, func() (bool, error) {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\): callback of loop.Partition`
		return false, nil
	}, func(error) {
		os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of loop.Partition`
	})
	l.Post(c.Close) // ok: does not wait
}

func files(ctx context.Context, l *loop.Loop) {
	loopfs.Open(ctx, l, "x", os.O_RDONLY, 0, func(f *loopfs.File, err error) {
		f.Stat(ctx, func(os.FileInfo, error) { // ok: on the pool
			os.Stat("x") // want `os.Stat blocks the event loop \(file-meta\)`
		})
		f.Close(ctx, func(error) {
			os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
		})
	})
	loopfs.ReadFile(ctx, l, "x", func([]byte, error) {
		loopfs.WriteFile(ctx, l, "y", nil, 0o600, func(error) {}) // ok: on the pool
		os.WriteFile("y", nil, 0o600)                             // want `os.WriteFile blocks the event loop \(file\)`
	})
}

func streams(ctx context.Context, l *loop.Loop) {
	r := loopfs.OpenReadStream(ctx, l, "x")
	w := loopfs.OpenWriteStream(ctx, l, "y", os.O_WRONLY, 0)
	r.OnClose(func() {
		os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
	})
	r.ReadStart(func(p []byte, err error) {
		os.Remove("x")           // want `os.Remove blocks the event loop \(file\)`
		w.Write(p, func(error) { // ok: a request
			os.Remove("y") // want `os.Remove blocks the event loop \(file\)`
		})
	})
	w.OnDrain(func() {
		os.Remove("y") // want `os.Remove blocks the event loop \(file\)`
	})
	loopio.Pipe(w, r, func(int64, error) {
		w.End(func(error) { // ok: a request
			os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
		})
		os.Remove("y") // want `os.Remove blocks the event loop \(file\)`
	})
}

func names(ctx context.Context, l *loop.Loop) {
	r := loopdns.New(l)
	r.LookupHost(ctx, "example.org", func(addrs []string, err error) {
		r.LookupAddr(ctx, addrs[0], func([]string, error) { // ok: a request
			http.Get("http://example.org") // want `http.Get blocks the event loop \(net\)`
		})
	})
}

func processes(ctx context.Context, l *loop.Loop) {
	p := loopexec.Spawn(ctx, l, exec.Command("x"), func(*loopexec.Process, error) {
		exec.Command("y").Run() // want `Run blocks the event loop \(exec\): callback of loopexec.Spawn`
	}, loopexec.PipeStdin())
	p.OnSpawn(func() {
		p.Stdin().Write(nil, nil) // ok: does not wait
		os.Remove("x")            // want `os.Remove blocks the event loop \(file\)`
	})
	loopexec.Output(ctx, l, exec.Command("x"), func(out []byte, err error) {
		os.WriteFile("x", out, 0o600) // want `os.WriteFile blocks the event loop \(file\)`
	})
}

func sockets(ctx context.Context, l *loop.Loop) {
	loopnet.Connect(ctx, l, "tcp", "192.0.2.1:80", func(c *loopnet.Conn, err error) {
		c.Write(nil, func(error) { // ok: a request
			os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
		})
	})
	loophttp.Handler(l, func(x *loophttp.Exchange) {
		x.End(nil)                     // ok: does not wait
		http.Get("http://example.org") // want `http.Get blocks the event loop \(net\)`
	})
}
