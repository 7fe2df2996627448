package work

import (
	"context"
	"regexp"

	"github.com/loopvet/loopvet/runtime/loop"
)

// A value and no error: the rest does not run when the work was cancelled.
func computed(ctx context.Context, l *loop.Loop, pattern string) {
	l.Post(func() {
		re := regexp.MustCompile(pattern) // want `regexp.MustCompile blocks`
		show(re.String())
	})
}
