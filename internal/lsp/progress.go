package lsp

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// What takes less time than progressAfter is not shown, and what is shown does
// not change more often than progressEvery.
const (
	progressAfter = 300 * time.Millisecond
	progressEvery = 200 * time.Millisecond
)

// showProgress shows to the user, if the client can, that an analysis runs. Say
// changes the text, and may be called by several goroutines; done ends it, and
// returns when nothing more will be sent.
func (s *server) showProgress(ctx context.Context, title string) (say func(string), done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.caps.Window.WorkDoneProgress {
		return func(string) {}, func() {}
	}
	s.tokens++
	token := fmt.Sprintf("loopvet-%d", s.tokens)
	ctx, cancel := context.WithCancel(ctx)
	var mu sync.Mutex // guards last
	last := ""
	latest := func() string {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.tellProgress(ctx, token, title, latest)
	}()
	say = func(text string) {
		mu.Lock()
		defer mu.Unlock()
		last = text
	}
	return say, func() { cancel(); <-ended }
}

// tellProgress is the life of one progress: until ctx ends.
func (s *server) tellProgress(ctx context.Context, token, title string, latest func() string) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(progressAfter):
	}
	if _, err := s.rpc.Callback(ctx, "window/workDoneProgress/create", map[string]string{"token": token}); err != nil {
		return
	}
	s.mu.Lock()
	s.progress = token
	s.mu.Unlock()
	shown := latest()
	s.notify("$/progress", progressParams{token, progressValue{Kind: "begin", Title: title, Message: shown, Cancellable: true}})
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if text := latest(); text != shown {
				shown = text
				s.notify("$/progress", progressParams{token, progressValue{Kind: "report", Message: text}})
			}
		case <-ctx.Done():
			s.mu.Lock()
			s.progress = ""
			s.mu.Unlock()
			s.notify("$/progress", progressParams{token, progressValue{Kind: "end"}})
			return
		}
	}
}
