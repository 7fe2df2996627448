package work

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/loopvet/loopvet/runtime/loop"
)

// Several values.
func several(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		name, addrs, err := net.LookupSRV("http", "tcp", "example.com") // want `net.LookupSRV blocks`
		show(name, addrs, err)
	})
}

// The last error is a name that was there before.
func reused(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		n, err := fmt.Sscan("1", new(int))
		if err != nil {
			return
		}
		file, err := os.Open("x") // want `os.Open blocks`
		show(n, file, err)
	})
}

// Variables of the callback are assigned.
func assigned(ctx context.Context, l *loop.Loop) {
	l.Post(func() {
		var data []byte
		var err error
		data, err = os.ReadFile("x") // want `os.ReadFile blocks`
		show(data, err)
	})
}
