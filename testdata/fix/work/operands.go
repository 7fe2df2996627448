package work

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

type server struct {
	loop *loop.Loop
	path string
	page []byte
}

func (s *server) file() string { return s.path }

// The loop and the operands are fields, and these are read on the loop.
func (s *server) load(ctx context.Context) {
	s.loop.SetTimeout(time.Minute, func() {
		page, err := os.ReadFile(s.path) // want `os.ReadFile blocks`
		if err == nil {
			s.page = page
		}
	})
}

// What is called for an operand is called on the loop.
func (s *server) save(ctx context.Context) {
	s.loop.Post(func() {
		err := os.WriteFile(s.file(), []byte(fmt.Sprint(s.path)), 0o600) // want `os.WriteFile blocks`
		show(err)
	})
}

type embedding struct{ *loop.Loop }

// The loop is embedded.
func (e embedding) load(ctx context.Context) {
	e.Post(func() {
		show(1)
		os.Mkdir("x", 0o755) // want `os.Mkdir blocks`
		show(2)
	})
}
