package imports

import stdcontext "context"
import "os"
import events "github.com/loopvet/loopvet/runtime/loop"

type host struct{ loop *events.Loop }

func renamed(ctx stdcontext.Context, loop *events.Loop) {
	loop.Post(func() {
		data, err := os.ReadFile("x") // want `os.ReadFile blocks`
		show(data, err)
	})
}
