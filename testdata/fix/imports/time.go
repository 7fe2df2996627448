package imports

import "time"

const pause = 1000000000

func (h host) pause() {
	h.loop.Post(func() {
		time.Sleep(pause) // want `time.Sleep blocks`
		show("after")
	})
}
