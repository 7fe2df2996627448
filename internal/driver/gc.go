package driver

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// A collector tunes the garbage collector. Most of what is read stays, so that
// collecting at Go's default pace is a third of the time of a run; but a heap
// that is large already must not grow to a multiple of that. So the room
// between two collections is measured in bytes rather than in percent.
type collector struct {
	off   bool
	calls atomic.Uint32
}

const (
	gcRoom = 300 << 20
	gcMost = 300
	gcLast = 30
)

func newCollector() *collector {
	c := &collector{off: os.Getenv("GOGC") != ""}
	if !c.off {
		debug.SetGCPercent(gcMost)
	}
	return c
}

// tune looks at the heap, now and then. It may be called by several goroutines.
func (c *collector) tune() {
	if c.off || c.calls.Add(1)%8 != 0 {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if v := live[0].Value; v.Kind() == metrics.KindUint64 {
		debug.SetGCPercent(gcPercent(v.Uint64()))
	}
}

func gcPercent(live uint64) int {
	return int(max(gcLast, min(gcMost, 100*gcRoom/max(live, 1))))
}
