package loop

import (
	"io"
	"log/slog"
	"runtime/trace"
)

// WithFlightRecorder has the watchdog write down what led to a stall: right after
// it has reported one, it writes what rec has recorded to what create returns, and
// closes that. create runs on the watchdog's goroutine. Errors go to slog.Default.
// The caller starts and stops rec, of which a process can have one; New panics if
// the loop has no watchdog. WithFlightRecorder panics if rec or create is nil.
func WithFlightRecorder(rec *trace.FlightRecorder, create func(*Stall) (io.WriteCloser, error)) Option {
	if rec == nil || create == nil {
		panic("loop: WithFlightRecorder: nil recorder or callback")
	}
	return func(l *Loop) { l.flight = &flight{rec, create} }
}

type flight struct {
	rec    *trace.FlightRecorder
	create func(*Stall) (io.WriteCloser, error)
}

// dump writes the trace of a stall.
func (f *flight) dump(s *Stall) {
	w, err := f.create(s)
	if err == nil {
		_, err = f.rec.WriteTo(w)
		if cerr := w.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		slog.Error("the trace of a stall could not be written", "stall", s, "error", err)
	}
}
