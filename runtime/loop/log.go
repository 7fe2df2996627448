package loop

import (
	"context"
	"log/slog"
	"runtime/pprof"
)

// LogHandler returns a handler that adds to each record an attribute "callback"
// with the name of the callback that logs it, and hands it on to h. It finds the
// name in the context, so callbacks log as in
//
//	logger.InfoContext(l.Context(), "reloaded")
//
// on a loop that was made [WithLabels]; a record without such a context is handed
// on as it is. Work that was queued with that context logs the name of the
// callback that queued it. LogHandler panics if h is nil.
func LogHandler(h slog.Handler) slog.Handler {
	if h == nil {
		panic("loop: LogHandler: nil handler")
	}
	return logHandler{h}
}

type logHandler struct {
	slog.Handler
}

// Handle adds the attribute.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if name, ok := pprof.Label(ctx, callbackLabel); ok {
		r = r.Clone()
		r.AddAttrs(slog.String(callbackLabel, name))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs returns a handler that adds attrs too.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup returns a handler whose records are in a group.
func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name)}
}
