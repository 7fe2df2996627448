package work

import (
	"context"
	"io"
	"net/http"

	"github.com/loopvet/loopvet/runtime/loop"
)

// What a worker made belongs to the callback.
func body(ctx context.Context, l *loop.Loop) {
	loop.QueueWork(ctx, l, func(ctx context.Context) (*http.Response, error) {
		return http.Get("http://example.com")
	}, func(resp *http.Response, err error) {
		if err != nil {
			return
		}
		data, err := io.ReadAll(resp.Body) // want `Read may block`
		show(data, err)
	})
}
