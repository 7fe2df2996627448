package tests

import (
	"os"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
)

func TestCallbacks(t *testing.T) {
	l := loop.New()
	l.NextTick(func() {
		os.Remove("x")
	})
	l.NextTick(load)
}
