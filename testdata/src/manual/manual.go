// Package manual holds what the analyzer's documentation shows. // want package:"effects"
package manual

import (
	"context"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func wrong(l *loop.Loop, show func([]byte, error)) {
	l.SetTimeout(time.Second, func() {
		page, err := os.ReadFile("index.html") // want `os.ReadFile blocks the event loop \(file\): callback of \(\*loop.Loop\).SetTimeout -> os.ReadFile; offload it with loop.QueueWork`
		show(page, err)
	})
}

func right(ctx context.Context, l *loop.Loop, show func([]byte, error)) {
	l.SetTimeout(time.Second, func() {
		loop.QueueWork(ctx, l, func(context.Context) ([]byte, error) {
			return os.ReadFile("index.html") // ok: on a worker
		}, show)
	})
}
