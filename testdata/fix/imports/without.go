package imports

import "os"

func (h host) without() {
	h.loop.Post(func() {
		err := os.Remove("x") // want `os.Remove blocks`
		show(err)
	})
}
