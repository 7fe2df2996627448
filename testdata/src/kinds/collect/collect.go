// Package collect stops the program on the loop. // want package:"effects"
package collect

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"

	"github.com/loopvet/loopvet/runtime/loop"
)

func stops(l *loop.Loop, m *runtime.MemStats, n int) {
	l.NextTick(func() {
		runtime.ReadMemStats(m) // want `runtime.ReadMemStats blocks the event loop \(gc\)`
	})
	l.NextTick(func() {
		metrics.Read(nil) // ok: it stops nobody
	})
	l.NextTick(func() {
		debug.FreeOSMemory() // want `debug.FreeOSMemory blocks the event loop \(gc\)`
	})
	l.NextTick(func() {
		debug.ReadBuildInfo() // ok: in memory
	})
	l.NextTick(func() {
		debug.SetMemoryLimit(1 << 30) // want `debug.SetMemoryLimit blocks the event loop \(gc\)`
	})
	l.NextTick(func() {
		debug.SetMaxThreads(100) // ok: a setting
	})
	l.NextTick(func() {
		runtime.GOMAXPROCS(4) // want `runtime.GOMAXPROCS blocks the event loop \(gc\)`
	})
	l.NextTick(func() {
		runtime.GOMAXPROCS(-1) // ok: it only asks
	})
	l.NextTick(func() {
		pprof.WriteHeapProfile(new(bytes.Buffer)) // want `pprof.WriteHeapProfile may block the event loop \(gc\)`
	})
	l.NextTick(func() {
		pprof.Lookup("heap").Count() // ok: a counter
	})
	l.NextTick(func() {
		pprof.StopCPUProfile() // want `pprof.StopCPUProfile blocks the event loop \(wait\)`
	})
	l.NextTick(func() {
		runtime.Gosched() // ok: it waits for nothing
	})
}
